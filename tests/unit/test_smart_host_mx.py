"""Smart hosts with MX records, from evidence: what is warned of, and the command that is given along."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector_probe.model.connector import Connector
from connector_probe.model.evidence import (
    AttemptEvidence,
    CertificateProblem,
    CertificateProblemKind,
    ConnectorEvidence,
    Lookup,
    LookupStatus,
    MxBeside,
    MxRecord,
    Resolution,
)
from connector_probe.model.verdict import FailureClass, Result, Status
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.catalogue.zh import CHINESE
from tests.unit import evidence as made
from tests.unit.evidence import concluded

HOST, OTHER = "contoso.com", "203.0.113.9"
ELSEWHERE, BY_MX = "smart-host-mx-elsewhere", "smart-host-by-mx"


def beside(*addresses: str, host: str = "mx.contoso.com") -> MxBeside:
    """One MX record, whose host has ``addresses``."""
    mx = Lookup(HOST, "MX", LookupStatus.ANSWER, (f"10 {host}",), nameserver="127.0.0.1#5353")
    return MxBeside(mx, (Lookup(host, "A", LookupStatus.ANSWER, addresses),) if addresses else ())


def at(address: str, found: MxBeside | None = None, *, server: str = HOST, port: int = 25) -> AttemptEvidence:
    """A healthy attempt, found by the addresses of ``server`` itself."""
    resolution = replace(made.resolved(address, server=server), mx_beside=found)
    return replace(made.session(address), server=server, port=port, resolution=resolution)


def judged(*attempts: AttemptEvidence, words: Catalogue = ENGLISH, **options: Any) -> Result:  # noqa: ANN401
    connector = Connector(**{"smart_hosts": [HOST], "tls": "opportunistic"} | options)
    evidence = ConnectorEvidence(attempts, tuple(() for _ in attempts), made.NOW, 0.3)
    return concluded(connector, evidence, words)


def warned(*attempts: AttemptEvidence, **options: Any) -> list[str]:  # noqa: ANN401
    found = [one.text for one in judged(*attempts, **options).warnings if one.id == ELSEWHERE]
    assert len(found) <= 1
    return found


def test_another_address_behind_the_mx_is_a_warning() -> None:
    result = judged(at(made.ADDRESS, beside(OTHER)), tls_domain=made.NAME)
    (text,) = [one.text for one in result.warnings if one.id == ELSEWHERE]
    assert f"mx.contoso.com [{OTHER}]" in text
    assert result.status is Status.WARNING
    assert result.expected


@pytest.mark.parametrize("addresses", [(), (made.ADDRESS,)])
def test_no_other_address_is_no_news(addresses: tuple[str, ...]) -> None:
    assert warned(at(made.ADDRESS, beside(*addresses))) == []


def test_of_several_addresses_only_the_other_ones_are_told() -> None:
    (text,) = warned(at(made.ADDRESS, beside(made.ADDRESS, OTHER)))
    assert OTHER in text
    assert made.ADDRESS not in text


def test_what_another_smart_host_leads_to_is_probed_too() -> None:
    first = at(made.ADDRESS, beside(OTHER))
    second = at(OTHER, server="mx.contoso.com")
    assert warned(first, second, smart_hosts=[HOST, "mx.contoso.com"]) == []
    on_another_port = replace(second, port=2525)
    assert warned(first, on_another_port, smart_hosts=[HOST, "mx.contoso.com:2525"]) != []


def test_what_minus_4_leaves_out_is_not_elsewhere() -> None:
    found = at(made.ADDRESS, beside(OTHER))
    found = replace(found, resolution=replace(found.resolution, excluded=(OTHER,)))
    assert warned(found) == []


def test_it_is_said_once_and_where_the_connector_fails() -> None:
    refused = made.unconnected(made.REFUSED)
    resolution = replace(refused.resolution, mx_beside=beside(OTHER))
    refused = replace(refused, resolution=resolution)
    result = judged(refused, refused, smart_hosts=[made.NAME])
    assert result.status is Status.FAILING
    assert [one.id for one in result.warnings] == [ELSEWHERE]


@pytest.mark.parametrize(("kind", "said"), [("on-premises", True), ("partner", False)])
def test_an_mx_at_exchange_online_is_a_circle(kind: str, said: bool) -> None:
    (text,) = warned(at(made.ADDRESS, beside(OTHER, host="contoso-com.mail.protection.outlook.com")), type=kind)
    assert ("circle" in text) is said


@pytest.mark.parametrize(
    ("options", "port", "command"),
    [
        ({}, 25, "probe --mx contoso.com --tls opportunistic"),
        ({"tls": None}, 25, "probe --mx contoso.com"),
        ({"tls": None}, 2525, "probe --mx contoso.com:2525"),
        ({"tls": None, "tls_domain": "contoso.com"}, 25, "probe --mx contoso.com"),
        ({"tls": None, "tls_domain": "*.contoso.com"}, 25, "probe --mx contoso.com --tls-domain '*.contoso.com'"),
        ({"tls": "certificate-validation"}, 25, "probe --mx contoso.com --tls certificate-validation"),
    ],
)
def test_the_command(options: dict[str, Any], port: int, command: str) -> None:
    (text,) = warned(at(made.ADDRESS, beside(OTHER), port=port), **options)
    assert text.endswith(f": {command}")


@pytest.mark.parametrize(
    ("given", "end"), [(True, "contoso.com --nameserver '127.0.0.1#5353'"), (False, "contoso.com")]
)
def test_a_nameserver_that_was_given_is_given_again(given: bool, end: str) -> None:
    found = at(made.ADDRESS, beside(OTHER))
    found = replace(found, resolution=replace(found.resolution, nameservers_given=given))
    (text,) = warned(found, tls=None)
    assert text.endswith(f"probe --mx {end}")


# --- no address, but MX records ----------------------------------------------------------------------------------


def by_mx(attempt: AttemptEvidence, *exchanges: str) -> AttemptEvidence:
    """``attempt`` at a host of the MX records of contoso.com, which has no address."""
    mx = tuple(MxRecord(10, one) for one in exchanges)
    lookups = (
        Lookup(HOST, "AAAA", LookupStatus.NODATA, nameserver="198.51.100.53"),
        Lookup(HOST, "A", LookupStatus.NODATA, nameserver="198.51.100.53"),
        Lookup(HOST, "MX", LookupStatus.ANSWER, tuple(f"10 {one or '.'}" for one in exchanges)),
    )
    own = attempt.resolution.lookups if any(exchanges) else ()
    preference = 10 if any(exchanges) else None
    resolution = replace(
        attempt.resolution, lookups=(*lookups, *own), mx_domain=HOST, smart_host=HOST, mx=mx, preference=preference
    )
    return replace(attempt, resolution=resolution)


def test_hosts_of_mx_records_are_told_as_such_once() -> None:
    one = by_mx(made.session(), made.NAME)
    result = judged(one, replace(one, address=OTHER))
    (told,) = [warning for warning in result.warnings if warning.id == BY_MX]
    assert f"({'10 ' + made.NAME})" in told.text
    assert HOST in told.text


def test_the_certificate_is_for_the_smart_host_or_its_mx_host_unless_told_otherwise() -> None:
    """TlsDomain is the smart host's name only by default, and the server may carry its own."""
    one = by_mx(made.session(), made.NAME)
    assert judged(one, tls=None).diagnosis is None
    assert judged(one, tls=None, tls_domain=made.NAME).diagnosis is None
    result = judged(one, tls=None, tls_domain=HOST)
    assert result.diagnosis is not None
    assert result.diagnosis.class_ is FailureClass.of_certificate(CertificateProblemKind.NAME_MISMATCH)
    assert HOST in result.diagnosis.detail


