"""Smart hosts whose names have MX records, in place of addresses or beside them."""

from __future__ import annotations

from connector_probe.lab.answers import Answerer, addresses, by_type, exchanges, servfail, silence
from connector_probe.lab.scenario import LOOPBACK, Scenario, Server, failing, healthy, host_of, warning
from connector_probe.lab.sockets import Need
from connector_probe.model.verdict import FailureClass as F

SECOND = "127.0.0.2"


def _mx(name: str) -> str:
    return f"mx.{host_of(name)}"


def _also(name: str, mx: Answerer) -> dict[str, Answerer]:
    """An address, and ``mx`` for whoever asks for MX records."""
    return {host_of(name): by_type({"MX": mx}, addresses(LOOPBACK))}


def _elsewhere(name: str) -> Scenario:
    return warning(
        name,
        "a smart host with an address, whose MX leads to another server",
        needs=(Need.LOOPBACK_NET,),
        servers=(Server(), Server(name=_mx(name), address=SECOND)),
        answers=_also(name, exchanges((10, f"{_mx(name)}."))) | {_mx(name): addresses(SECOND)},
    )


SMART_HOSTS: tuple[Scenario, ...] = (
    warning(
        "smart-host-mx",
        "a smart host without any address, but with an MX",
        answers={
            host_of("smart-host-mx"): exchanges((10, f"{_mx('smart-host-mx')}.")),
            _mx("smart-host-mx"): addresses(LOOPBACK),
        },
    ),
    warning(
        "smart-host-mx-own-name",
        "a smart host without any address, whose MX host has a certificate with its own name",
        servers=(Server(name=_mx("smart-host-mx-own-name")),),
        answers={
            host_of("smart-host-mx-own-name"): exchanges((10, f"{_mx('smart-host-mx-own-name')}.")),
            _mx("smart-host-mx-own-name"): addresses(LOOPBACK),
        },
    ),
    _elsewhere("smart-host-mx-elsewhere"),
    healthy(
        "smart-host-mx-same",
        "a smart host with an address, whose MX leads to the same one",
        answers=_also("smart-host-mx-same", exchanges((10, f"{_mx('smart-host-mx-same')}.")))
        | {_mx("smart-host-mx-same"): addresses(LOOPBACK)},
    ),
    healthy(
        "smart-host-mx-silent",
        "a smart host with an address, and no answer about its MX",
        answers=_also("smart-host-mx-silent", silence),
    ),
    failing(
        "smart-host-null-mx",
        "a smart host without any address, and with a null MX",
        F.DNS_NULL_MX,
        answers={host_of("smart-host-null-mx"): exchanges((0, "."))},
    ),
    failing(
        "smart-host-mx-servfail",
        "a smart host without any address, and SERVFAIL for its MX",
        F.DNS_NO_ADDRESS,
        answers={host_of("smart-host-mx-servfail"): by_type({"MX": servfail})},
    ),
)
