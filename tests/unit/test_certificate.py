"""Every verdict on a certificate chain: each problem alone, several at once, and the good chains that must be clean."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from itertools import permutations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL

from connector_probe.model.evidence import CertificateEvidence, CertificateProblem
from connector_probe.model.evidence import CertificateProblemKind as Kind
from connector_probe.protocol.certificate import MAX_CERTIFICATE, MAX_CHAIN, TrustRoots, judge
from connector_probe.protocol.identity import match
from connector_probe.protocol.x509_facts import parse_certificate
from tests.unit.certificates import (
    HOST,
    NOW,
    Issued,
    authority,
    ec_key,
    forged,
    issue,
    name,
    patched,
    raw,
    resigned,
    roots,
    rsa_key,
    server,
    signed_with,
    usage,
)


def policies(*purposes: str) -> x509.UnrecognizedExtension:
    """Microsoft's application policies, as its enterprise CAs write them."""
    listed = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(one), None) for one in purposes])
    return raw(APPLICATION_POLICIES, listed.public_bytes())


Chain = tuple[Sequence[Issued], TrustRoots]
Expected = list[tuple[Kind, int]]

SAN, NAME_CONSTRAINTS = "2.5.29.17", "2.5.29.30"
APPLICATION_POLICIES = "1.3.6.1.4.1.311.21.10"
UNKNOWN = "1.3.6.1.4.1.99999.1"


@cache
def root() -> Issued:
    return authority("Root")


@cache
def inter() -> Issued:
    return authority("Inter", root(), path_length=0)


@cache
def rsa_root() -> Issued:
    return authority("RSA Root", key=rsa_key("root"))


@cache
def private() -> Issued:
    return authority("Private Root", organization="Fabrikam")


@cache
def trusted() -> TrustRoots:
    return roots(root(), rsa_root())


def verdict(chain: Sequence[Issued], trust: TrustRoots, at: datetime = NOW) -> CertificateEvidence:
    return judge([one.der for one in chain], trust, at)


def kinds(evidence: CertificateEvidence) -> Expected:
    return [(problem.kind, problem.depth) for problem in evidence.problems]


def only(evidence: CertificateEvidence) -> CertificateProblem:
    assert len(evidence.problems) == 1, evidence.problems
    return evidence.problems[0]


# --- each alone ------------------------------------------------------------------------------------------------


def _leaf(**given: object) -> Chain:
    return (server(inter(), **given), inter()), trusted()  # type: ignore[arg-type]


def _between(middle: Issued, above: Sequence[Issued] = ()) -> Chain:
    return (server(middle), middle, *above), trusted()


def _long_path() -> Chain:
    """Inter allows no further CA below it."""
    return _between(authority("Lower", inter()), [inter()])


def _name_constrained() -> Chain:
    permitted = x509.NameConstraints([x509.DNSName("fabrikam.com")], None)
    return _between(authority("Constrained", root(), more=[(permitted, True)]))


def _small_ec() -> Chain:
    return _leaf(key=ec.generate_private_key(ec.SECP224R1()))


def _expired_root() -> Chain:
    old = authority("Old Root", days=(-3000, -1))
    return (server(old),), roots(old)


def _weak_root() -> Chain:
    weak = authority("Weak Root", key=rsa_key("weak", 1024))
    return (server(weak),), roots(weak)


def _signed(digest: str) -> Chain:
    return (signed_with(digest, server(rsa_root()), rsa_root()),), trusted()


def _without_sign_bit() -> Chain:
    return _between(authority("No Sign", root(), key_usage=usage("digital_signature", "crl_sign")))


def _gap() -> Chain:
    """The lower intermediate is sent, the upper one is not, the root is."""
    upper = authority("Upper", root())
    lower = authority("Lower", upper)
    return (server(lower), lower, root()), trusted()


def _bad_time() -> Chain:
    leaf = server(root())
    return (resigned(leaf, root(), b"260502120000Z", b"269902120000Z"),), trusted()


