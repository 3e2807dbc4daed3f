"""Evidence that speaks for a cause, and evidence that rules it out.

What speaks for a cause is shown by a scenario of the lab; here is what no scenario shows, and what rules it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from connector_probe.diagnosis.causes import CAUSES
from connector_probe.model.connector import Connector, ConnectorType, SmtpDaneMode, TlsSettings
from connector_probe.model.delegation import AuthorityReply, DnsInquiry, Recheck, ServerSays, StartedFrom, Walk
from connector_probe.model.evidence import (
    AttemptEvidence,
    CertificateProblem,
    CertificateProblemKind,
    ClockEvidence,
    ConnectorEvidence,
    Control,
    Exchange,
    FaultKind,
    Garble,
    Handshake,
    Lookup,
    LookupStatus,
    MxRecord,
    NetworkFault,
    ProxiedGreeting,
    Reply,
    ReplyFlaw,
    Resolution,
    TlsSession,
)
from connector_probe.model.ids import CauseId
from connector_probe.model.policy import (
    DaneEvidence,
    DnssecReason,
    DnssecStatus,
    MtaStsEvidence,
    SecureLookup,
    StsPolicy,
    TlsaRecord,
    TransportPolicy,
)
from connector_probe.model.revocation import RevocationEvidence
from connector_probe.model.verdict import UNTELLABLE, CauseVerdict, Diagnosis
from tests.unit import evidence as made
from tests.unit.evidence import ADDRESS, CLOSED, NAME, NOW, REFUSED, RESET, TIMED_OUT, concluded

_FOR = (CauseVerdict.CONFIRMED, CauseVerdict.SUPPORTED)


@dataclass(frozen=True)
class Case:
    """The first of ``attempts`` is the one that is looked at; ``options`` are fields of the connector."""

    attempts: Sequence[AttemptEvidence]
    options: dict[str, Any] = field(default_factory=dict)

    def diagnosis(self) -> Diagnosis:
        connector = Connector(**({"smart_hosts": [NAME]} | self.options))
        evidence = ConnectorEvidence(tuple(self.attempts), tuple(() for _ in self.attempts), NOW, 0.3)
        diagnosis = concluded(connector, evidence).attempts[0].diagnosis
        assert diagnosis is not None, "it fails"
        return diagnosis

    def verdicts(self) -> dict[str, CauseVerdict]:
        return {cause.id: cause.verdict for cause in self.diagnosis().causes}


def case(*attempts: AttemptEvidence, **options: Any) -> Case:  # noqa: ANN401 (any field of a connector)
    return Case(attempts, options)


# --- DNS -------------------------------------------------------------------------------------------------------

_NXDOMAIN = made.unresolved(LookupStatus.NXDOMAIN, rcode="NXDOMAIN")
_NODATA = made.unresolved(LookupStatus.NODATA, rcode="NOERROR")
_SERVFAIL = made.unresolved(LookupStatus.SERVFAIL, rcode="SERVFAIL")


def says(status: ServerSays, *records: str, zone: str = "contoso.com", rdtype: str = "A") -> AuthorityReply:
    server = "ns1.contoso.com" if zone == "contoso.com" else "a.gtld-servers.net"
    return AuthorityReply(zone, server, "198.51.100.1", rdtype, status, records=records, rcode="NXDOMAIN", ttl=300)


def inquired(evidence: AttemptEvidence, *replies: AuthorityReply, zones: tuple[str, ...] = ()) -> AttemptEvidence:
    """With a second look at DNS, from the roots: ``replies`` of the servers that were asked."""
    referral = replace(says(ServerSays.REFERRAL, "ns1.contoso.com", zone="com"), address="198.51.100.2")
    walk = Walk(
        NAME,
        ("AAAA", "A"),
        StartedFrom.ROOTS,
        "contoso.com",
        zones or (".", "com", "contoso.com"),
        (referral, *replies) if not zones else replies,
    )
    return replace(evidence, resolution=replace(evidence.resolution, inquiry=DnsInquiry((walk,))))


def null_mx() -> AttemptEvidence:
    lookup = Lookup("contoso.com", "MX", LookupStatus.ANSWER, ("0 .",), nameserver="198.51.100.53")
    mx = (MxRecord(0, ""),)
    resolution = Resolution("contoso.com", (), (lookup,), mx_domain="contoso.com", mx=mx)
    return AttemptEvidence("contoso.com", None, 25, resolution)


def mx_without_address() -> AttemptEvidence:
    mx = (MxRecord(10, NAME),)
    asked = (Lookup("contoso.com", "MX", LookupStatus.ANSWER, (f"10 {NAME}",)), *_NODATA.resolution.lookups)
    return AttemptEvidence(NAME, None, 25, Resolution(NAME, (), asked, mx_domain="contoso.com", mx=mx))


_SAYS_RECORD = (says(ServerSays.ANSWER, "203.0.113.7"), says(ServerSays.NODATA, rdtype="AAAA"))
_SAYS_NO_RECORD = (says(ServerSays.NODATA), says(ServerSays.NODATA, rdtype="AAAA"))
_SAYS_NO_NAME = (says(ServerSays.NXDOMAIN), says(ServerSays.NXDOMAIN, rdtype="AAAA"))
_UNDELEGATED = inquired(
    _NXDOMAIN,
    says(ServerSays.NXDOMAIN, zone="com"),
    says(ServerSays.NXDOMAIN, zone="com", rdtype="AAAA"),
    zones=(".", "com"),
)
_STALE = inquired(_NODATA, *_SAYS_RECORD)


# --- TCP -------------------------------------------------------------------------------------------------------


def unreachable(icmp: str, by: str, kind: FaultKind = FaultKind.HOST_UNREACHABLE) -> AttemptEvidence:
    return made.unconnected(NetworkFault(kind, "EHOSTUNREACH", "No route to host", icmp=icmp, icmp_from=by))


_PORT_UNREACHABLE = made.unconnected(replace(REFUSED, icmp="port-unreachable", icmp_from=ADDRESS))
_SILENCE = made.unconnected(TIMED_OUT)
_BUSY = made.until_banner(banner=made.answered("", 421, "4.3.2 Service not available"))

# --- this machine ----------------------------------------------------------------------------------------------


def here(kind: FaultKind) -> Case:
    return case(made.unconnected(NetworkFault(kind)))


_UNVALIDATED = tuple(
    Recheck("198.51.100.53", name, kind, "answer", "servfail") for name, kind in ((NAME, "A"), (".", "NS"))
)
_BY_A_CLOCK_BEHIND = replace(
    made.session(),
    certificate=made.shown(
        replace(made.leaf(), not_before=NOW + timedelta(days=1)),
        CertificateProblem(CertificateProblemKind.NOT_YET_VALID, 0, f"CN={NAME}"),
    ),
    clock=ClockEvidence(released=NOW + timedelta(days=2)),
)
_DEMANDS_A_CERTIFICATE = replace(
    made.session(),
    handshake=Handshake(
        0.1, 0.06, TlsSession("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384"), client_certificate_requested=True
    ),
    ehlo_again=made.answered("EHLO probe.example.net", 421, "No client certificate presented"),
)
_WITHOUT_DNSSEC = SecureLookup("contoso.com", "MX", DnssecStatus.INDETERMINATE, reason=DnssecReason.NO_ANSWER)

# --- SMTP and TLS ----------------------------------------------------------------------------------------------


def greeted(code: int, text: str) -> AttemptEvidence:
    return made.until_banner(banner=made.answered("", code, text))


def garbled(sample: str) -> AttemptEvidence:
    return made.until_banner(banner=Exchange("", 0.1, 0.02, garble=Garble.NOT_SMTP, sample=sample))


_SILENT = made.until_banner(banner=made.broken("", TIMED_OUT))
_TLS_FROM_THE_START = replace(_SILENT, implicit_tls=Handshake(0.2, 0.1, TlsSession("TLSv1.3", "AES")))
_NO_TLS_FROM_THE_START = replace(_SILENT, implicit_tls=Handshake(0.2, 0.1, fault=CLOSED))
_BEHIND_PROXY = replace(
    _SILENT,
    proxied=ProxiedGreeting(made.answered("", 220, NAME), made.answered("EHLO x", 250, NAME, "STARTTLS")),
)
_NOT_BEHIND_PROXY = replace(_SILENT, proxied=ProxiedGreeting(made.broken("", CLOSED)))
_MASKED_EHLO = made.without_starttls(ADDRESS, "SIZE 37748736", "XXXXXXXA")
_EXCHANGE_BARE = made.without_starttls(ADDRESS, "SIZE 37748736", "X-ANONYMOUSTLS", "X-EXPS GSSAPI NTLM")
_POSTFIX_BARE = replace(made.without_starttls(), banner=made.answered("", 220, f"{NAME} ESMTP Postfix"))
_MALFORMED_EHLO = made.until_ehlo(
    ehlo=Exchange("EHLO x", 0.1, 0.02, Reply(250, (NAME, "SIZE"), (ReplyFlaw.MIXED_CODES,)))
)


def masked_handshake() -> AttemptEvidence:
    return replace(made.until_tls(fault=RESET), banner=made.answered("", 220, "*" * 60))


def agreed(version: str) -> AttemptEvidence:
    return replace(made.session(), handshake=Handshake(0.1, 0.06, TlsSession(version, "ECDHE-RSA-AES256-SHA")))


def certified(*kinds: CertificateProblemKind, name: str = NAME, subject: str = "", until_days: int = 200) -> Case:
    leaf = made.leaf(name, until=NOW + timedelta(days=until_days))
    if subject:
        leaf = replace(leaf, subject=subject, issuer=subject, common_name="")
    problems = [CertificateProblem(kind, 0, leaf.subject, "2026-10-01T00:00:00Z") for kind in kinds]
    return case(replace(made.session(), certificate=made.shown(leaf, *problems)))


def resigned(issuer: str) -> Case:
    """The right name, below a CA that no trusted root stands behind."""
    leaf = replace(made.leaf(), issuer=issuer)
    return case(replace(made.session(), certificate=made.shown(leaf, CertificateProblem(_KIND.UNTRUSTED_ROOT))))


def another_host(name: str) -> Case:
    """Greeting, EHLO and certificate are of ``name``."""
    attempt = replace(made.session(), banner=made.answered("", 220, f"{name} ESMTP"))
    attempt = replace(attempt, ehlo=made.answered("EHLO x", 250, name, "STARTTLS"))
    return case(replace(attempt, certificate=made.shown(made.leaf(name))))


def unrevoked() -> Case:
    """Expired, and nothing else: the whole path was asked for revocation, and names no source."""
    (attempt,) = certified(CertificateProblemKind.EXPIRED, until_days=-50).attempts
    return case(replace(attempt, revocation=RevocationEvidence(())))


# --- the recipient ---------------------------------------------------------------------------------------------

_MAIL, _RCPT = "MAIL FROM:<>", "RCPT TO:<postmaster@contoso.com>"


def at_recipient(code: int, text: str) -> Case:
    attempt = replace(
        made.session(), mail=made.answered(_MAIL, 250, "2.1.0 ok"), recipient=made.answered(_RCPT, code, text)
    )
    return case(attempt, rcpt="postmaster@contoso.com")


def at_sender(code: int, text: str) -> Case:
    return case(replace(made.session(), mail=made.answered(_MAIL, code, text)), rcpt="postmaster@contoso.com")


# --- DANE and MTA-STS ------------------------------------------------------------------------------------------

_MX = SecureLookup("contoso.com", "MX", DnssecStatus.SECURE, (f"10 {NAME}.",))
_A = SecureLookup(NAME, "A", DnssecStatus.SECURE, (ADDRESS,))
_TLSA = SecureLookup(f"_25._tcp.{NAME}", "TLSA", DnssecStatus.SECURE, ("3 1 1 AB",))
_MATCHING = TlsaRecord(3, 1, 1, "AB" * 32, usable=True, matched=(0,))
_OTHER = TlsaRecord(3, 1, 1, "CD" * 32, usable=True)
_UNUSABLE = TlsaRecord(1, 1, 1, "EF" * 32, usable=False)
_ANCHOR = TlsaRecord(2, 0, 1, "12" * 32, usable=True, matched=(1,))


def by_mx(
    evidence: AttemptEvidence,
    dane: DaneEvidence | None = None,
    sts: MtaStsEvidence | None = None,
    *others: AttemptEvidence,
    **options: Any,  # noqa: ANN401 (any field of a connector)
) -> Case:
    policy = TransportPolicy(dane, sts)
    resolution = replace(evidence.resolution, mx_domain="contoso.com", mx=(MxRecord(10, NAME),))
    attempts = (replace(evidence, policy=policy, resolution=resolution), *others)
    return case(*attempts, smart_hosts=[], use_mx="contoso.com", **options)


def bogus(reason: DnssecReason) -> Case:
    lookup = replace(_MX, status=DnssecStatus.BOGUS, reason=reason, note="2026-11-01 12:00 UTC")
    return by_mx(made.session(), DaneEvidence(lookup))


def published(*records: TlsaRecord, anchor: tuple[CertificateProblem, ...] | None = None) -> DaneEvidence:
    return DaneEvidence(_MX, (_A,), NAME, _TLSA, records, anchor)


def enforced(*mx: str) -> MtaStsEvidence:
    url = "https://mta-sts.contoso.com/.well-known/mta-sts.txt"
    return MtaStsEvidence("contoso.com", id="1", url=url, policy=StsPolicy("enforce", 86_400, mx))


def mx_asked_for(evidence: AttemptEvidence, *replies: AuthorityReply, authoritative: bool = False) -> AttemptEvidence:
    """Led to by an MX record of the nameserver's, and ``replies`` of the domain's own servers about it."""
    told = Lookup("contoso.com", "MX", LookupStatus.ANSWER, (f"10 {NAME}",), ttl=200, nameserver="198.51.100.53")
    told = replace(told, authoritative=authoritative)
    walk = Walk("contoso.com", ("MX",), StartedFrom.ROOTS, "contoso.com", (".", "com", "contoso.com"), replies)
    inquiry = DnsInquiry((walk,)) if replies else None
    lookups = (told, *evidence.resolution.lookups)
    return replace(evidence, resolution=replace(evidence.resolution, lookups=lookups, inquiry=inquiry))


def says_mx(*hosts: str) -> AuthorityReply:
    return says(ServerSays.ANSWER, *(f"10 {host}" for host in hosts), rdtype="MX")


def beside_a_good_one() -> Case:
    """Two connections to one address: one server's certificate fits the TLSA records."""
    found = by_mx(made.session(), published(_OTHER))
    (bad,) = found.attempts
    good = replace(bad, policy=TransportPolicy(published(_MATCHING)))
    return Case((bad, good), found.options)


