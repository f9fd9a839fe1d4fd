"""The page that keeps the figures of one run: ``docs/benchmarks.md``."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from time import monotonic

from bench.figures import Figure, markdown
from bench.measures import MEASURES, method

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"

INTRODUCTION = """\
# Benchmarks

Made by `python -m bench --write`; `make bench` measures again and shows the same tables. Every
figure stands beside a baseline that was measured in the same run, so that another machine gives
other figures and much the same ratios. A figure without a limit is for the record.
"""


@dataclass(frozen=True)
class Circumstances:
    """When, and how busy the machine was before."""

    load: float
    began: float

    @classmethod
    def now(cls) -> Circumstances:
        return cls(os.getloadavg()[0], monotonic())

    def told(self) -> str:
        busy = (
            ""
            if self.load < 1.5
            else (
                ": the machine was busy with other things, so that times are longer, and ratios of "
                "times worse, than on an idle one; counts and memory are not concerned"
            )
        )
        minutes = (monotonic() - self.began) / 60
        after = os.getloadavg()[0]
        used = ", ".join(f"{name} {version(name)}" for name in ("celery", "redis", "pynetbox"))
        return (
            f"- {date.today().isoformat()}, {minutes:.1f} minutes\n"
            f"- {os.cpu_count()} cores ({platform.machine()}), Linux {platform.release()}, "
            f"Python {platform.python_version()}, {used}\n"
            f"- load average {self.load:.1f} before, {after:.1f} after{busy}\n"
        )


def write(found: Mapping[str, Sequence[Figure]], began: Circumstances) -> None:
    parts = [INTRODUCTION, began.told()]
    for name, figures in found.items():
        parts.append(f"## {MEASURES[name]}\n\n`python -m bench {name}`\n")
        parts.append(f"{markdown(figures)}\n")
        parts.append(f"{method(name)}\n")
    PAGE.write_text("\n".join(parts), encoding="utf-8")
