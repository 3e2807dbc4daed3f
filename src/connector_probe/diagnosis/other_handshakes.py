"""What one more handshake showed: without SNI, and with TLS 1.2 at most.

It is not known whether Exchange Online sends SNI, and it uses TLS 1.2 as well as 1.3; so a server that shows another
certificate there is a warning, and a connection that did not come about is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from connector_probe.diagnosis.phrases import leaf_name, problem_list
from connector_probe.diagnosis.view import View
from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import Certificate, CertificateProblemKind, FaultKind, SecondLook
from connector_probe.model.ids import WarningId
from connector_probe.model.sentence import Facts, Phrase

# The alert of a server that has the version, and no suite for the key of its certificate (RFC 5246 7.2.2).
_NO_COMMON_SUITE = "handshake_failure"


@dataclass(frozen=True, slots=True)
class HandshakeDifference:
    """``identifier`` names the sentence; ``passes``: what was shown there would do as well, so nobody need act."""

    identifier: str
    facts: Facts
    passes: bool


def differences(view: View) -> Iterator[HandshakeDifference]:
    """What other handshakes showed that the first did not."""
    first = view.evidence.leaf
    if first is None:
        return
    looks = view.evidence.second_looks
    same_name = next((one for one in looks if one.server_name), None)
    # With SNI as before, only the version differed; an address has no SNI, so there it is the version too.
    by_version = same_name or next((one for one in looks if not _had_sni(view)), None)
    if by_version is not None and _differs(by_version, first):
        yield _difference("tls12", by_version, view, first.key)
    else:
        for look in looks:
            if not look.server_name and _had_sni(view) and _differs(look, first):
                yield _difference("sni", look, view, first.key)


def _difference(kind: str, look: SecondLook, view: View, leaf_key: str) -> HandshakeDifference:
    fault = look.handshake.fault if look.handshake is not None else None
    if look.certificate is None or fault is not None:
        said = (fault.alert or fault.text) if fault is not None else ""
        if kind == "tls12" and said == _NO_COMMON_SUITE and not leaf_key.startswith("RSA"):
            return HandshakeDifference(
                WarningId.TLS12_NO_SUITE, {"look_alert": said, "leaf_key": leaf_key}, passes=False
            )
        return HandshakeDifference(f"{kind}-refused", {"look_alert": said}, passes=False)
    other, problems = look.certificate.chain[0], _problems(look, view)
    facts = Facts(
        look_subject=leaf_name(other),
        look_sha1=other.sha1,
        look_verdict=Phrase("look-fails", {"look_problems": problem_list(problems)})
        if problems
        else Phrase("look-passes"),
    )
    return HandshakeDifference(f"{kind}-certificate", facts, passes=not problems)


def _problems(look: SecondLook, view: View) -> tuple[CertificateProblemKind, ...]:
    """What the connector's mode has against that certificate."""
    seen = View(replace(view.evidence, certificate=look.certificate, revocation=None), view.mode, view.expected)
    return tuple(problem.kind for problem in seen.judged_problems)


def _differs(look: SecondLook, first: Certificate) -> bool:
    """Whether it showed another certificate, or an alert instead of one."""
    if look.handshake is None:
        return False
    if look.handshake.fault is not None:
        return look.handshake.fault.kind is FaultKind.ALERT
    chain = look.certificate.chain if look.certificate is not None else ()
    return bool(chain) and chain[0].sha256 != first.sha256


def _had_sni(view: View) -> bool:
    """Whether the first handshake could send the server's name (RFC 6066 3 forbids an address)."""
    return view.evidence.server != view.evidence.address
