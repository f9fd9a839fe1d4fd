"""The conductor's file: what nodes get in Ironic, with templates, and names to be looked up.

::

    ironic_parameters:
      driver: redfish
      driver_info:
        redfish_address: "https://{{ remote_board_address }}"
        redfish_username: "{{ remote_board_username }}"
        redfish_password: "{{ remote_board_password }}"
        deploy_kernel: ironic-agent.kernel          # an image, by name, id or URL
        cleaning_network: cleaning                  # a network, by name or id
      properties: {cpu_arch: x86_64}

Templates run in the sandbox of the switches' templates.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from time import monotonic
from typing import Any

from jinja2 import DictLoader, TemplateError, meta

from osism.adapters.logins import LoginsFile
from osism.adapters.templates.sandbox import Sandbox
from osism.adapters.vaulted import Document, VaultedFile
from osism.domain.errors import Invalid, Misconfigured
from osism.domain.inventory import one_line
from osism.domain.netbox_nodes import NetboxNode
from osism.domain.nodes import WantedNode
from osism.domain.parameters import mistakes, templates
from osism.domain.ports import Catalogues
from osism.domain.wanted_nodes import wanted_node

KEY = "ironic_parameters"
#: Seconds that an image or a network is known under its name, and that there is none.
LIFE, _MISSING = 300.0, 5.0
#: Vaulted texts that are remembered: opening one takes 10 ms.
_MOST = 10_000


class Conductor:
    """Keeps :class:`~osism.domain.ports.NodeParameters`.

    *file* reveals as :class:`~osism.domain.parameters.Revealed`; *logins* have the keys of
    devices, ``site:<slug>``, ``role:<slug>`` and ``default``.
    """

    def __init__(self, file: VaultedFile, logins: LoginsFile) -> None:
        self._file, self._logins = file, logins
        self._known: tuple[Document, Mapping[str, Any]] | None = None
        self._ids: dict[tuple[str, str], tuple[float, str | Invalid | None]] = {}
        self._revealed: dict[str, str] = {}
        self._sandbox = Sandbox(DictLoader({}))

    def wanted(self, node: NetboxNode, catalogues: Catalogues) -> WantedNode:
        logins = self._logins.of(f"role:{node.role}", f"site:{node.site}", node.name)
        return wanted_node(node, self._parameters(), logins, _Tools(self, catalogues))

    def forget(self) -> None:
        self._ids.clear()

    def _parameters(self) -> Mapping[str, Any]:
        document = self._file.read()
        if document is None:
            raise Misconfigured(
                f"{self._file.what}: there is no {self._file.path} (setting conductor)"
            )
        if self._known is None or self._known[0] is not document:
            self._known = document, self._checked(document)
            self.forget()
        return self._known[1]

    def _checked(self, document: Document) -> Mapping[str, Any]:
        said = document.value
        if not isinstance(said, Mapping) or not isinstance(said.get(KEY), Mapping):
            line = document.lines.get((KEY,))
            raise self._file.wrong(f"must be a mapping with the key {KEY}, a mapping", line)
        for key, words in mistakes(said[KEY]):
            raise self._file.wrong(words, document.lines.get((KEY, key)))
        found: Mapping[str, Any] = templates(said[KEY])
        return found

    # --- what it takes to make a node's parameters

    def render(self, template: str, variables: Mapping[str, Any]) -> str:
        try:
            return self._sandbox.from_string(template).render(variables)
        except Exception as error:  # whatever a template does is the template's mistake
            words = str(error) if isinstance(error, TemplateError) else type(error).__name__
            raise Invalid(one_line(words)[:300]) from None

    def names(self, template: str) -> Collection[str]:
        try:
            return meta.find_undeclared_variables(self._sandbox.parse(template))
        except TemplateError:
            return ()  # told when it is rendered

    def reveal(self, text: str) -> str:
        if text not in self._revealed:
            if len(self._revealed) >= _MOST:
                self._revealed.clear()
            self._revealed[text] = self._file.reveal(text)
        return self._revealed[text]

    def identify(self, catalogues: Catalogues, kind: str, name: str) -> str | None:
        """The id of an image or a network, looked up once in :data:`LIFE` seconds."""
        until, found = self._ids.get((kind, name), (0.0, None))
        if monotonic() >= until:
            try:
                found = catalogues.image(name) if kind == "image" else catalogues.network(name)
            except Invalid as missing:
                found = missing
            life = _MISSING if isinstance(found, Invalid) else LIFE
            self._ids[kind, name] = monotonic() + life, found
        if isinstance(found, Invalid):
            raise Invalid(str(found))
        return found


class _Tools:
    """Keeps :class:`osism.domain.wanted_nodes.Tools` for one node."""

    def __init__(self, conductor: Conductor, catalogues: Catalogues) -> None:
        self._catalogues = catalogues
        self.names, self.render = conductor.names, conductor.render
        self.reveal = conductor.reveal
        self._identify = conductor.identify

    def identify(self, kind: str, name: str) -> str | None:
        return self._identify(self._catalogues, kind, name)
