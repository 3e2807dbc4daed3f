"""What a second look at DNS showed, after a lookup or a connection had failed.

The delegation was walked down to the name's authoritative servers, and each of them was asked directly. Facts only;
what follows from them is concluded in ``diagnosis.delegation``.
"""

from datetime import datetime
from enum import StrEnum

from connector_probe.model.dataclass import dataclass
from connector_probe.model.policy import DnssecStatus, SecureLookup


class ServerSays(StrEnum):
    """How one question to one server ended."""

    ANSWER = "answer"  # authoritative, with records
    ALIAS = "alias"  # authoritative: a CNAME
    NODATA = "nodata"  # authoritative: the name exists, without such a record
    NXDOMAIN = "nxdomain"  # authoritative: the name does not exist
    REFERRAL = "referral"  # another zone's servers know
    NOT_AUTHORITATIVE = "not-authoritative"  # an answer without authority, or a referral upwards: lame (RFC 8499 7)
    REFUSED = "refused"  # it does not serve the zone (or not to us)
    SERVFAIL = "servfail"
    OTHER_RCODE = "other-rcode"
    MALFORMED = "malformed"  # unreadable, or to another question
    TRUNCATED = "truncated"  # says that the answer needs TCP, and gave none over that
    TIMED_OUT = "timed-out"
    UNREACHABLE = "unreachable"  # an ICMP error or a reset
    NOT_ASKED = "not-asked"  # ``note`` says why: no route from here, an address that must not be followed


MAX_TOLD = 64  # records kept of one answer, as many as a connector's addresses that are probed
SPOKE_WITH_AUTHORITY = frozenset({ServerSays.ANSWER, ServerSays.ALIAS, ServerSays.NODATA, ServerSays.NXDOMAIN})
LAME = frozenset({ServerSays.NOT_AUTHORITATIVE, ServerSays.REFUSED})
SILENT = frozenset({ServerSays.TIMED_OUT, ServerSays.UNREACHABLE})
BROKEN = frozenset({ServerSays.SERVFAIL, ServerSays.OTHER_RCODE, ServerSays.MALFORMED})


_GOOD = frozenset({"answer", "nodata", "nxdomain"})  # LookupStatus, as a recheck holds it


class StartedFrom(StrEnum):
    """Where the way down to the authoritative servers began."""

    ROOTS = "roots"  # at the root servers
    NAMESERVER = "nameserver"  # at what our own nameserver says of the zones' name servers


@dataclass(frozen=True, slots=True)
class AuthorityReply:
    """One question to one server of ``zone`` and its end. ``server`` is its name, "" for a root server's address.

    ``address`` is None where the server's name has none. ``records`` is data in presentation form, for a referral
    the names of the servers it leads to; ``serial`` the zone's SOA serial, where a negative answer told it.
    """

    zone: str
    server: str
    address: str | None
    rdtype: str
    status: ServerSays
    transport: str = "udp"
    records: tuple[str, ...] = ()
    ttl: int | None = None
    rcode: str | None = None
    serial: int | None = None
    note: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Walk:
    """The way down to ``name``. ``zones``: those met, from the top; the last is the one that ``name`` belongs to.

    ``domain`` is the registrable domain (one label below a public suffix), None where ``name`` is no deeper than
    that. ``complete`` False: the time for it ended first.
    """

    name: str
    rdtypes: tuple[str, ...]
    started_from: StartedFrom
    domain: str | None = None
    zones: tuple[str, ...] = ()
    replies: tuple[AuthorityReply, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Recheck:
    """A question that ended in SERVFAIL, put to the same nameserver again: with checking disabled (CD), and without.

    ``unchecked`` and ``again`` are a LookupStatus each, as text; ``error`` is the extended error (RFC 8914) told
    with the second SERVFAIL, "" for none. ``validated``: what our own validation makes of the records that come
    without the nameserver's, None where it was not asked for.
    """

    nameserver: str
    name: str
    rdtype: str
    unchecked: str
    again: str
    error: str = ""
    validated: SecureLookup | None = None

    @property
    def fails_when_checked(self) -> bool:
        """Whether the failure lasts, and goes away when validation is switched off."""
        return self.again == "servfail" and self.unchecked in _GOOD

    @property
    def fault(self) -> SecureLookup | None:
        """Where our own validation finds the signatures broken."""
        found = self.validated
        return found if found is not None and found.status is DnssecStatus.BOGUS else None


@dataclass(frozen=True, slots=True)
class Registration:
    """What the registry says of ``domain`` by RDAP (RFC 9083). ``fault`` is set when it could not be asked.

    ``found`` False: the registry knows no such domain. ``statuses`` as in RFC 8056 ("redemption period").
    """

    domain: str
    found: bool | None = None
    expires: datetime | None = None
    statuses: tuple[str, ...] = ()
    registrar: str = ""
    asked_at: datetime | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class DnsInquiry:
    """Everything that was asked after the failure. ``seconds`` is what it took."""

    walks: tuple[Walk, ...] = ()
    rechecks: tuple[Recheck, ...] = ()
    registration: Registration | None = None
    seconds: float = 0.0