ALONE: dict[str, tuple[Callable[[], Chain], Expected]] = {
    "expired": (lambda: _leaf(days=(-300, -1)), [(Kind.EXPIRED, 0)]),
    "not yet valid": (lambda: _leaf(days=(1, 300)), [(Kind.NOT_YET_VALID, 0)]),
    "self-signed": (lambda: ((server(None),), trusted()), [(Kind.SELF_SIGNED, 0)]),
    "self-signed, no key identifiers": (lambda: ((server(None, key_ids=False),), trusted()), [(Kind.SELF_SIGNED, 0)]),
    "private root sent": (lambda: ((server(private()), private()), trusted()), [(Kind.UNTRUSTED_ROOT, 1)]),
    "private intermediate sent": (
        lambda: ((server(lower := authority("Lower", private())), lower), trusted()),
        [(Kind.UNTRUSTED_ROOT, 1)],
    ),
    "missing intermediate, by organisation": (
        lambda: ((server(inter()),), trusted()),
        [(Kind.MISSING_INTERMEDIATE, 0)],
    ),
    "missing intermediate, by AIA": (
        lambda: ((server(private(), aia="http://pki.fabrikam.com/ca.crt"),), trusted()),
        [(Kind.MISSING_INTERMEDIATE, 0)],
    ),
    "leaf only, could be either": (
        lambda: ((server(private()),), trusted()),
        [(Kind.UNTRUSTED_ROOT, 0), (Kind.MISSING_INTERMEDIATE, 0)],
    ),
    "an ldap AIA helps nobody outside": (
        lambda: ((server(private(), aia="ldap:///CN=ca"),), trusted()),
        [(Kind.UNTRUSTED_ROOT, 0), (Kind.MISSING_INTERMEDIATE, 0)],
    ),
    "leaf and a stranger": (lambda: ((server(inter()), private()), trusted()), [(Kind.MISSING_INTERMEDIATE, 0)]),
    "a gap in the middle": (_gap, [(Kind.MISSING_INTERMEDIATE, 1)]),
    "issuer expired": (lambda: _between(authority("Late", root(), days=(-300, -1))), [(Kind.ISSUER_EXPIRED, 1)]),
    "issuer not yet valid": (
        lambda: _between(authority("Early", root(), days=(1, 300))),
        [(Kind.ISSUER_NOT_YET_VALID, 1)],
    ),
    "trusted root expired": (_expired_root, [(Kind.ISSUER_EXPIRED, 1)]),
    "bad signature": (lambda: ((forged(server(inter())), inter()), trusted()), [(Kind.BAD_SIGNATURE, 0)]),
    "bad signature of the issuer": (lambda: _between(forged(inter())), [(Kind.BAD_SIGNATURE, 1)]),
    "bad signature, no key identifiers": (
        lambda: ((forged(server(root(), key_ids=False)),), trusted()),
        [(Kind.BAD_SIGNATURE, 0)],
    ),
    "issuer is no CA": (lambda: _between(authority("No CA", root(), ca=False)), [(Kind.INVALID_CA, 1)]),
    "issuer says nothing of CA": (lambda: _between(authority("Mute", root(), ca=None)), [(Kind.INVALID_CA, 1)]),
    "issuer without keyCertSign": (_without_sign_bit, [(Kind.INVALID_CA, 1)]),
    "path too long": (_long_path, [(Kind.PATH_TOO_LONG, 2)]),
    "name constraint": (_name_constrained, [(Kind.NAME_CONSTRAINT, 0)]),
    "client certificate": (
        lambda: _leaf(purposes=[ExtendedKeyUsageOID.CLIENT_AUTH]),
        [(Kind.WRONG_PURPOSE, 0)],
    ),
    "key usage of no use": (lambda: _leaf(key_usage=usage("data_encipherment")), [(Kind.WRONG_PURPOSE, 0)]),
    "intermediate for mail only": (
        lambda: _between(
            authority("Mail", root(), more=[(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)])
        ),
        [(Kind.WRONG_PURPOSE, 1)],
    ),
    "RSA 1024": (lambda: _leaf(key=rsa_key("weak", 1024)), [(Kind.WEAK_KEY, 0)]),
    "P-224": (_small_ec, [(Kind.WEAK_KEY, 0)]),
    "DSA": (lambda: _leaf(key=dsa.generate_private_key(1024)), [(Kind.WEAK_KEY, 0)]),
    "weak trusted root": (_weak_root, [(Kind.WEAK_KEY, 1)]),
    "SHA-1": (lambda: _signed("sha1"), [(Kind.WEAK_SIGNATURE, 0)]),
    "MD5": (lambda: _signed("md5"), [(Kind.WEAK_SIGNATURE, 0)]),
    "MD2, which nobody can check": (lambda: _signed("md2"), [(Kind.WEAK_SIGNATURE, 0)]),
    "SAN unreadable": (
        lambda: _leaf(names=(), more=[(raw(SAN, b"\x30\x05\x82"), False)]),
        [(Kind.UNPARSEABLE_EXTENSION, 0)],
    ),
    "SAN with an address of five octets": (
        lambda: _leaf(names=(), more=[(raw(SAN, bytes.fromhex("300787050102030405")), False)]),
        [(Kind.UNPARSEABLE_EXTENSION, 0)],
    ),
    "basicConstraints unreadable": (
        lambda: _leaf(more=[(raw("2.5.29.19", b"\x30\x01"), False)]),
        [(Kind.UNPARSEABLE_EXTENSION, 0)],
    ),
    "unknown critical extension": (
        lambda: _leaf(more=[(raw(UNKNOWN, b"\x05\x00"), True)]),
        [(Kind.UNKNOWN_CRITICAL_EXTENSION, 0)],
    ),
    "a critical extension that never is": (
        lambda: _leaf(more=[(raw("1.3.6.1.5.5.7.1.1", b"\x30\x00"), True)]),
        [(Kind.UNKNOWN_CRITICAL_EXTENSION, 0)],
    ),
    "Microsoft's application policies without servers": (
        lambda: _leaf(purposes=None, more=[(policies("1.3.6.1.5.5.7.3.2"), True)]),
        [(Kind.WRONG_PURPOSE, 0)],
    ),
    "Microsoft's application policies unreadable": (
        lambda: _leaf(more=[(raw(APPLICATION_POLICIES, b"\x30\x03\x02\x01\x05"), True)]),
        [(Kind.UNPARSEABLE_EXTENSION, 0)],
    ),
    "garbage in place of the leaf": (
        lambda: ((patched(server(inter()), b"\x30\x82", b"\x31\x82"), inter()), trusted()),
        [(Kind.UNPARSEABLE_CERTIFICATE, 0)],
    ),
    "a date that is none": (_bad_time, [(Kind.UNPARSEABLE_CERTIFICATE, 0)]),
}


