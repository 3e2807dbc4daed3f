"""What certificates point to: revoked or not, nobody to tell, missing issuers; and other certificates elsewhere."""

from __future__ import annotations

from connector_probe.lab import revocation
from connector_probe.lab.authority import CertificateMaker
from connector_probe.lab.scenario import Options, Scenario, Server, failing, healthy, warning
from connector_probe.model.connector import TlsSettings
from connector_probe.model.evidence import CertificateProblemKind as Kind
from connector_probe.model.verdict import FailureClass as F


def _shows(make: CertificateMaker) -> tuple[Server, ...]:
    return (Server(certificate=make),)


def _revoked(name: str, summary: str, make: CertificateMaker) -> Scenario:
    return failing(name, summary, F.CERTIFICATE_REVOKED, servers=_shows(make), expect_problems=(Kind.REVOKED,))


def _incomplete(name: str, summary: str, make: CertificateMaker) -> Scenario:
    problems = (Kind.MISSING_INTERMEDIATE,)
    return failing(name, summary, F.CERTIFICATE_MISSING_INTERMEDIATE, servers=_shows(make), expect_problems=problems)


REVOCATION: tuple[Scenario, ...] = (
    healthy("revocation-ocsp-good", "OCSP says good", servers=_shows(revocation.ocsp_good)),
    healthy("revocation-ocsp-delegated", "OCSP by an authorized signer", servers=_shows(revocation.ocsp_delegated)),
    healthy("revocation-crl-good", "not on the CRL", servers=_shows(revocation.crl_good)),
    healthy("revocation-stapled-good", "the server staples a good answer", servers=_shows(revocation.stapled_good)),
    warning(
        "revocation-not-checked",
        "revoked, but the connector does not look",
        servers=_shows(revocation.crl_revoked),
        options=Options(tls=TlsSettings.ENCRYPTION_ONLY),
    ),
    warning("revocation-ocsp-unknown", "OCSP does not know it", servers=_shows(revocation.ocsp_unknown)),
    warning("revocation-ocsp-later", "OCSP says tryLater", servers=_shows(revocation.ocsp_try_later)),
    warning("revocation-ocsp-signer", "OCSP signed by who may not", servers=_shows(revocation.ocsp_wrong_signer)),
    warning("revocation-ocsp-oversized", "OCSP answers with a MiB", servers=_shows(revocation.ocsp_oversized)),
    warning("revocation-ocsp-silent", "OCSP does not answer", servers=_shows(revocation.ocsp_silent), waits=True),
    warning("revocation-stapled-stale", "staples an answer of last week", servers=_shows(revocation.stapled_stale)),
    warning("revocation-must-staple", "demands stapling, does not do it", servers=_shows(revocation.must_staple)),
    warning("revocation-crl-stale", "the CRL is out of date", servers=_shows(revocation.crl_stale)),
    warning("revocation-crl-forged", "the CRL is signed by a stranger", servers=_shows(revocation.crl_of_a_stranger)),
    warning("revocation-crl-delta", "a delta CRL alone", servers=_shows(revocation.crl_delta)),
    warning("revocation-crl-missing", "404 where the CRL should be", servers=_shows(revocation.crl_not_found)),
    warning("revocation-crl-ldap", "a CRL in a directory alone", servers=_shows(revocation.crl_by_ldap)),
    _revoked("certificate-revoked", "on its issuer's CRL", revocation.crl_revoked),
    _revoked("certificate-revoked-ocsp", "revoked, says OCSP", revocation.ocsp_revoked),
    _revoked("certificate-revoked-stapled", "revoked, says the server itself", revocation.stapled_revoked),
    _revoked("certificate-revoked-issuer", "its intermediate is revoked", revocation.intermediate_revoked),
    _incomplete("certificate-issuer-elsewhere", "no intermediate, but a pointer to it", revocation.leaf_with_pointer),
    failing(
        "certificate-issuer-upper",
        "one of two intermediates, and a pointer to the other",
        F.CERTIFICATE_MISSING_INTERMEDIATE,
        servers=_shows(revocation.lower_intermediate_alone),
        expect_problems=(Kind.MISSING_INTERMEDIATE,),
    ),
    _incomplete(
        "certificate-issuer-foreign",
        "no intermediate, and a pointer into a private authority",
        revocation.leaf_of_foreign_authority,
    ),
    warning(
        "sni-other-certificate",
        "an expired certificate for those who send no SNI",
        servers=_shows(revocation.other_without_sni),
        options=Options(thorough=True),
    ),
    healthy(
        "certificate-two-kinds",
        "an RSA and an ECDSA certificate",
        servers=_shows(revocation.rsa_and_elliptic),
        options=Options(thorough=True),
    ),
    warning(
        "certificate-two-kinds-expired",
        "a good ECDSA certificate and an expired RSA one",
        servers=_shows(revocation.expired_rsa_beside_elliptic),
        options=Options(thorough=True),
    ),
)
