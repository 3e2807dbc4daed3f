"""Which server answered what, as rows for people. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from connector_probe.diagnosis.dns.facts import label, said
from connector_probe.model.dataclass import dataclass
from connector_probe.model.delegation import DnsInquiry, StartedFrom, Walk
from connector_probe.model.evidence import AttemptEvidence
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.render import text_of


@dataclass(frozen=True, slots=True)
class Row:
    """One question to one server; ``what`` is "A/udp", ``answer`` what it said."""

    server: str
    what: str
    answer: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Table:
    """The way down to one name. ``path`` reads from the top: ". > com > contoso.com"."""

    name: str
    path: str
    from_roots: bool
    complete: bool
    rows: tuple[Row, ...]


def tables_of(attempts: Iterable[AttemptEvidence], words: Catalogue) -> tuple[Table, ...]:
    """One table for each name that was followed up, in the order of the attempts."""
    inquiries = dict.fromkeys(attempt.resolution.inquiry for attempt in attempts)
    walks = dict.fromkeys(walk for inquiry in inquiries if isinstance(inquiry, DnsInquiry) for walk in inquiry.walks)
    return tuple(_table(walk, words) for walk in walks)


def _table(walk: Walk, words: Catalogue) -> Table:
    rows = tuple(
        Row(label(reply), f"{reply.rdtype}/{reply.transport}", text_of(said(reply), words), reply.seconds)
        for reply in walk.replies
    )
    return Table(walk.name, " > ".join(walk.zones), walk.started_from is StartedFrom.ROOTS, walk.complete, rows)
