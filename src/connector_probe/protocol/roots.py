"""The certificates that end a path. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Final

from connector_probe.model.evidence import RootBar
from connector_probe.protocol.openssl import load
from connector_probe.protocol.root_program import RootProgram
from connector_probe.protocol.x509_facts import (
    NameKey,
    ParsedCertificate,
    fold,
    parse_certificate,
    read_subject,
    read_validity,
)

_FEW: Final = 32  # roots of which each is read at once; more are searched for those that may be meant


class TrustRoots:
    """The certificates that end a path. Made once, used for any number of judgements, from any thread.

    ``label`` says where they are from, as in "system" or "system + FILE"; reports repeat it. A root is read when a
    certificate names it as its issuer: a program has hundreds of them, and a chain leads to one.
    """

    def __init__(self, certificates: Iterable[bytes], label: str, program: RootProgram | None = None) -> None:
        """``certificates``: DER. What cannot be read is left out, what is there twice counts once.

        The roots of ``program`` are trusted too, as far as it goes.
        """
        self.label = label
        self._own = frozenset(certificates := tuple(certificates))
        self._program = program
        if program is not None:
            certificates += program.certificates
        self._given = tuple(dict.fromkeys(certificates))
        self._members = frozenset(self._given)
        self._named: dict[tuple[NameKey, bytes | None], tuple[ParsedCertificate, ...]] = {}

    def __contains__(self, certificate: ParsedCertificate) -> bool:
        return certificate.data in self._members

    def __len__(self) -> int:
        return sum(load(root) is not None for root in self._given)

    def bar(self, root: ParsedCertificate, issued: datetime | None, at: datetime) -> RootBar | None:
        """Why this root of ours does not end the path of a server's certificate that was issued then."""
        if self._program is None or root.data in self._own:
            return None
        return self._program.bar(root.data, issued, at)

    def issuers_of(self, certificate: ParsedCertificate) -> tuple[ParsedCertificate, ...]:
        """The roots of the name that ``certificate`` has for its issuer."""
        name, key = certificate.issuer_key, certificate.extensions.authority_key
        if name is None:
            return ()
        if (name, key) not in self._named:
            marks = [mark for mark in (certificate.issuer_mark, key) if mark]
            found = (root for root in self._marked(marks) if read_subject(root)[0] == name and load(root) is not None)
            self._named[name, key] = tuple(map(parse_certificate, found))
        return self._named[name, key]

    def knows_organization(self, name: str) -> bool:
        """Whether a root is of this organisation (its subject's O)."""
        marked = self._marked([name.encode()]) if name else ()
        return any(fold(read_subject(root)[1]) == fold(name) for root in marked)

    def _marked(self, marks: Sequence[bytes]) -> Iterator[bytes]:
        """The roots in which one of ``marks`` occurs. Reading one costs hundreds of times as much as this."""
        few = len(self._given) <= _FEW
        return (root for root in self._given if few or any(mark in root for mark in marks))

    @cached_property
    def validities(self) -> tuple[tuple[datetime, datetime], ...]:
        """From when until when each root is valid, in UTC; one whose dates cannot be read is left out."""
        return tuple(filter(None, map(read_validity, self._given)))
