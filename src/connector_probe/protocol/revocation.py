"""Whether a certificate is revoked, from what OCSP responders and revocation lists say (RFC 6960, RFC 5280 5 and 6.3).

Pure: bytes and the moment are handed in. Nothing is believed unless the issuer signed it, or whom it authorized;
what is not understood (indirect and delta CRLs, CRLs for some reasons only) is said to be so.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from connector_probe.model.dataclass import dataclass
from connector_probe.model.printable import printable
from connector_probe.model.revocation import RevocationCheck, RevocationSource, RevocationStatus
from connector_probe.protocol.openssl import key_signed, verifies

MAX_URL_SHOWN: Final = 300
MAX_POINTERS: Final = 4  # places asked for one certificate; authorities name one or two
MAX_SIGNERS: Final = 5  # certificates looked at in an OCSP response; one is usual
MAX_ISSUERS: Final = 10  # certificates taken out of what caIssuers gives
CLOCK_SKEW: Final = timedelta(minutes=10)  # a response may be a little younger than our clock

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_STATUS_REQUEST: Final = x509.TLSFeatureType.status_request
_S: Final = RevocationStatus


class UnreadableError(ValueError):
    """Bytes that are not what they should be."""


@contextmanager
def _strictly() -> Iterator[None]:
    """cryptography's parsers raise ValueError and more, and deprecate what old authorities still write."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (UnreadableError, _NotSupportedError):
        raise
    except Exception as problem:
        raise UnreadableError(printable(str(problem) or type(problem).__name__, 200)) from None


class _NotSupportedError(Exception):
    """A list that this program does not understand well enough to conclude anything."""


# --- where to ask ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pointers:
    """Where a certificate says to ask. ``others``: sources that are not HTTP, or lists that are not understood."""

    ocsp: tuple[str, ...] = ()
    crls: tuple[str, ...] = ()
    others: tuple[RevocationCheck, ...] = ()
    must_staple: bool = False

    def __bool__(self) -> bool:
        return bool(self.ocsp or self.crls or self.others)


@lru_cache(maxsize=256)
def pointers(certificate: bytes) -> Pointers:
    """What a DER certificate names. Never raises; what cannot be read names nothing, and is told of elsewhere."""
    try:
        with _strictly():
            return _pointers(x509.load_der_x509_certificate(certificate))
    except UnreadableError:
        return Pointers()


def _pointers(certificate: x509.Certificate) -> Pointers:
    asked: dict[RevocationSource, list[str]] = {RevocationSource.OCSP: [], RevocationSource.CRL: []}
    others = []
    for source, url, obstacle in _named(certificate.extensions):
        shown = printable(url, MAX_URL_SHOWN)
        if obstacle or not url.lower().startswith("http://"):
            scheme = printable(url.partition(":")[0], 20)
            others.append(RevocationCheck(source, shown, _S.NOT_SUPPORTED, obstacle or f"{scheme}, not plain HTTP"))
        elif shown != url:
            others.append(RevocationCheck(source, shown, _S.NOT_SUPPORTED, "no usable URL"))
        elif url not in asked[source]:
            asked[source].append(url)
    feature = _extension(certificate.extensions, x509.TLSFeature)
    return Pointers(
        tuple(asked[RevocationSource.OCSP][:MAX_POINTERS]),
        tuple(asked[RevocationSource.CRL][:MAX_POINTERS]),
        tuple(others[:MAX_POINTERS]),
        must_staple=feature is not None and _STATUS_REQUEST in feature,
    )


def _named(extensions: x509.Extensions) -> Iterator[tuple[RevocationSource, str, str]]:
    """Source, URL, and what hinders us from using it."""
    for access in _extension(extensions, x509.AuthorityInformationAccess) or ():
        location = access.access_location
        if access.access_method == AuthorityInformationAccessOID.OCSP and _is_url(location):
            yield RevocationSource.OCSP, location.value, ""
    for point in _extension(extensions, x509.CRLDistributionPoints) or ():
        obstacle = "an indirect CRL" if point.crl_issuer else "a CRL for some reasons only" if point.reasons else ""
        for name in point.full_name or ():
            if _is_url(name):
                yield RevocationSource.CRL, name.value, obstacle


def _is_url(name: x509.GeneralName) -> bool:
    return isinstance(name, x509.UniformResourceIdentifier)


def _extension(extensions: x509.Extensions, kind: type[_Extension]) -> _Extension | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


# --- OCSP ------------------------------------------------------------------------------------------------------


def ocsp_request(certificate: bytes, issuer: bytes) -> bytes:
    """The request for one certificate, SHA-1 as every responder knows it, no nonce. Raises UnreadableError."""
    from cryptography.hazmat.primitives.serialization import Encoding  # late: it loads the ciphers of private keys

    with _strictly():
        return _request(*_both(certificate, issuer), hashes.SHA1()).public_bytes(Encoding.DER)


def _request(certificate: x509.Certificate, issuer: x509.Certificate, digest: Any) -> ocsp.OCSPRequest:  # noqa: ANN401
    return ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, digest).build()


