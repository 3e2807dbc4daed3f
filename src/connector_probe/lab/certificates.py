"""One maker for each thing that can be wrong with a certificate. Each makes the chain of one host.

Only the named thing is wrong, so that a verdict on one of them can be held against its name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID, ObjectIdentifier

from connector_probe.lab.authority import Authority, CertificateMaker, Issuer, Key, ServedChain, der, ec_key, rsa_key

ELSEWHERE = "mail.elsewhere.test"
ENDED, BEGINS = (-395, -30), (30, 395)  # days from now

# The two signature algorithms' object identifiers differ in the last byte alone (RFC 8017 appendix A.2.4).
_SHA256_WITH_RSA = bytes.fromhex("06092a864886f70d01010b")
_SHA1_WITH_RSA = bytes.fromhex("06092a864886f70d010105")
_DIGEST = hashes.SHA256()
_NO_SUCH_ALGORITHM = bytes.fromhex("06092a864886f70d01017f")  # in the same arc, given to nothing

_SERVER_KEY = partial(rsa_key, "server")


def sent(ca: Authority, leaf: x509.Certificate, *issuers: Issuer) -> ServedChain:
    """``leaf`` with the issuers that the server sends, by default the usual intermediate. The server's RSA key."""
    senders = issuers or (ca.intermediate,)
    return ServedChain((der(leaf), *(der(issuer.certificate) for issuer in senders)), rsa_key("server"))


def _server(
    name: str = "",
    *,
    san: bool = True,
    key: Callable[[], Key] = _SERVER_KEY,
    **given: Any,  # noqa: ANN401
) -> CertificateMaker:
    """A certificate of the usual intermediate for ``name``, else for the host; ``given`` as in Authority.server.

    ``san``: whether the name stands in it as a SAN, not in the subject alone.
    """

    def make(ca: Authority, host: str) -> ServedChain:
        subject = name or host
        leaf = ca.server(subject, [subject] if san else [], issuer=ca.intermediate, key=key(), **given)
        return ServedChain((der(leaf), der(ca.intermediate.certificate)), key())

    return make


def _below(authority: str, **given: Any) -> CertificateMaker:  # noqa: ANN401
    """A certificate for the host below an intermediate of its own; ``given`` as in Authority.authority."""

    def make(ca: Authority, host: str) -> ServedChain:
        issuer = ca.authority(authority, issuer=ca.root, **given)
        return sent(ca, ca.server(host, [host], issuer=issuer), issuer)

    return make


def _name(**attributes: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(getattr(NameOID, oid), value) for oid, value in attributes.items()])


good = _server()  # the host's own name, an intermediate, a root that is trusted, a year to go
elliptic = _server(key=partial(ec_key, "server"))
elliptic_521 = _server(key=partial(ec_key, "server", ec.SECP521R1))  # no curve that Exchange Online is known to offer


def wildcard(ca: Authority, host: str) -> ServedChain:
    return _server(f"*.{host.partition('.')[2]}")(ca, host)


def wrong_order(ca: Authority, host: str) -> ServedChain:
    """Everything is sent, the upper intermediate before the lower one."""
    upper = ca.authority("Lab Upper", issuer=ca.root)
    lower = ca.authority("Lab Lower", issuer=upper)
    return sent(ca, ca.server(host, [host], issuer=lower), upper, lower)


def long(ca: Authority, host: str) -> ServedChain:
    """Six intermediates, all in order."""
    path = [ca.root]
    for number in range(1, 7):
        path.append(ca.authority(f"Lab Level {number}", issuer=path[-1]))
    return sent(ca, ca.server(host, [host], issuer=path[-1]), *reversed(path[1:]))


def with_root(ca: Authority, host: str) -> ServedChain:
    """The root is sent too, which is needless and harmless."""
    return sent(ca, ca.server(host, [host], issuer=ca.intermediate), ca.intermediate, ca.root)


# --- dates and names ---------------------------------------------------------------------------------------------

expires_soon = _server(days=(-360, 5))
expired = _server(days=ENDED)
not_yet_valid = _server(days=BEGINS)
expired_intermediate = _below("Lab Expired Intermediate", days=(-800, -30))
future_intermediate = _below("Lab Future Intermediate", days=(30, 1825))
other_name = _server(ELSEWHERE)
common_name_only = _server(san=False)
expired_and_other_name = _server(ELSEWHERE, days=ENDED)


def hostile_subject(ca: Authority, host: str) -> ServedChain:
    """A subject that would take over a terminal or a page: escape sequences, a bidi override, a NUL, markup."""
    subject = _name(
        ORGANIZATION_NAME="\x1b]0;owned\x07\x1b[31mRED\x1b[0m <b>&amp;\r\nX: y",
        COMMON_NAME=f"\u202egro.lab\u202c\u200b{host}\x00.evil.test"[:64],
    )
    return sent(ca, ca.server(subject, [host], issuer=ca.intermediate))


