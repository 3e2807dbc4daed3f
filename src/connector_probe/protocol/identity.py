"""Whether a certificate is for the name that a connector expects (RFC 9525), and which of its names comes nearest.

Pure, and total: every pair of certificate and name has an answer.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from enum import StrEnum
from itertools import takewhile
from typing import Final

from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import Certificate

_WILDCARD: Final = "*."
_MAX_CONSIDERED: Final = 1000  # names among which the nearest is sought; public authorities allow 250 at most
_MAX_COMPARED: Final = 256  # characters: no host name is longer, and comparing likeness is quadratic


class NameOutcome(StrEnum):
    """How the names of a certificate stand to the one expected."""

    MATCH = "match"
    MISMATCH = "mismatch"
    COMMON_NAME_ONLY = "common-name-only"  # no alternative names; the subject's CN would match (RFC 9525 forbids it)
    NO_NAMES = "no-names"  # neither alternative names nor a CN
    UNREADABLE = "unreadable"  # the alternative names cannot be read, so nobody can tell


@dataclass(frozen=True, slots=True)
class NameMatch:
    """``matched`` is the certificate's name that fits, with MATCH and COMMON_NAME_ONLY.

    ``nearest`` is the name it carries that is most like the expected one, with MISMATCH. Both as in the certificate.
    """

    outcome: NameOutcome
    matched: str | None = None
    nearest: str | None = None

    @property
    def matches(self) -> bool:
        """Whether RFC 9525 calls it the same name."""
        return self.outcome is NameOutcome.MATCH

    @property
    def common_name_only(self) -> bool:
        return self.outcome is NameOutcome.COMMON_NAME_ONLY


def match(certificate: Certificate, expected: str, *, names_readable: bool = True) -> NameMatch:
    """Hold a certificate's names against ``expected``: an A-label name, ``*.name``, or an IP address.

    ``*.name`` (a connector's TlsDomain) is satisfied by the same wildcard or by any name one label below ``name``.
    A wildcard right below a top-level domain fits nothing. An address matches iPAddress entries only.
    ``names_readable=False``: the certificate has an alternative name extension that could not be parsed, so an empty
    ``names`` does not mean that there are none. Never raises.
    """
    matched = next((name for name in certificate.names if _fits(name, expected)), None)
    if matched is not None:
        return NameMatch(NameOutcome.MATCH, matched=matched)
    if not names_readable:
        return NameMatch(NameOutcome.UNREADABLE)
    common_name = certificate.common_name
    if certificate.names:
        return NameMatch(NameOutcome.MISMATCH, nearest=_nearest(certificate.names, expected))
    if not common_name:
        return NameMatch(NameOutcome.NO_NAMES)
    if _address(expected) is None and _fits(common_name, expected):
        return NameMatch(NameOutcome.COMMON_NAME_ONLY, matched=common_name)
    return NameMatch(NameOutcome.MISMATCH, nearest=common_name)


def _fits(presented: str, expected: str) -> bool:
    """RFC 9525 6.3 for names, 6.4 for addresses; a name never fits an address, nor the other way round."""
    address, wanted_address = _address(presented), _address(expected)
    if address is not None or wanted_address is not None:
        return address == wanted_address
    name, wanted = plain(presented), plain(expected)
    if not (_is_presentable(name) and _is_presentable(wanted)):
        return False
    if name == wanted:
        return True
    pattern, single = (name, wanted) if name.startswith(_WILDCARD) else (wanted, name)
    # A wildcard stands for exactly one whole label (RFC 9525 6.3).
    return pattern.startswith(_WILDCARD) and single.partition(".")[2] == pattern[2:]


def _is_presentable(name: str) -> bool:
    """Whether a name may match at all: A-labels only, no empty label, a wildcard only as the whole first label.

    What a wildcard stands in front of has two labels: nobody has all of a top-level domain, and no client takes it.
    """
    labels = name.split(".")
    wild = labels[0] == "*"
    plain = labels[1:] if wild else labels
    return name.isascii() and len(plain) > wild and all(label and "*" not in label for label in plain)


def plain(name: str) -> str:
    """Letter case and the final dot do not count (RFC 9525 6.3, RFC 4343)."""
    return name.lower().removesuffix(".")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if ":" not in text and not text[:1].isdecimal():  # spares most names the attempt
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _nearest(names: Sequence[str], expected: str) -> str:
    """The name most like ``expected``: of its kind, with the most labels in common from the right, then by spelling."""
    wanted = plain(expected)[:_MAX_COMPARED]
    from difflib import SequenceMatcher  # late: most certificates have the name

    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)

    def likeness(name: str) -> tuple[bool, int, int, float]:
        bare = plain(name)[:_MAX_COMPARED]
        matcher.set_seq1(bare)
        same_kind = (_address(name) is None) == (_address(expected) is None)
        depth = -abs(bare.count(".") - wanted.count("."))
        return same_kind, len(common_labels(bare, wanted)), depth, matcher.quick_ratio()

    return max(names[:_MAX_CONSIDERED], key=likeness)  # the first of equals, so that the answer never varies


def common_labels(one: str, other: str) -> list[str]:
    """The labels that both names end in."""
    pairs = zip(reversed(one.split(".")), reversed(other.split(".")), strict=False)
    return [label for label, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)][::-1]