def read_ocsp(
    data: bytes, certificate: bytes, issuer: bytes, at: datetime, url: str = "", *, stapled: bool = False
) -> RevocationCheck:
    """What an OCSP response says of ``certificate``. Never raises."""
    source = RevocationSource.STAPLE if stapled else RevocationSource.OCSP
    check = RevocationCheck(source, printable(url, MAX_URL_SHOWN), _S.MALFORMED)
    try:
        with _strictly():
            return _read_ocsp(ocsp.load_der_ocsp_response(data), *_both(certificate, issuer), at, check)
    except UnreadableError as problem:
        return replace(check, note=_plainly(data) or str(problem))


def ocsp_made_at(data: bytes, certificate: bytes, issuer: bytes) -> datetime | None:
    """When an OCSP response about ``certificate`` was made, as of then trusted; None where it says nothing."""
    try:
        with _strictly():
            response = ocsp.load_der_ocsp_response(data)
            if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
                return None
            about, by = _both(certificate, issuer)
            made_at = response.produced_at_utc
            known = any(_is_about(single, about, by) for single in response.responses)
            return made_at if known and not _ocsp_distrust(response, by, made_at) else None
    except UnreadableError:
        return None


def _plainly(data: bytes) -> str:
    """What octets are that should have been DER, where that is plain; a parser's own words help nobody there."""
    if not data:
        return "it is empty"
    if data.lstrip()[:1] == b"<":
        return "a web page is there"
    return "" if data.startswith(b"\x30") else "no DER"  # X.690: a SEQUENCE, as every response and every list is


def _read_ocsp(
    response: ocsp.OCSPResponse,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    at: datetime,
    check: RevocationCheck,
) -> RevocationCheck:
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return replace(check, status=_S.REFUSED, note=_camel(response.response_status.name))
    single = next((answer for answer in response.responses if _is_about(answer, certificate, issuer)), None)
    if single is None:
        return replace(check, note="the response is about another certificate")
    distrust = _ocsp_distrust(response, issuer, at)
    if distrust:
        return replace(check, status=_S.NOT_TRUSTED, note=distrust)
    found = replace(check, this_update=single.this_update_utc, next_update=single.next_update_utc)
    if single.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        reason = single.revocation_reason
        found = replace(found, revoked_at=single.revocation_time_utc, reason=reason.value if reason else "")
    if single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        return replace(found, status=_S.UNKNOWN, note="the responder does not know the certificate")
    return _timely(found, at)


def _camel(name: str) -> str:
    """TRY_LATER -> tryLater, as RFC 6960 4.2.1 spells it."""
    first, *rest = name.lower().split("_")
    return first + "".join(map(str.capitalize, rest))


