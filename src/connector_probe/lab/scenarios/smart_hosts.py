"""Smart hosts whose names have MX records, in place of addresses or beside them."""

from __future__ import annotations

from connector_probe.lab.answers import Answerer, addresses, by_type, exchanges, servfail, silence
from connector_probe.lab.scenario import HERE, SECOND, Scenario, Server, failing, healthy, warning
from connector_probe.model.verdict import FailureClass as F

_MX = exchanges((10, "mx"))


def _also(mx: Answerer) -> Answerer:
    """An address, and ``mx`` for whoever asks for MX records."""
    return by_type({"MX": mx}, HERE)


SMART_HOSTS: tuple[Scenario, ...] = (
    warning("smart-host-mx", "a smart host without any address, but with an MX", answers={"@": _MX, "mx": HERE}),
    warning(
        "smart-host-mx-own-name",
        "a smart host without any address, whose MX host has a certificate with its own name",
        host="mx",
        answers={"@": _MX, "mx": HERE},
    ),
    warning(
        "smart-host-mx-elsewhere",
        "a smart host with an address, whose MX leads to another server",
        servers=(Server(), Server(host="mx", address=SECOND)),
        answers={"@": _also(_MX), "mx": addresses(SECOND)},
    ),
    healthy(
        "smart-host-mx-same",
        "a smart host with an address, whose MX leads to the same one",
        answers={"@": _also(_MX), "mx": HERE},
    ),
    healthy(
        "smart-host-mx-silent",
        "a smart host with an address, and no answer about its MX",
        answers={"@": _also(silence)},
    ),
    failing(
        "smart-host-null-mx",
        "a smart host without any address, and with a null MX",
        F.DNS_NULL_MX,
        answers={"@": exchanges((0, "."))},
    ),
    failing(
        "smart-host-mx-servfail",
        "a smart host without any address, and SERVFAIL for its MX",
        F.DNS_NO_ADDRESS,
        answers={"@": by_type({"MX": servfail})},
    ),
)
