"""Whether the fault of a bounce still stands, going by a probe of its server, and what that decides. Pure."""

from __future__ import annotations

from dataclasses import replace

from connector_probe.bounces.advice import stage_of
from connector_probe.bounces.bounce import Bounce
from connector_probe.bounces.explanation import (
    Explanation,
    Live,
    LiveVerdict,
    documented_code,
    explain,
    is_starttls_pair,
)
from connector_probe.bounces.known_codes import Topic
from connector_probe.model.evidence import Stage
from connector_probe.model.verdict import Attempt, CauseVerdict, Diagnosis, FailureClass, Result, Status
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.sentences import fill

# Of these codes, any failure is one and the same fault to a person; 4.4.317 and 4.7.320 hold too many kinds.
_ONE_FAULT = frozenset({"4.4.312", "4.4.315", "4.4.316", "4.4.318"})
_ORDER = tuple(Stage)
# Where an error of unknown kind arose at the earliest: it names a stage that the probe passed, or has to pass first.
_EARLIEST = {"4.4.312": Stage.DNS, "4.4.315": Stage.CONNECT, "4.4.316": Stage.CONNECT, "4.7.320": Stage.CERTIFICATE}


def rechecked(explanation: Explanation, bounce: Bounce, result: Result, words: Catalogue = ENGLISH) -> Explanation:
    """``explanation`` of ``bounce`` with what a probe of its server says now, decided where the probe can decide it."""
    told = live(bounce, result, words)
    if told.verdict is LiveVerdict.STANDS or not is_starttls_pair(bounce) or not _is_offered_starttls(result):
        return replace(explanation, live=told)
    return _by_certificate(replace(explanation, live=told), bounce, result, words)


def live(bounce: Bounce, result: Result, words: Catalogue = ENGLISH) -> Live:
    """Whether the fault of ``bounce`` still stands, going by a probe of its server just now.

    An address that the name leads to no more was not probed, so nothing is gone there: Exchange Online may see other
    addresses than this machine (split DNS), or still hold the old one.
    """
    here = [attempt for attempt in result.attempts if bounce.address is not None and attempt.address == bounce.address]
    attempts = here or list(result.attempts)
    elsewhere = bounce.address is not None and not here and any(attempt.address is not None for attempt in attempts)
    standing = next((attempt for attempt in attempts if _still(bounce, attempt)), None)
    other = next((attempt for attempt in attempts if attempt.status is Status.FAILING), None)
    unsure = next((attempt for attempt in attempts if attempt.status is Status.UNKNOWN), None)
    decisive: Attempt | None
    if standing is not None:
        verdict, decisive = LiveVerdict.STANDS, standing
        # A certificate can be as bad as it was, under a TLS setting that does not look at it.
        sentence = "live-stands" if standing.status is not Status.WARNING else "live-unheeded"
    elif other is not None:
        verdict, decisive = LiveVerdict.CHANGED, other
        sentence = "live-elsewhere" if elsewhere else "live-masked" if _masks(other, bounce) else "live-changed"
    elif unsure is not None or not attempts:
        verdict, decisive, sentence = LiveVerdict.UNKNOWN, unsure, "live-unknown"
    elif elsewhere:
        verdict, decisive, sentence = LiveVerdict.UNKNOWN, attempts[0], "live-moved"
    else:
        verdict, decisive, sentence = LiveVerdict.GONE, attempts[0], "live-gone"
    sentences = [fill(words.explain[sentence], {"found": _found(decisive, result, words)})]
    if elsewhere:
        sentences.append(fill(words.explain["live-address"], {"address": bounce.address or ""}))
    handshakes = (one.handshake for one in result.evidence.attempts if one.handshake is not None)
    if bounce.topic is Topic.EARLY_SESSION_TICKET and any(one.early_ticket for one in handshakes):
        verdict = LiveVerdict.STANDS
        sentences = [words.explain["live-early-ticket"]]
    then, now = _was_offered_starttls(bounce), _lists_starttls(result)
    if None not in (then, now) and then is not now:
        sentences.append(words.explain["live-starttls-only-now" if now else "live-starttls-only-then"])
    return Live(
        verdict=verdict,
        text=words.join(sentences),
        connector=result.name,
        status=decisive.status if decisive is not None else result.status,
        code=decisive.code if decisive is not None else None,
        class_=decisive.class_ if decisive is not None else None,
    )


