"""The catalogue of codes: what each stands for, all causes and remedies that any failure of it has, and the source."""

from __future__ import annotations

from dataclasses import dataclass

from connector_probe.bounces.explanation import reference_of, title_of
from connector_probe.bounces.grammar import CODE, KNOWN_CODES, KnownCode, known
from connector_probe.diagnosis.profiles import PROFILES, Profile
from connector_probe.diagnosis.weigh import by_class_alone, usual_remedies
from connector_probe.model.verdict import FailureClass, Remedy
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.sentences import Facts, fill

CODES_SCHEMA = "connector-probe/codes/1"
# What a person fills in, where a sentence speaks of one server.
_ANY = Facts(
    server="<server>",
    host="<host>",
    address_or_server="<host>",
    port="25",
    parent="<domain>",
    expected="<name>",
    identity="<connector>",
)


@dataclass(frozen=True, slots=True)
class CodeClass:
    """One failure class that a probe finds behind a code."""

    id: FailureClass
    title: str


@dataclass(frozen=True, slots=True)
class CodeCause:
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One code. ``final_code`` is the form in the NDR after the queue lifetime, null where there is none."""

    code: str
    final_code: str | None
    title: str
    meaning: str
    classes: tuple[CodeClass, ...]
    causes: tuple[CodeCause, ...]
    remedies: tuple[Remedy, ...]
    reference: str


@dataclass(frozen=True, slots=True)
class CodeDocument:
    """The whole of ``probe codes --json``."""

    schema: str
    codes: tuple[CodeEntry, ...]


def document(asked: str | None, words: Catalogue) -> CodeDocument:
    """Every code, or the one in ``asked`` ("4.4.316", "5.4.316", "450 4.4.316 ..."): no entry where that is unknown."""
    found = KNOWN_CODES if asked is None else _asked(asked)
    return CodeDocument(CODES_SCHEMA, tuple(_entry(one, words) for one in found))


def _asked(text: str) -> tuple[KnownCode, ...]:
    match = CODE.search(text.strip())
    code = known(match["code"]) if match is not None else None
    return (code,) if code is not None else ()


def _entry(code: KnownCode, words: Catalogue) -> CodeEntry:
    profiles = {
        failure: profile
        for failure, profile in PROFILES.items()
        if profile.code is not None and profile.code.value == code.code
    }
    two_forms = known(f"5{code.code[1:]}") is code and not code.code.startswith("5")
    return CodeEntry(
        code=code.code,
        final_code=f"5{code.code[1:]}" if two_forms else None,
        title=title_of(code.code, words),
        meaning=words.explain[f"meaning-{code.words}"],
        classes=tuple(CodeClass(failure, words.classes[failure].title) for failure in profiles),
        causes=tuple(
            CodeCause(identifier, words.causes[identifier])
            for identifier in dict.fromkeys(one for failure in profiles for one in by_class_alone(failure))
        ),
        remedies=tuple(_remedies(code, profiles, words)),
        reference=reference_of(code.words),
    )


def _remedies(code: KnownCode, profiles: dict[FailureClass, Profile], words: Catalogue) -> list[Remedy]:
    found = []
    if not profiles and (own := words.explain.get(f"do-{code.words}")) is not None:
        found.append(Remedy(code.words, own))
    for identifier in usual_remedies(profiles):
        remedy = words.remedies[identifier]
        commands = tuple(fill(command, _ANY) for command in remedy.commands)
        found.append(Remedy(identifier, fill(remedy.text, _ANY), commands))
    if code.in_table:
        found.append(Remedy("contact-partner", words.explain["if-partner"]))
    return found
