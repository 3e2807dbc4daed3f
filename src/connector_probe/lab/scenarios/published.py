"""What the domain itself publishes: TLSA records in a signed zone, right and wrong."""

from __future__ import annotations

from dataclasses import replace

from connector_probe.lab import behaviours as smtp
from connector_probe.lab import certificates
from connector_probe.lab import tls_behaviours as tls
from connector_probe.lab.answers import Answerer, addresses, by_type, exchanges, nodata, servfail
from connector_probe.lab.authority import CertificateMaker
from connector_probe.lab.scenario import (
    LOOPBACK,
    Options,
    Scenario,
    Server,
    failing,
    healthy,
    host_of,
    unknown,
    warning,
)
from connector_probe.lab.signing import PORT, SOUNDLY, Signing, signed, tlsa
from connector_probe.lab.smtp import Behaviour
from connector_probe.model.connector import SmtpDaneMode
from connector_probe.model.evidence import CertificateProblemKind as Kind
from connector_probe.model.verdict import CauseVerdict
from connector_probe.model.verdict import FailureClass as F

MX = Options(use_mx=True)
_CONFIRMED, _SUPPORTED, _OUT = CauseVerdict.CONFIRMED, CauseVerdict.SUPPORTED, CauseVerdict.RULED_OUT
MANDATORY = Options(use_mx=True, smtp_dane_mode=SmtpDaneMode.MANDATORY)


def _zone(name: str, records: Answerer | None, how: Signing = SOUNDLY) -> dict[str, Answerer]:
    """A signed domain with one MX host, and TLSA records for it."""
    host = f"mail.{host_of(name)}"
    answers: dict[str, Answerer] = {host_of(name): exchanges((10, f"{host}.")), host: addresses(LOOPBACK)}
    answers[f"_{PORT}._tcp.{host}"] = records or nodata
    return signed(host_of(name), answers, how)


def _unsigned(name: str, domain: Answerer | None = None) -> dict[str, Answerer]:
    host = f"mail.{host_of(name)}"
    return {host_of(name): domain or exchanges((10, f"{host}.")), host: addresses(LOOPBACK)}


def _server(
    name: str, certificate: CertificateMaker = certificates.good, behaviour: Behaviour = smtp.is_healthy
) -> tuple[Server, ...]:
    return (Server(name=f"mail.{host_of(name)}", certificate=certificate, behaviour=behaviour),)


def _no_dane(name: str) -> dict[str, Answerer]:
    """MX records without a signature, and nobody says whether they should have one."""
    mx = exchanges((10, f"mail.{host_of(name)}."))
    return _unsigned(name, by_type({"MX": mx}, servfail))