@pytest.mark.parametrize("case", ALONE, ids=str)
def test_a_problem_alone(case: str) -> None:
    make, expected = ALONE[case]
    assert kinds(verdict(*make())) == expected


def test_every_kind_has_a_chain() -> None:
    elsewhere = {Kind.NAME_MISMATCH, Kind.COMMON_NAME_ONLY, Kind.REVOKED, Kind.INVALID_PATH}
    assert {kind for _, expected in ALONE.values() for kind, _ in expected} == set(Kind) - elsewhere


def test_what_openssl_alone_objects_to_is_told_in_its_words() -> None:
    """A signature algorithm nobody knows: neither good nor bad."""
    leaf = server(root())
    unknown = patched(leaf, bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06082a8648ce3d04037f"))
    problem = only(verdict([unknown], trusted()))
    assert (problem.kind, problem.depth) == (Kind.INVALID_PATH, 0)
    assert problem.note == "unknown signature algorithm 1.2.840.10045.4.3.127"


@pytest.mark.parametrize(
    ("case", "note"),
    [
        ("expired", "2026-05-31T12:00:00Z"),
        ("not yet valid", "2026-06-02T12:00:00Z"),
        ("trusted root expired", "2026-05-31T12:00:00Z"),
        ("RSA 1024", "RSA 1024"),
        ("P-224", "ECDSA P-224"),
        ("DSA", "DSA 1024"),
        ("SHA-1", "sha1WithRSAEncryption"),
        ("MD5", "md5WithRSAEncryption"),
        ("client certificate", "extendedKeyUsage clientAuth"),
        ("key usage of no use", "keyUsage dataEncipherment"),
        ("issuer without keyCertSign", "keyUsage without keyCertSign"),
        ("path too long", "allows 0 below, there are 1"),
        ("SAN unreadable", "subjectAltName"),
        ("unknown critical extension", UNKNOWN),
        ("private root sent", "CN=Private Root,O=Fabrikam"),
        ("missing intermediate, by organisation", "CN=Inter,O=Contoso"),
        ("missing intermediate, by AIA", "CN=Private Root,O=Fabrikam (http://pki.fabrikam.com/ca.crt)"),
        ("name constraint", "permitted subtree violation"),
        ("a date that is none", "notBefore"),
    ],
)
def test_the_note_is_the_fact(case: str, note: str) -> None:
    make, _ = ALONE[case]
    assert only(verdict(*make())).note == note


def test_the_subject_names_the_certificate_meant() -> None:
    make, _ = ALONE["issuer expired"]
    assert only(verdict(*make())).subject == "CN=Late,O=Contoso"


def test_a_leaf_without_subject_goes_by_its_first_name() -> None:
    leaf = issue(x509.Name([]), ec_key("server"), inter(), [(x509.SubjectAlternativeName([x509.DNSName(HOST)]), True)])
    evidence = verdict([leaf, inter()], trusted())
    assert kinds(evidence) == []
    assert evidence.path[0] == HOST


# --- all at once -----------------------------------------------------------------------------------------------


def test_everything_at_once() -> None:
    """Expired, for another name, with a weak key and untrusted: four facts, none hides another."""
    leaf = server(private(), ["mail.elsewhere.test"], key=rsa_key("weak", 1024), days=(-300, -1))
    evidence = verdict([leaf, private()], trusted())
    assert kinds(evidence) == [(Kind.EXPIRED, 0), (Kind.WEAK_KEY, 0), (Kind.UNTRUSTED_ROOT, 1)]
    assert not match(evidence.chain[0], HOST).matches


def test_every_fault_of_one_leaf() -> None:
    leaf = server(
        None,
        key=rsa_key("weak", 1024),
        purposes=[ExtendedKeyUsageOID.CODE_SIGNING],
        key_usage=usage("crl_sign"),
        more=[(raw(UNKNOWN, b"\x05\x00"), True), (raw("2.5.29.19", b"\x30\x01"), False)],
        days=(-300, -1),
    )
    problem_kinds = [
        Kind.EXPIRED,
        Kind.SELF_SIGNED,
        Kind.WRONG_PURPOSE,
        Kind.WEAK_KEY,
        Kind.WEAK_SIGNATURE,
        Kind.UNPARSEABLE_EXTENSION,
        Kind.UNKNOWN_CRITICAL_EXTENSION,
    ]
    evidence = verdict([signed_with("sha1", leaf, leaf)], trusted())
    assert kinds(evidence) == [(kind, 0) for kind in problem_kinds]
    purpose = next(problem for problem in evidence.problems if problem.kind is Kind.WRONG_PURPOSE)
    assert purpose.note == "extendedKeyUsage codeSigning; keyUsage cRLSign"


def test_faults_along_an_untrusted_path_are_still_found() -> None:
    weak = authority("Weak", private(), key=rsa_key("weak", 1024), days=(-300, -1))
    middle = signed_with("sha1", authority("Middle", weak), weak)
    evidence = verdict([server(middle, days=(1, 9)), middle, weak, private()], trusted())
    assert kinds(evidence) == [
        (Kind.NOT_YET_VALID, 0),
        (Kind.WEAK_SIGNATURE, 1),
        (Kind.ISSUER_EXPIRED, 2),
        (Kind.WEAK_KEY, 2),
        (Kind.UNTRUSTED_ROOT, 3),
    ]


def test_a_name_constraint_is_seen_through_dates_an_unknown_root_and_a_critical_extension() -> None:
    excluded = x509.NameConstraints(None, [x509.DNSName("contoso.com")])
    middle = authority("Middle", private(), more=[(excluded, True), (raw(UNKNOWN, b"\x05\x00"), True)], days=(-9, -1))
    evidence = verdict([server(middle), middle, private()], trusted())
    assert kinds(evidence) == [
        (Kind.NAME_CONSTRAINT, 0),
        (Kind.ISSUER_EXPIRED, 1),
        (Kind.UNKNOWN_CRITICAL_EXTENSION, 1),
        (Kind.UNTRUSTED_ROOT, 2),
    ]


def test_a_bad_signature_and_an_expired_issuer_and_no_ca() -> None:
    middle = authority("Middle", root(), ca=False, days=(-9, -1))
    evidence = verdict([forged(server(middle)), middle], trusted())
    assert kinds(evidence) == [(Kind.BAD_SIGNATURE, 0), (Kind.ISSUER_EXPIRED, 1), (Kind.INVALID_CA, 1)]


def test_a_bad_sha1_signature_is_weak_and_bad() -> None:
    leaf = forged(signed_with("sha1", server(rsa_root()), rsa_root()))
    assert kinds(verdict([leaf], trusted())) == [(Kind.BAD_SIGNATURE, 0), (Kind.WEAK_SIGNATURE, 0)]


def test_an_issuer_whose_extensions_cannot_be_read_is_not_called_no_ca() -> None:
    middle = authority("Middle", root(), ca=None, more=[(raw("2.5.29.19", b"\x30\x01"), True)])
    assert kinds(verdict([server(middle), middle], trusted())) == [(Kind.UNPARSEABLE_EXTENSION, 1)]


def test_the_signature_of_a_private_root_does_not_count() -> None:
    own = authority("Old Root", key=rsa_key("private"))
    own = signed_with("sha1", own, own)
    assert kinds(verdict([server(own), own], trusted())) == [(Kind.UNTRUSTED_ROOT, 1)]


def test_a_private_root_is_found_under_its_name_in_other_letters() -> None:
    written = Issued(private().der, private().key, name("private  ROOT", "FABRIKAM"), private().key_id)
    assert kinds(verdict([server(written), private()], trusted())) == [(Kind.UNTRUSTED_ROOT, 1)]


def test_a_name_that_openssl_reads_otherwise_is_no_good_path() -> None:
    """OpenSSL knows upper and lower case in ASCII only; what it turns down never passes in silence."""
    own = authority("Prüfstelle")
    leaf = server(Issued(own.der, own.key, name("PRÜFSTELLE"), own.key_id))
    problem = only(verdict([leaf], roots(own)))
    assert (problem.kind, problem.note) == (Kind.INVALID_PATH, "unable to get local issuer certificate")
    assert kinds(verdict([leaf, own], trusted())) == [(Kind.UNTRUSTED_ROOT, 1)]


# --- good ones -------------------------------------------------------------------------------------------------


def _plain_root(**given: object) -> Chain:
    own = authority("Own Root", organization=None, **given)  # type: ignore[arg-type]
    return (server(own, key_ids=False),), roots(own)


def _pinned(leaf: Issued) -> Chain:
    return (leaf,), roots(leaf)


def _cross_signed() -> Chain:
    """The new root is not trusted, but its certificate from the old one is sent too."""
    new_key = ec_key("New Root")
    crossed = authority("New Root", root(), key=new_key)
    own = authority("New Root", key=new_key)
    middle = authority("Middle", own)
    return (server(middle), middle, own, crossed), trusted()


def _cross_signed_and_both_trusted() -> Chain:
    new_key = ec_key("New Root")
    crossed, own = authority("New Root", root(), key=new_key), authority("New Root", key=new_key)
    return (server(own), crossed), roots(root(), own)


def _add_trust() -> Chain:
    """The way to the new root is good; the expired old root and its cross-certificate are sent as well."""
    old = authority("Old External Root", days=(-3000, -2))
    new_key = ec_key("New Root")
    crossed = authority("New Root", old, key=new_key, days=(-3000, -2))
    own = authority("New Root", key=new_key)
    middle = authority("Middle", own)
    return (server(middle), middle, crossed, old), roots(own, old)


def _twin_roots() -> Chain:
    """The same root twice in the store, once expired."""
    key = ec_key("Twin")
    old, new = authority("Twin", key=key, days=(-3000, -1)), authority("Twin", key=key)
    return (server(new),), roots(old, new)


def _twin_intermediates() -> Chain:
    key = ec_key("Twin Inter")
    old, new = authority("Twin Inter", root(), key=key, days=(-3000, -1)), authority("Twin Inter", root(), key=key)
    return (server(new), old, new), trusted()


def _twin_intermediate_no_ca() -> Chain:
    key = ec_key("Twin Inter")
    bad, good = authority("Twin Inter", root(), key=key, ca=False), authority("Twin Inter", root(), key=key)
    return (server(good), bad, good), trusted()


def _twin_intermediate_forged() -> Chain:
    good = authority("Twin Inter", root(), key=ec_key("Twin Inter"))
    return (server(good), forged(good), good), trusted()


def _new_key_same_name() -> Chain:
    """The CA was made anew under its old name; both are trusted, and no key identifier tells them apart."""
    old = authority("Same", key=ec_key("old"), key_ids=False)
    new = authority("Same", key=ec_key("new"), key_ids=False)
    return (server(new, key_ids=False),), roots(old, new)


def _other_spelling() -> Chain:
    """Letter case and string type of a name do not count (RFC 5280 7.1)."""
    written = Issued(root().der, root().key, name("ROOT", "contoso"), root().key_id)
    return (server(written),), trusted()


def _long() -> Chain:
    path = [root()]
    for number in range(7):
        path.append(authority(f"Level {number}", path[-1]))
    return (server(path[-1]), *reversed(path[1:])), trusted()


def _trusted_intermediate() -> Chain:
    """The user's file has the intermediate only, as many have."""
    middle = authority("Middle", private())
    return (server(middle),), roots(middle)


def _ed25519() -> Chain:
    own = authority("Edwards", key=ed25519.Ed25519PrivateKey.generate())
    return (server(own, key=ed25519.Ed25519PrivateKey.generate()),), roots(own)


def _sha1_root() -> Chain:
    own = authority("Old Root", key=rsa_key("root"))
    own = signed_with("sha1", own, own)
    return (server(own),), roots(own)


GOOD: dict[str, Callable[[], Chain]] = {
    "root, intermediate, leaf": lambda: _leaf(),
    "with the root": lambda: ((server(inter()), inter(), root()), trusted()),
    "straight from the root": lambda: ((server(root()),), trusted()),
    "every certificate twice": lambda: ((server(inter()), inter(), inter(), root(), root()), trusted()),
    "seven intermediates": _long,
    "no key identifiers": lambda: _plain_root(key_ids=False),
    "basicConstraints not critical": lambda: _plain_root(critical=False),
    "keyUsage only": lambda: _plain_root(ca=None, key_usage=usage("key_cert_sign")),
    "Ed25519": _ed25519,
    "a root signed with SHA-1": _sha1_root,
    "pinned self-signed": lambda: _pinned(server(None)),
    "pinned self-signed, bare": lambda: _pinned(server(None, purposes=None, key_ids=False)),
    "pinned, not self-signed": lambda: _pinned(server(private())),
    "trusted intermediate": _trusted_intermediate,
    "cross-signed": _cross_signed,
    "cross-signed, both roots trusted": _cross_signed_and_both_trusted,
    "an expired stranger": lambda: (
        (server(inter()), inter(), authority("Stranger", private(), days=(-9, -1))),
        trusted(),
    ),
    "AddTrust": _add_trust,
    "an expired root and its successor": _twin_roots,
    "an expired intermediate and its successor": _twin_intermediates,
    "an intermediate that was no CA and its successor": _twin_intermediate_no_ca,
    "an intermediate with a bad signature and its twin": _twin_intermediate_forged,
    "a new key under the old name": _new_key_same_name,
    "the issuer's name in other letters": _other_spelling,
    "any purpose": lambda: _leaf(purposes=[ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]),
    "no purpose named": lambda: _leaf(purposes=None),
    "Microsoft's application policies, critical": lambda: _leaf(
        more=[(policies("1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"), True)]
    ),
    "Microsoft's any application policy": lambda: _leaf(
        purposes=None, more=[(policies("1.3.6.1.4.1.311.10.12.1"), True)]
    ),
    "key agreement": lambda: _leaf(key_usage=usage("key_agreement")),
    "an unknown extension, not critical": lambda: _leaf(more=[(raw(UNKNOWN, b"junk"), False)]),
    "a permitted name": lambda: _between(
        authority("Fit", root(), more=[(x509.NameConstraints([x509.DNSName("contoso.com")], None), True)])
    ),
}


@pytest.mark.parametrize("case", GOOD)
def test_a_good_chain_is_clean(case: str) -> None:
    evidence = verdict(*GOOD[case]())
    assert evidence.problems == ()


@pytest.mark.parametrize("case", GOOD)
def test_a_good_chain_is_expired_and_nothing_else_when_its_leaf_is(case: str) -> None:
    """The date of the leaf changes nothing about the path."""
    chain, trust = GOOD[case]()
    assert kinds(verdict(chain, trust, NOW + timedelta(days=301))) == [(Kind.EXPIRED, 0)]


def test_the_order_of_the_issuers_does_not_matter() -> None:
    upper = authority("Upper", root())
    lower = authority("Lower", upper)
    leaf = server(lower)
    for others in permutations((lower, upper, root(), private())):
        evidence = verdict([leaf, *others], trusted())
        assert kinds(evidence) == []
        assert evidence.path == ("CN=mail.contoso.com", "CN=Lower,O=Contoso", "CN=Upper,O=Contoso", "CN=Root,O=Contoso")


def test_a_root_made_anew_under_its_name_is_untrusted_not_forged() -> None:
    """The server sends the new root; the file has the old one, and nothing but the key tells them apart."""
    old = authority("Same", key=ec_key("old"), key_ids=False)
    new = authority("Same", key=ec_key("new"), key_ids=False)
    assert kinds(verdict([server(new, key_ids=False), new], roots(old))) == [(Kind.UNTRUSTED_ROOT, 1)]


def test_another_key_of_the_same_name_is_no_issuer_when_identifiers_tell() -> None:
    old, new = authority("Same", key=ec_key("old")), authority("Same", key=ec_key("new"))
    assert kinds(verdict([server(new)], roots(old))) == [(Kind.MISSING_INTERMEDIATE, 0)]


# --- time ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NOW + timedelta(days=-30), []),
        (NOW + timedelta(days=-30, seconds=-1), [(Kind.NOT_YET_VALID, 0)]),
        (NOW + timedelta(days=300), []),
        (NOW + timedelta(days=300, microseconds=999_999), []),
        (NOW + timedelta(days=300, seconds=1), [(Kind.EXPIRED, 0)]),
    ],
)
def test_both_ends_belong_to_the_time(at: datetime, expected: Expected) -> None:
    chain, trust = _leaf()
    assert kinds(verdict(chain, trust, at)) == expected


