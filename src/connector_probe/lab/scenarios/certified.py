"""TLS works; the certificate does not. One scenario for each problem kind."""

from __future__ import annotations

from connector_probe.lab import certificates
from connector_probe.lab.scenario import Scenario, bad_certificate, failing
from connector_probe.model.evidence import CertificateProblemKind as Kind
from connector_probe.model.verdict import CauseVerdict, FailureClass

CERTIFICATES: tuple[Scenario, ...] = (
    bad_certificate("certificate-expired", "ended a month ago", certificates.expired, Kind.EXPIRED),
    bad_certificate("certificate-not-yet-valid", "begins in a month", certificates.not_yet_valid, Kind.NOT_YET_VALID),
    bad_certificate("certificate-name-mismatch", "for another name", certificates.other_name, Kind.NAME_MISMATCH),
    bad_certificate(
        "certificate-common-name-only",
        "the name stands in the subject alone",
        certificates.common_name_only,
        Kind.COMMON_NAME_ONLY,
    ),
    bad_certificate(
        "certificate-expired-and-mismatched",
        "two problems at once",
        certificates.expired_and_other_name,
        Kind.EXPIRED,
        Kind.NAME_MISMATCH,
    ),
    bad_certificate(
        "appliance-certificate",
        "a firewall answers STARTTLS with its maker's certificate",
        certificates.of_an_appliance,
        Kind.SELF_SIGNED,
        Kind.NAME_MISMATCH,
    ),
    failing(
        "tls-inspection",
        "a firewall signs the server's certificate anew with its own CA",
        FailureClass.CERTIFICATE_UNTRUSTED_ROOT,
        certificate=certificates.resigned,
        expect_problems=(Kind.UNTRUSTED_ROOT,),
        expect_causes={"tls-inspection": CauseVerdict.CONFIRMED},
    ),
    failing(
        "another-host-answers",
        "NAT leads to another host of the same owner, which greets and has a certificate for its own name",
        FailureClass.CERTIFICATE_NAME_MISMATCH,
        host="archive.lab.test.",
        expect_problems=(Kind.NAME_MISMATCH,),
        expect_causes={"another-host-answers": CauseVerdict.CONFIRMED},
    ),
    bad_certificate("certificate-self-signed", "signed by itself", certificates.self_signed, Kind.SELF_SIGNED),
    bad_certificate(
        "certificate-untrusted-root", "a complete chain nobody trusts", certificates.untrusted_root, Kind.UNTRUSTED_ROOT
    ),
    bad_certificate(
        "certificate-missing-intermediate",
        "the intermediate is not sent",
        certificates.leaf_only,
        Kind.MISSING_INTERMEDIATE,
    ),
    bad_certificate(
        "certificate-issuer-expired", "the intermediate ended", certificates.expired_intermediate, Kind.ISSUER_EXPIRED
    ),
    bad_certificate(
        "certificate-issuer-not-yet-valid",
        "the intermediate begins in a month",
        certificates.future_intermediate,
        Kind.ISSUER_NOT_YET_VALID,
    ),
    bad_certificate(
        "certificate-bad-signature", "one bit of the signature is wrong", certificates.bad_signature, Kind.BAD_SIGNATURE
    ),
    bad_certificate("certificate-invalid-ca", "the issuer is no CA", certificates.not_an_authority, Kind.INVALID_CA),
    bad_certificate(
        "certificate-path-too-long",
        "an intermediate below one that allows none",
        certificates.path_too_long,
        Kind.PATH_TOO_LONG,
    ),
    bad_certificate(
        "certificate-name-constraint",
        "the issuer may not sign for this name",
        certificates.outside_name_constraint,
        Kind.NAME_CONSTRAINT,
    ),
    bad_certificate(
        "certificate-wrong-purpose", "for clients, not servers", certificates.client_purpose, Kind.WRONG_PURPOSE
    ),
    bad_certificate("certificate-weak-key", "RSA with 1024 bits", certificates.weak_key, Kind.WEAK_KEY),
    bad_certificate(
        "certificate-weak-signature", "signed with SHA-1", certificates.sha1_signature, Kind.WEAK_SIGNATURE
    ),
    bad_certificate(
        "certificate-unknown-algorithm",
        "signed by a method that nobody can check",
        certificates.unknown_signature_algorithm,
        Kind.INVALID_PATH,
    ),
    bad_certificate(
        "certificate-unparseable-extension",
        "the SAN's bytes break off",
        certificates.unparseable_names,
        Kind.UNPARSEABLE_EXTENSION,
    ),
    bad_certificate(
        "certificate-unknown-critical-extension",
        "a critical extension that nobody knows",
        certificates.unknown_critical_extension,
        Kind.UNKNOWN_CRITICAL_EXTENSION,
    ),
    bad_certificate(
        "certificate-unparseable",
        "X.509 version 6, which there is not",
        certificates.impossible_version,
        Kind.UNPARSEABLE_CERTIFICATE,
    ),
)
