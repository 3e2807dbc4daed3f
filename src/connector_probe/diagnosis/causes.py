"""Which of the documented causes the evidence confirms, supports or rules out.

The class alone gives a verdict for each (``profiles``); what else was seen sharpens it here.
"""

from __future__ import annotations

from connector_probe.diagnosis.cause_signs import MX_CAUSES, ONLY_BY_SIGN, SIGNS
from connector_probe.diagnosis.dns.causes import extra_causes, sharpen
from connector_probe.diagnosis.dns.rules import deciding_lookup
from connector_probe.diagnosis.middleboxes import NOTHING, SHARPENERS, Sharpener, Sharpening
from connector_probe.diagnosis.policies.conclusions import POLICY_SHARPENERS
from connector_probe.diagnosis.profiles import PROFILES
from connector_probe.diagnosis.revocation import undecided
from connector_probe.diagnosis.signs import hides_starttls, is_masked
from connector_probe.diagnosis.verdict import WeighedCause
from connector_probe.diagnosis.view import View
from connector_probe.model.evidence import CertificateProblemKind as Kind
from connector_probe.model.verdict import UNTELLABLE, CauseVerdict, FailureClass

_ORDER = tuple(CauseVerdict)
NO_NAME = "name-does-not-exist"


def causes_of(failure: FailureClass, view: View) -> tuple[WeighedCause, ...]:
    """The causes of ``failure``, what is most sure first, what is ruled out last."""
    found = []
    # What the second look at DNS adds explains the rest where it is likely: a server that has moved is gone, too.
    causes = (*((one, CauseVerdict.POSSIBLE) for one in extra_causes(failure, view)), *PROFILES[failure].causes)
    for identifier, verdict in causes:
        sharper, evidence = _SHARPENERS[identifier](failure, view) if identifier in _SHARPENERS else NOTHING
        closer, more = sharpen(identifier, failure, view)
        sharper, evidence = closer or sharper, (*evidence, *more)
        sentence = _mx_words(view) if identifier == NO_NAME else ""
        found.append(WeighedCause(identifier, sharper or verdict, evidence, sentence))
    told = {identifier for identifier, _ in causes}
    signs = () if failure in UNTELLABLE else ONLY_BY_SIGN.get(PROFILES[failure].stage, ())
    by_sign = {one: _SHARPENERS[one] for one in signs if one not in told}
    if failure.value.startswith("dns-") and "domain-refuses-mail" not in dict(PROFILES[failure].causes):
        by_sign |= MX_CAUSES
    for identifier, sharpener in by_sign.items():
        sign, evidence = sharpener(failure, view)
        if sign is not None:
            found.append(WeighedCause(identifier, sign, evidence))
    return tuple(sorted(found, key=lambda cause: _ORDER.index(cause.verdict)))


def _mx_words(view: View) -> str:
    """What a name that does not exist means where the connector goes by MX; "" where it goes to a smart host."""
    resolution, lookup = view.evidence.resolution, deciding_lookup(view.evidence)
    if lookup is not None and lookup.aliases:
        return "alias-target-missing"
    if resolution.mx_domain is None:
        return ""
    return "mx-domain-missing" if resolution.preference is None else "mx-host-missing"


def _expired(failure: FailureClass, view: View) -> Sharpening:
    found = next((problem for problem in view.problems if problem.kind is Kind.EXPIRED), None)
    if found is not None and found in view.clock_signs:
        return CauseVerdict.POSSIBLE, ("expired-by-our-clock",)
    if found is not None:
        return CauseVerdict.CONFIRMED, ("expired-on",)
    return CauseVerdict.RULED_OUT, ("valid-until",)


def _mismatch(failure: FailureClass, view: View) -> Sharpening:
    if view.name_problem is None:
        return CauseVerdict.RULED_OUT, ("name-found",)
    if not view.mode.validates_name:
        return CauseVerdict.RULED_OUT, ("name-not-checked",)
    return CauseVerdict.CONFIRMED, ("name-differs",)


def _no_longer_valid(failure: FailureClass, view: View) -> Sharpening:
    judged = (one for one in view.judged_problems if one not in view.clock_signs)
    rest = [one for one in judged if one.kind is not Kind.EXPIRED and one is not view.name_problem]
    if rest and all(one.kind is Kind.REVOKED for one in rest):
        return CauseVerdict.CONFIRMED, ("revoked-says",)
    if rest:
        revoked = any(one.kind is Kind.REVOKED for one in rest)
        return CauseVerdict.CONFIRMED, ("problem-list", "revoked-says") if revoked else ("problem-list",)
    asked = view.evidence.revocation
    if asked is None:
        return CauseVerdict.POSSIBLE, ("revocation-not-checked",)
    if undecided(view.evidence):
        return CauseVerdict.POSSIBLE, ("revocation-undecided",)
    return CauseVerdict.RULED_OUT, ("not-revoked",) if asked.certificates else ("revocation-no-source",)


def _no_tls(failure: FailureClass, view: View) -> Sharpening:
    seen = ("ehlo-refused" if view.evidence.helo is not None else "starttls-missing",)
    if failure is FailureClass.STARTTLS_NOT_OFFERED:
        # Where something shows that it is hidden, the server may well support it.
        hidden = is_masked(view.evidence.banner, view.greeting) or hides_starttls(view.greeting)
        return CauseVerdict.POSSIBLE if hidden else CauseVerdict.CONFIRMED, seen
    if failure is FailureClass.EHLO_MALFORMED and view.requires_tls and _is_unlisted(view):
        return CauseVerdict.POSSIBLE, seen
    if not view.requires_tls and (failure is FailureClass.STARTTLS_REJECTED or failure.value.startswith("tls-")):
        return CauseVerdict.RULED_OUT, ("tls-not-required",)
    if failure is FailureClass.STARTTLS_REJECTED:
        return (CauseVerdict.POSSIBLE, ()) if view.ends_at_starttls else (None, ("reply-received",))
    handshake = view.evidence.handshake
    if handshake is None:
        return NOTHING
    if handshake.fault is not None and handshake.fault.stranded:
        return CauseVerdict.RULED_OUT, ("answered-part-lost",)
    return None, ("tls-comes-to-nothing" if failure.value.startswith("tls-") else "tls-answered",)


def _is_unlisted(view: View) -> bool:
    """Whether there is an answer to EHLO, and no STARTTLS in it."""
    return view.greeting is not None and not view.offers_starttls


def _unavailable(failure: FailureClass, view: View) -> Sharpening:
    if failure in (FailureClass.BANNER_REJECTED, FailureClass.EHLO_REJECTED, FailureClass.SESSION_REJECTED):
        return None, ("reply-received",)
    return (CauseVerdict.SUPPORTED, ("reply-received",)) if view.ends_at_starttls else NOTHING


def _dns_answer(failure: FailureClass, view: View) -> Sharpening:
    return None, ("dns-answer",) if failure.value.startswith("dns-") else ()


_SHARPENERS: dict[str, Sharpener] = {
    **SHARPENERS,
    **SIGNS,
    **POLICY_SHARPENERS,
    "certificate-expired": _expired,
    "certificate-subject-mismatch": _mismatch,
    "certificate-no-longer-valid": _no_longer_valid,
    "tls-not-supported": _no_tls,
    "service-not-available": _unavailable,
    NO_NAME: _dns_answer,
    "record-missing": _dns_answer,
    "dns-hosting-trouble": _dns_answer,
    "domain-refuses-mail": _dns_answer,
}