def test_the_moment_may_be_of_any_zone_or_none() -> None:
    chain, trust = _leaf()
    end = NOW + timedelta(days=300)
    for at in (end.astimezone(timezone(timedelta(hours=9))), end.replace(tzinfo=None)):
        evidence = verdict(chain, trust, at)
        assert kinds(evidence) == []
        assert evidence.judged_at == at


def test_one_set_of_roots_serves_any_number_of_moments() -> None:
    chain, trust = _leaf()
    late = NOW + timedelta(days=400)
    assert [len(verdict(chain, trust, at).problems) for at in (NOW, late, NOW, late)] == [0, 1, 0, 1]


# --- bounds and hostility --------------------------------------------------------------------------------------


def test_a_long_chain_is_followed_to_its_end() -> None:
    """A chain that was cut would be judged untrusted, and the server blamed for it."""
    chain = [authority("Step 0", root())]
    for number in range(1, 14):
        chain.insert(0, authority(f"Step {number}", chain[0]))
    assert kinds(verdict([server(chain[0]), *chain], trusted())) == []


def test_only_so_many_certificates_are_looked_at() -> None:
    evidence = verdict([server(inter()), *[private()] * (MAX_CHAIN - 1), inter()], trusted())
    assert len(evidence.chain) == MAX_CHAIN
    assert kinds(evidence) == [(Kind.MISSING_INTERMEDIATE, 0)]