def test_a_name_that_nobody_gave_is_held_against_no_certificate() -> None:
    """What TlsDomain could be is said instead; whatever else is wrong with the certificate counts."""
    leaf = made.leaf("mail.fabrikam.com")
    other = replace(made.session(), certificate=made.shown(leaf))
    result = judged(by_mx(other, made.NAME), tls=None)
    assert (result.status, result.diagnosis) == (Status.WARNING, None)
    (told,) = [warning.text for warning in result.warnings if warning.id == BY_MX]
    assert "TlsDomain must be mail.fabrikam.com." in told
    assert told.endswith(" If it is a domain and no smart host: probe --mx contoso.com")
    expired = CertificateProblem(CertificateProblemKind.EXPIRED, 0, leaf.subject, "2026-10-01T00:00:00Z")
    result = judged(by_mx(replace(other, certificate=made.shown(leaf, expired)), made.NAME), tls=None)
    assert result.diagnosis is not None
    assert result.diagnosis.class_ is FailureClass.CERTIFICATE_EXPIRED


def test_a_host_that_does_not_exist_is_to_be_mended_at_either_end() -> None:
    result = judged(by_mx(made.unresolved(LookupStatus.NXDOMAIN), made.NAME))
    assert result.diagnosis is not None
    assert (result.diagnosis.code, result.diagnosis.class_) == ("4.4.312", FailureClass.DNS_NXDOMAIN)
    assert "The MX record of contoso.com names it." in result.diagnosis.detail
    assert result.diagnosis.also_seen_as == ()  # the domain is there
    assert {"correct-smart-host", "add-address-record", "repair-mx"} <= {one.id for one in result.diagnosis.remedies}
    assert BY_MX in {one.id for one in result.warnings}


