"""The lines that Exchange Online writes, in the grammar of message traces and NDRs.

    450 4.4.316 Connection refused [Message=<m>] [LastAttemptedServerName=<n>] [LastAttemptedIP=<ip>:25]

LastAttemptedIP is missing where no address was resolved; a multi-line server reply keeps its hyphens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector_probe.diagnosis.profiles import HEADLINES, POLICY_LINES, PROFILES, SESSION_HEADLINE, WINSOCK_995, Profile
from connector_probe.diagnosis.signs import (
    greets_at_times,
    other_protocol,
    refusal,
    speaks_implicit_tls,
    waits_for_proxy_header,
)
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import FaultKind
from connector_probe.model.verdict import FailureClass, MailFlowCode

if TYPE_CHECKING:
    from connector_probe.diagnosis.view import View
    from connector_probe.model.evidence import AttemptEvidence

_SUSPICIOUS = "SuspiciousRemoteServerError"
_SERVER_SAID = frozenset(
    {
        FailureClass.BANNER_REJECTED,
        FailureClass.EHLO_REJECTED,
        FailureClass.STARTTLS_REJECTED,
        FailureClass.SESSION_REJECTED,
    }
)


@dataclass(frozen=True, slots=True)
class OtherLine:
    """A code and line under which traces show the failure, too; ``note``: the id of where that was seen."""

    code: str
    reply: str
    note: str


def may_pass(failure: FailureClass, view: View) -> bool:
    """Whether the failure is of a kind that another try may clear: a cut, or a reply that says so (4yz)."""
    if waits_for_proxy_header(view.evidence) or speaks_implicit_tls(view.evidence) or other_protocol(view.evidence)[0]:
        return False  # a matter of how the port was set up
    if failure.endswith(("-closed", "-reset")) or greets_at_times(view.evidence):
        return True
    return failure in _SERVER_SAID and view.refusal is not None and view.refusal.severity == 4


def expected_reply(failure: FailureClass, view: View) -> str | None:
    """The documented line for ``failure``; None where no code fits."""
    profile = PROFILES[failure]
    if profile.code is None:
        return None
    return line(profile.code, _headline(profile.code, view), _message(failure, profile, view), view.evidence)


def _headline(code: MailFlowCode, view: View) -> str:
    if code not in POLICY_LINES:
        return HEADLINES[code]
    problem = next(iter(view.mta_sts_problems), None)
    reason = ""
    if problem is not None:  # as certificate verdicts are called elsewhere; the others by our own name
        reason = PROFILES[FailureClass.of_certificate(problem.kind)].message or str(problem.kind)
    return POLICY_LINES[code].format(domain=view.evidence.resolution.mx_domain or view.evidence.server, reason=reason)


def also_seen_as(failure: FailureClass, view: View) -> tuple[OtherLine, ...]:
    """What recent traces show instead."""
    evidence, profile = view.evidence, PROFILES[failure]
    cannot, seen = MailFlowCode.CANNOT_CONNECT, []
    if profile.code is MailFlowCode.CERTIFICATE_VALIDATION_FAILED:
        message = certificate_message(failure, view)
        seen.append((cannot, line(cannot, SESSION_HEADLINE, message, evidence), "traces-since-2023"))
    elif failure in (FailureClass.TCP_TIMEOUT, FailureClass.TCP_UNREACHABLE):
        seen.append((cannot, line(cannot, SESSION_HEADLINE, WINSOCK_995, evidence), "ndrs-2026"))
    elif failure is FailureClass.DNS_NXDOMAIN and evidence.resolution.mx_domain and not evidence.resolution.smart_host:
        text = f"550 5.4.310 DNS domain {evidence.resolution.mx_domain} does not exist [Message=InfoDomainNonexistent]"
        return (OtherLine("5.4.310", text, "recipient-domain"),)
    elif failure is FailureClass.DANE_DNSSEC_INVALID:
        query = MailFlowCode.DNS_QUERY_FAILED
        seen.append((query, line(query, HEADLINES[query], "", evidence), "dnssec-as-dns"))
    elif failure in (FailureClass.DANE_STARTTLS_NOT_SUPPORTED, FailureClass.MTA_STS_CERTIFICATE):
        message = "" if failure is FailureClass.MTA_STS_CERTIFICATE else "451 5.7.3 STARTTLS is required to send mail"
        if view.mode.requires_tls and message:
            seen.append((cannot, line(cannot, HEADLINES[cannot], message, evidence), "own-tls-settings"))
        elif view.judged_problems:
            own = FailureClass.of_certificate(view.judged_problems[0].kind)
            failed = MailFlowCode.CERTIFICATE_VALIDATION_FAILED
            text = line(failed, HEADLINES[failed], PROFILES[own].message, evidence)
            seen.append((failed, text, "own-tls-settings"))
    elif failure is FailureClass.BANNER_TIMEOUT:
        timed_out = MailFlowCode.CONNECTION_TIMED_OUT
        seen.append((timed_out, line(timed_out, HEADLINES[timed_out], "", evidence), "silence-untraced"))
        seen.append((cannot, line(cannot, SESSION_HEADLINE, "", evidence), "silence-untraced"))
    elif failure in (FailureClass.EHLO_CLOSED, FailureClass.EHLO_RESET):
        message = "451 4.4.0 Socket error SocketError"
        seen.append((cannot, line(cannot, HEADLINES[cannot], message, evidence), "sample-2022"))
    return tuple(OtherLine(code, reply, why) for code, reply, why in seen)


def certificate_message(failure: FailureClass, view: View) -> str:
    """As traces since 2023 have it: verdict, expected subject, presented subject, SHA-1 thumbprint."""
    verdict = PROFILES[failure].message
    leaf = view.evidence.leaf
    if leaf is None or not verdict:
        return verdict
    presented = f"CN={leaf.common_name}" if leaf.common_name else leaf.subject
    return f"{verdict} Expected Subject: {view.expected}. Presented Subject: {presented}. Thumbprint: {leaf.sha1}."


def line(code: MailFlowCode, headline: str, message: str, evidence: AttemptEvidence) -> str:
    """One error line. A multi-line server reply in ``message`` makes the code "450-"."""
    hyphen = len(message) > 3 and message[:3].isdigit() and message[3] == "-"
    parts = [f"450{'-' if hyphen else ' '}{code} {headline}"]
    if message == _SUSPICIOUS:
        parts[0] += f" ({message})"
    elif message:
        parts.append(f"[Message={message}]")
    parts.append(f"[LastAttemptedServerName={evidence.server}]")
    if evidence.address is not None:
        parts.append(f"[LastAttemptedIP={evidence.address}:{evidence.port}]")
    return " ".join(parts)


def _message(failure: FailureClass, profile: Profile, view: View) -> str:
    if failure in _SERVER_SAID:
        return view.refusal.wire if view.refusal is not None else ""
    last = refusal(view.evidence) if failure is FailureClass.RECIPIENT_CUT else None
    if last is not None and last.fault is not None and last.fault.kind is FaultKind.TIMED_OUT:
        return ""  # silence, and no abrupt end
    return profile.message
