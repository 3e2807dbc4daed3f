"""protocol/revocation.py: what OCSP responses and revocation lists say, and when they are not to be believed.

The good and the revoked case come from real parts too: tests/real/test_revocation.py has OpenSSL's responder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from connector_probe.model.revocation import RevocationCheck, RevocationSource, RevocationStatus
from connector_probe.protocol.revocation import (
    UnreadableError,
    ocsp_request,
    pointers,
    read_crl,
    read_issuers,
    read_ocsp,
)
from tests.unit.certificates import NOW, Extension, Issued, authority, ec_key, issue, name, rsa_key, server, usage

S = RevocationStatus
HOUR = timedelta(hours=1)
DER = serialization.Encoding.DER
URL = "http://crl.contoso.com/a.crl"
CA = authority("Issuing CA", key=rsa_key("issuer"), key_usage=usage("key_cert_sign", "crl_sign"))
STRANGER = authority("Issuing CA", key=ec_key("stranger"))
LEAF = server(CA)


def point(url: str = URL, **more: object) -> Extension:
    given = {"relative_name": None, "reasons": None, "crl_issuer": None} | more
    uri = [x509.UniformResourceIdentifier(url)]
    return x509.CRLDistributionPoints([x509.DistributionPoint(uri, **given)]), False  # type: ignore[arg-type]


def parsed(certificate: Issued) -> x509.Certificate:
    return x509.load_der_x509_certificate(certificate.der)


def str_of(value: object) -> str:
    """An id for a parameter: signatures differ from run to run, and so must not be part of it."""
    return str(value) if isinstance(value, RevocationStatus) else "data"


# --- pointers --------------------------------------------------------------------------------------------------


def access(*pairs: tuple[x509.ObjectIdentifier, str]) -> Extension:
    described = [x509.AccessDescription(method, x509.UniformResourceIdentifier(url)) for method, url in pairs]
    return x509.AuthorityInformationAccess(described), False


def test_pointers_are_read() -> None:
    information = access(
        (AuthorityInformationAccessOID.OCSP, "http://ocsp.contoso.com"),
        (AuthorityInformationAccessOID.CA_ISSUERS, "http://ca.contoso.com/ca.cer"),
    )
    staple = (x509.TLSFeature([x509.TLSFeatureType.status_request]), False)
    found = pointers(server(CA, more=[information, point(), staple]).der)
    assert (found.ocsp, found.crls, found.others, found.must_staple) == (("http://ocsp.contoso.com",), (URL,), (), True)
    assert not pointers(LEAF.der)
    assert not pointers(b"no certificate")


@pytest.mark.parametrize(
    ("extension", "why"),
    [
        (point("ldap:///CN=x"), "ldap"),
        (point("https://crl.contoso.com/"), "https"),
        (point("x\x1b[31m:y"), "not plain HTTP"),
        (point("http://crl.contoso.com/\x1b[31m"), "no usable URL"),
        (point("http://crl.contoso.com/" + "a" * 5000), "no usable URL"),
        (point(crl_issuer=[x509.DirectoryName(name("Other CA"))]), "indirect"),
        (point(reasons=frozenset([x509.ReasonFlags.key_compromise])), "some reasons"),
    ],
)
def test_what_is_not_asked_is_told(extension: Extension, why: str) -> None:
    found = pointers(server(CA, more=[extension]).der)
    assert found.crls == ()
    (check,) = found.others
    assert check.status is S.NOT_SUPPORTED
    assert why in check.note
    assert (check.note + check.url).isprintable()


def test_pointers_are_bounded() -> None:
    many = [
        x509.DistributionPoint([x509.UniformResourceIdentifier(f"http://a{n}.test/")], None, None, None)
        for n in range(50)
    ]
    assert len(pointers(server(CA, more=[(x509.CRLDistributionPoints(many), False)]).der).crls) == 4


# --- CRL -------------------------------------------------------------------------------------------------------


def crl(
    *serials: int,
    issuer: Issued = CA,
    signer: Issued | None = None,
    hours: tuple[float, float] = (-1, 24),
    extensions: Sequence[Extension] = (),
    entry_extensions: Sequence[Extension] = (),
) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(NOW + hours[0] * HOUR)
        .next_update(NOW + hours[1] * HOUR)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    for serial in serials:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - 50 * HOUR)
        for extension, critical in entry_extensions:
            entry = entry.add_extension(extension, critical)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign((signer or issuer).key, hashes.SHA256()).public_bytes(DER)


def asked(data: bytes, certificate: Issued = LEAF, issuer: Issued = CA) -> RevocationCheck:
    return read_crl(data, certificate.der, issuer.der, NOW, URL)


SERIAL = parsed(LEAF).serial_number


def test_a_list_says_good_or_revoked() -> None:
    assert asked(crl(1, 2)).status is S.GOOD
    reason = (x509.CRLReason(x509.ReasonFlags.superseded), False)
    found = asked(crl(1, SERIAL, entry_extensions=[reason]))
    assert (found.status, found.revoked_at, found.reason) == (S.REVOKED, NOW - 50 * HOUR, "superseded")
    pem = x509.load_der_x509_crl(crl(SERIAL)).public_bytes(serialization.Encoding.PEM)
    assert asked(pem).status is S.REVOKED


def test_a_list_counts_in_its_time_alone() -> None:
    stale = asked(crl(SERIAL, hours=(-48, -24)))
    assert (stale.status, stale.early, stale.revoked_at) == (S.STALE, False, NOW - 50 * HOUR)
    early = asked(crl(hours=(2, 24)))
    assert (early.status, early.early) == (S.STALE, True)
    assert asked(crl(hours=(0.1, 24))).status is S.GOOD, "clocks differ a little"


def scope(**given: object) -> Extension:
    every: dict[str, object] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**(every | given)), True  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (crl(signer=STRANGER), S.NOT_TRUSTED),
        (crl(SERIAL, signer=STRANGER), S.NOT_TRUSTED),
        (crl(issuer=authority("Other CA")), S.NOT_TRUSTED),
        (crl(extensions=[(x509.DeltaCRLIndicator(1), True)]), S.NOT_SUPPORTED),
        (
            crl(extensions=[(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\5\0"), True)]),
            S.NOT_SUPPORTED,
        ),
        (crl(extensions=[scope(indirect_crl=True)]), S.NOT_SUPPORTED),
        (crl(extensions=[scope(only_contains_ca_certs=True)]), S.NOT_SUPPORTED),
        (crl(extensions=[scope(only_contains_user_certs=True)]), S.GOOD),
        (crl(extensions=[scope(only_some_reasons=frozenset([x509.ReasonFlags.ca_compromise]))]), S.NOT_SUPPORTED),
        (
            crl(SERIAL, entry_extensions=[(x509.CertificateIssuer([x509.DirectoryName(name("Other"))]), True)]),
            S.NOT_SUPPORTED,
        ),
        (b"", S.MALFORMED),
        (b"<html>not here</html>", S.MALFORMED),
        (b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----", S.MALFORMED),
        (LEAF.der, S.MALFORMED),
    ],
    ids=str_of,
)
def test_what_a_list_is_not_believed_for(data: bytes, status: RevocationStatus) -> None:
    found = asked(data)
    assert found.status is status, found.note
    assert found.note.isprintable()


def test_a_list_of_another_distribution_point_says_nothing() -> None:
    """Large authorities split their list; the wrong part does not name the certificate, and that means nothing."""
    here = server(CA, more=[point()])
    there = scope(full_name=[x509.UniformResourceIdentifier("http://crl.contoso.com/b.crl")])
    own = scope(full_name=[x509.UniformResourceIdentifier(URL)])
    assert asked(crl(extensions=[there]), here).status is S.NOT_SUPPORTED
    assert asked(crl(extensions=[own]), here).status is S.GOOD


def test_an_issuer_that_may_not_sign_lists_is_not_believed() -> None:
    only = authority("Issuing CA", key=rsa_key("issuer"), key_usage=usage("key_cert_sign"))
    assert asked(crl(issuer=only), issuer=only).status is S.NOT_TRUSTED


# --- OCSP ------------------------------------------------------------------------------------------------------


def response(
    *,
    certificate: Issued = LEAF,
    issuer: Issued = CA,
    signer: Issued | None = None,
    send: bool = True,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    hours: tuple[float, float | None] = (-1, 24),
) -> bytes:
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    by = signer or issuer
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            parsed(certificate),
            parsed(issuer),
            hashes.SHA256(),
            status,
            NOW + hours[0] * HOUR,
            NOW + hours[1] * HOUR if hours[1] is not None else None,
            NOW - 50 * HOUR if revoked else None,
            x509.ReasonFlags.key_compromise if revoked else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.NAME, parsed(by))
    )
    if signer is not None and send:
        builder = builder.certificates([parsed(signer)])
    return builder.sign(by.key, hashes.SHA256()).public_bytes(DER)


def told(data: bytes, **more: bool) -> RevocationCheck:
    return read_ocsp(data, LEAF.der, CA.der, NOW, "http://ocsp.contoso.com", **more)


def signer(purpose: x509.ObjectIdentifier | None, issuer: Issued = CA, days: tuple[float, float] = (-1, 30)) -> Issued:
    extensions: list[Extension] = [(x509.ExtendedKeyUsage([purpose]), False)] if purpose is not None else []
    return issue(name("OCSP"), ec_key("ocsp"), issuer, extensions, days=days)


OCSP_SIGNING = ExtendedKeyUsageOID.OCSP_SIGNING


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (response(), S.GOOD),
        (response(hours=(-1, None)), S.GOOD),
        (response(signer=signer(OCSP_SIGNING)), S.GOOD),
        (response(status=ocsp.OCSPCertStatus.REVOKED), S.REVOKED),
        (response(status=ocsp.OCSPCertStatus.REVOKED, signer=signer(OCSP_SIGNING)), S.REVOKED),
        (response(status=ocsp.OCSPCertStatus.UNKNOWN), S.UNKNOWN),
        (response(hours=(-48, -24)), S.STALE),
        (response(hours=(2, 24)), S.STALE),
        (response(signer=signer(ExtendedKeyUsageOID.SERVER_AUTH)), S.NOT_TRUSTED),
        (response(signer=signer(None)), S.NOT_TRUSTED),
        (response(signer=signer(OCSP_SIGNING, STRANGER)), S.NOT_TRUSTED),
        (response(signer=signer(OCSP_SIGNING, days=(-30, -1))), S.NOT_TRUSTED),
        (response(signer=signer(OCSP_SIGNING), send=False), S.NOT_TRUSTED),
        (response(signer=STRANGER), S.NOT_TRUSTED),
        (response(certificate=server(CA)), S.MALFORMED),  # another serial number
        (ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(DER), S.REFUSED),
        (b"", S.MALFORMED),
        (b"\x30\x03\x0a\x01\x00", S.MALFORMED),
        (LEAF.der, S.MALFORMED),
    ],
    ids=str_of,
)
def test_what_a_response_says(data: bytes, status: RevocationStatus) -> None:
    found = told(data)
    assert found.status is status, found.note
    assert found.source is RevocationSource.OCSP
    assert (found.reason == "keyCompromise") == (status is S.REVOKED)
    assert replace(found, source=RevocationSource.STAPLE, url="") == read_ocsp(
        data, LEAF.der, CA.der, NOW, stapled=True
    )


def test_a_response_with_a_turned_bit_is_not_believed() -> None:
    data = response()
    turned = data[:-1] + bytes([data[-1] ^ 1])
    assert told(turned).status is S.NOT_TRUSTED


def test_a_request_names_the_certificate() -> None:
    request = ocsp.load_der_ocsp_request(ocsp_request(LEAF.der, CA.der))
    assert request.serial_number == SERIAL
    with pytest.raises(UnreadableError):
        ocsp_request(b"no certificate", CA.der)


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    for found in (told(data), asked(data)):
        assert not found.decides
        assert found.note.isprintable()


# --- issuers ---------------------------------------------------------------------------------------------------


def test_issuers_come_in_several_shapes() -> None:
    from cryptography.hazmat.primitives.serialization import pkcs7

    pem = serialization.Encoding.PEM
    assert read_issuers(CA.der) == (CA.der,)
    assert read_issuers(parsed(CA).public_bytes(pem)) == (CA.der,)
    assert set(read_issuers(pkcs7.serialize_certificates([parsed(CA), parsed(LEAF)], DER))) == {CA.der, LEAF.der}
    for data in (b"", b"<html>", b"-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----"):
        with pytest.raises(UnreadableError):
            read_issuers(data)


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (b"", "it is empty"),
        (b"\r\n<!DOCTYPE html><title>Log in</title>", "a web page is there"),
        (b"not found", "no DER"),
    ],
)
def test_what_is_plainly_no_answer_is_called_what_it_is(data: bytes, note: str) -> None:
    for check in (read_ocsp(data, LEAF.der, CA.der, NOW, URL), read_crl(data, LEAF.der, CA.der, NOW, URL)):
        assert (check.status, check.note) == (S.MALFORMED, note)
