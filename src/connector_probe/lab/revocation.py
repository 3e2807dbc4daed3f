"""Certificates that say where to ask about their revocation, and what is answered there; one small fault each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, ObjectIdentifier

from connector_probe.lab.authority import Authority, CertificateMaker, Issuer, ServedChain, der, ec_key, rsa_key
from connector_probe.lab.certificates import elliptic, expired, good, sent

_DER = serialization.Encoding.DER
_HOUR = timedelta(hours=1)
_FRESH = (-1.0, 24.0)  # hours from now: thisUpdate, nextUpdate
_STALE = (-72.0, -48.0)
_REVOKED_HOURS_AGO = 100
_COMPROMISED = x509.ReasonFlags.key_compromise

Extensions = Sequence[tuple[x509.ExtensionType, bool]]


# --- what certificates carry -------------------------------------------------------------------------------------


def _access(method: ObjectIdentifier, url: str) -> tuple[x509.ExtensionType, bool]:
    location = x509.UniformResourceIdentifier(url)
    return x509.AuthorityInformationAccess([x509.AccessDescription(method, location)]), False


def _points(url: str) -> tuple[x509.ExtensionType, bool]:
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)
    return x509.CRLDistributionPoints([point]), False


def _chain(ca: Authority, host: str, *extensions: tuple[x509.ExtensionType, bool]) -> ServedChain:
    return sent(ca, ca.server(host, [host], issuer=ca.intermediate, extensions=extensions))


def _asks_ocsp(page: Callable[[Authority, bytes], bytes] | None) -> CertificateMaker:
    """A certificate with a responder that answers by ``page``; None: it takes the request and says nothing."""

    def make(ca: Authority, host: str) -> ServedChain:
        url = ca.website.publish(f"/ocsp/{host}", page and partial(page, ca))
        return _chain(ca, host, _access(AuthorityInformationAccessOID.OCSP, url))

    return make


def _asks_crl(page: Callable[[Authority], bytes]) -> CertificateMaker:
    def make(ca: Authority, host: str) -> ServedChain:
        return _chain(ca, host, _points(ca.website.publish(f"/{host}.crl", lambda _: page(ca))))

    return make


# --- OCSP --------------------------------------------------------------------------------------------------------


def response(
    ca: Authority,
    serial: int,
    *,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    signer: Issuer | None = None,
    hours: tuple[float, float] = _FRESH,
) -> bytes:
    """An OCSP response about one certificate of the intermediate's, which SHA-1 names; ``signer`` is sent along."""
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    issuer = ca.intermediate.certificate
    by = signer or ca.intermediate
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            issuer_name_hash=hashlib.sha1(issuer.subject.public_bytes(), usedforsecurity=False).digest(),
            issuer_key_hash=x509.SubjectKeyIdentifier.from_public_key(issuer.public_key()).digest,
            serial_number=serial,
            algorithm=hashes.SHA1(),
            cert_status=status,
            this_update=ca.now + hours[0] * _HOUR,
            next_update=ca.now + hours[1] * _HOUR,
            revocation_time=ca.now - _REVOKED_HOURS_AGO * _HOUR if revoked else None,
            revocation_reason=_COMPROMISED if revoked else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, by.certificate)
    )
    if signer is not None:
        builder = builder.certificates([signer.certificate])
    return builder.sign(by.key, hashes.SHA256()).public_bytes(_DER)


def _responds(
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD, signs: ObjectIdentifier | None = None
) -> CertificateMaker:
    """A responder that says ``status``; ``signs``: by a certificate of its own for that purpose."""

    def answer(ca: Authority, asked: bytes) -> bytes:
        if not asked:  # by somebody who only wants to know the time
            return _MALFORMED
        signer = None
        if signs is not None:
            key = ec_key("ocsp signer")
            signer = Issuer(ca.server("Lab OCSP", [], issuer=ca.intermediate, key=key, purpose=signs), key)
        return response(ca, ocsp.load_der_ocsp_request(asked).serial_number, status=status, signer=signer)

    return _asks_ocsp(answer)


