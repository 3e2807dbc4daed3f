"""Exchange Online's own words beside reports: which segment is at fault, and where nothing follows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from connector_probe.bounces.bounce import Bounce
from connector_probe.comparing.compare import NothingInCommonError
from connector_probe.comparing.comparison import Comparison, Outcome
from connector_probe.comparing.exchange_online import compare_with_sender
from connector_probe.formats.comparison import to_text
from connector_probe.formats.layout import columns
from connector_probe.formats.options import RenderOptions
from connector_probe.model.evidence import (
    AttemptEvidence,
    CertificateProblem,
    CertificateProblemKind,
    Control,
    LookupStatus,
)
from connector_probe.model.verdict import FailureClass
from connector_probe.protocol.endpoints import EndpointsError, mail_ranges
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.catalogue.zh import CHINESE
from tests.unit import evidence as made
from tests.unit.evidence import ADDRESS, CLOSED, NAME, NOW, REFUSED, RESET, TIMED_OUT

_F = FailureClass
PRIVATE = "10.1.2.3"
WELL, INSIDE = made.session(), made.session(PRIVATE)
DOWN_INSIDE = made.unconnected(REFUSED, PRIVATE)
EXPIRED = CertificateProblem(CertificateProblemKind.EXPIRED, 0, f"CN={NAME}", "2026-10-01T00:00:00Z")
BAD_CERTIFICATE = replace(WELL, certificate=made.shown(made.leaf(), EXPIRED))
BLOCKED = replace(made.unconnected(TIMED_OUT), control=Control("mx", "198.51.100.9", TIMED_OUT))


def wrote(*failures: FailureClass, code: str = "4.4.316", address: str | None = ADDRESS) -> Bounce:
    first, *others = failures or (None,)
    error = Bounce(code, code, False, first, tuple(others), server=NAME, address=address)
    return error._replace(port=25, occurred_at=NOW)


def held(
    failure: Bounce,
    *places: AttemptEvidence,
    ranges: Sequence[str] = (),
    words: Catalogue = ENGLISH,
    after: timedelta = timedelta(),
) -> Comparison:
    """Against a report from outside, or from outside and inside."""
    reports = [
        made.report(one, host=host, at=NOW + after, words=words)
        for one, host in zip(places, ("outside", "inside"), strict=False)
    ]
    files = ("A.json", "B.json")[: len(reports)]
    return compare_with_sender([failure], reports, words, file="ndr.eml", files=files, ranges=ranges)


CASES: dict[str, tuple[Bounce, tuple[AttemptEvidence, ...], Outcome, str]] = {
    "refused there alone": (wrote(_F.TCP_REFUSED), (WELL,), Outcome.DIFFERS, "sender-shut-out"),
    "refused there alone, well inside": (wrote(_F.TCP_REFUSED), (WELL, INSIDE), Outcome.DIFFERS, "sender-shut-out"),
    "silent there alone": (wrote(_F.TCP_TIMEOUT), (WELL,), Outcome.DIFFERS, "sender-shut-out"),
    "refused there, and a bad certificate here": (
        wrote(_F.TCP_REFUSED),
        (BAD_CERTIFICATE,),
        Outcome.DIFFERS,
        "sender-shut-out",
    ),
    "refused everywhere outside": (
        wrote(_F.TCP_REFUSED),
        (made.unconnected(TIMED_OUT), INSIDE),
        Outcome.DIFFERS,
        "sender-outside-shut-out",
    ),
    "refused inside too": (
        wrote(_F.TCP_REFUSED),
        (made.unconnected(REFUSED), DOWN_INSIDE),
        Outcome.DIFFERS,  # the two reports are of two addresses
        "sender-server-down",
    ),
    "refused here too": (wrote(_F.TCP_REFUSED), (made.unconnected(REFUSED),), Outcome.SAME, "sender-same"),
    "only a report from inside, well": (wrote(_F.TCP_REFUSED), (INSIDE,), Outcome.DIFFERS, "sender-inside-only"),
    "only a report from inside, down": (wrote(_F.TCP_REFUSED), (DOWN_INSIDE,), Outcome.SAME, "sender-server-down"),
    "port 25 blocked here": (wrote(_F.TCP_TIMEOUT), (BLOCKED,), Outcome.UNKNOWN, "sender-unknown"),
    "another address": (
        wrote(_F.TCP_REFUSED, address="203.0.113.99"),
        (WELL,),
        Outcome.DIFFERS,
        "sender-other-address",
    ),
    "turned away there alone": (wrote(_F.BANNER_REJECTED), (WELL,), Outcome.DIFFERS, "sender-turned-away"),
    "cut there alone": (wrote(_F.EHLO_CLOSED), (WELL,), Outcome.DIFFERS, "sender-cut"),
    "TLS broken there alone": (wrote(_F.TLS_RESET), (WELL,), Outcome.DIFFERS, "sender-tls"),
    "TLS broken here too": (wrote(_F.TLS_RESET), (made.until_tls(fault=RESET),), Outcome.SAME, "sender-same"),
    "no STARTTLS there alone": (
        wrote(_F.STARTTLS_NOT_OFFERED, _F.TLS_CLIENT_CERTIFICATE),
        (WELL,),
        Outcome.DIFFERS,
        "sender-starttls",
    ),
    "no STARTTLS here either": (
        wrote(_F.STARTTLS_NOT_OFFERED, _F.TLS_CLIENT_CERTIFICATE),
        (made.without_starttls(),),
        Outcome.SAME,
        "sender-same",
    ),
    "a certificate turned down there": (wrote(_F.CERTIFICATE_EXPIRED), (WELL,), Outcome.DIFFERS, "sender-certificate"),
    "another certificate there": (
        wrote(_F.CERTIFICATE_EXPIRED)._replace(thumbprint="B2" * 20),
        (WELL,),
        Outcome.DIFFERS,
        "sender-other-certificate",
    ),
    "this very certificate there": (
        wrote(_F.CERTIFICATE_NAME_MISMATCH)._replace(thumbprint="A1" * 20),
        (WELL,),
        Outcome.DIFFERS,
        "sender-same-certificate",
    ),
    "as bad a certificate here": (
        wrote(_F.CERTIFICATE_EXPIRED)._replace(thumbprint="A1" * 20),
        (BAD_CERTIFICATE,),
        Outcome.SAME,
        "sender-same",
    ),
    "a name unknown there alone": (wrote(_F.DNS_NXDOMAIN, address=None), (WELL,), Outcome.DIFFERS, "sender-name"),
    "a name unknown here too": (
        wrote(_F.DNS_NXDOMAIN, address=None),
        (made.unresolved(LookupStatus.NXDOMAIN, rcode="NXDOMAIN"),),
        Outcome.SAME,
        "sender-same",
    ),
    "it failed otherwise here": (
        wrote(_F.TLS_RESET),
        (made.until_banner(banner=made.broken("", CLOSED)),),
        Outcome.DIFFERS,
        "sender-otherwise",
    ),
    "nobody knows of what": (wrote(code="4.4.317"), (WELL,), Outcome.DIFFERS, "sender-other"),
}


@pytest.mark.parametrize("case", CASES)
def test_where_the_fault_lies(case: str) -> None:
    failure, places, outcome, identifier = CASES[case]
    found = held(failure, *places)
    (one,) = found.connectors
    assert (one.outcome, one.differences[0].id) == (outcome, identifier)
    assert one.matters is (outcome is Outcome.DIFFERS)
    assert "{" not in one.differences[0].text
    chinese = held(failure, *places, words=CHINESE)
    assert [each.id for each in chinese.connectors[0].differences] == [each.id for each in one.differences]
    for words, each in ((ENGLISH, found), (CHINESE, chinese)):
        text = to_text(each, RenderOptions(words=words))
        assert [line for line in text.splitlines() if columns(line) > 80 and "https://" not in line] == []


def test_the_firewall_admits_this_machine_and_not_microsoft() -> None:
    found = held(wrote(_F.TCP_REFUSED), WELL, INSIDE, ranges=("40.92.0.0/15", "2a01:111:f403::/48"))
    assert found.third is not None
    assert found.third.label == "Exchange Online"
    told = found.connectors[0].differences[0].text
    assert told == (
        "Exchange Online is refused at 203.0.113.7, outside is not, and from inside all is well: the firewall or NAT "
        "in front of 203.0.113.7 admits 192.0.2.10 and not Microsoft's ranges. Check its rule for TCP port 25: it has "
        "to admit 40.92.0.0/15, 2a01:111:f403::/48."
    )


def test_what_is_long_ago_may_have_changed() -> None:
    assert not held(wrote(_F.TCP_REFUSED), WELL).notes
    (note,) = held(wrote(_F.TCP_REFUSED), WELL, after=timedelta(hours=5)).notes
    assert "5 h apart" in note


def test_words_about_another_server() -> None:
    with pytest.raises(NothingInCommonError):
        held(wrote(_F.TCP_REFUSED)._replace(server="mail.fabrikam.com", address="198.51.100.1"), WELL)


def test_words_that_name_no_server_are_about_the_only_one() -> None:
    found = held(wrote(_F.TCP_REFUSED)._replace(server=None, address=None), WELL)
    assert found.connectors[0].differences[0].id == "sender-shut-out"
    assert "at 203.0.113.7" in found.connectors[0].differences[0].text


# --- the ranges --------------------------------------------------------------------------------------------------

ENDPOINTS = [
    {"id": 1, "serviceArea": "Exchange", "ips": ["13.107.6.152/31"], "tcpPorts": "80,443"},
    {"id": 10, "serviceArea": "Exchange", "ips": ["40.92.0.0/15", "2a01:111:f403::/48"], "tcpPorts": "25"},
    {"id": 11, "serviceArea": "Skype", "ips": ["13.107.64.0/18"], "tcpPorts": "25"},
    {"id": 9, "serviceArea": "Exchange", "urls": ["*.protection.outlook.com"], "tcpPorts": "25, 587"},
]


def test_the_ranges_are_those_of_exchange_for_port_25() -> None:
    assert mail_ranges(json.dumps(ENDPOINTS)) == ("40.92.0.0/15", "2a01:111:f403::/48")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("{}", "is no list"),
        ("[1]", "is no list"),
        ("[]", "no networks"),
        (json.dumps(ENDPOINTS[:1]), "no networks"),
        ('[{"serviceArea": "Exchange", "tcpPorts": 25, "ips": ["40.92.0.0/15"]}]', "no networks"),
        ('[{"serviceArea": "Exchange", "tcpPorts": "25", "ips": [{}]}]', "a network that is none"),
    ],
)
def test_what_is_no_list_of_endpoints(text: str, error: str) -> None:
    with pytest.raises(EndpointsError, match=error):
        mail_ranges(text)
