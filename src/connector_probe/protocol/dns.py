"""DNS messages: a question as bytes, and what an answer's bytes say. Pure; the waiting is done in ``stages.resolve``.

High-level resolvers call malformed, wrong-id and wrong-question answers time-outs; here each is its own fact.
"""

from dataclasses import replace

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.CNAME
import dns.rrset

from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence import LookupStatus
from connector_probe.model.printable import printable

EDNS_PAYLOAD = 1232  # what fits everywhere without fragments (DNS flag day 2020)
# Octets; what holds MAX_RECORDS has a third of it, and each may keep the reader busy for a while.
MAX_MESSAGE = 16 * 1024
MAX_ALIASES = 16  # the bound that common resolvers keep
MAX_RECORDS = 200  # nobody has more MX records or addresses; keeps a hostile zone from filling the report
_RCODES = {
    dns.rcode.NXDOMAIN: LookupStatus.NXDOMAIN,
    dns.rcode.SERVFAIL: LookupStatus.SERVFAIL,
    dns.rcode.REFUSED: LookupStatus.REFUSED,
}
# RFC 6891 7: a server that knows no EDNS answers one of these; it is asked again without.
_EDNS_REFUSALS = frozenset({dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.BADVERS})


@dataclass(frozen=True, slots=True)
class Question:
    """``wire`` is the message; ``name`` is absolute without the final dot."""

    name: str
    rdtype: str
    message: dns.message.QueryMessage

    @property
    def wire(self) -> bytes:
        return self.message.to_wire()


@dataclass(frozen=True, slots=True)
class Answer:
    """One message read. ``status`` None: an alias was followed to ``name`` and nothing is known about that yet."""

    status: LookupStatus | None
    name: str = ""
    records: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    ttl: int | None = None
    rcode: str | None = None
    authoritative: bool = False
    authenticated: bool = False
    truncated: bool = False
    edns: bool = True
    edns_refused: bool = False
    referral: bool = False  # other servers are named in place of an answer; ``status`` is then NODATA
    note: str = ""


def question(name: str, rdtype: str, *, edns: bool = True, checking: bool = True) -> Question:
    """A recursive question. ``name`` is "." or a name in A-labels. Raises ValueError when DNS cannot carry it.

    ``checking`` False asks a validating resolver for the answer as it came (CD, RFC 4035 3.2.2).
    """
    try:
        absolute = dns.name.from_text(name if name.endswith(".") else name + ".")
        message = dns.message.make_query(
            absolute, rdtype, use_edns=0 if edns else -1, payload=EDNS_PAYLOAD if edns else None
        )
    except dns.exception.DNSException as error:
        raise ValueError(f"{printable(name, 100)} cannot be asked for: {printable(str(error), 100)}") from None
    message.flags |= dns.flags.AD  # RFC 6840 5.7: tell whether it was validated
    if not checking:
        message.flags |= dns.flags.CD
    return Question(name, rdtype, message)


def without_edns(asked: Question) -> Question:
    """The same question, by its id too, for a server that knows no EDNS."""
    plain = question(asked.name, asked.rdtype, edns=False, checking=not asked.message.flags & dns.flags.CD)
    plain.message.id = asked.message.id
    return plain


def read(wire: bytes, asked: Question) -> Answer:
    """What ``wire`` says to ``asked``. Never raises."""
    if len(wire) > MAX_MESSAGE:
        return Answer(LookupStatus.MALFORMED, note=f"{len(wire)} B are more than any such answer has")
    if len(wire) < 12:
        return Answer(LookupStatus.MALFORMED, note=f"{len(wire)} B are no DNS message")
    if int.from_bytes(wire[:2], "big") != asked.message.id:
        return Answer(LookupStatus.WRONG_ID)
    truncated = bool(wire[2] & 0x02)
    try:
        message = dns.message.from_wire(wire, ignore_trailing=True, raise_on_truncation=False)
    except Exception as error:  # dnspython raises more than its own classes on hostile bytes
        if truncated:  # a message cut in the middle of a record is how some servers truncate
            return Answer(LookupStatus.TRUNCATED, authoritative=bool(wire[2] & 0x04), truncated=True)
        return Answer(LookupStatus.MALFORMED, note=printable(" ".join(str(error).split()) or type(error).__name__, 100))
    if not message.flags & dns.flags.QR:
        return Answer(LookupStatus.MALFORMED, note="a question came back instead of an answer")
    rcode = message.rcode()
    if rcode in _EDNS_REFUSALS and asked.message.edns >= 0:
        return Answer(LookupStatus.OTHER_RCODE, rcode=dns.rcode.to_text(rcode), edns_refused=True)
    if message.question != asked.message.question and not (rcode != dns.rcode.NOERROR and not message.question):
        return Answer(LookupStatus.WRONG_QUESTION)
    return _interpret(message, asked, truncated)


