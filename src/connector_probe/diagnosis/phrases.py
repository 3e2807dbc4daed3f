"""Parts of sentences that the facts of an attempt have in common with warnings, notes and checks."""

from __future__ import annotations

from collections.abc import Iterable

from connector_probe.diagnosis.local_clock import ClockSign
from connector_probe.model.evidence import Certificate, CertificateProblemKind
from connector_probe.model.notation import day, quote
from connector_probe.model.sentence import Facts, Listed, Phrase, Value, Word, listed

MAX_CLOCK_SIGNS = 3


def clock_hint(signs: Iterable[ClockSign]) -> Value:
    """What speaks against this machine's clock, behind what it says; each once, and not many."""
    told = []
    for sign in list(dict.fromkeys(signs))[:MAX_CLOCK_SIGNS]:
        number, _, total = sign.by.partition("/")
        facts = Facts(number=number, total=total, clock_by=quote(sign.by), released=day(sign.told).split()[0])
        told.append(Phrase(sign.key, facts | {"clock_time": day(sign.told)}))
    return Listed(tuple(told), "between-clock-signs")


def problem_list(kinds: Iterable[CertificateProblemKind]) -> Value:
    """Each kind once."""
    return listed(Word("problem", kind) for kind in kinds)


def leaf_name(leaf: Certificate) -> str:
    """What names a certificate that carries no names: its CN, else its whole subject; "" where there is neither."""
    return f"CN={leaf.common_name}" if leaf.common_name else leaf.subject


def readable(note: str) -> str:
    """A note that is a time as everywhere else, "2026-01-31 12:00 UTC"."""
    return note[:16].replace("T", " ") + " UTC" if note.endswith("Z") and len(note) == 20 else note
