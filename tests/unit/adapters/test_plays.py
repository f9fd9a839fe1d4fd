"""Plays of other people's layouts."""

from __future__ import annotations

from pathlib import Path

import pytest

from osism.adapters.ansible.plays import Plays

SITE = """
- import_playbook: gather-facts.yml
- hosts: all
  tags: always
- hosts: kolla_logs
  tags: [common, logs]
- hosts: ovn-db
  roles:
    - { role: ovn-db, tags: [ovn, ovn-db] }
- hosts: all
  tags: "haproxy, with_pkg"
- name: Apply role nova
  import_playbook: nova.yml
"""
NOVA = "- hosts: nova-api\n  tags: [nova, nova-reload, nova-cell]\n"


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    for role in ("common", "ovn-db", "nova", "nova-cell", "certificates"):
        (tmp_path / "runtime" / "roles" / role).mkdir(parents=True)
    for name, text in {
        "site": SITE, "nova": NOVA, "certificates": "- hosts: localhost\n", "destroy": "[]",
        "gather-facts": "- hosts: all\n  tags: always\n", "kolla-host": "[]",
    }.items():  # fmt: skip
        (tmp_path / "runtime" / f"{name}.yml").write_text(text)
    return tmp_path / "runtime"


def test_roles_of_kolla(runtime: Path, tmp_path: Path) -> None:
    plays = Plays("kolla", tmp_path, runtime)
    assert plays.catalogue() == {
        "kolla": ["certificates", "common", "gather-facts", "haproxy", "host", "logs", "nova",
                  "nova-cell", "ovn", "ovn-db", "site"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("role", "file", "tags"),
    [
        # nova.yml alone would play nothing: site.yml makes the groups that it plays on.
        ("nova", "site.yml", ("nova",)),
        ("nova-cell", "site.yml", ("nova-cell",)),
        ("ovn", "site.yml", ("ovn",)),
        ("certificates", "certificates.yml", ()),
        ("gather-facts", "gather-facts.yml", ()),
        ("host", "kolla-host.yml", ()),
        ("site", "site.yml", ()),
    ],
)
def test_where_a_role_of_kolla_is(
    runtime: Path, tmp_path: Path, role: str, file: str, tags: tuple[str, ...]
) -> None:
    play = Plays("kolla", tmp_path, runtime).find("kolla", role)
    assert (Path(play.path).name, play.tags) == (file, tags)


def test_the_sites_own_play_wins(runtime: Path, tmp_path: Path) -> None:
    own = tmp_path / "environments" / "kolla" / "playbook-nova.yml"
    own.parent.mkdir(parents=True)
    own.write_text("[]")
    assert Plays("kolla", tmp_path, runtime).find("kolla", "nova").path == str(own)
