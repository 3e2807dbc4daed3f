"""How the nearest name of a certificate misses the one expected: what a person would have noticed.

Pure. Only explains: whether a name fits is ``identity.match``.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import Certificate
from connector_probe.model.names import InvalidNameError, is_address, parse_name
from connector_probe.protocol.identity import common_labels, plain

MAX_TYPOS: Final = 2  # letters; more make another name
_SHORTEST: Final = 5  # letters of a label in which a typo can be told from another name
_LONGEST: Final = 253
# Names that only an internal network resolves, beside those of one label: RFC 6762 appendix G, ICANN's "internal".
_INTERNAL: Final = frozenset(
    {"local", "localdomain", "localhost", "lan", "intranet", "internal", "private", "corp", "home", "intra"}
)


class NameHintKind(StrEnum):
    WILDCARD_TOO_SHALLOW = "wildcard-too-shallow"  # *.contoso.com for a.mail.contoso.com
    WILDCARD_NOT_ITSELF = "wildcard-not-itself"  # *.contoso.com for contoso.com
    BELOW_WILDCARD = "below-wildcard"  # a.mail.contoso.com where *.contoso.com is expected
    ABOVE_WILDCARD = "above-wildcard"  # contoso.com where *.contoso.com is expected
    INTERNAL = "internal"  # names of an internal network alone
    ADDRESSES = "addresses"  # IP addresses where a name is expected
    NOT_ADDRESS = "not-address"  # names where an IP address is expected
    TYPO = "typo"
    NO_HOST_NAME = "no-host-name"  # the expected one, with what no host name has: a space, "https://", a raw umlaut
    SAME_DOMAIN = "same-domain"  # another host of the domain
    UNRELATED = "unrelated"  # nothing in common but the ending


@dataclass(frozen=True, slots=True)
class NameHint:
    """``domain``: what the nearest name and the expected one share, "" where nothing."""

    kind: NameHintKind
    domain: str = ""


def hint(certificate: Certificate, expected: str, nearest: str) -> NameHint:
    """Why ``nearest``, the certificate's name closest to ``expected``, is not it."""
    names = certificate.names or (certificate.common_name,)
    near, wanted = plain(nearest), plain(expected)
    if is_address(wanted):
        return NameHint(NameHintKind.NOT_ADDRESS)
    if all(map(is_address, names)):
        return NameHint(NameHintKind.ADDRESSES)
    if re.search(r"[^a-z0-9._*-]", near) is not None and (wanted in near or _a_labels(near) == wanted):
        return NameHint(NameHintKind.NO_HOST_NAME)
    wild = _wildcards(near, wanted)
    if wild is not None:
        return wild
    if all(map(_is_internal, names)) and not _is_internal(wanted):
        return NameHint(NameHintKind.INTERNAL)
    shared = _shared_domain(near, wanted)
    if _is_typo(near, wanted):
        return NameHint(NameHintKind.TYPO, shared)
    return NameHint(NameHintKind.SAME_DOMAIN if shared else NameHintKind.UNRELATED, shared)


def _a_labels(name: str) -> str | None:
    try:
        return parse_name(name)
    except InvalidNameError:
        return None


def _wildcards(near: str, wanted: str) -> NameHint | None:
    """A wildcard stands for exactly one label (RFC 9525 6.3), on either side."""
    if near.startswith("*.") and not wanted.startswith("*."):
        domain = near[2:]
        if wanted == domain:
            return NameHint(NameHintKind.WILDCARD_NOT_ITSELF, domain)
        if wanted.endswith(f".{domain}"):
            return NameHint(NameHintKind.WILDCARD_TOO_SHALLOW, domain)
    if wanted.startswith("*."):
        domain = wanted[2:]
        if near == domain:
            return NameHint(NameHintKind.ABOVE_WILDCARD, domain)
        if near.removeprefix("*.").endswith(f".{domain}"):
            return NameHint(NameHintKind.BELOW_WILDCARD, domain)
    return None


def _shared_domain(one: str, other: str) -> str:
    """The labels that both end in, where that is more than a top level ("contoso.com", not "com")."""
    shared = common_labels(one, other)
    # co.uk and its like: two short labels are no domain of anybody's.
    return ".".join(shared) if len(shared) > 2 or (len(shared) == 2 and len(shared[0]) > 3) else ""


def _is_typo(one: str, other: str) -> bool:
    """Whether a letter or two are wrong; a digit more or less is another host."""
    if one.count(".") != other.count(".") or max(len(one), len(other)) > _LONGEST:
        return False
    pairs = [(a, b) for a, b in zip(one.split("."), other.split("."), strict=True) if a != b]
    if len(pairs) != 1:
        return False
    a, b = pairs[0]
    without_digits = [label.translate(_DIGITS) for label in (a, b)]
    if min(len(a), len(b)) < _SHORTEST or without_digits[0] == without_digits[1]:
        return False
    return _distance(a, b) <= MAX_TYPOS


_DIGITS: Final = {ord(digit): None for digit in "0123456789"}


def _distance(one: str, other: str) -> int:
    """Levenshtein's, of two labels."""
    row = list(range(len(other) + 1))
    for at, left in enumerate(one, start=1):
        above, row[0] = row[0], at
        for column, right in enumerate(other, start=1):
            above, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, above + (left != right))
    return row[-1]


def _is_internal(name: str) -> bool:
    bare = plain(name).removeprefix("*.")
    return not is_address(bare) and ("." not in bare or bare.rsplit(".", 1)[1] in _INTERNAL)