PUBLISHED: tuple[Scenario, ...] = (
    healthy(
        "dane",
        "a TLSA record that fits the server's key",
        options=MX,
        servers=_server("dane"),
        answers=_zone("dane", tlsa((3, "server"))),
    ),
    healthy(
        "dane-anchor",
        "a TLSA record that fits the intermediate's key",
        options=MX,
        servers=_server("dane-anchor"),
        answers=_zone("dane-anchor", tlsa((2, "intermediate"))),
    ),
    healthy(
        "dane-absent",
        "a signed domain without TLSA records",
        options=MX,
        servers=_server("dane-absent"),
        answers=_zone("dane-absent", None),
    ),
    healthy(
        "dane-mandatory",
        "SmtpDaneMode Mandatory, and a TLSA record that fits",
        options=MANDATORY,
        servers=_server("dane-mandatory"),
        answers=_zone("dane-mandatory", tlsa((3, "server"))),
    ),
    warning(
        "dane-self-signed",
        "a certificate that only its TLSA record vouches for",
        options=MX,
        servers=_server("dane-self-signed", certificates.self_signed),
        answers=_zone("dane-self-signed", tlsa((3, "server"))),
        expect_problems=(Kind.SELF_SIGNED,),
    ),
    warning(
        "dane-unusable",
        "a TLSA record with usage 1, which is not for mail",
        options=MX,
        servers=_server("dane-unusable"),
        answers=_zone("dane-unusable", tlsa((1, "server"))),
    ),
    failing(
        "dane-dnssec-expired",
        "the zone's signatures have expired",
        F.DANE_DNSSEC_INVALID,
        options=MX,
        servers=_server("dane-dnssec-expired"),
        answers=_zone("dane-dnssec-expired", tlsa((3, "server")), Signing(until=-1.0)),
    ),
    failing(
        "dane-dnssec-stranger",
        "the zone's records are signed with a key that it does not have",
        F.DANE_DNSSEC_INVALID,
        options=MX,
        servers=_server("dane-dnssec-stranger"),
        answers=_zone("dane-dnssec-stranger", tlsa((3, "server")), Signing(key="dnssec of old")),
        expect_causes={"dnssec-chain-broken": _CONFIRMED, "dnssec-signature-untimely": _OUT},
    ),
    failing(
        "dane-dnssec-tampered",
        "the zone's records are not those that were signed",
        F.DANE_DNSSEC_INVALID,
        options=MX,
        servers=_server("dane-dnssec-tampered"),
        answers=_zone("dane-dnssec-tampered", tlsa((3, "server")), Signing(tampered=True)),
        expect_causes={"dnssec-tampered": _SUPPORTED, "dnssec-signature-untimely": _OUT},
    ),
    failing(
        "dane-required",
        "SmtpDaneMode Mandatory, and a domain that is not signed",
        F.DANE_REQUIRED,
        options=MANDATORY,
        servers=_server("dane-required"),
        answers=_unsigned("dane-required"),
    ),
    failing(
        "dane-no-starttls",
        "a TLSA record, and no STARTTLS",
        F.DANE_STARTTLS_NOT_SUPPORTED,
        options=MX,
        servers=_server("dane-no-starttls", behaviour=smtp.offers_no_starttls),
        answers=_zone("dane-no-starttls", tlsa((3, "server"))),
    ),
    failing(
        "dane-tls-reset",
        "a TLSA record, and a handshake that is reset",
        F.DANE_TLS_FAILED,
        options=MX,
        servers=_server("dane-tls-reset", behaviour=tls.resets_on_client_hello),
        answers=_zone("dane-tls-reset", tlsa((3, "server"))),
    ),
    failing(
        "dane-certificate-expired",
        "the certificate fits the TLSA record and has expired",
        F.DANE_CERTIFICATE_EXPIRED,
        options=MX,
        servers=_server("dane-certificate-expired", certificates.expired),
        answers=_zone("dane-certificate-expired", tlsa((2, "intermediate"))),
        expect_problems=(Kind.EXPIRED,),
    ),
    failing(
        "dane-tlsa-mismatch",
        "a TLSA record for another key",
        F.DANE_TLSA_INVALID,
        options=MX,
        servers=_server("dane-tlsa-mismatch"),
        answers=_zone("dane-tlsa-mismatch", tlsa((3, "another server"))),
    ),
    failing(
        "dane-tlsa-malformed",
        "two TLSA records, one for another key and one with usage 1, which is not for mail",
        F.DANE_TLSA_INVALID,
        options=MX,
        servers=_server("dane-tlsa-malformed"),
        answers=_zone("dane-tlsa-malformed", tlsa((3, "another server"), (1, "server"))),
        expect_causes={"tlsa-malformed": _CONFIRMED, "tlsa-outdated": _SUPPORTED},
    ),
    failing(
        "dane-certificate-early",
        "the certificate fits the TLSA record and is not valid yet",
        F.DANE_TLSA_INVALID,
        options=MX,
        servers=_server("dane-certificate-early", certificates.not_yet_valid),
        answers=_zone("dane-certificate-early", tlsa((3, "server"))),
        expect_problems=(Kind.NOT_YET_VALID,),
        expect_causes={"certificate-not-yet-valid": _CONFIRMED, "tlsa-outdated": _OUT},
    ),
    failing(
        "dane-path-invalid",
        "the TLSA record names the intermediate, and the server's certificate has another's signature",
        F.DANE_TLSA_INVALID,
        options=MX,
        servers=_server("dane-path-invalid", certificates.bad_signature),
        answers=_zone("dane-path-invalid", tlsa((2, "intermediate"))),
        expect_problems=(Kind.BAD_SIGNATURE,),
        expect_causes={"dane-path-invalid": _CONFIRMED, "tlsa-outdated": _OUT},
    ),
    warning(
        "dane-one-of-two",
        "two servers behind one address, and a TLSA record for the key of one of them",
        options=replace(MX, connections=2),
        servers=(replace(_server("dane-one-of-two")[0], second=certificates.elliptic),),
        answers=_zone("dane-one-of-two", tlsa((3, "server"))),
        expect_causes={"dane-other-server": _SUPPORTED},
    ),
    failing(
        "dane-host-mismatch",
        "below the TLSA record's trust anchor, a certificate for another name",
        F.DANE_HOST_MISMATCH,
        options=MX,
        servers=_server("dane-host-mismatch", certificates.other_name),
        answers=_zone("dane-host-mismatch", tlsa((2, "intermediate"))),
        expect_problems=(Kind.NAME_MISMATCH,),
    ),
    unknown(
        "dane-unverifiable",
        "SmtpDaneMode Mandatory, and a nameserver that knows no DNSSEC",
        F.LOCAL_DNSSEC,
        options=MANDATORY,
        servers=_server("dane-unverifiable"),
        answers=_no_dane("dane-unverifiable"),
    ),
)
