"""Where plays and their variables are: the configuration repository and the runtime's directory."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from osism.domain.collections import Collection, parsed
from osism.domain.errors import Misconfigured, NotFound
from osism.domain.names import nearest
from osism.domain.roles import ENVIRONMENTS, Catalogue, Play, layers, named, worker_of
from osism.domain.runs import Command, arguments

#: A play of plays, one for each role, told apart by their tags (kolla-ansible's layout).
_SITE = "site.yml"
_COLLECTIONS = "collections.yml"
#: Tags that are no part of a site: Ansible's own, and the one that ceph's runtime leaves out.
_NO_ROLES = ("always", "never", "tagged", "untagged", "all", "with_pkg")


def shipped() -> Path:
    """The plays that come with the product: in its source, or where it is installed."""
    checkout = Path(__file__).parents[3] / "playbooks"
    return checkout if checkout.is_dir() else Path(sys.prefix) / "share" / "osism" / "playbooks"


def collections(configuration: Path) -> dict[str, Collection]:
    """Collections of roles: the shipped ones, and over them the configuration repository's
    (``environments/collections.yml``)."""
    found: dict[str, Collection] = {}
    for file in (shipped() / _COLLECTIONS, configuration / "environments" / _COLLECTIONS):
        if file.is_file():
            found |= parsed(_loaded(file), str(file))
    return found


class Plays:
    """Plays that one worker (``ansible``, ``ceph``, ``kolla``) finds.

    First hit wins: ``environments/<environment>/playbook-<role>.yml`` of *configuration*, then
    ``<environment>-<role>.yml`` in *runtime*; kolla's and ceph's runtimes are other people's, where
    ``<role>.yml`` and the tags of ``site.yml`` are roles as well.
    """

    def __init__(self, worker: str, configuration: Path, runtime: Path | None) -> None:
        self.worker = worker
        self.environments = configuration / "environments"
        self.runtime = runtime
        self._tagged: tuple[float, tuple[str, ...]] = (-1.0, ())

    # --- what there is ---

    def catalogue(self) -> Catalogue:
        """environment -> roles, sorted; what is there now."""
        found: dict[str, set[str]] = {}
        for play in self._all():
            found.setdefault(play.environment, set()).add(play.role)
        return {environment: sorted(found[environment]) for environment in sorted(found)}

    def find(self, environment: str, role: str) -> Play:
        """The play of a role; raises :class:`NotFound` for one that is not there (any more)."""
        known = []
        for play in self._all():
            if (play.environment, play.role) == (environment, role):
                return play
            if play.environment == environment:
                known.append(play.role)
        raise NotFound(
            f"worker {self.worker} has no play for role {role!r} of environment {environment!r}"
            f"{nearest(role, known)}"
        )

    def _all(self) -> Iterator[Play]:
        """The plays, those that win first."""
        yield from self._of_configuration()
        yield from self._of_runtime()

    def _folders(self) -> list[Path]:
        try:
            return sorted(each for each in self.environments.iterdir() if each.is_dir())
        except OSError:
            return []

    def _of_configuration(self) -> Iterator[Play]:
        for folder in self._folders():
            if worker_of(folder.name) != self.worker:
                continue
            for file in sorted(folder.glob("playbook-*.yml")):
                yield Play(folder.name, file.stem.removeprefix("playbook-"), str(file))

    def _of_runtime(self) -> Iterator[Play]:
        if self.runtime is None or not self.runtime.is_dir():
            return
        site = self.runtime / _SITE
        if (self.runtime / "roles").is_dir() and site.is_file():
            # Before the files: nova.yml alone, which site.yml imports, would play nothing, for the
            # groups that it plays on are made by site.yml.
            for tag in self._tags(site):
                yield Play(self.worker, tag, str(site), (tag,))
        known = {*ENVIRONMENTS, *(each.name for each in self._folders())}
        for file in sorted(self.runtime.iterdir()):
            if file.name == _COLLECTIONS:
                continue
            if file.is_file() and (name := named(file.name, known, self.worker)):
                yield Play(*name, str(file))

    def _tags(self, site: Path) -> tuple[str, ...]:
        """The tags of a site.yml, and those of plays it imports that are names of roles."""
        changed = site.stat().st_mtime
        if changed != self._tagged[0]:
            document = _loaded(site)
            roles = {each.name for each in (site.parent / "roles").iterdir()}
            tags = {each for each in _tags(document) if each not in _NO_ROLES}
            for file in _imported(document, site.parent):
                tags |= roles.intersection(_tags(_loaded(file)))
            self._tagged = changed, tuple(sorted(tags))
        return self._tagged[1]

    # --- what a run needs ---

    def command(self, job: Any, inventory: Path) -> Command:
        """How Ansible is to be started for a job (:class:`osism.domain.jobs.RunPlaybook`)."""
        play = self.find(job.environment, job.role)
        folder = self.environments / job.environment
        if job.sub and not (self.environments / f"{job.environment}.{job.sub}").is_dir():
            raise NotFound(
                f"environment {job.environment!r} has no part {job.sub!r}: there is no folder "
                f"environments/{job.environment}.{job.sub}"
            )
        if not inventory.exists():
            raise Misconfigured(f"no inventory {inventory}; OSISM_INVENTORY names it")
        names = layers(job.environment, job.sub, self._variables(job.environment, job.sub))
        files = [str(self.environments / each) for each in names]
        return Command(
            arguments=tuple(arguments(job, play, files, str(folder))),
            folder=str(Path(play.path).parent),
            config=self._config(job.environment),
            inventory=str(inventory),
            secrets=tuple(each for each in files if each.endswith("secrets.yml")),
            timeout=float(job.timeout),
        )

    def _variables(self, environment: str, sub: str) -> set[str]:
        folders = [Path(), Path(environment)] + ([Path(f"{environment}.{sub}")] if sub else [])
        return {
            str(folder / file)
            for folder in folders
            for file in ("configuration.yml", "images.yml", "secrets.yml")
            if (self.environments / folder / file).is_file()
        }

    def _config(self, environment: str) -> str:
        for file in (self.environments / environment, self.environments):
            if (file / "ansible.cfg").is_file():
                return str(file / "ansible.cfg")
        return ""


def _loaded(file: Path) -> Any:
    import yaml  # commands look for plays by their names, and need not load it

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - safe
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as failure:
        raise Misconfigured(f"{file}: cannot be read: {failure}") from failure


def _tags(document: Any) -> Iterator[str]:
    """The tags of the plays of a playbook, and of the roles in them."""
    for play in document if isinstance(document, list) else ():
        if isinstance(play, dict):
            yield from _listed(play.get("tags"))
            for role in play.get("roles") or ():
                if isinstance(role, dict):
                    yield from _listed(role.get("tags"))


def _imported(document: Any, folder: Path) -> Iterator[Path]:
    """The playbooks beside a playbook that it imports."""
    for play in document if isinstance(document, list) else ():
        if isinstance(play, dict):
            for key in ("import_playbook", "ansible.builtin.import_playbook"):
                if (name := play.get(key)) and (folder / str(name)).is_file():
                    yield folder / str(name)


def _listed(tags: Any) -> list[str]:
    if isinstance(tags, str):
        return [each.strip() for each in tags.split(",")]
    return [each for each in tags or () if isinstance(each, str)]
