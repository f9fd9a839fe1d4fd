"""Jobs of the worker ansible."""

from __future__ import annotations

from osism.domain.jobs import RunPlaybook
from osism.tasks.app import task
from osism.tasks.playbooks import run

task(RunPlaybook, "ansible")(run)
