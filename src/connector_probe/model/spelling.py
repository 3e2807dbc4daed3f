"""Which word was probably meant by one that is nowhere known."""

from __future__ import annotations

import re
from collections.abc import Iterable

from connector_probe.model.printable import printable

_CLOSE = 0.72  # of 1: 4.4.399 is not 4.4.316, with five figures of seven alike
_MAX_SPELLING = 60  # comparing spellings takes quadratic time, and no key or name worth a guess is longer


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """The hint that names the nearest of ``known``; ``otherwise`` where none is near."""
    meant = nearest(word, known)
    return f"did you mean {printable(meant)}?" if meant is not None else otherwise


def nearest(word: str, known: Iterable[str], aliases: dict[str, str] | None = None) -> str | None:
    """The one of ``known`` that ``word`` was probably meant to be; ``aliases`` map folded spellings to one of them."""
    if len(word) > _MAX_SPELLING:
        return None
    given, folded = fold(word), {fold(name): name for name in known if len(name) <= _MAX_SPELLING}
    # "tsl": what is compared letter by letter below is too short for two that changed places.
    swapped = (given[:at] + given[at : at + 2][::-1] + given[at + 2 :] for at in range(len(given)))
    meant = next((folded[one] for one in (given, *swapped) if one in folded), (aliases or {}).get(given))
    if meant is not None:
        return meant
    from difflib import get_close_matches  # late: nobody who is right needs it

    close = get_close_matches(given, folded, 1, _CLOSE)
    return folded[close[0]] if close else None


def fold(word: str) -> str:
    """``word`` without what people vary in writing it: case, hyphens, underscores, spaces."""
    return re.sub(r"[-_\s]", "", word).casefold()
