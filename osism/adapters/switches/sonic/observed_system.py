"""From what runs on a SONiC switch to its system: name, model, time, logs, management, BGP."""

from __future__ import annotations

from osism.adapters.switches.sonic.tables import Config
from osism.domain.intents import natural
from osism.domain.systems import ManagementIntent, NeighborIntent, SystemIntent


def system(config: Config) -> SystemIntent:
    here = config.get("DEVICE_METADATA", {}).get("localhost", {})
    globally = config.get("BGP_GLOBALS", {}).get("default", {})
    asn = here.get("bgp_asn") or globally.get("local_asn")
    management = sorted(
        (*key.partition("|")[::2], str(entry.get("gwaddr", "")))
        for key, entry in config.get("MGMT_INTERFACE", {}).items()
        if "|" in key
    )
    return SystemIntent(
        hostname=str(here.get("hostname", "")),
        hwsku=str(here.get("hwsku", "")),
        platform=str(here.get("platform", "")),
        type=str(here.get("type", "")),
        mac=str(here.get("mac", "")),
        asn=int(str(asn)) if asn else None,
        router_id=str(here.get("bgp_router_id") or globally.get("router_id") or ""),
        ntp=tuple(sorted(config.get("NTP_SERVER", {}))),
        syslog=tuple(sorted(config.get("SYSLOG_SERVER", {}))),
        management=tuple(ManagementIntent(*each) for each in management),
        neighbors=tuple(
            NeighborIntent(
                key.rpartition("|")[2],
                int(entry.get("asn", 0)),
                str(entry.get("name", "")),
                str(entry.get("local_addr", "")),
            )
            for key, entry in sorted(
                config.get("BGP_NEIGHBOR", {}).items(), key=lambda each: natural(each[0])
            )
        ),
    )
