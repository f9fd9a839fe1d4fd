"""Templates: which is chosen, what is rendered, and what a template cannot do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from osism.adapters import templates
from osism.adapters.templates import Templates
from osism.domain.errors import Invalid, NotFound
from osism.domain.intents import PortIntent, SwitchIntent, VlanIntent
from osism.domain.inventory import Device

SWITCH = SwitchIntent(
    "leaf-1",
    ports=(PortIntent("Ethernet1", mtu=9100, description="to node-1", tagged=(100, 101, 200)),),
    vlans=(VlanIntent(100, "blue"),),
)
DEVICE = Device(
    1, "leaf-1", role="leaf", site="north", rack="r1", model="7726", manufacturer="acme"
)
SHIPPED = Path(__file__).parents[3] / "contrib/lab/netbox/templates"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "templates"
    made.mkdir()
    (tmp_path / "secret.j2").write_text("the secret")
    return made


def rendered(directory: Path, text: str, intent: SwitchIntent = SWITCH) -> str:
    (directory / "t.cfg.j2").write_text(text)
    return Templates(directory).render("t.cfg.j2", intent, DEVICE)


# --- choosing -------------------------------------------------------------------------------------


def test_the_first_candidate_that_exists_is_chosen(directory: Path) -> None:
    (directory / "acme.cfg.j2").write_text("")
    (directory / "default.cfg.j2").write_text("")
    candidates = ["leaf-1.cfg.j2", "acme.cfg.j2", "default.cfg.j2"]
    assert Templates(directory).choose(candidates) == "acme.cfg.j2"


def test_no_candidate_is_an_error_that_names_them(directory: Path) -> None:
    with pytest.raises(NotFound, match=r"'leaf-1\.cfg\.j2', 'default\.cfg\.j2'"):
        Templates(directory).choose(["leaf-1.cfg.j2", "default.cfg.j2"])


@pytest.mark.parametrize(
    "name",
    ["../secret.j2", "a/../../secret.j2", "", ".", "sub", "link.j2", "loop.j2", "pipe\\x", "a\0b"],
)
def test_only_files_of_the_directory_are_templates(directory: Path, name: str) -> None:
    (directory / "sub").mkdir()
    (directory / "link.j2").symlink_to("../secret.j2")
    (directory / "loop.j2").symlink_to("loop.j2")
    assert (directory / "link.j2").exists()
    with pytest.raises(NotFound):
        Templates(directory).choose([name])
    with pytest.raises(NotFound):
        Templates(directory).render(name, SWITCH, DEVICE)


def test_an_absolute_path_is_no_template(directory: Path) -> None:
    with pytest.raises(NotFound):
        Templates(directory).choose([str(directory.parent / "secret.j2"), "/etc/passwd"])


def test_a_link_within_the_directory_is_followed(directory: Path) -> None:
    (directory / "real.j2").write_text("x")
    (directory / "link.j2").symlink_to("real.j2")
    assert Templates(directory).render("link.j2", SWITCH, DEVICE) == "x\n"


# --- rendering ------------------------------------------------------------------------------------


def test_text_ends_in_exactly_one_line_feed(directory: Path) -> None:
    for text in ("a", "a\n", "a\r\n", "a\n\n\n"):
        assert rendered(directory, text) == "a\n"
    assert rendered(directory, "") == "\n"


def test_blocks_leave_no_lines(directory: Path) -> None:
    text = (
        "{% for port in intent.ports %}\n  {% if port.mtu %}\n mtu {{ port.mtu }}\n"
        "  {% endif %}\n{% endfor %}"
    )
    assert rendered(directory, text) == " mtu 9100\n"


def test_a_changed_template_is_read_again(directory: Path) -> None:
    (directory / "t.j2").write_text("one")
    made = Templates(directory)
    assert made.render("t.j2", SWITCH, DEVICE) == "one\n"
    (directory / "t.j2").write_text("other")
    assert made.render("t.j2", SWITCH, DEVICE) == "other\n"


def test_templates_can_share(directory: Path) -> None:
    (directory / "base.j2").write_text("begin {% block ports %}{% endblock %} end")
    (directory / "macros.j2").write_text("{% macro say(x) %}<{{ x }}>{% endmacro %}")
    text = (
        "{% extends 'base.j2' %}{% import 'macros.j2' as m %}"
        "{% block ports %}{{ m.say(intent.name) }}{% endblock %}"
    )
    assert rendered(directory, text) == "begin <leaf-1> end\n"


def test_the_device_is_known_by_what_does_not_change_in_a_transition(directory: Path) -> None:
    text = "{{ device.role }} {{ device.site }} {{ device.rack }} {{ device.manufacturer }}"
    assert rendered(directory, text) == "leaf north r1 acme\n"
    for name in ("state", "transition", "tags", "id"):
        with pytest.raises(Invalid, match=f"no attribute '{name}'"):
            rendered(directory, "{{ device." + name + " }}")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("(1,) | ranges", "1"),
        ("(3, 1, 2, 7) | ranges", "1-3,7"),
        ("() | ranges", ""),
        ("'ether1' | routeros", "ether1"),
        ("'' | routeros", '""'),
        ("9100 | routeros", "9100"),
        ("true | routeros", "yes"),
        ("false | routeros", "no"),
        ("'a b' | routeros", '"a b"'),
        (r"""'a"b\\c$d?' | routeros""", r'''"a\"b\\c\$d\?"'''),
        (r"'a\nb' | routeros", r'"a\0Ab"'),
        ("'ü' | routeros", r'"\C3\BC"'),
        ("none | tojson", "null"),
        ("'<a&b> ü' | tojson", '"<a&b> ü"'),
        ("intent.vlans[0] | tojson", '{"vid": 100, "name": "blue"}'),
        ("intent.vlans | tojson", '[{"vid": 100, "name": "blue"}]'),
        ("'%s-%03d' % ('a', 7)", "a-007"),
        ("'%s' | format('a')", "a"),
        ("'a' ~ 1 ~ 'b'", "a1b"),
        ("'a' | center(5)", "  a  "),
        ("'a\nb' | indent(2)", "a\n  b"),
        ("'a'.ljust(3) ~ '|'", "a  |"),
        ("'-' * 5 + '>'", "----->"),
        ("2 ** 10 % 1000", "24"),
        ("(intent.ports | selectattr('tagged', 'contains', 101) | first).name", "Ethernet1"),
    ],
)  # fmt: skip
def test_what_templates_are_offered(directory: Path, expression: str, text: str) -> None:
    assert rendered(directory, "{{ " + expression + " }}") == text + "\n"


# --- mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("ok\n{{ missing }}", 2, "'missing' is undefined"),
        ("{{ intent.prots }}", 1, "no attribute 'prots'"),
        ("\n\n{{ intent.ports[9].name }}", 3, "no element 9"),
        ("{{ intent.prots | tojson }}", 1, "no attribute 'prots'"),
        ("{% if missing %}x{% endif %}", 1, "'missing' is undefined"),
        ("a\n{% for x in %}", 2, "Expected an expression"),
        ("a\nb\n{{ 1 | nonsense }}", 3, "No filter named 'nonsense'"),
        ("{% if x %}", 1, "Unexpected end of template"),
        ("mtu {{ none }}", 1, "NoneType cannot be printed"),
        ("{{ intent.ports }}", 1, "tuple cannot be printed"),
        ("\n{{ 1 / 0 }}", 2, "ZeroDivisionError"),
        ("\n{{ 'a' + 1 }}", 2, "TypeError"),
        ("{% include 'nowhere.j2' %}", 1, "no such template in the directory: 'nowhere.j2'"),
        ("{% include 't.cfg.j2' %}", 1, "recursion"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(
    directory: Path, text: str, line: int, words: str
) -> None:
    with pytest.raises(Invalid) as error:
        rendered(directory, text)
    assert f"template t.cfg.j2, line {line}: " in str(error.value)
    assert words in str(error.value)
    assert str(directory) not in str(error.value)


def test_a_mistake_in_an_included_file_names_that_file(directory: Path) -> None:
    (directory / "sub").mkdir()
    (directory / "sub/part.j2").write_text("\n{{ nothing }}")
    with pytest.raises(Invalid, match=r"template sub/part\.j2, line 2: 'nothing' is undefined"):
        rendered(directory, "{% include 'sub/part.j2' %}")
    (directory / "sub/part.j2").write_text("\n{{ (")
    with pytest.raises(Invalid, match=r"template sub/part\.j2, line 2: "):
        rendered(directory, "{% include 'sub/part.j2' %}")


def test_a_template_that_is_no_text_is_refused(directory: Path) -> None:
    (directory / "t.j2").write_bytes(b"\xff\xfe")
    with pytest.raises(Invalid, match="not UTF-8"):
        Templates(directory).render("t.j2", SWITCH, DEVICE)


# --- breaking out ---------------------------------------------------------------------------------

FORBIDDEN = [
    "{{ ''.__class__.__mro__ }}",
    "{{ ''['__class__'] }}",
    "{{ '' | attr('__class__') }}",
    "{{ ['x'] | map(attribute='__class__') | list | join }}",
    "{{ intent.__init__.__globals__ }}",
    "{{ intent.__dict__ }}",
    "{{ device.__class__ }}",
    "{{ intent.ports.__class__.__base__.__subclasses__() }}",
    "{{ lipsum.__globals__ }}",
    "{{ lipsum() }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ range.__class__ }}",
    "{{ self.__init__ }}",
    "{{ self._TemplateReference__context.environment }}",
    "{{ '{0.__class__}'.format(1) }}",
    "{{ '{x.__class__}'.format_map({'x': 1}) }}",
    "{{ ['{0.__class__}'] | map('format', 1) | list }}",
    "{{ ('{0.__class__}' | attr('format'))(1) }}",
    "{% include '../../etc/passwd' %}",
    "{% include '/etc/passwd' %}",
    "{% include 'link.j2' %}",
    "{% import '../secret.j2' as x %}",
    "{% from 'link.j2' import x %}",
    "{% extends '../secret.j2' %}",
    "{% set name = '../secret.j2' %}{% include name %}",
    "{% set x = {} %}{{ x.update({'a': 1}) }}",
    "{{ [1].append(2) }}",
    "{{ open('/etc/passwd') }}",
    "{% import os %}",
    "{{ [1, 2] | random }}",
    # the memory
    "{{ range(10 ** 9) | list }}",
    "{% for x in range(10 ** 9) %}{% endfor %}",
    "{{ 'x' * 10 ** 9 }}",
    "{{ 10 ** 9 * 'x' }}",
    "{{ [0] * 10 ** 9 }}",
    "{{ 9 ** (9 ** 9) }}",
    "{{ 'x'.ljust(10 ** 9) }}",
    "{{ 'x'.center(10 ** 9) }}",
    "{{ '1'.zfill(10 ** 9) }}",
    "{{ 'x'.expandtabs(10 ** 9) }}",
    "{{ 'x'.expandtabs(tabsize=10 ** 9) }}",
    "{{ 'x' | center(10 ** 9) }}",
    "{{ 'x' | indent(10 ** 9) }}",
    "{{ [1] | tojson(indent=10 ** 9) }}",
    "{{ [1] | batch(10 ** 9, 'x') | list }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%*d' % (10 ** 9, 1) }}",
    "{{ '%.1000000000f' | format(1) }}",
    "{{ '{:>1000000000}'.format(1) }}",
    "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
    "{% set n = namespace(x=3) %}{% for i in range(99) %}{% set n.x = n.x * n.x %}{% endfor %}",
]


@pytest.mark.parametrize("text", FORBIDDEN)
def test_a_template_cannot_break_out(directory: Path, text: str) -> None:
    (directory / "link.j2").symlink_to("../secret.j2")
    with pytest.raises(Invalid) as error:
        rendered(directory, text)
    assert str(error.value).startswith("template t.cfg.j2, line 1: ")
    assert "the secret" not in str(error.value)


def test_a_text_without_end_is_cut_off(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "LIMIT", 10_000)
    with pytest.raises(Invalid, match="longer than 10000 characters"):
        rendered(directory, "{% for x in range(9999) %}{{ x }}{% endfor %}")


# --- what NetBox holds ----------------------------------------------------------------------------


@pytest.mark.parametrize("template", ["edgecore.cfg.j2", "mikrotik.cfg.j2", "default.cfg.j2"])
def test_template_text_in_values_is_only_text(template: str) -> None:
    evil = "{{ 7 * 7 }}{% include 'x' %}{# #}"
    intent = SwitchIntent("leaf-1", (PortIntent("Ethernet1", description=evil),))
    text = Templates(SHIPPED).render(template, intent, replace(DEVICE, role=evil))
    assert evil in text
    assert "49" not in text


@pytest.mark.parametrize("template", ["edgecore.cfg.j2", "mikrotik.cfg.j2", "default.cfg.j2"])
@pytest.mark.parametrize("evil", ["x\n shutdown", "x\r shutdown", "x\u2028y", "x\x00"])
def test_a_line_break_in_a_value_never_becomes_a_line(template: str, evil: str) -> None:
    made = Templates(SHIPPED)
    for intent in (
        SwitchIntent("leaf-1", (PortIntent(evil),)),
        SwitchIntent("leaf-1", (PortIntent("Ethernet1", description=evil),)),
        SwitchIntent("leaf-1", vlans=(VlanIntent(5, evil),)),
        SwitchIntent(evil),
    ):
        with pytest.raises(Invalid, match="a line break or another control character"):
            made.render(template, intent, DEVICE)
    text = made.render(template, SWITCH, replace(DEVICE, rack=evil, role=evil))
    assert len(text.splitlines()) == len(made.render(template, SWITCH, DEVICE).splitlines())


def test_the_default_template_is_a_document() -> None:
    made = json.loads(Templates(SHIPPED).render("default.cfg.j2", SWITCH, DEVICE))
    assert made["switch"] == "leaf-1"
    assert made["ports"][0]["tagged"] == [100, 101, 200]
    assert made["vlans"] == [{"vid": 100, "name": "blue"}]
    assert made["mlag"] is None
