"""The catalogue of codes: what each stands for, all causes and remedies that any failure of it has, and the source."""

from collections.abc import Iterator, Sequence

from connector_probe.bounces.advice import (
    Placeholders,
    cause_words,
    causes_for,
    numbered_remedies,
    remedies_for,
    remedy_words,
    with_code,
)
from connector_probe.bounces.explanation import title_of
from connector_probe.bounces.known_codes import KNOWN_CODES, Direction, KnownCode, known
from connector_probe.bounces.replies import CODE
from connector_probe.model.dataclass import dataclass
from connector_probe.model.verdict import Culprit, FailureClass, MailFlowCode, Remedy
from connector_probe.wording.catalogue import Catalogue

CODES_SCHEMA = "connector-probe/codes/1"


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
    direction: Direction | None
    culprit: Culprit


@dataclass(frozen=True, slots=True)
class CodeDocument:
    """The whole of ``probe codes --json``."""

    schema: str
    codes: tuple[CodeEntry, ...]


def document(asked: str | None, words: Catalogue) -> CodeDocument:
    """Every code, or the one in ``asked`` ("4.4.316", "5.4.316", "450 4.4.316 ..."): no entry where that is unknown."""
    found = KNOWN_CODES if asked is None else _asked(asked)
    return CodeDocument(CODES_SCHEMA, tuple(_entry(code, words) for code in found))


def _asked(text: str) -> tuple[KnownCode, ...]:
    match = CODE.search(text.strip())
    code = known(match["code"]) if match is not None else None
    return (code,) if code is not None else ()


def _entry(code: KnownCode, words: Catalogue) -> CodeEntry:
    classes = with_code(MailFlowCode(code.code)) if code.code in _OF_A_PROBE else ()
    two_forms = known(f"5{code.code[1:]}") is code and not code.code.startswith("5")
    return CodeEntry(
        code=code.code,
        final_code=f"5{code.code[1:]}" if two_forms else None,
        title=title_of(code.topic, words),
        meaning=words.explain[f"meaning-{code.topic}"],
        classes=tuple(CodeClass(failure, words.titles[failure]) for failure in classes),
        causes=tuple(CodeCause(cause, cause_words(cause, words)) for cause, _ in causes_for(classes, told=False)),
        remedies=tuple(_remedies(code, classes, words)),
        reference=code.topic.page,
        direction=code.topic.direction,
        culprit=code.topic.culprit,
    )


_OF_A_PROBE = frozenset(MailFlowCode)


def _remedies(code: KnownCode, classes: Sequence[FailureClass], words: Catalogue) -> Iterator[Remedy]:
    if not classes:
        yield from numbered_remedies(code.topic.value, Placeholders(), words)
    for identifier in remedies_for(classes, told=False, by_probe=True):
        yield remedy_words(identifier, Placeholders(), words)
    if code.in_table:
        yield Remedy("contact-partner", words.explain["if-partner"])