def test_a_certificate_too_large_is_not_read() -> None:
    huge = raw(UNKNOWN, bytes(MAX_CERTIFICATE))
    problem = only(verdict(*_leaf(more=[(huge, False)])))
    assert problem.kind is Kind.UNPARSEABLE_CERTIFICATE
    assert "octets" in problem.note


def test_no_certificate_at_all() -> None:
    evidence = judge([], trusted(), NOW)
    assert (evidence.chain, evidence.path) == ((), ())
    assert kinds(evidence) == [(Kind.UNPARSEABLE_CERTIFICATE, 0)]


def test_an_unreadable_extra_is_told_with_its_place() -> None:
    leaf = server(inter())
    evidence = judge([leaf.der, inter().der, b"\x30\x03abc"], trusted(), NOW)
    assert kinds(evidence) == [(Kind.UNPARSEABLE_CERTIFICATE, 2)]
    assert evidence.path[-1] == "CN=Root,O=Contoso"


def test_ten_authorities_that_all_signed_each_other_end_the_search() -> None:
    """Of one name and key, so that each verifies with each; identifiers that say none is self-signed. 9! paths."""
    key = ec_key("circle")
    issuer = Issued(b"", key, name("Circle"), b"another")
    circle = [
        authority("Circle", issuer, key=key, more=[(x509.SubjectKeyIdentifier(bytes([number])), False)])
        for number in range(9)
    ]
    evidence = verdict([server(issuer), *circle], trusted())
    assert {problem.kind for problem in evidence.problems} == {Kind.UNTRUSTED_ROOT}


