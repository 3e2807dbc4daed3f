"""Every path is tried and the best one counts, whatever the order in which the server sent the certificates.

The shapes are those of RFC 4158 section 2, as BetterTLS has them; each is broken in each way that a path can be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from connector_probe.model.evidence import CertificateProblemKind as Kind
from connector_probe.protocol.certificate import MAX_CHAIN, judge
from connector_probe.protocol.path import MAX_PATH
from tests.unit.certificates import NOW, Issued, authority, ec_key, name, roots, rsa_key, server, signed_with

ROOT = authority("Root", key=rsa_key("root"))
OTHER = authority("Other Root", key=rsa_key("other"))
STRANGE = authority("Strange Root", organization="Fabrikam")
MAIL = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
ELSEWHERE = x509.NameConstraints([x509.DNSName("fabrikam.com")], None)

Make = Callable[..., Issued]
# How the certificate that an authority has from its issuer can be of no use -> what is said where there is no other.
BROKEN: dict[Kind, dict[str, object]] = {
    Kind.ISSUER_EXPIRED: {"days": (-300, -1)},
    Kind.ISSUER_NOT_YET_VALID: {"days": (1, 300)},
    Kind.NAME_CONSTRAINT: {"more": [(ELSEWHERE, True)]},
    Kind.WRONG_PURPOSE: {"more": [(MAIL, False)]},
    Kind.INVALID_CA: {"ca": False},
    Kind.WEAK_SIGNATURE: {},
    Kind.UNTRUSTED_ROOT: {},
}


def broken(kind: Kind, common_name: str, issuer: Issued) -> Issued:
    """The authority's certificate from ``issuer``, with a key of its own name, and with that fault."""
    above = STRANGE if kind is Kind.UNTRUSTED_ROOT else issuer
    made = authority(common_name, above, **BROKEN[kind])  # type: ignore[arg-type]
    return signed_with("sha1", made, issuer) if kind is Kind.WEAK_SIGNATURE else made


def problems(chain: Sequence[Issued], *trusted: Issued) -> set[Kind]:
    return {one.kind for one in judge([one.der for one in chain], roots(*trusted), NOW).problems}


@pytest.mark.parametrize("kind", BROKEN)
def test_of_two_intermediates_the_good_one_counts(kind: Kind) -> None:
    bad, good = broken(kind, "Intermediate", OTHER), authority("Intermediate", ROOT)
    leaf = server(good)
    assert problems([leaf, bad], ROOT, OTHER) == {kind}
    assert problems([leaf, good], ROOT, OTHER) == set()
    assert problems([leaf, bad, good], ROOT, OTHER) == set()
    assert problems([leaf, good, bad], ROOT, OTHER) == set()


@pytest.mark.parametrize("kind", BROKEN)
def test_authorities_that_certified_each_other(kind: Kind) -> None:
    """RFC 4158 2.3: the root's certificate of A and C's of B are of no use; Root, C, A, B is what remains."""
    a, c = authority("A", ROOT), authority("C", ROOT)
    b = authority("B", a)
    sent = [broken(kind, "A", ROOT), c, authority("A", c), authority("C", a), b, authority("B", c, days=(-9, -1))]
    leaf = server(b)
    for others in list(permutations(sent))[::31]:
        assert problems([leaf, *others], ROOT) == set()
    assert problems([leaf, *(one for one in sent if one.der != c.der)], ROOT) != set()


def test_the_end_of_all_paths_is_told_where_none_is_good() -> None:
    """A trusted root that is of no use is nearer than none at all."""
    constrained, strange = broken(Kind.NAME_CONSTRAINT, "Intermediate", ROOT), authority("Intermediate", STRANGE)
    leaf = server(strange)
    for others in permutations((constrained, strange, STRANGE)):
        assert problems([leaf, *others], ROOT) == {Kind.NAME_CONSTRAINT}


def test_a_fault_of_the_servers_own_is_no_reason_to_leave_the_best_path() -> None:
    bad, good = broken(Kind.WRONG_PURPOSE, "Intermediate", OTHER), authority("Intermediate", ROOT)
    leaf = server(good, days=(-30, -1))
    for others in ((bad, good), (good, bad)):
        assert problems([leaf, *others], ROOT, OTHER) == {Kind.EXPIRED}


def test_a_bridge_with_more_certificates_than_anybody_sends() -> None:
    """RFC 4158 2.4: authorities around one bridge, each certified by it and it by each; one of them is trusted."""
    bridge = authority("Bridge")
    others = [authority(f"Anchor {number}") for number in range(20)]
    sent = [authority("Bridge", one, key=bridge.key) for one in (*others, ROOT)]
    sent += [authority(f"Anchor {number}", bridge) for number in range(20)]
    leaf = server(others[0])
    evidence = judge([one.der for one in (leaf, *sent)], roots(ROOT), NOW)
    assert (evidence.problems, evidence.left_out, evidence.all_paths) == ((), 0, True)


def test_what_a_bound_left_out_is_told() -> None:
    good = authority("Intermediate", ROOT)
    sent = [server(good), *[STRANGE] * (MAX_CHAIN + 1), good]
    evidence = judge([one.der for one in sent], roots(ROOT), NOW)
    assert (len(evidence.chain), evidence.left_out) == (MAX_CHAIN, 3)
    assert [one.kind for one in evidence.problems] == [Kind.MISSING_INTERMEDIATE]


def test_paths_beyond_all_measure_are_told() -> None:
    """Every level twice, no two alike: 2 ** 12 paths, none of which ends at a trusted root."""
    key = {level: ec_key(f"Level {level}") for level in range(14)}
    levels = [Issued(b"", key[level], name(f"Level {level}")) for level in range(14)]
    sent = [
        authority(f"Level {level}", levels[level + 1], path_length=length, key_ids=False)
        for level in range(12)
        for length in (None, 20)
    ]
    evidence = judge([one.der for one in (server(levels[0], key_ids=False), *sent)], roots(ROOT), NOW)
    assert evidence.problems
    assert not evidence.all_paths


def test_a_path_that_goes_on_and_on_is_told() -> None:
    chain = [authority("Step 0", ROOT)]
    for number in range(1, MAX_PATH):
        chain.insert(0, authority(f"Step {number}", chain[0]))
    evidence = judge([one.der for one in (server(chain[0]), *chain)], roots(ROOT), NOW)
    assert evidence.problems
    assert not evidence.all_paths