_NAMELESS = replace(made.session(), certificate=made.shown(made.leaf("mail.fabrikam.com")))
_EXPIRED = replace(
    made.session(), certificate=made.shown(made.leaf(), CertificateProblem(CertificateProblemKind.EXPIRED))
)
_EARLY = replace(
    made.session(), certificate=made.shown(made.leaf(), CertificateProblem(CertificateProblemKind.NOT_YET_VALID))
)
_BROKEN_PATH = (CertificateProblem(CertificateProblemKind.BAD_SIGNATURE, 0, f"CN={NAME}"),)

_KIND = CertificateProblemKind
# Cause -> what speaks for it, what rules it out.
# The second is None where no sign can rule the cause out.
CASES: dict[str, tuple[Case, Case | None]] = {
    # DNS
    "name-does-not-exist": (case(_NXDOMAIN), case(inquired(_NXDOMAIN, *_SAYS_RECORD))),
    "record-missing": (case(_NODATA), case(_STALE)),
    "domain-expired": (case(_UNDELEGATED), case(inquired(_NXDOMAIN, *_SAYS_NO_NAME))),
    "dns-hosting-trouble": (case(_SERVFAIL), case(inquired(_NXDOMAIN, *_SAYS_NO_NAME))),
    "stale-dns-cache": (case(_STALE), case(inquired(_NODATA, *_SAYS_NO_RECORD))),
    "domain-refuses-mail": (
        case(null_mx(), smart_hosts=[], use_mx="contoso.com"),
        case(mx_without_address(), smart_hosts=[], use_mx="contoso.com"),
    ),
    # TCP
    "server-down": (case(unreachable("host-unreachable", "198.51.100.1")), case(_SILENCE, made.session())),
    "wrong-smart-host": (case(made.unconnected(TIMED_OUT, "10.1.2.3")), case(_SILENCE, made.session())),
    "firewall-drops": (case(_SILENCE, made.session()), case(unreachable("host-unreachable", "198.51.100.1"))),
    "firewall-blocks": (case(_PORT_UNREACHABLE), case(made.unconnected(REFUSED), made.session())),
    "service-stopped": (case(made.unconnected(REFUSED), made.session()), case(_PORT_UNREACHABLE)),
    "migrated": (
        case(made.unconnected(REFUSED), expect="4.4.316"),
        case(made.unconnected(REFUSED), type=ConnectorType.PARTNER),
    ),
    "network-trouble": (
        case(unreachable("net-unreachable", "198.51.100.1", FaultKind.NETWORK_UNREACHABLE)),
        case(_TLS_FROM_THE_START),
    ),
    # the greeting and EHLO
    "service-not-available": (case(_BUSY), case(made.without_starttls())),
    "source-blocked": (
        case(greeted(554, "5.7.1 Client host [192.0.2.10] blocked using a block list")),
        case(_BUSY),
    ),
    "rate-limited": (case(greeted(421, "4.7.0 Too many connections from your host")), case(_BUSY)),
    "proxy-header-sent": (
        case(made.until_ehlo(ehlo=made.answered("EHLO x", 500, "5.3.3 Unrecognized command 'PROXY'"))),
        case(_BEHIND_PROXY),
    ),
    "helo-name": (
        case(made.until_ehlo(ehlo=made.answered("EHLO x", 550, "Access denied - Invalid HELO name"))),
        case(replace(made.session(), ehlo_again=made.answered("EHLO x", 550, "5.7.1 no"))),
    ),
    "implicit-tls": (case(_TLS_FROM_THE_START), case(_NO_TLS_FROM_THE_START)),
    "proxy-protocol": (case(_BEHIND_PROXY), case(_NOT_BEHIND_PROXY)),
    "not-a-mail-server": (case(garbled("SSH-2.0-OpenSSH_9.2")), case(_BEHIND_PROXY)),
    "server-malfunction": (
        case(made.until_ehlo(ehlo=made.broken("EHLO x", CLOSED)), made.session()),
        case(_TLS_FROM_THE_START),
    ),
    "packet-inspection": (case(_MASKED_EHLO), case(_EXCHANGE_BARE)),
    "malformed-reply": (case(_MALFORMED_EHLO), case(garbled("SSH-2.0-OpenSSH_9.2"))),
    # TLS
    "tls-not-supported": (case(made.without_starttls()), case(_BUSY)),
    "large-packets-lost": (
        case(made.until_tls(fault=replace(TIMED_OUT, stranded=1))),
        case(made.until_tls(fault=TIMED_OUT), made.session()),
    ),
    "exchange-certificate-broken": (case(_EXCHANGE_BARE), case(_POSTFIX_BARE)),
    "tls-broken-on-the-way": (case(masked_handshake()), case(agreed("TLSv1"))),
    # the certificate
    "certificate-expired": (certified(_KIND.EXPIRED, until_days=-50), certified(_KIND.UNTRUSTED_ROOT)),
    "certificate-subject-mismatch": (certified(name="mail.fabrikam.com"), certified(_KIND.UNTRUSTED_ROOT)),
    "certificate-no-longer-valid": (certified(_KIND.UNTRUSTED_ROOT), unrevoked()),
    "appliance-certificate": (
        certified(_KIND.SELF_SIGNED, name="FGT60F", subject="CN=FGT60F,O=Fortinet"),
        None,
    ),
    "tls-inspection": (resigned("CN=FG100F,OU=Certificate Authority,O=Fortinet"), None),
    "another-host-answers": (another_host("mx1.contoso.com"), None),
    # DANE and MTA-STS
    "dnssec-chain-broken": (bogus(DnssecReason.KEYS_MISFIT), bogus(DnssecReason.SIGNATURE_EXPIRED)),
    "dnssec-signature-untimely": (bogus(DnssecReason.SIGNATURE_EXPIRED), bogus(DnssecReason.KEYS_MISFIT)),
    "dnssec-tampered": (bogus(DnssecReason.SIGNATURE_INVALID), bogus(DnssecReason.SIGNATURE_EXPIRED)),
    "dane-not-offered": (
        by_mx(
            made.session(),
            DaneEvidence(replace(_MX, status=DnssecStatus.INSECURE, reason=DnssecReason.NO_DS)),
            smtp_dane_mode=SmtpDaneMode.MANDATORY,
        ),
        by_mx(made.session(), published(_OTHER), smtp_dane_mode=SmtpDaneMode.MANDATORY),
    ),
    "dane-without-starttls": (
        by_mx(made.without_starttls(), published(_MATCHING)),
        by_mx(made.until_tls(fault=RESET), published(_MATCHING)),
    ),
    "dane-without-tls": (
        by_mx(made.until_tls(fault=RESET), published(_MATCHING)),
        by_mx(made.session(), published(_OTHER)),
    ),
    "tlsa-outdated": (
        by_mx(made.session(), published(_OTHER)),
        by_mx(made.session(), published(_ANCHOR, anchor=_BROKEN_PATH)),
    ),
    "tlsa-malformed": (by_mx(made.session(), published(_UNUSABLE, _OTHER)), by_mx(made.session(), published(_OTHER))),
    "dane-path-invalid": (
        by_mx(made.session(), published(_ANCHOR, anchor=_BROKEN_PATH)),
        by_mx(made.session(), published(_OTHER)),
    ),
    "certificate-not-yet-valid": (
        by_mx(_EARLY, published(_MATCHING)),
        by_mx(made.session(), published(_OTHER)),
    ),
    "dane-other-server": (beside_a_good_one(), by_mx(made.session(), published(_ANCHOR, anchor=_BROKEN_PATH))),
    "dane-name-missing": (
        by_mx(_NAMELESS, published(_ANCHOR, anchor=())),
        by_mx(made.session(), published(_ANCHOR, anchor=_BROKEN_PATH)),
    ),
    "sts-policy-outdated": (
        by_mx(made.session(), sts=enforced("mx.contoso.com")),
        by_mx(_EXPIRED, sts=enforced(NAME), tls=TlsSettings.OPPORTUNISTIC),
    ),
    "sts-pattern-too-shallow": (
        by_mx(made.session(), sts=enforced("*.com")),
        by_mx(made.session(), sts=enforced("*.fabrikam.com")),
    ),
    "sts-mx-redirected": (
        by_mx(mx_asked_for(made.session(), says_mx("mx.contoso.com")), sts=enforced("mx.contoso.com")),
        by_mx(_EXPIRED, sts=enforced(NAME), tls=TlsSettings.OPPORTUNISTIC),
    ),
    "sts-without-starttls": (
        by_mx(made.without_starttls(), sts=enforced(NAME), tls=TlsSettings.OPPORTUNISTIC),
        by_mx(_EXPIRED, sts=enforced(NAME), tls=TlsSettings.OPPORTUNISTIC),
    ),
    "sts-certificate-invalid": (
        by_mx(_EXPIRED, sts=enforced(NAME), tls=TlsSettings.OPPORTUNISTIC),
        by_mx(made.session(), sts=enforced("mx.contoso.com")),
    ),
    "one-family-dead": (case(made.unconnected(TIMED_OUT, "2001:db8::5", beside=(ADDRESS,)), made.session()), None),
    # this machine
    "local-nameserver": (case(AttemptEvidence(NAME, None, 25, Resolution(NAME, no_nameservers=True))), None),
    "local-nameserver-errs": (
        case(replace(_SERVFAIL, resolution=replace(_SERVFAIL.resolution, inquiry=DnsInquiry(rechecks=_UNVALIDATED)))),
        None,
    ),
    "local-network": (here(FaultKind.NO_ROUTE), None),
    "local-port-blocked": (case(replace(_SILENCE, control=Control("mx", "198.51.100.9", TIMED_OUT))), None),
    "local-interception": (
        case(
            replace(
                made.until_banner(banner=Exchange("", 0.1, 5.0, fault=TIMED_OUT)),
                control=Control("mx", "198.51.100.9", banner=Exchange("", 0.1, 5.0, fault=TIMED_OUT)),
            )
        ),
        None,
    ),
    "local-policy": (here(FaultKind.NOT_PERMITTED), None),
    "local-clock": (case(_BY_A_CLOCK_BEHIND), None),
    "local-validation": (
        by_mx(
            made.session(),
            DaneEvidence(_WITHOUT_DNSSEC),
            smtp_dane_mode=SmtpDaneMode.MANDATORY,
        ),
        None,
    ),
    "local-resources": (here(FaultKind.NO_RESOURCES), None),
    "local-options": (case(AttemptEvidence(NAME, None, 25, Resolution(NAME), stopped=True)), None),
    "client-certificate-demanded": (case(_DEMANDS_A_CERTIFICATE), None),
    # the recipient
    "recipient-refused": (at_recipient(550, "5.1.1 User unknown"), at_sender(550, "5.7.1 Sender refused")),
    "greylisting": (
        at_recipient(451, "4.7.1 Greylisted, try again later"),
        at_recipient(452, "4.3.1 Insufficient system resources"),
    ),
    "back-pressure": (
        at_recipient(452, "4.3.1 Insufficient system resources"),
        at_recipient(451, "4.7.1 Greylisted, try again later"),
    ),
}