def test_a_ring_of_different_names_ends_the_search() -> None:
    def named(common_name: str) -> Issued:
        return Issued(b"", ec_key(common_name), name(common_name))

    ring = [authority(f"Ring {at}", named(f"Ring {(at + 1) % 9}"), key_ids=False) for at in range(9)]
    evidence = verdict([server(ring[0], key_ids=False), *ring], trusted())
    assert kinds(evidence) == [(Kind.UNTRUSTED_ROOT, 9)]


def test_a_failed_verification_leaves_the_next_connection_alone() -> None:
    """OpenSSL keeps errors for each thread, and a TLS connection takes those left behind for its own."""
    verdict([forged(server(rsa_root()))], trusted())  # ECDSA leaves nothing behind
    connection = SSL.Connection(SSL.Context(SSL.TLS_METHOD), None)
    connection.set_connect_state()
    with pytest.raises(SSL.WantReadError):
        connection.do_handshake()
    assert SSL._lib.ERR_peek_error() == 0  # type: ignore[attr-defined]


GOOD_DER = [one.der for one in (server(inter(), aia="http://pki.contoso.com/ca.crt"), inter(), root())]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.binary(max_size=300), max_size=12))
def test_random_bytes_never_raise(chain: list[bytes]) -> None:
    evidence = judge(chain, trusted(), NOW)
    assert [problem.kind for problem in evidence.problems][:1] == [Kind.UNPARSEABLE_CERTIFICATE]
    for data, certificate in zip(chain, evidence.chain, strict=False):
        assert certificate.sha256 == hashlib.sha256(data).hexdigest().upper()


