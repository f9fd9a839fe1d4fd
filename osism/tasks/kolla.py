"""Jobs of the worker kolla."""

from __future__ import annotations

from osism.domain.jobs import RunPlaybook
from osism.tasks.app import task
from osism.tasks.playbooks import run

task(RunPlaybook, "kolla")(run)