@pytest.mark.parametrize("cause", CASES)
def test_evidence_speaks_for_the_cause(cause: str) -> None:
    assert CASES[cause][0].verdicts().get(cause) in _FOR


@pytest.mark.parametrize("cause", [cause for cause, (_, against) in CASES.items() if against is not None])
def test_evidence_rules_the_cause_out(cause: str) -> None:
    against = CASES[cause][1]
    assert against is not None
    assert against.verdicts().get(cause) is CauseVerdict.RULED_OUT


def test_what_cannot_be_read_of_a_certificate_rules_nothing_out() -> None:
    leaf = replace(made.leaf(), not_before=None, not_after=None, names=(), common_name="", subject="")
    unreadable = made.shown(leaf, CertificateProblem(_KIND.UNPARSEABLE_CERTIFICATE))
    verdicts = case(replace(made.session(), certificate=unreadable)).verdicts()
    apart = verdicts["certificate-expired"], verdicts["certificate-subject-mismatch"]
    assert apart == (CauseVerdict.POSSIBLE, CauseVerdict.POSSIBLE)


def test_only_what_a_sign_or_a_class_of_its_own_brings_in_is_never_ruled_out() -> None:
    never = [CAUSES[CauseId(cause)] for cause, (_, against) in CASES.items() if against is None]
    assert not [row.id for row in never if set(row.explains) - UNTELLABLE]


def test_what_is_ruled_out_leaves_something_over() -> None:
    """Among all these cases, no probe ends with every cause ruled out."""
    for cause, cases in CASES.items():
        for one in filter(None, cases):
            verdicts = one.verdicts()
            assert set(verdicts.values()) != {CauseVerdict.RULED_OUT}, cause


def test_a_trust_anchor_that_the_server_does_not_send_is_likelier_than_an_old_record() -> None:
    verdicts = by_mx(made.session(), published(replace(_ANCHOR, matched=()))).verdicts()
    told = verdicts["dane-path-invalid"], verdicts["tlsa-outdated"]
    assert told == (CauseVerdict.SUPPORTED, CauseVerdict.POSSIBLE)


def test_a_starttls_that_is_rejected_under_dane_is_to_be_repaired() -> None:
    refused = made.answered("STARTTLS", 454, "4.7.0 TLS not available")
    bare = replace(made.session(), starttls=refused, handshake=None, certificate=None, ehlo_again=None)
    assert by_mx(bare, published(_OTHER)).diagnosis().remedies[0].id == "repair-starttls"
