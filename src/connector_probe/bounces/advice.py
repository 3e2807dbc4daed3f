"""Causes and remedies for the failures that a bounce may show: the only door from here to what diagnosis knows.

A bounce shows one message and no server: nothing is ruled out, and nothing confirmed, that it does not say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from connector_probe.diagnosis.profiles import PROFILES
from connector_probe.diagnosis.weigh import by_class_alone, usual_remedies
from connector_probe.model.evidence import Stage
from connector_probe.model.ids import CauseId, RemedyId
from connector_probe.model.verdict import WORTH_READING, CauseVerdict, FailureClass, MailFlowCode, Remedy
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.commands import COMMANDS, EXPLAINED
from connector_probe.wording.sentences import LenientFacts, fill

CLIENT_CERTIFICATE = "client-certificate-untrusted"  # the cause that no probe can confirm: it has no such certificate
_ORDER = tuple(CauseVerdict)
# Advice that only what a probe saw can give; the rest of that kind is said last, as what it may be besides.
_NEEDS_A_PROBE = frozenset({"use-plain-smtp-port", "send-proxy-header", "point-to-smtp", "mend-family"})
# Exchange Online stops at the first fault of a certificate, so that the others are still open; and its DNS servers may
# fail because they still ask the name servers of before a move.
_LEFT_OPEN = (Stage.CERTIFICATE, Stage.DNS)


def stage_of(failure: FailureClass) -> Stage:
    return PROFILES[failure].stage


def code_of(failure: FailureClass) -> MailFlowCode | None:
    """The code of Microsoft's page for a failure; None where it has none."""
    return PROFILES[failure].code


def with_code(code: MailFlowCode) -> tuple[FailureClass, ...]:
    """The failures that a probe would report under ``code``."""
    return tuple(failure for failure, profile in PROFILES.items() if profile.code is code)


def causes_for(classes: Sequence[FailureClass], *, told: bool) -> list[tuple[str, CauseVerdict]]:
    """The causes of every failure it may be, what is most sure first; ``told``: the text says which it is."""
    given: list[dict[str, CauseVerdict]] = []
    for failure in classes:
        given.append({cause.value: verdict for cause, verdict in by_class_alone(failure).items()})
        if failure is FailureClass.TLS_CLIENT_CERTIFICATE:
            given[-1][CLIENT_CERTIFICATE] = CauseVerdict.SUPPORTED
    is_open = all(stage_of(failure) in _LEFT_OPEN for failure in classes)
    found = [
        (cause, _verdict([each.get(cause) for each in given], told=told, open_=is_open))
        for cause in dict.fromkeys(cause for each in given for cause in each)
    ]
    return sorted(found, key=lambda weighed: _ORDER.index(weighed[1]))


def _verdict(given: Sequence[CauseVerdict | None], *, told: bool, open_: bool) -> CauseVerdict:
    """The weakest that any of the failures gives a cause; None is of one that the cause has nothing to do with."""
    weighed = [verdict for verdict in given if verdict is not None]
    if all(verdict is CauseVerdict.RULED_OUT for verdict in weighed):
        return CauseVerdict.RULED_OUT if told and not open_ else CauseVerdict.POSSIBLE
    if not told or len(weighed) < len(given) or CauseVerdict.RULED_OUT in weighed:
        return CauseVerdict.POSSIBLE
    return max(weighed, key=_ORDER.index)


def remedies_for(classes: Sequence[FailureClass], *, told: bool, by_probe: bool = False) -> list[str]:
    """The remedies of every failure it may be; those of a cause that is not likely come last.

    ``by_probe``: with those that only what a probe saw can tell.
    """
    likely = {cause for cause, verdict in causes_for(classes, told=told) if verdict in WORTH_READING}
    usual = usual_remedies(classes, {CauseId(cause) for cause in likely - {CLIENT_CERTIFICATE}})
    return [remedy.value for remedy in usual if by_probe or remedy not in _NEEDS_A_PROBE]


# --- in words ----------------------------------------------------------------------------------------------------


class Placeholders(LenientFacts):
    """Facts for commands and sentences: what is not known is written as a person would fill it in, a hint left out."""

    def __missing__(self, key: str) -> str:
        return "" if key.endswith("_hint") else _PLACEHOLDERS.get(key, f"<{key.replace('_', ' ')}>")


_PLACEHOLDERS = {
    "host": "<server>",
    "address_or_server": "<server>",
    "probed": "<server>",
    "dial": "<server>:25",
    "port": "25",
    "parent": "<domain>",
    "mx_domain": "<domain>",
    "expected": "<name>",
    "identity": "<connector>",
}


def cause_words(identifier: str, words: Catalogue) -> str:
    return (
        words.explain[f"cause-{identifier}"] if identifier == CLIENT_CERTIFICATE else words.causes[CauseId(identifier)]
    )


def remedy_words(identifier: str, facts: Mapping[str, str], words: Catalogue) -> Remedy:
    remedy = RemedyId(identifier)
    commands = tuple(fill(command, facts) for command in COMMANDS.get(remedy, ()))
    return Remedy(identifier, fill(words.remedies[remedy], facts), commands)


def numbered_remedies(name: str, facts: Mapping[str, str], words: Catalogue) -> Iterator[Remedy]:
    """What the catalogue says to do about a topic: "do-NAME", "do-NAME-2" and so on, each with its commands."""
    for number in count(1):
        identifier = name if number == 1 else f"{name}-{number}"
        text = words.explain.get(f"do-{identifier}")
        if text is None:
            return
        commands = tuple(fill(command, facts) for command in EXPLAINED.get(identifier, ()))
        yield Remedy(identifier, fill(text, facts), commands)