def test_a_null_mx_of_a_smart_host() -> None:
    empty = AttemptEvidence(HOST, None, 25, Resolution(HOST))
    result = judged(by_mx(empty, ""))
    assert result.diagnosis is not None
    assert (result.diagnosis.code, result.diagnosis.class_) == ("4.4.312", FailureClass.DNS_NULL_MX)
    assert "no address either" in result.diagnosis.detail
    assert result.diagnosis.remedies[0].id == "correct-smart-host"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (LookupStatus.NODATA, "no MX record either"),
        (
            LookupStatus.SERVFAIL,
            f"(MX: SERVFAIL). If it is a domain and no smart host: probe --mx {made.NAME}",
        ),
    ],
)
def test_a_name_without_address_says_what_is_known_of_its_mx(status: LookupStatus, said: str) -> None:
    missing = made.unresolved(LookupStatus.NODATA)
    lookups = (*missing.resolution.lookups, Lookup(made.NAME, "MX", status))
    result = judged(replace(missing, resolution=replace(missing.resolution, lookups=lookups)), smart_hosts=[made.NAME])
    assert result.diagnosis is not None
    assert result.diagnosis.class_ is FailureClass.DNS_NO_ADDRESS
    assert said in result.diagnosis.detail


def test_both_are_said_in_chinese() -> None:
    first = judged(at(made.ADDRESS, beside(OTHER)), words=CHINESE)
    second = judged(by_mx(made.session(), made.NAME), words=CHINESE)
    texts = [one.text for result in (first, second) for one in result.warnings if one.id in (ELSEWHERE, BY_MX)]
    assert len(texts) == 2
    assert all("智能主机" in text for text in texts)


@pytest.mark.parametrize(
    ("records", "warned"),
    [
        ((MxRecord(0, ""), MxRecord(10, "mail.contoso.com")), True),
        ((MxRecord(10, "mail.contoso.com"), MxRecord(20, "mx2.contoso.com"), MxRecord(30, "")), True),
        ((MxRecord(10, "mail.contoso.com"),), False),
        ((), False),
    ],
)
def test_a_null_mx_beside_others(records: tuple[MxRecord, ...], warned: bool) -> None:
    """Once for the domain, however many hosts it has."""
    resolution = replace(made.resolved("203.0.113.7"), mx_domain=HOST, mx=records, preference=10)
    attempts = tuple(replace(made.session(address), resolution=resolution) for address in ("203.0.113.7", OTHER))
    evidence = ConnectorEvidence(attempts, ((), ()), made.NOW, 0.3)
    result = concluded(Connector(use_mx=HOST), evidence)
    assert [one.id for one in result.warnings] == (["mx-null-beside"] if warned else [])
    assert result.status is (Status.WARNING if warned else Status.HEALTHY)
