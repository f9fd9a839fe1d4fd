"""Which roles there are, in which environments, and which worker plays them.

Nothing is kept by hand: an environment is a folder ``environments/<environment>`` of the
configuration repository or the first part of a play's name in a runtime's directory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from osism.domain.errors import Invalid, NotFound
from osism.domain.names import checked, nearest

#: Environments that a runtime's plays may be of without a folder in the configuration repository.
#: The longest first: ``netbox-local-init.yml`` is a play of ``netbox-local``.
ENVIRONMENTS = (
    "infrastructure", "netbox-local", "monitoring", "kubernetes", "openstack", "generic",
    "manager", "network", "custom", "kolla", "ceph",
)  # fmt: skip
#: Workers with a runtime of their own; every other environment is the ansible worker's.
RUNTIMES = ("kolla", "ceph")
WORKERS = ("ansible", *RUNTIMES)


def waits_for_itself(workers: Collection[str]) -> bool:
    """Whether a process that is all of *workers* has jobs that its own ones wait for: collections
    for their roles, events of Ironic for their transitions."""
    return "conductor" in workers and not {*WORKERS, "netbox"}.isdisjoint(workers)


#: What ``--action`` may be, and what kolla-ansible calls it (the variable ``kolla_action``).
KOLLA_ACTIONS: Mapping[str, str] = {
    "bootstrap": "bootstrap",
    "config": "config",
    "genconfig": "config",
    "deploy": "deploy",
    "precheck": "precheck",
    "prechecks": "precheck",
    "pull": "pull",
    "reconfigure": "reconfigure",
    "refresh-containers": "refresh-containers",
    "stop": "stop",
    "start": "start",
    "upgrade": "upgrade",
    "backup": "backup",
    "deploy-containers": "deploy-containers",
    "check": "check",
    "validate-config": "config_validate",
}
#: What kolla-ansible's own command gives to an action beside its name.
_KOLLA_WITH: Mapping[str, Mapping[str, str]] = {"stop": {"kolla_action_stop_ignore_missing": "no"}}
#: Plays of kolla-ansible with a command of their own, which take no action, and what that command
#: gives to Ansible (source: kolla_ansible/cli/commands.py of kolla-ansible 22.2).
KOLLA_PLAYS: Mapping[str, Mapping[str, str]] = {
    "certificates": {"kolla_action": "certificates"},
    "gather-facts": {"kolla_action": "gather-facts"},
    "host": {
        "kolla_action": "bootstrap-servers",
        "ansible_python_interpreter": "auto_silent",
    },
    "mariadb-backup": {"kolla_action": "backup", "mariadb_backup_type": "full"},
    "mariadb-recovery": {"kolla_action": "deploy"},
    "migrate-container-engine": {"kolla_action": "migrate-container-engine"},
    "nova-libvirt-cleanup": {"kolla_action": "nova-libvirt-cleanup"},
    "octavia-certificates": {
        "kolla_action": "octavia-certificates",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    },
    "post-deploy": {"kolla_action": "post-deploy"},
    "prune-images": {"kolla_action": "prune-images"},
    "rabbitmq-reset-state": {"kolla_action": "rabbitmq-reset-state"},
    "rabbitmq-upgrade": {"kolla_action": "upgrade"},
}
#: A play that removes a whole cloud. Nobody shall get there by a name that was typed wrongly;
#: ``kolla-ansible destroy`` asks before it does.
NEVER = {"kolla": ("destroy",)}


@dataclass(frozen=True)
class Play:
    """Where a role's play is. *tags*: the part of a bigger play that is this role."""

    environment: str
    role: str
    path: str
    tags: tuple[str, ...] = ()


def worker_of(environment: str) -> str:
    """The worker that plays an environment's roles."""
    return environment if environment in RUNTIMES else "ansible"