# --- trust -------------------------------------------------------------------------------------------------------


def of_an_appliance(ca: Authority, host: str) -> ServedChain:
    """What a firewall of the FortiGate kind shows until it is given another: its serial number, signed by itself."""
    subject = _name(ORGANIZATION_NAME="Fortinet", ORGANIZATIONAL_UNIT_NAME="FortiGate", COMMON_NAME="FGT60F0000000000")
    return ServedChain((der(ca.server(subject, [], issuer=None)),), rsa_key("server"))


def self_signed(ca: Authority, host: str) -> ServedChain:
    return ServedChain((der(ca.server(host, [host], issuer=None)),), rsa_key("server"))


def untrusted_root(ca: Authority, host: str) -> ServedChain:
    """A complete chain up to a root that nobody trusts, sent along."""
    root = ca.authority("Foreign Root", issuer=None)
    issuer = ca.authority("Foreign Intermediate", issuer=root)
    return sent(ca, ca.server(host, [host], issuer=issuer), issuer, root)


def resigned(ca: Authority, host: str) -> ServedChain:
    """What a firewall that inspects TLS shows: the right name, below the firewall's own CA."""
    device = ca.authority("FG100F Certificate Authority (Fortinet)", issuer=None)
    return sent(ca, ca.server(host, [host], issuer=device), device)


def leaf_only(ca: Authority, host: str) -> ServedChain:
    """The intermediate is not sent."""
    return ServedChain(good(ca, host).certificates[:1], rsa_key("server"))


not_an_authority = _below("Lab No Authority", ca=False)
_ONLY_ELSEWHERE = x509.NameConstraints(permitted_subtrees=[x509.DNSName("elsewhere.test")], excluded_subtrees=None)
outside_name_constraint = _below("Lab Constrained", extensions=[(_ONLY_ELSEWHERE, True)])


def path_too_long(ca: Authority, host: str) -> ServedChain:
    """An intermediate that may sign servers only (pathLenConstraint 0) has signed another intermediate."""
    upper = ca.authority("Lab Servers Only", issuer=ca.root, path_length=0)
    lower = ca.authority("Lab One Too Many", issuer=upper)
    return sent(ca, ca.server(host, [host], issuer=lower), lower, upper)


def bad_signature(ca: Authority, host: str) -> ServedChain:
    """One bit of the signature is wrong."""
    chain = good(ca, host)
    leaf = bytearray(chain.certificates[0])
    leaf[-1] ^= 1  # the signature is the last element (RFC 5280 4.1)
    return ServedChain((bytes(leaf), *chain.certificates[1:]), chain.key)


# --- fitness -----------------------------------------------------------------------------------------------------

client_purpose = _server(purpose=ExtendedKeyUsageOID.CLIENT_AUTH)
weak_key = _server(key=partial(rsa_key, "weak server", bits=1024))
_BROKEN_SAN = x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, b"\x30\x20\x82\x05lab")
unparseable_names = _server(san=False, extensions=[(_BROKEN_SAN, False)])  # its DER breaks off
_UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("2.25.231420934577134"), b"\x05\x00")
unknown_critical_extension = _server(extensions=[(_UNKNOWN, True)])


def sha1_signature(ca: Authority, host: str) -> ServedChain:
    """Signed anew by hand, because a library of today signs no certificate with SHA-1."""
    return _signed_anew(ca, host, _SHA256_WITH_RSA, _SHA1_WITH_RSA, digest=hashes.SHA1())


def unknown_signature_algorithm(ca: Authority, host: str) -> ServedChain:
    """Signed by a method that nobody can check."""
    return _signed_anew(ca, host, _SHA256_WITH_RSA, _NO_SUCH_ALGORITHM)


def impossible_version(ca: Authority, host: str) -> ServedChain:
    """X.509 version 6, which there is not: OpenSSL carries it, a strict parser refuses the whole certificate."""
    return _signed_anew(ca, host, b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05")


# --- DER by hand -------------------------------------------------------------------------------------------------


def _signed_anew(
    ca: Authority, host: str, old: bytes, new: bytes, digest: hashes.HashAlgorithm = _DIGEST
) -> ServedChain:
    """A certificate with ``new`` for ``old``, under a fresh signature of the intermediate's (RFC 5280 4.1)."""
    body = ca.server(host, [host], issuer=ca.intermediate).tbs_certificate_bytes.replace(old, new)
    signature = rsa_key("intermediate").sign(body, padding.PKCS1v15(), digest)
    identifier = _element(0x30, _SHA256_WITH_RSA + b"\x05\x00").replace(old, new)
    certificate = _element(0x30, body + identifier + _element(0x03, b"\x00" + signature))
    return ServedChain((certificate, der(ca.intermediate.certificate)), rsa_key("server"))


def _element(tag: int, content: bytes) -> bytes:
    """A DER element with a definite length (X.690 8.1.3)."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
