"""What certificates point to: revoked or not, nobody to tell, missing issuers; and other certificates elsewhere."""

from __future__ import annotations

from connector_probe.lab import revocation
from connector_probe.lab.scenario import Scenario, bad_certificate, healthy, warning
from connector_probe.model.connector import TlsSettings
from connector_probe.model.evidence import CertificateProblemKind as Kind

REVOCATION: tuple[Scenario, ...] = (
    healthy("revocation-ocsp-good", "OCSP says good", certificate=revocation.ocsp_good),
    healthy("revocation-ocsp-delegated", "OCSP by an authorized signer", certificate=revocation.ocsp_delegated),
    healthy("revocation-crl-good", "not on the CRL", certificate=revocation.crl_good),
    healthy("revocation-stapled-good", "the server staples a good answer", certificate=revocation.stapled_good),
    warning(
        "revocation-not-checked",
        "revoked, but the connector does not look",
        certificate=revocation.crl_revoked,
        tls=TlsSettings.ENCRYPTION_ONLY,
    ),
    warning("revocation-ocsp-unknown", "OCSP does not know it", certificate=revocation.ocsp_unknown),
    warning("revocation-ocsp-later", "OCSP says tryLater", certificate=revocation.ocsp_try_later),
    warning("revocation-ocsp-signer", "OCSP signed by who may not", certificate=revocation.ocsp_wrong_signer),
    warning("revocation-ocsp-oversized", "OCSP answers with a MiB", certificate=revocation.ocsp_oversized),
    warning("revocation-ocsp-silent", "OCSP does not answer", certificate=revocation.ocsp_silent, waits=True),
    warning("revocation-stapled-stale", "staples an answer of last week", certificate=revocation.stapled_stale),
    warning("revocation-must-staple", "demands stapling, does not do it", certificate=revocation.must_staple),
    warning("revocation-crl-stale", "the CRL is out of date", certificate=revocation.crl_stale),
    warning("revocation-crl-forged", "the CRL is signed by a stranger", certificate=revocation.crl_of_a_stranger),
    warning("revocation-crl-delta", "a delta CRL alone", certificate=revocation.crl_delta),
    warning("revocation-crl-missing", "404 where the CRL should be", certificate=revocation.crl_not_found),
    warning("revocation-crl-ldap", "a CRL in a directory alone", certificate=revocation.crl_by_ldap),
    bad_certificate("certificate-revoked", "on its issuer's CRL", revocation.crl_revoked, Kind.REVOKED),
    bad_certificate("certificate-revoked-ocsp", "revoked, says OCSP", revocation.ocsp_revoked, Kind.REVOKED),
    bad_certificate(
        "certificate-revoked-stapled", "revoked, says the server itself", revocation.stapled_revoked, Kind.REVOKED
    ),
    bad_certificate(
        "certificate-revoked-issuer", "its intermediate is revoked", revocation.intermediate_revoked, Kind.REVOKED
    ),
    bad_certificate(
        "certificate-issuer-elsewhere",
        "no intermediate, but a pointer to it",
        revocation.leaf_with_pointer,
        Kind.MISSING_INTERMEDIATE,
    ),
    bad_certificate(
        "certificate-issuer-upper",
        "one of two intermediates, and a pointer to the other",
        revocation.lower_intermediate_alone,
        Kind.MISSING_INTERMEDIATE,
    ),
    bad_certificate(
        "certificate-issuer-foreign",
        "no intermediate, and a pointer into a private authority",
        revocation.leaf_of_foreign_authority,
        Kind.MISSING_INTERMEDIATE,
    ),
    warning(
        "sni-other-certificate",
        "an expired certificate for those who send no SNI",
        certificate=revocation.other_without_sni,
        thorough=True,
    ),
    healthy(
        "certificate-two-kinds",
        "an RSA and an ECDSA certificate",
        certificate=revocation.rsa_and_elliptic,
        thorough=True,
    ),
    warning(
        "certificate-two-kinds-expired",
        "a good ECDSA certificate and an expired RSA one",
        certificate=revocation.expired_rsa_beside_elliptic,
        thorough=True,
    ),
)
