"""What TLSA records match of a chain, where the trust anchor is not sent."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from connector_probe.model.evidence import CertificateProblem
from connector_probe.model.policy import TlsaRecord
from connector_probe.protocol.dane import judge_anchored, match_tlsa, read_tlsa
from tests.unit.certificates import NOW, Issued, Key, authority, ec_key, forged, rsa_key, server


def key_of(one: Issued) -> bytes:
    key = x509.load_der_x509_certificate(one.der).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def record(text: str) -> TlsaRecord:
    found = read_tlsa(text)
    assert found is not None
    assert found.usable
    return found


def judged(text: str, *chain: Issued) -> tuple[CertificateProblem, ...] | None:
    sent = [one.der for one in chain]
    return judge_anchored(match_tlsa([record(text)], sent), sent, NOW)


ANCHORS: dict[str, Key] = {
    "RSA": rsa_key("root"),
    "ECDSA": ec_key("anchor"),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
}


@pytest.mark.parametrize("kind", ANCHORS)
def test_a_bare_key_needs_no_certificate(kind: str) -> None:
    """RFC 7671 5.2.3: with 2 1 0 the server may leave the trust anchor's certificate out."""
    anchor = authority("Anchor", key=ANCHORS[kind])
    middle = authority("Middle", anchor)
    bare = f"2 1 0 {key_of(anchor).hex()}"
    assert judged(bare, server(middle), middle) == ()
    assert judged(bare, server(anchor)) == ()


def test_a_whole_certificate_needs_not_be_sent() -> None:
    anchor = authority("Anchor")
    assert judged(f"2 0 0 {anchor.der.hex()}", server(anchor)) == ()


@pytest.mark.parametrize("kind", ANCHORS)
def test_another_key_anchors_nothing(kind: str) -> None:
    anchor, stranger = authority("Anchor", key=ANCHORS[kind]), authority("Anchor", key=ec_key("stranger"))
    assert judged(f"2 1 0 {key_of(stranger).hex()}", server(anchor)) is None
    assert judged(f"2 1 0 {key_of(anchor).hex()}", forged(server(anchor))) is None


def test_below_a_bare_key_everything_else_still_counts() -> None:
    anchor = authority("Anchor")
    middle = authority("Middle", anchor, ca=False)
    late = server(middle, days=(-30, -1))
    found = judged(f"2 1 0 {key_of(anchor).hex()}", late, middle)
    assert found is not None
    assert [(one.kind, one.depth) for one in found] == [("expired", 0), ("invalid-ca", 1)]


def test_a_digest_alone_anchors_nothing_that_is_not_sent() -> None:
    anchor = authority("Anchor")
    assert judged(f"2 1 1 {hashlib.sha256(key_of(anchor)).hexdigest()}", server(anchor)) is None


@given(st.binary(min_size=1, max_size=200), st.lists(st.binary(max_size=50), max_size=3))
def test_any_key_and_chain_have_an_answer(key: bytes, chain: Sequence[bytes]) -> None:
    assert judge_anchored(match_tlsa([record(f"2 1 0 {key.hex()}")], chain), chain, NOW) is None