def _still(bounce: Bounce, attempt: Attempt) -> bool:
    if attempt.status is Status.UNKNOWN:
        return False
    if attempt.class_ is not None and attempt.class_ in bounce.classes:
        return True
    if any(FailureClass.of_certificate(kind) in bounce.classes for kind in attempt.certificate_problems):
        return attempt.status is not Status.HEALTHY
    code = documented_code(bounce) or bounce.code  # the probe says the documented one
    return attempt.code is not None and attempt.code == code and (code in _ONE_FAULT or not bounce.classes)


def _masks(attempt: Attempt, bounce: Bounce) -> bool:
    """Whether the probe did not get as far as the error of ``bounce`` did, so that it says nothing of that."""
    if attempt.diagnosis is None:
        return False
    known = [stage_of(failure) for failure in bounce.classes]
    reached = min(known, key=_ORDER.index) if known else _EARLIEST.get(bounce.code or "", Stage.BANNER)
    return _ORDER.index(attempt.diagnosis.stage) < _ORDER.index(reached)


def _found(attempt: Attempt | None, result: Result, words: Catalogue) -> str:
    """What was met, as a part of a sentence."""
    diagnosis: Diagnosis | None = attempt.diagnosis if attempt is not None else result.diagnosis
    if diagnosis is not None:
        return f"{diagnosis.code} {diagnosis.heading}" if diagnosis.code is not None else diagnosis.heading
    problems = map(FailureClass.of_certificate, attempt.certificate_problems if attempt is not None else ())
    return words.facts["between-sources"].join(words.titles[problem] for problem in problems) or "-"


# --- what Exchange Online was offered, and what this machine is --------------------------------------------------


def _was_offered_starttls(bounce: Bounce) -> bool | None:
    """Whether STARTTLS was listed to the sender, by what the text tells of; None where that does not tell."""
    if set(bounce.classes) == {FailureClass.STARTTLS_NOT_OFFERED}:
        return False
    listed = FailureClass.STARTTLS_NOT_OFFERED not in bounce.classes and all(
        one.value.startswith(_BEHIND) for one in bounce.classes
    )
    return True if bounce.classes and listed else None


_BEHIND = ("starttls-", "tls-", "certificate-")


def _lists_starttls(result: Result) -> bool | None:
    """Whether EHLO lists STARTTLS to this machine; None where servers differ, or none came to it."""
    answers = ((one, one.ehlo.reply) for one in result.evidence.attempts if one.ehlo is not None)
    found = {one.starttls is not None for one, reply in answers if reply is not None and reply.severity == 2}
    return found.pop() if len(found) == 1 else None


# --- "STARTTLS is required": which of its two causes -------------------------------------------------------------


def _is_offered_starttls(result: Result) -> bool:
    """Whether a server took STARTTLS from this machine, wherever that led."""
    return any(
        stage.stage is Stage.STARTTLS and stage.status == "ok"
        for attempt in result.attempts
        for stage in attempt.stages
    )


def _by_certificate(explanation: Explanation, bounce: Bounce, result: Result, words: Catalogue) -> Explanation:
    """The server has TLS, so that it turned Exchange Online's certificate down; only Exchange Online can try that."""
    say = words.explain
    handshakes = [attempt.handshake for attempt in result.evidence.attempts if attempt.handshake is not None]
    asked = any(handshake.client_certificate_requested for handshake in handshakes)
    decided = explain(bounce._replace(failure_class=FailureClass.TLS_CLIENT_CERTIFICATE, alternatives=()), words)
    offered, certificate = say["starttls-offered-here"], say["certificate-asked" if asked else "certificate-not-asked"]
    # The demand itself was not met here: this machine was at most asked.
    demand = CauseVerdict.SUPPORTED if asked else CauseVerdict.POSSIBLE
    likely = sorted(
        (
            replace(
                cause,
                verdict=demand if cause.verdict is CauseVerdict.CONFIRMED else cause.verdict,
                evidence=(offered, certificate),
            )
            for cause in decided.causes
        ),
        key=lambda cause: cause.verdict is not CauseVerdict.SUPPORTED,
    )
    others = (
        replace(cause, verdict=CauseVerdict.RULED_OUT, evidence=(offered,))
        for cause in explanation.causes
        if cause.id in _WITHOUT_STARTTLS
    )
    told = explanation.live
    if told is not None and told.verdict in (LiveVerdict.GONE, LiveVerdict.UNKNOWN):
        told = replace(told, verdict=LiveVerdict.UNKNOWN, text=say["live-client-certificate"])
    return replace(decided, causes=(*likely, *others), live=told)


_WITHOUT_STARTTLS = frozenset({"tls-not-supported", "exchange-certificate-broken"})