_TRY_LATER, _MALFORMED = (
    ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(_DER)
    for status in (ocsp.OCSPResponseStatus.TRY_LATER, ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
)
ocsp_good = _responds()
ocsp_revoked = _responds(ocsp.OCSPCertStatus.REVOKED)
ocsp_unknown = _responds(ocsp.OCSPCertStatus.UNKNOWN)
ocsp_delegated = _responds(signs=ExtendedKeyUsageOID.OCSP_SIGNING)
ocsp_wrong_signer = _responds(signs=ExtendedKeyUsageOID.SERVER_AUTH)  # of the same issuer, and may not
ocsp_try_later = _asks_ocsp(lambda *_: _TRY_LATER)
ocsp_oversized = _asks_ocsp(lambda *_: bytes(1024 * 1024))
ocsp_silent = _asks_ocsp(None)


# --- stapling ----------------------------------------------------------------------------------------------------


def _staples(
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD, hours: tuple[float, float] = _FRESH
) -> CertificateMaker:
    def make(ca: Authority, host: str) -> ServedChain:
        chain = _chain(ca, host)
        serial = x509.load_der_x509_certificate(chain.certificates[0]).serial_number
        return replace(chain, staple=response(ca, serial, status=status, hours=hours))

    return make


stapled_good = _staples()
stapled_revoked = _staples(ocsp.OCSPCertStatus.REVOKED)
stapled_stale = _staples(hours=_STALE)  # the server did not fetch a new response for two days


def must_staple(ca: Authority, host: str) -> ServedChain:
    """The certificate demands what the server does not do."""
    return _chain(ca, host, (x509.TLSFeature([x509.TLSFeatureType.status_request]), False))


# --- CRL ---------------------------------------------------------------------------------------------------------


def revocation_list(
    ca: Authority,
    issuer: Issuer,
    serials: Sequence[int] = (),
    *,
    signer: Issuer | None = None,
    hours: tuple[float, float] = _FRESH,
    extensions: Extensions = (),
) -> bytes:
    """A CRL of ``issuer``'s, signed by ``signer``'s key where that is another one."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(ca.now + hours[0] * _HOUR)
        .next_update(ca.now + hours[1] * _HOUR)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    for serial in serials:
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(serial)
            .revocation_date(ca.now - _REVOKED_HOURS_AGO * _HOUR)
            .add_extension(x509.CRLReason(_COMPROMISED), critical=False)
        )
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign((signer or issuer).key, hashes.SHA256()).public_bytes(_DER)


crl_good = _asks_crl(lambda ca: revocation_list(ca, ca.intermediate, [1, 2, 3]))
crl_stale = _asks_crl(lambda ca: revocation_list(ca, ca.intermediate, hours=_STALE))
_DELTA = [(x509.DeltaCRLIndicator(1), True), (x509.CRLNumber(2), False)]
crl_delta = _asks_crl(lambda ca: revocation_list(ca, ca.intermediate, extensions=_DELTA))
# In the issuer's name, but with another key's signature.
crl_of_a_stranger = _asks_crl(
    lambda ca: revocation_list(ca, ca.intermediate, signer=Issuer(ca.intermediate.certificate, rsa_key("server")))
)


def crl_revoked(ca: Authority, host: str) -> ServedChain:
    serials: list[int] = []
    chain = _asks_crl(lambda ca: revocation_list(ca, ca.intermediate, serials))(ca, host)
    serials.append(x509.load_der_x509_certificate(chain.certificates[0]).serial_number)
    return chain


def crl_not_found(ca: Authority, host: str) -> ServedChain:
    return _chain(ca, host, _points(f"{ca.website.address}/nowhere.crl"))


def crl_by_ldap(ca: Authority, host: str) -> ServedChain:
    """As Active Directory's certificate services have it by default: reachable from inside alone."""
    url = "ldap:///CN=Lab,CN=CDP,CN=Public%20Key%20Services,DC=lab,DC=test?certificateRevocationList?base"
    return _chain(ca, host, _points(url))


def intermediate_revoked(ca: Authority, host: str) -> ServedChain:
    serials: list[int] = []
    pointer = _points(ca.website.publish("/root.crl", lambda _: revocation_list(ca, ca.root, serials)))
    issuer = ca.authority("Lab Revoked Intermediate", issuer=ca.root, extensions=[pointer])
    serials.append(issuer.certificate.serial_number)
    return sent(ca, ca.server(host, [host], issuer=issuer), issuer)


# --- missing issuers ---------------------------------------------------------------------------------------------


def leaf_with_pointer(ca: Authority, host: str) -> ServedChain:
    """The intermediate is not sent, but the certificate says where it is."""
    url = ca.website.publish("/intermediate.cer", lambda _: der(ca.intermediate.certificate))
    chain = _chain(ca, host, _access(AuthorityInformationAccessOID.CA_ISSUERS, url))
    return replace(chain, certificates=chain.certificates[:1])


def leaf_of_foreign_authority(ca: Authority, host: str) -> ServedChain:
    """Nothing but the certificate is sent, and what it points to leads to a root that nobody trusts."""
    root = ca.authority("Foreign Root", issuer=None)
    issuer = ca.authority("Foreign Intermediate", issuer=root)
    url = ca.website.publish("/foreign.cer", lambda _: der(issuer.certificate))
    leaf = ca.server(host, [host], issuer=issuer, extensions=[_access(AuthorityInformationAccessOID.CA_ISSUERS, url)])
    return ServedChain((der(leaf),), rsa_key("server"))


def lower_intermediate_alone(ca: Authority, host: str) -> ServedChain:
    """The upper one of two intermediates is not sent; the lower one says where it is."""
    url = ca.website.publish("/upper.cer", lambda _: der(ca.intermediate.certificate))
    pointer = _access(AuthorityInformationAccessOID.CA_ISSUERS, url)
    lower = ca.authority("Lab Lower Intermediate", issuer=ca.intermediate, extensions=[pointer])
    return sent(ca, ca.server(host, [host], issuer=lower), lower)


# --- other certificates in other handshakes ----------------------------------------------------------------------


def other_without_sni(ca: Authority, host: str) -> ServedChain:
    """Good for who asks by name; who does not gets an expired one."""
    other = ca.server("default.lab.test", ["default.lab.test"], issuer=ca.intermediate, days=(-395, -30))
    return replace(_chain(ca, host), without_sni=sent(ca, other))


def rsa_and_elliptic(ca: Authority, host: str) -> ServedChain:
    """Both kinds of key, each certificate good."""
    return replace(elliptic(ca, host), second=good(ca, host))


def expired_rsa_beside_elliptic(ca: Authority, host: str) -> ServedChain:
    """TLS 1.3 shows the good ECDSA certificate; TLS 1.2 an expired RSA one."""
    return replace(elliptic(ca, host), second=expired(ca, host))
