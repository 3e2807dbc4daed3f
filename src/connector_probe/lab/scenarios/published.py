"""What the domain itself publishes: TLSA records in a signed zone, right and wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Unpack

from connector_probe.lab import behaviours as lab
from connector_probe.lab import certificates
from connector_probe.lab.answers import Answerer, by_type, exchanges, nodata, servfail
from connector_probe.lab.scenario import HERE, More, Scenario, failing, healthy, unknown, warning
from connector_probe.lab.session import resets, session
from connector_probe.lab.signing import PORT, SOUNDLY, Signing, signed, tlsa
from connector_probe.lab.smtp import Behaviour
from connector_probe.model.connector import SmtpDaneMode
from connector_probe.model.evidence import CertificateProblemKind as Kind
from connector_probe.model.verdict import CauseVerdict
from connector_probe.model.verdict import FailureClass as F

MANDATORY = SmtpDaneMode.MANDATORY
_CONFIRMED, _SUPPORTED, _OUT = CauseVerdict.CONFIRMED, CauseVerdict.SUPPORTED, CauseVerdict.RULED_OUT
_SERVER, _INTERMEDIATE, _OTHER = (3, "server"), (2, "intermediate"), (3, "another server")
_MX = exchanges((10, "mail"))
UNSIGNED: Mapping[str, Answerer] = {"@": _MX, "mail": HERE}  # a domain with one MX host


def _dane(
    kind: Callable[..., Scenario],
    name: str,
    summary: str,
    *failure: F,
    records: tuple[tuple[int, str], ...] = (_SERVER,),
    signing: Signing = SOUNDLY,
    behaviour: Behaviour = session,
    **more: Unpack[More],
) -> Scenario:
    """A signed domain with one MX host, and TLSA ``records`` for it; other ``answers`` where they are given."""
    published = {f"_{PORT}._tcp.mail": tlsa(*records) if records else nodata}
    usual: More = {"use_mx": True, "host": "mail", "answers": signed({**UNSIGNED, **published}, signing)}
    return kind(name, summary, *failure, behaviour, **{**usual, **more})


PUBLISHED: tuple[Scenario, ...] = (
    _dane(healthy, "dane", "a TLSA record that fits the server's key"),
    _dane(healthy, "dane-anchor", "a TLSA record that fits the intermediate's key", records=(_INTERMEDIATE,)),
    _dane(healthy, "dane-absent", "a signed domain without TLSA records", records=()),
    _dane(healthy, "dane-mandatory", "SmtpDaneMode Mandatory, and a TLSA record that fits", smtp_dane_mode=MANDATORY),
    _dane(
        warning,
        "dane-self-signed",
        "a certificate that only its TLSA record vouches for",
        certificate=certificates.self_signed,
        expect_problems=(Kind.SELF_SIGNED,),
    ),
    _dane(warning, "dane-unusable", "a TLSA record with usage 1, which is not for mail", records=((1, "server"),)),
    _dane(
        failing,
        "dane-dnssec-expired",
        "the zone's signatures have expired",
        F.DANE_DNSSEC_INVALID,
        signing=Signing(until=-1.0),
    ),
    _dane(
        failing,
        "dane-dnssec-stranger",
        "the zone's records are signed with a key that it does not have",
        F.DANE_DNSSEC_INVALID,
        signing=Signing(key="dnssec of old"),
        expect_causes={"dnssec-chain-broken": _CONFIRMED, "dnssec-signature-untimely": _OUT},
    ),
    _dane(
        failing,
        "dane-dnssec-tampered",
        "the zone's records are not those that were signed",
        F.DANE_DNSSEC_INVALID,
        signing=Signing(tampered=True),
        expect_causes={"dnssec-tampered": _SUPPORTED, "dnssec-signature-untimely": _OUT},
    ),
    _dane(
        failing,
        "dane-required",
        "SmtpDaneMode Mandatory, and a domain that is not signed",
        F.DANE_REQUIRED,
        smtp_dane_mode=MANDATORY,
        answers=UNSIGNED,
    ),
    _dane(
        failing,
        "dane-no-starttls",
        "a TLSA record, and no STARTTLS",
        F.DANE_STARTTLS_NOT_SUPPORTED,
        behaviour=lab.no_starttls,
    ),
    _dane(
        failing,
        "dane-tls-reset",
        "a TLSA record, and a handshake that is reset",
        F.DANE_TLS_FAILED,
        behaviour=lab.after_client_hello(resets),
    ),
    _dane(
        failing,
        "dane-certificate-expired",
        "the certificate fits the TLSA record and has expired",
        F.DANE_CERTIFICATE_EXPIRED,
        certificate=certificates.expired,
        records=(_INTERMEDIATE,),
        expect_problems=(Kind.EXPIRED,),
    ),
    _dane(failing, "dane-tlsa-mismatch", "a TLSA record for another key", F.DANE_TLSA_INVALID, records=(_OTHER,)),
    _dane(
        failing,
        "dane-tlsa-malformed",
        "two TLSA records, one for another key and one with usage 1, which is not for mail",
        F.DANE_TLSA_INVALID,
        records=(_OTHER, (1, "server")),
        expect_causes={"tlsa-malformed": _CONFIRMED, "tlsa-outdated": _SUPPORTED},
    ),
    _dane(
        failing,
        "dane-certificate-early",
        "the certificate fits the TLSA record and is not valid yet",
        F.DANE_TLSA_INVALID,
        certificate=certificates.not_yet_valid,
        expect_problems=(Kind.NOT_YET_VALID,),
        expect_causes={"certificate-not-yet-valid": _CONFIRMED, "tlsa-outdated": _OUT},
    ),
    _dane(
        failing,
        "dane-path-invalid",
        "the TLSA record names the intermediate, and the server's certificate has another's signature",
        F.DANE_TLSA_INVALID,
        certificate=certificates.bad_signature,
        records=(_INTERMEDIATE,),
        expect_problems=(Kind.BAD_SIGNATURE,),
        expect_causes={"dane-path-invalid": _CONFIRMED, "tlsa-outdated": _OUT},
    ),
    _dane(
        warning,
        "dane-one-of-two",
        "two servers behind one address, and a TLSA record for the key of one of them",
        connections=2,
        second=certificates.elliptic,
        expect_causes={"dane-other-server": _SUPPORTED},
    ),
    _dane(
        failing,
        "dane-host-mismatch",
        "below the TLSA record's trust anchor, a certificate for another name",
        F.DANE_HOST_MISMATCH,
        certificate=certificates.other_name,
        records=(_INTERMEDIATE,),
        expect_problems=(Kind.NAME_MISMATCH,),
    ),
    _dane(
        unknown,
        "dane-unverifiable",
        "SmtpDaneMode Mandatory, and a nameserver that knows no DNSSEC",
        F.LOCAL_DNSSEC,
        smtp_dane_mode=MANDATORY,
        # MX records without a signature, and nobody says whether they should have one.
        answers={**UNSIGNED, "@": by_type({"MX": _MX}, servfail)},
    ),
)