def _interpret(message: dns.message.Message, asked: Question, truncated: bool) -> Answer:
    rcode = message.rcode()
    base = Answer(
        LookupStatus.TRUNCATED,
        rcode=dns.rcode.to_text(rcode),
        authoritative=bool(message.flags & dns.flags.AA),
        authenticated=bool(message.flags & dns.flags.AD),
        truncated=truncated,
        edns=message.edns >= 0,
        note=extended_error(message),
    )
    if truncated:
        return base
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return replace(base, status=_RCODES.get(rcode, LookupStatus.OTHER_RCODE))
    wanted = dns.rdatatype.from_text(asked.rdtype)
    at = asked.message.question[0].name
    aliases: list[str] = []
    ttls: list[int] = []
    seen = {at}
    while (alias := records_of(message.answer, at, dns.rdatatype.CNAME)) is not None:
        ttls.append(alias.ttl)
        at = alias[0].target
        aliases.append(name_text(at))
        if at in seen:
            return replace(base, status=LookupStatus.CNAME_LOOP, name=name_text(at), aliases=tuple(aliases))
        seen.add(at)
        if len(aliases) > MAX_ALIASES:
            return replace(base, status=LookupStatus.CNAME_TOO_LONG, name=name_text(at), aliases=tuple(aliases))
    data = records_of(message.answer, at, wanted)
    if data is not None:
        ttls.append(data.ttl)
        records = tuple(record_text(record) for record in list(data)[:MAX_RECORDS])
        status: LookupStatus | None = LookupStatus.ANSWER
    else:
        records = ()
        no_data = None if aliases else LookupStatus.NODATA  # after an alias: its target was not part of the answer
        status = LookupStatus.NXDOMAIN if rcode == dns.rcode.NXDOMAIN else no_data
        if status is not None:
            ttls += _negative_ttl(message, at)
    return replace(
        base,
        status=status,
        name=name_text(at),
        records=records,
        aliases=tuple(aliases),
        ttl=min(ttls) if ttls else None,
        referral=status is LookupStatus.NODATA and _is_referral(message),
    )


def _is_referral(message: dns.message.Message) -> bool:
    """Whether it names servers in place of an answer (RFC 2308 2.2.1), as one does that is no resolver, or not ours."""
    kinds = {rrset.rdtype for rrset in message.authority}
    return not message.flags & dns.flags.AA and dns.rdatatype.NS in kinds and dns.rdatatype.SOA not in kinds


def extended_error(message: dns.message.Message) -> str:
    """What a resolver adds to its answer (RFC 8914): "DNSSEC Bogus", "Blocked"; "" for nothing."""
    told = [option for option in message.options if isinstance(option, dns.edns.EDEOption)]
    return printable("; ".join(_error_text(option) for option in told[:3]), 200)


def _error_text(option: dns.edns.EDEOption) -> str:
    try:
        name = dns.edns.EDECode(option.code).name.replace("_", " ").title().replace("Dnssec", "DNSSEC")
    except ValueError:
        name = f"extended error {option.code}"
    return f"{name}: {option.text}" if option.text else name


def _negative_ttl(message: dns.message.Message, name: dns.name.Name) -> list[int]:
    """How long a resolver may keep that ``name`` or its record does not exist: by the zone's SOA (RFC 2308 5).

    A zone's own name exists, which filters that make up an SOA forget.
    """
    denied = message.rcode() == dns.rcode.NXDOMAIN
    for rrset in message.authority:
        can_deny = name.is_subdomain(rrset.name) and not (denied and name == rrset.name)
        if rrset.rdtype == dns.rdatatype.SOA and len(rrset) and can_deny:
            return [min(rrset.ttl, rrset[0].minimum)]
    return []


def records_of(
    section: list[dns.rrset.RRset], owner: dns.name.Name, rdtype: dns.rdatatype.RdataType
) -> dns.rrset.RRset | None:
    for rrset in section:
        if rrset.name == owner and rrset.rdtype == rdtype and rrset.rdclass == dns.rdataclass.IN and len(rrset):
            return rrset
    return None


def record_text(record: dns.rdata.Rdata, limit: int = 1000) -> str:
    """In presentation form, for evidence: MX as "10 mail.contoso.com"."""
    if record.rdtype == dns.rdatatype.MX:
        return f"{record.preference} {name_text(record.exchange)}"  # type: ignore[attr-defined]
    return printable(record.to_text(), limit)


def name_text(name: dns.name.Name) -> str:
    """A name without the final dot, lower case; bytes that no host name has come out as \\DDD."""
    return printable(name.to_text(omit_final_dot=True).lower())