def _is_about(single: Any, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:  # noqa: ANN401 - no public type
    if single.serial_number != certificate.serial_number:
        return False
    asked = _request(certificate, issuer, single.hash_algorithm)
    return (single.issuer_name_hash, single.issuer_key_hash) == (asked.issuer_name_hash, asked.issuer_key_hash)


def _ocsp_distrust(response: ocsp.OCSPResponse, issuer: x509.Certificate, at: datetime) -> str:
    """Why the signature does not count, "" where it does (RFC 6960 4.2.2.2)."""
    signed = response.signature, response.tbs_response_bytes, _digest(response), response.signature_algorithm_oid
    if verifies(issuer.public_key(), *signed):
        return ""
    signer = next((one for one in response.certificates[:MAX_SIGNERS] if verifies(one.public_key(), *signed)), None)
    if signer is None:
        return "not signed by the issuer, nor by a certificate sent along"
    who = printable(signer.subject.rfc4514_string(), 100)
    if signer.issuer != issuer.subject or not key_signed(issuer.public_key(), signer):
        return f"signed by {who}, which the certificate's issuer did not issue"
    purposes = _extension(signer.extensions, x509.ExtendedKeyUsage)
    if purposes is None or ExtendedKeyUsageOID.OCSP_SIGNING not in purposes:
        return f"signed by {who}, which may not sign OCSP responses (no id-kp-OCSPSigning)"
    if not signer.not_valid_before_utc - CLOCK_SKEW <= at <= signer.not_valid_after_utc:
        return f"signed by {who}, which is not valid now"
    return ""


def _digest(signed: ocsp.OCSPResponse | x509.CertificateRevocationList) -> hashes.HashAlgorithm | None:
    """The digest of a signature; None for one that is unknown, part of the algorithm, or broken (MD5)."""
    try:
        digest = signed.signature_hash_algorithm
    except Exception:  # an algorithm that cryptography has no name for
        return None
    return None if isinstance(digest, hashes.MD5) else digest


# --- CRL -------------------------------------------------------------------------------------------------------


def read_crl(data: bytes, certificate: bytes, issuer: bytes, at: datetime, url: str) -> RevocationCheck:
    """What a revocation list says of ``certificate``. Never raises."""
    check = RevocationCheck(RevocationSource.CRL, printable(url, MAX_URL_SHOWN), _S.MALFORMED)
    try:
        with _strictly():
            pem = data.lstrip().startswith(b"-----BEGIN")  # RFC 5280 4.2.1.13 wants DER, but some publish PEM
            crl = x509.load_pem_x509_crl(data) if pem else x509.load_der_x509_crl(data)
            return _read_crl(crl, *_both(certificate, issuer), at, check)
    except UnreadableError as problem:
        return replace(check, note=_plainly(data) or str(problem))
    except _NotSupportedError as problem:
        return replace(check, status=_S.NOT_SUPPORTED, note=str(problem))


def _read_crl(
    crl: x509.CertificateRevocationList,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    at: datetime,
    check: RevocationCheck,
) -> RevocationCheck:
    found = replace(check, this_update=crl.last_update_utc, next_update=crl.next_update_utc)
    _check_scope(crl, certificate)
    if crl.issuer != issuer.subject:
        who = printable(crl.issuer.rfc4514_string(), 100)
        return replace(found, status=_S.NOT_TRUSTED, note=f"the list is {who}'s, not the issuer's")
    # Not cryptography's own check: it finds no SHA-1 signature valid, and older authorities still sign lists so.
    signed = crl.signature, crl.tbs_certlist_bytes, _digest(crl), crl.signature_algorithm_oid
    if not verifies(issuer.public_key(), *signed):
        return replace(found, status=_S.NOT_TRUSTED, note="not signed by the issuer's key, or only with MD5")
    usage = _extension(issuer.extensions, x509.KeyUsage)
    if usage is not None and not usage.crl_sign:  # RFC 5280 6.3.3 (f)
        return replace(found, status=_S.NOT_TRUSTED, note="the issuer may not sign lists (keyUsage without cRLSign)")
    entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
    if entry is not None:
        if _extension(entry.extensions, x509.CertificateIssuer) is not None:
            raise _NotSupportedError("an indirect CRL")
        given = _extension(entry.extensions, x509.CRLReason)
        found = replace(found, revoked_at=entry.revocation_date_utc, reason=given.reason.value if given else "")
    return _timely(found, at)


def _check_scope(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> None:
    """RFC 5280 6.3.3 (b): whether the list is about this certificate at all, and about all reasons."""
    for extension in crl.extensions:
        if isinstance(extension.value, x509.DeltaCRLIndicator):
            raise _NotSupportedError("a delta CRL")
        known = isinstance(extension.value, x509.IssuingDistributionPoint)
        if extension.critical and not known:
            raise _NotSupportedError(f"a CRL with the unknown critical extension {extension.oid.dotted_string}")
    scope = _extension(crl.extensions, x509.IssuingDistributionPoint)
    if scope is None:
        return
    if scope.indirect_crl:
        raise _NotSupportedError("an indirect CRL")
    if scope.only_some_reasons:
        raise _NotSupportedError("a CRL for some reasons only")
    basic = _extension(certificate.extensions, x509.BasicConstraints)
    is_authority = basic is not None and basic.ca
    other_kind = scope.only_contains_user_certs if is_authority else scope.only_contains_ca_certs
    if other_kind or scope.only_contains_attribute_certs:
        raise _NotSupportedError("a CRL for another kind of certificates")
    points = _extension(certificate.extensions, x509.CRLDistributionPoints) or ()
    mine = {name.value for point in points for name in point.full_name or ()}
    if scope.full_name and mine and not mine & {name.value for name in scope.full_name}:
        raise _NotSupportedError("a CRL of another distribution point")


# --- both ------------------------------------------------------------------------------------------------------


def _both(certificate: bytes, issuer: bytes) -> tuple[x509.Certificate, x509.Certificate]:
    return x509.load_der_x509_certificate(certificate), x509.load_der_x509_certificate(issuer)


def _timely(check: RevocationCheck, at: datetime) -> RevocationCheck:
    """The verdict where the moment lies within the source's time (RFC 6960 3.2, RFC 5280 6.3.3), else STALE."""
    if check.this_update is not None and at < check.this_update - CLOCK_SKEW:
        return replace(check, status=_S.STALE, early=True)
    if check.next_update is not None and at > check.next_update:
        return replace(check, status=_S.STALE)
    return replace(check, status=_S.REVOKED if check.revoked_at is not None else _S.GOOD)


# --- issuers ---------------------------------------------------------------------------------------------------


def read_issuers(data: bytes) -> tuple[bytes, ...]:
    """The certificates (DER) that caIssuers gave: one in DER, or PKCS #7 (RFC 5280 4.2.2.1), PEM of either too.

    Raises UnreadableError where there is none.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7  # late: slow to import, and rarely needed

    readers: tuple[Callable[[bytes], list[x509.Certificate]], ...] = (
        lambda content: [x509.load_der_x509_certificate(content)],
        pkcs7.load_der_pkcs7_certificates,
    )
    if data.lstrip().startswith(b"-----BEGIN"):
        readers = (x509.load_pem_x509_certificates, pkcs7.load_pem_pkcs7_certificates)
    for read in readers:
        try:
            with _strictly():
                found = read(data)[:MAX_ISSUERS]
                if found:
                    return tuple(certificate.public_bytes(Encoding.DER) for certificate in found)
        except UnreadableError:
            continue
    raise UnreadableError("no certificate is in there")
