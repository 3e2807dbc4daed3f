"""How names became addresses, question by question."""

from enum import StrEnum

from connector_probe.model.dataclass import dataclass
from connector_probe.model.delegation import DnsInquiry
from connector_probe.model.evidence.faults import NetworkFault


class LookupStatus(StrEnum):
    """How one question ended. Malformed, wrong-id and wrong-question answers are not time-outs."""

    ANSWER = "answer"
    NODATA = "nodata"
    NXDOMAIN = "nxdomain"
    SERVFAIL = "servfail"
    REFUSED = "refused"
    OTHER_RCODE = "other-rcode"
    TIMED_OUT = "timed-out"
    UNREACHABLE = "unreachable"  # the nameserver's port or host answered with an ICMP error, or TCP was refused
    MALFORMED = "malformed"
    WRONG_ID = "wrong-id"
    WRONG_QUESTION = "wrong-question"
    TRUNCATED = "truncated"  # TC over UDP, and TCP gave nothing
    CNAME_LOOP = "cname-loop"
    CNAME_TOO_LONG = "cname-too-long"


@dataclass(frozen=True, slots=True)
class Lookup:
    """One question and its end, after every retry and every nameserver.

    ``records`` is the data in presentation form (MX as "10 mail.contoso.com"); ``aliases`` the CNAME targets in
    order; ``ttl`` the smallest on the way; ``rcode`` as text ("NXDOMAIN"); ``fault`` set with UNREACHABLE.
    """

    name: str
    rdtype: str
    status: LookupStatus
    records: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    ttl: int | None = None
    rcode: str | None = None
    nameserver: str | None = None
    transport: str = "udp"
    authoritative: bool = False
    authenticated: bool = False
    seconds: float = 0.0
    fault: NetworkFault | None = None
    note: str = ""

    @property
    def last_name(self) -> str:
        """Whose records were asked for in the end: where the aliases lead, or the name itself."""
        return self.aliases[-1] if self.aliases else self.name


@dataclass(frozen=True, slots=True)
class MxRecord:
    """``exchange`` is "" for a null MX (RFC 7505)."""

    preference: int
    exchange: str


@dataclass(frozen=True, slots=True)
class MxBeside:
    """Where the MX records of a smart host lead that has addresses of its own; looked up only, never gone to.

    ``lookup`` is the question for them, ``hosts`` the ones for the addresses of the hosts that they name.
    """

    lookup: Lookup
    hosts: tuple[Lookup, ...] = ()


@dataclass(frozen=True, slots=True)
class Countercheck:
    """What our own nameservers say to other questions, asked after a failure: can they be believed at all?

    ``controls`` are the A records of the control hosts, which exist; ``sibling`` the A record of a made-up name beside
    one that its zone's own servers deny, None where none was asked for.
    """

    controls: tuple[Lookup, ...] = ()
    sibling: Lookup | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """How one smart host, or one MX host, became addresses.

    ``server`` is the name or address asked for; ``addresses`` in the order Exchange Online goes by (IPv6 first);
    ``lookups`` every question for this server, the domain's before its own; ``mx_domain`` whose MX records were
    followed: the connector's domain, or ``smart_host``, a smart host that has no address but MX records; ``mx`` the
    whole set of them (None where there was none to follow); ``mx_beside`` is set where the records were not followed,
    since the smart host has addresses, and were found while those were probed; ``control`` what the nameservers said
    to a question about the root, asked only when a verdict would rest on their silence or refusal;
    ``nameservers_given`` whether the user chose them; ``excluded`` the addresses that -4 or -6 left out; ``inquiry``
    the second look at DNS; ``own_zone`` the addresses that this machine's nameserver gives by a zone of its own, where
    ``addresses`` are the others that the public gets (split DNS), else None; ``countercheck`` what this machine's own
    nameservers said of other names after a failure.
    """

    server: str
    addresses: tuple[str, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    mx_domain: str | None = None
    smart_host: str | None = None
    mx: tuple[MxRecord, ...] | None = None
    preference: int | None = None
    control: Lookup | None = None
    no_nameservers: bool = False
    nameservers_given: bool = False
    excluded: tuple[str, ...] = ()
    own_zone: tuple[str, ...] | None = None
    inquiry: DnsInquiry | None = None
    mx_beside: MxBeside | None = None
    countercheck: Countercheck | None = None
    start: float = 0.0
    seconds: float = 0.0

    @property
    def mx_lookup(self) -> Lookup | None:
        """The question for MX records, followed or not; None where there was none."""
        return next((lookup for lookup in self.lookups if lookup.rdtype == "MX"), None)