@settings(deadline=None, max_examples=60)
@given(
    which=st.integers(0, 2),
    flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), min_size=1, max_size=4),
)
def test_flipped_bits_never_raise_and_never_pass(which: int, flips: list[tuple[int, int]]) -> None:
    chain = [bytearray(data) for data in GOOD_DER]
    for place, bits in flips:
        chain[which][place % len(chain[which])] ^= bits
    changed = bytes(chain[which])
    if changed == GOOD_DER[which]:
        return
    evidence = judge([bytes(data) for data in chain], roots(root()), NOW)
    assert evidence.chain[which].sha1 == hashlib.sha1(changed).hexdigest().upper()
    if which < 2:  # the root is trusted whatever the server sends in its place
        assert evidence.problems
    keys = [(problem.depth, list(Kind).index(problem.kind)) for problem in evidence.problems]
    assert keys == sorted(set(keys))


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2), st.integers(0, 1000))
def test_a_certificate_that_breaks_off_keeps_its_hashes(which: int, size: int) -> None:
    data = GOOD_DER[which][: size % len(GOOD_DER[which])]
    read = parse_certificate(data).certificate
    assert (read.subject, read.key, read.not_after, read.names) == ("", "", None, ())
    assert read.sha1 == hashlib.sha1(data).hexdigest().upper()


