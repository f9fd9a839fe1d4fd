"""The configuration languages that the lab's switches understand."""

from __future__ import annotations

from collections.abc import Mapping

from osism.lab.syntaxes.draft import Rejected, Syntax
from osism.lab.syntaxes.edgecore import Edgecore
from osism.lab.syntaxes.mikrotik import Mikrotik

SYNTAXES: Mapping[str, Syntax] = {each.name: each for each in (Edgecore(), Mikrotik())}

__all__ = ["SYNTAXES", "Rejected", "Syntax"]
