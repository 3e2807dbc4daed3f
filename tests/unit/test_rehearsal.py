"""A renewal rehearsed under Microsoft's root program: its dates, and the lifetimes that public CAs may issue for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier

from connector_probe.diagnosis.rehearsal import CheckId, CheckResult, Rehearsal, key_check, rehearse
from connector_probe.model.connector import Connector
from connector_probe.model.verdict import Status
from connector_probe.protocol.certificate import judge
from connector_probe.protocol.root_program import RootProgram
from connector_probe.protocol.roots import TrustRoots
from connector_probe.protocol.windows_names import tls_certificate_name
from tests.unit import certificates as made
from tests.unit.certificates import HOST, NOW, Issued
from tests.unit.trust_lists import DISALLOWED, NOT_BEFORE, Properties, filetime, trust_list

ROOT = made.authority("Public Root")
ISSUER = made.authority("Public CA", ROOT)
KEY = made.rsa_key("server")


def rehearsed(*chain: Issued, properties: Properties | None = None, own: Sequence[Issued] = ()) -> Rehearsal:
    """By a program of one root; ``own``: roots of the user's, beside it."""
    program = RootProgram(trust_list({ROOT.der: properties or {}}), [ROOT.der])
    roots = TrustRoots([one.der for one in own], "test", program)
    data = [one.der for one in chain]
    return rehearse(
        data,
        judge(data, roots, NOW),
        Connector(smart_hosts=(HOST,), tls_domain=HOST),
        roots,
        server=HOST,
        program=TrustRoots((), "microsoft", program),
        clock=None,
        key=key_check(None, "private-key-absent"),
    )


def of(rehearsal: Rehearsal) -> dict[CheckId, CheckResult]:
    return {one.id: one.result for one in rehearsal.checks}


def test_the_renewals_under_each_limit_to_come() -> None:
    """Of June 2026 for 200 days, renewed 30 days before the end, then by what the day of the renewal allows."""
    leaf = made.server(ISSUER, key=KEY, days=(0, 200))
    found = rehearsed(leaf, ISSUER)
    assert (found.verdict.status, found.in_program) == (Status.HEALTHY, True)
    assert found.renew_by == NOW + timedelta(days=170)  # 18 November 2026
    next_, at_100, at_47 = found.renewals
    assert (next_.on, next_.days, next_.until) == (found.renew_by, 200, found.renew_by + timedelta(days=200))
    assert (at_100.on, at_100.days) == (next_.until - timedelta(days=30), 100)
    assert at_47.days == 47
    assert at_47.on >= datetime(2029, 3, 15, tzinfo=UTC) > at_47.on - timedelta(days=100)


def test_a_private_ca_has_no_limits() -> None:
    own = made.authority("Own Root")
    found = rehearsed(made.server(own, key=KEY), own=[own])
    assert (found.verdict.status, found.in_program, found.renewals) == (Status.HEALTHY, False, ())


def test_of_an_incomplete_chain_the_root_is_not_known() -> None:
    found = rehearsed(made.server(ISSUER, key=KEY, aia="http://ca.example/"))
    assert (found.in_program, found.renewals, of(found)[CheckId.ROOT]) == (None, (), CheckResult.UNKNOWN)


def test_the_day_on_which_microsoft_disallows_the_root() -> None:
    since = NOW + timedelta(days=60)
    found = rehearsed(made.server(ISSUER, key=KEY), ISSUER, properties={DISALLOWED: filetime(since)})
    assert found.in_program is True
    assert [(one.at, bool(one.problems)) for one in found.turns[:2]] == [(NOW, False), (since, True)]
    assert [one.id for one in found.warnings] == ["fails-before-its-end"]


def test_a_root_that_may_issue_no_more() -> None:
    properties = {NOT_BEFORE: filetime(NOW - timedelta(days=100))}
    found = rehearsed(made.server(ISSUER, key=KEY), ISSUER, properties=properties)
    assert (found.in_program, of(found)[CheckId.ROOT]) == (False, CheckResult.FAILED)
    (check,) = [one for one in found.checks if one.id is CheckId.ROOT]
    assert [one.id for one in check.told] == ["check-root-issued-too-late"]


def test_an_expired_certificate_is_to_be_renewed_now() -> None:
    found = rehearsed(made.server(ISSUER, key=KEY, days=(-90, -3)), ISSUER)
    assert len(found.turns) == 1
    assert found.renewals[0].on == NOW


# --- names as Windows writes them ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "written"),
    [
        ([(NameOID.COUNTRY_NAME, "US"), (NameOID.COMMON_NAME, HOST)], f"CN={HOST}, C=US"),
        ([(NameOID.STATE_OR_PROVINCE_NAME, "WA"), (NameOID.LOCALITY_NAME, "Redmond")], "L=Redmond, S=WA"),
        ([(NameOID.ORGANIZATION_NAME, "Contoso, Ltd.")], 'O="Contoso, Ltd."'),
        ([(NameOID.ORGANIZATION_NAME, 'The "C" Co')], 'O="The ""C"" Co"'),
        ([(NameOID.EMAIL_ADDRESS, "a@b.example"), (NameOID.DOMAIN_COMPONENT, "local")], "DC=local, E=a@b.example"),
        ([(NameOID.JURISDICTION_COUNTRY_NAME, "US")], "OID.1.3.6.1.4.1.311.60.2.1.3=US"),
    ],
)
def test_a_name_is_written_as_dotnet_does(attributes: list[tuple[ObjectIdentifier, str]], written: str) -> None:
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])
    issued = made.issue(subject, made.ec_key("named"), ISSUER)
    assert tls_certificate_name(issued.der) == f"<I>CN=Public CA, O=Contoso<S>{written}"


def test_a_name_of_several_values_and_one_that_cannot_be_read() -> None:
    values = [x509.NameAttribute(NameOID.COMMON_NAME, HOST), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Contoso")]
    issued = made.issue(x509.Name([x509.RelativeDistinguishedName(values)]), made.ec_key("named"), ISSUER)
    told = tls_certificate_name(issued.der)
    assert told is not None
    assert set(told.rpartition("<S>")[2].split(" + ")) == {f"CN={HOST}", "O=Contoso"}
    assert tls_certificate_name(b"\x30\x03\x02\x01\x05") is None
