"""The lab's NetBox tells its changes as NetBox does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest
import requests

from osism.domain.webhooks import Hook, parse, verify
from osism.lab.netbox.app import serve
from tests.unit.lab.test_netbox_faults import HEADERS

RECORDED = Path("tests/data/webhooks")
SECRET = "a secret"


class Netbox:
    """The lab's NetBox, and what it has sent."""

    def __init__(self, url: str, came: Queue[tuple[str, bytes]]) -> None:
        self.url, self.came = url, came

    def write(self, path: str, body: Any, method: str = "POST") -> tuple[Any, str]:
        """The answer and the id of the request."""
        url = f"{self.url}/api/{path}/"
        answer = requests.request(method, url, json=body, headers=HEADERS, timeout=10)
        assert answer.ok, answer.text
        return answer.content and answer.json(), answer.headers["X-Request-ID"]

    def hook(self) -> Hook:
        signature, body = self.came.get(timeout=10)
        assert verify(body, signature, SECRET)
        return parse(body, datetime.now(UTC))


@pytest.fixture(scope="module")
def netbox() -> Iterator[Netbox]:
    came: Queue[tuple[str, bytes]] = Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.put((self.headers["X-Hook-Signature"], body))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as receiver, serve(token="secret") as url:
        Thread(target=receiver.serve_forever, daemon=True).start()
        netbox = Netbox(url, came)
        furnish(netbox)
        target = {"url": f"http://127.0.0.1:{receiver.server_port}/hook", "secret": SECRET}
        assert requests.post(f"{url}/lab/webhook", json=target, timeout=10).ok
        yield netbox
        receiver.shutdown()


def furnish(netbox: Netbox) -> None:
    netbox.write("dcim/sites", {"name": "s", "slug": "s"})
    netbox.write("dcim/manufacturers", {"name": "m", "slug": "m"})
    netbox.write("dcim/device-types", {"manufacturer": 1, "model": "t", "slug": "t"})
    netbox.write("dcim/device-roles", {"name": "r", "slug": "r"})
    device = {"device_type": 1, "role": 1, "site": 1}
    netbox.write("dcim/devices", [device | {"name": "leaf-1"}, device | {"name": "node-1"}])
    port = {"name": "swp1", "type": "1000base-t"}
    netbox.write("dcim/interfaces", [port | {"device": 1}, port | {"device": 2}])


def test_an_update_has_the_fields_of_a_recorded_one(netbox: Netbox) -> None:
    netbox.write("dcim/interfaces/1", {"description": "new"}, "PATCH")
    _, body = netbox.came.get(timeout=10)
    recorded = json.loads(RECORDED.joinpath("webhook-interface-update.json").read_text())
    real, ours = json.loads(recorded["body_raw"]), json.loads(body)
    assert list(ours) == list(real)
    assert set(real["data"]) - {"count_ipaddresses", "count_fhrp_groups"} <= set(ours["data"])
    assert set(ours["data"]["device"]) == set(real["data"]["device"])
    assert ours["snapshots"]["prechange"]["description"] == ""
    assert ours["snapshots"]["postchange"]["description"] == "new"


def test_the_request_id_is_that_of_the_answer(netbox: Netbox) -> None:
    _, id = netbox.write("dcim/devices/1", {"comments": "x"}, "PATCH")
    hook = netbox.hook()
    assert (hook.event, hook.model, hook.request_id) == ("updated", "device", id)
    assert hook.devices == ("leaf-1",)


def test_each_object_of_a_bulk_write_has_its_hook(netbox: Netbox) -> None:
    rows = [{"id": 1, "label": "a"}, {"id": 2, "label": "b"}]
    _, id = netbox.write("dcim/interfaces", rows, "PATCH")
    hooks = [netbox.hook(), netbox.hook()]
    assert [each.devices for each in hooks] == [("leaf-1",), ("node-1",)]
    assert {each.request_id for each in hooks} == {id}
    assert hooks[0].identity != hooks[1].identity


def test_cables_and_addresses_name_their_devices_also_when_they_go(netbox: Netbox) -> None:
    ends = {
        f"{side}_terminations": [{"object_type": "dcim.interface", "object_id": number}]
        for side, number in (("a", 1), ("b", 2))
    }
    cable, _ = netbox.write("dcim/cables", ends)
    assert netbox.hook().devices == ("leaf-1", "node-1")
    netbox.write(f"dcim/cables/{cable['id']}", None, "DELETE")
    assert (hook := netbox.hook()).devices == ("leaf-1", "node-1")
    assert hook.event == "deleted"
    assigned = {"assigned_object_type": "dcim.interface", "assigned_object_id": 1}
    address, _ = netbox.write("ipam/ip-addresses", {"address": "10.0.0.1/24", **assigned})
    assert netbox.hook().devices == ("leaf-1",)
    moved = {"assigned_object_type": "dcim.interface", "assigned_object_id": 2}
    netbox.write(f"ipam/ip-addresses/{address['id']}", moved, "PATCH")
    assert ((hook := netbox.hook()).devices, hook.left) == (("node-1",), 1)
    netbox.write(f"ipam/ip-addresses/{address['id']}", dict.fromkeys(moved), "PATCH")
    assert ((hook := netbox.hook()).devices, hook.left) == ((), 2)
    netbox.write("dcim/mac-addresses", {"mac_address": "02:00:00:00:00:01", **assigned})
    assert netbox.hook().devices == ("leaf-1",)


def test_what_was_refused_is_not_told(netbox: Netbox) -> None:
    answer = requests.patch(
        f"{netbox.url}/api/dcim/interfaces/",
        json=[{"id": 1, "label": "x"}, {"id": 2, "type": "none such"}],
        headers=HEADERS,
        timeout=10,
    )
    assert answer.status_code == 400
    netbox.write("dcim/interfaces/2", {"label": "after"}, "PATCH")
    assert netbox.hook().devices == ("node-1",)
    assert netbox.came.empty()
