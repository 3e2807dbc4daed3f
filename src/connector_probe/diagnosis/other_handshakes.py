"""What one more handshake showed: without SNI, and with TLS 1.2 at most.

It is not known whether Exchange Online sends SNI, nor whether it speaks TLS 1.3 with mail servers; so a server that
shows another certificate there is a warning, and a connection that did not come about is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from connector_probe.diagnosis.facts import leaf_name, problem_list
from connector_probe.diagnosis.view import View
from connector_probe.model.evidence import Certificate, CertificateProblemKind, FaultKind, SecondLook
from connector_probe.model.sentence import Facts, Phrase


@dataclass(frozen=True, slots=True)
class HandshakeDifference:
    """``identifier`` names the sentence; ``passes``: what was shown there would do as well, so nobody need act."""

    identifier: str
    facts: Facts
    passes: bool


def differences(view: View) -> Iterator[HandshakeDifference]:
    """What other handshakes showed that the first did not."""
    first = _leaf(view)
    if first is None:
        return
    looks = [one for one in view.evidence.second_looks if not one.rsa_only]
    same_name = next((one for one in looks if one.server_name), None)
    # With SNI as before, only the version differed; an address has no SNI, so there it is the version too.
    by_version = same_name or next((one for one in looks if not _had_sni(view)), None)
    if by_version is not None and _differs(by_version, first):
        yield _difference("tls12", by_version, view)
    else:
        for look in looks:
            if not look.server_name and _had_sni(view) and _differs(look, first):
                yield _difference("sni", look, view)
    rsa = rsa_look(view)
    if rsa is not None and not (by_version is not None and _differs(by_version, first)):
        yield _difference("rsa", rsa, view)


def rsa_look(view: View) -> SecondLook | None:
    """The look at which the server showed an RSA certificate beside its other one."""
    return next(
        (
            one
            for one in view.evidence.second_looks
            if one.rsa_only and one.certificate is not None and one.certificate.chain[0].key.startswith("RSA")
        ),
        None,
    )


def rsa_refusal(view: View) -> str:
    """The alert with which the server turned down RSA suites alone; "" where it did not, or nobody asked."""
    handshakes = (one.handshake for one in view.evidence.second_looks if one.rsa_only)
    faults = (one.fault for one in handshakes if one is not None and one.fault is not None)
    return next((one.alert or one.text for one in faults if one.kind is FaultKind.ALERT), "")


def _difference(kind: str, look: SecondLook, view: View) -> HandshakeDifference:
    fault = look.handshake.fault if look.handshake is not None else None
    if look.certificate is None or fault is not None:
        said = (fault.alert or fault.text) if fault is not None else ""
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
    return tuple(one.kind for one in seen.judged_problems)


def _differs(look: SecondLook, first: Certificate) -> bool:
    """Whether it showed another certificate, or an alert instead of one."""
    if look.handshake is None:
        return False
    if look.handshake.fault is not None:
        return look.handshake.fault.kind is FaultKind.ALERT
    chain = look.certificate.chain if look.certificate is not None else ()
    return bool(chain) and chain[0].sha256 != first.sha256


def _leaf(view: View) -> Certificate | None:
    certificate = view.evidence.certificate
    return certificate.chain[0] if certificate is not None and certificate.chain else None


def _had_sni(view: View) -> bool:
    """Whether the first handshake could send the server's name (RFC 6066 3 forbids an address)."""
    return view.evidence.server != view.evidence.address
