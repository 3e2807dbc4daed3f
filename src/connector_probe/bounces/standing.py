"""Whether the fault of a bounce still stands, going by a probe of its server. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connector_probe.bounces.bounce import Bounce
from connector_probe.diagnosis.profiles import PROFILES
from connector_probe.model.evidence import Stage
from connector_probe.model.verdict import Attempt, Diagnosis, FailureClass, Result, Status
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.sentences import fill


class LiveVerdict(StrEnum):
    """What a probe right now says of the fault in a bounce."""

    STANDS = "stands"
    GONE = "gone"
    CHANGED = "changed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Live:
    """``connector`` names the result in the report of the probe that this was read from."""

    verdict: LiveVerdict
    text: str
    connector: str
    status: Status
    code: str | None
    class_: FailureClass | None


# Of these codes, any failure is one and the same fault to a person; 4.4.317 and 4.7.320 hold too many kinds.
_ONE_FAULT = frozenset({"4.4.312", "4.4.315", "4.4.316", "4.4.318"})
_ORDER = tuple(Stage)
# Where an error of unknown kind arose at the earliest: it names a stage that the probe passed, or has to pass first.
_EARLIEST = {"4.4.312": Stage.DNS, "4.4.315": Stage.CONNECT, "4.4.316": Stage.CONNECT, "4.7.320": Stage.CERTIFICATE}


def live(bounce: Bounce, result: Result, words: Catalogue = ENGLISH) -> Live:
    """Whether the fault of ``bounce`` still stands, going by a probe of its server just now.

    An address that the name leads to no more was not probed, so nothing is gone there: Exchange Online may see other
    addresses than this machine (split DNS), or still hold the old one.
    """
    here = [one for one in result.attempts if bounce.address is not None and one.address == bounce.address]
    attempts = here or list(result.attempts)
    elsewhere = bounce.address is not None and not here and any(one.address is not None for one in attempts)
    standing = next((one for one in attempts if _still(bounce, one)), None)
    other = next((one for one in attempts if one.status is Status.FAILING), None)
    unsure = next((one for one in attempts if one.status is Status.UNKNOWN), None)
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
    return Live(
        verdict=verdict,
        text=words.join(sentences),
        connector=result.name,
        status=decisive.status if decisive is not None else result.status,
        code=decisive.code if decisive is not None else None,
        class_=decisive.class_ if decisive is not None else None,
    )


def _still(bounce: Bounce, attempt: Attempt) -> bool:
    classes = _classes(bounce)
    if attempt.class_ is not None and attempt.class_ in classes:
        return True
    if _standing_problems(bounce, attempt):
        return attempt.status is not Status.HEALTHY
    code = documented_code(bounce) or bounce.code  # the probe says the documented one
    return attempt.code is not None and attempt.code == code and (code in _ONE_FAULT or not classes)


def _classes(bounce: Bounce) -> tuple[FailureClass, ...]:
    return (bounce.failure_class, *bounce.alternatives) if bounce.failure_class is not None else ()


def _standing_problems(bounce: Bounce, attempt: Attempt) -> list[FailureClass]:
    found = map(FailureClass.of_certificate, attempt.certificate_problems)
    return [one for one in found if one in _classes(bounce)]


def documented_code(bounce: Bounce) -> str | None:
    """The code of Microsoft's page for what failed; None where that is not known or has none."""
    code = PROFILES[bounce.failure_class].code if bounce.failure_class is not None else None
    return code.value if code is not None else None


def _masks(attempt: Attempt, bounce: Bounce) -> bool:
    """Whether the probe did not get as far as the error of ``bounce`` did, so that it says nothing of that."""
    if attempt.diagnosis is None:
        return False
    known = [PROFILES[one].stage for one in _classes(bounce)]
    reached = min(known, key=_ORDER.index) if known else _EARLIEST.get(bounce.code, Stage.BANNER)
    return _ORDER.index(attempt.diagnosis.stage) < _ORDER.index(reached)


def _found(attempt: Attempt | None, result: Result, words: Catalogue) -> str:
    """What was met, as a part of a sentence."""
    diagnosis: Diagnosis | None = attempt.diagnosis if attempt is not None else result.diagnosis
    if diagnosis is not None:
        return f"{diagnosis.code} {diagnosis.heading}" if diagnosis.code is not None else diagnosis.heading
    problems = map(FailureClass.of_certificate, attempt.certificate_problems if attempt is not None else ())
    return words.facts["between-sources"].join(words.classes[one].title for one in problems) or "-"