def named(file: str, environments: Iterable[str], runtime: str) -> tuple[str, str] | None:
    """(environment, role) of a play in the directory of a worker's runtime, by its file name.

    ``generic-ping.yml`` is generic's role ping; in the runtimes of kolla and ceph, which are made
    of other people's plays, ``certificates.yml`` is the environment's own role certificates.
    """
    stem, dot, ending = file.rpartition(".")
    if ending not in ("yml", "yaml") or not dot:
        return None
    for environment in sorted(environments, key=len, reverse=True):
        if stem.startswith(f"{environment}-"):
            role = stem.removeprefix(f"{environment}-")
            return (environment, role) if worker_of(environment) == runtime else None
    return (runtime, stem) if runtime in RUNTIMES and stem not in NEVER.get(runtime, ()) else None


#: environment -> its roles, sorted
Catalogue = Mapping[str, Sequence[str]]


def merged(catalogues: Iterable[Catalogue]) -> dict[str, list[str]]:
    """What several workers can play, as one."""
    found: dict[str, set[str]] = {}
    for catalogue in catalogues:
        for environment, roles in catalogue.items():
            found.setdefault(environment, set()).update(roles)
    return {environment: sorted(found[environment]) for environment in sorted(found)}


def located(role: str, environment: str, catalogue: Catalogue) -> tuple[str, str]:
    """(environment, role) that somebody means who types *role* and perhaps *environment*.

    ``kolla-`` and ``ceph-`` before a role are stripped where no role has them. Raises
    :class:`NotFound` with the nearest names, :class:`Invalid` when two environments have it.
    """
    checked("role", role)
    if environment:
        checked("environment", environment)
        if environment not in catalogue:
            unheard = f"; no worker {environment} has told its roles" * (environment in RUNTIMES)
            hint = unheard or nearest(environment, catalogue)
            raise NotFound(f"no environment {environment!r}{hint}")
    homes = _homes(role, [environment] if environment else list(catalogue), catalogue)
    if not homes:
        prefix, _, rest = role.partition("-")
        if prefix in RUNTIMES and rest and environment in ("", prefix):
            homes = _homes(rest, [prefix], catalogue)
    if not homes:
        where = f" in environment {environment!r}" if environment else ""
        known = _known(catalogue, environment)
        advice = nearest(role, known) or "; osism apply lists what there is"
        raise NotFound(f"no role {role!r}{where}{advice}")
    if len(homes) > 1:
        raise Invalid(
            f"role {role!r} is in {len(homes)} environments: {', '.join(e for e, _ in homes)}; "
            "say which with -e"
        )
    return homes[0]


def _homes(role: str, environments: Iterable[str], catalogue: Catalogue) -> list[tuple[str, str]]:
    return [(each, role) for each in environments if role in catalogue.get(each, ())]


def _known(catalogue: Catalogue, environment: str) -> list[str]:
    chosen = [environment] if environment else list(catalogue)
    return [role for each in chosen for role in catalogue.get(each, ())]


def kolla_action(action: str) -> str:
    """What kolla-ansible calls this action; nothing means deploy."""
    if not action:
        return "deploy"
    if action not in KOLLA_ACTIONS:
        raise Invalid(
            f"action {action!r}{nearest(action, KOLLA_ACTIONS)}: "
            f"there is {', '.join(sorted(KOLLA_ACTIONS))}"
        )
    return KOLLA_ACTIONS[action]


def kolla_variables(role: str, action: str) -> dict[str, str]:
    """What kolla-ansible's command line would give to Ansible for a role and an action."""
    own = KOLLA_PLAYS.get(role)
    if own is None:
        name = kolla_action(action)
        return {"kolla_action": name, **_KOLLA_WITH.get(name, {})}
    if action and kolla_action(action) != own["kolla_action"]:
        raise Invalid(f"role {role} has one action only; leave --action {action} out")
    return dict(own)


def layers(environment: str, sub: str, there: Collection[str]) -> list[str]:
    """The variable files that count, the weakest first, as paths below ``environments/``.

    *there*: those that exist.
    """
    folders = ["", f"{environment}/"] + ([f"{environment}.{sub}/"] if sub else [])
    files = ("configuration.yml", "images.yml", "secrets.yml")
    return [path for folder in folders for file in files if (path := f"{folder}{file}") in there]