# --- facts -----------------------------------------------------------------------------------------------------


def test_the_facts_of_a_certificate() -> None:
    leaf = server(
        rsa_root(), [HOST, "*.contoso.com", "192.0.2.25", "2001:db8::25"], key=rsa_key("server"), days=(-30, 300)
    )
    parsed = x509.load_der_x509_certificate(leaf.der)
    read = parse_certificate(leaf.der).certificate
    assert read.subject == "CN=mail.contoso.com"
    assert read.issuer == "CN=RSA Root,O=Contoso"
    assert read.names == (HOST, "*.contoso.com", "192.0.2.25", "2001:db8::25")
    assert read.not_before == datetime(2026, 5, 2, 12, tzinfo=UTC)
    assert read.not_after == datetime(2027, 3, 28, 12, tzinfo=UTC)
    assert int(read.serial, 16) == parsed.serial_number
    assert read.serial == read.serial.upper()
    assert len(read.serial) % 2 == 0
    assert read.sha1 == hashlib.sha1(leaf.der).hexdigest().upper()
    assert read.sha256 == hashlib.sha256(leaf.der).hexdigest().upper()
    assert (read.key, read.signature, read.common_name) == ("RSA 2048", "sha256WithRSAEncryption", HOST)


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (ec_key("server"), "ECDSA P-256"),
        (ec.generate_private_key(ec.SECP384R1()), "ECDSA P-384"),
        (ed25519.Ed25519PrivateKey.generate(), "Ed25519"),
    ],
)
def test_kinds_of_keys(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, shown: str) -> None:
    read = parse_certificate(server(root(), key=key).der).certificate
    assert (read.key, read.signature) == (shown, "ecdsa-with-SHA256")


@pytest.mark.parametrize(("number", "shown"), [(0x0A, "0A"), (0xABC, "0ABC"), (2**158, "40" + "00" * 19)])
def test_serial_numbers_have_whole_octets(number: int, shown: str) -> None:
    leaf = issue(name(HOST), ec_key("server"), root(), serial=number)
    assert parse_certificate(leaf.der).certificate.serial == shown


def test_names_are_written_by_rfc_4514() -> None:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Sue, Grabbit + Runn"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "#1 "),
            x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@contoso.com"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Früh"),
        ]
    )
    read = parse_certificate(issue(subject, ec_key("server"), root()).der).certificate
    assert read.subject == (r"CN=Früh,1.2.840.113549.1.9.1=a@contoso.com,OU=\#1\ ,O=Sue\, Grabbit \+ Runn,C=DE")


def test_hostile_text_is_made_visible() -> None:
    leaf = server(root(), common_name="a\x1b[2Jb\u202ec")
    read = parse_certificate(leaf.der).certificate
    assert read.common_name == "a\\x1b[2Jb\\u202ec"
    assert read.subject == f"CN={read.common_name}"


def test_a_nul_in_a_name_does_not_end_it() -> None:
    names = b"\x30\x1c\x82\x1amail.contoso.com\0.evil.test"
    names = b"\x30" + bytes([len(names) - 2]) + b"\x82" + bytes([len(names) - 4]) + names[4:]
    leaf = server(root(), (), more=[(raw(SAN, names), False)])
    read = parse_certificate(leaf.der).certificate
    assert read.names == ("mail.contoso.com\\x00.evil.test",)
    assert not match(read, HOST).matches


@pytest.mark.parametrize("address", ["127.0.0.1", "2001:db8::25"])
def test_a_name_that_looks_like_an_address_is_none(address: str) -> None:
    names = x509.SubjectAlternativeName([x509.DNSName(address), x509.DNSName(HOST)])
    read = parse_certificate(server(root(), (), more=[(names, False)]).der).certificate
    assert read.names == (f"DNS:{address}", HOST)
    assert not match(read, address).matches
    assert match(read, HOST).matches


def test_one_broken_field_leaves_the_others() -> None:
    leaf = server(root(), more=[(raw("2.5.29.35", b"\x04"), False)], key_ids=False)
    read = parse_certificate(resigned(leaf, root(), b"260502120000Z", b"269902120000Z").der).certificate
    assert read.not_before is None
    assert read.not_after == NOW + timedelta(days=300)
    assert read.names == (HOST,)
    assert read.key == "ECDSA P-256"


def test_the_evidence_says_which_roots_and_when() -> None:
    evidence = verdict([server(root())], roots(root(), label="system + ca.pem"))
    assert (evidence.trust, evidence.judged_at) == ("system + ca.pem", NOW)


def test_roots_that_cannot_be_read_are_left_out() -> None:
    trust = TrustRoots([b"junk", root().der, root().der], "test")
    assert len(trust) == 1
    assert kinds(verdict([server(root())], trust)) == []
