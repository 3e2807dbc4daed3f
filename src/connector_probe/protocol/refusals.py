"""What a 4yz or 5yz reply is about: the sender's address or name, how often it comes, or the server's own state.

The words are the server's and free text, so this never chooses a failure class; it weighs causes.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from connector_probe.protocol.smtp import enhanced_status

if TYPE_CHECKING:
    from connector_probe.model.evidence import Reply


class Refusal(StrEnum):
    RATE = "rate"  # too many connections, or too often
    HELO = "helo"  # the name that the client gives itself in EHLO or HELO
    SOURCE = "source"  # a block list, a reputation, a policy about the client
    STATE = "state"  # the server's own state (RFC 3463 X.3.X: mail system status)
    SHORT = "short"  # what it is short of itself: space, memory, a rest
    GREYLISTING = "greylisting"
    RECIPIENT = "recipient"  # the recipient's address or mailbox (RFC 3463 X.1.X and X.2.X)


# Compiled where they are first looked for: few servers refuse anything.
_RATE: Final = (
    r"(?i)too (?:many|much|fast|frequent\w*)"
    r"(?! (?:\w+ )?(?:errors?|hops|recipients?|commands?|data|load)\b)(?: [a-z-]+){0,3}"
    r"|(?:connection|rate|message|sessions?)[ -]?(?:limit|rate)\w*"
    r"|maximum (?:number of )?(?:concurrent |simultaneous )?(?:connections|sessions)|throttl\w+|exceed\w* (?:a |the )?"
    r"(?:limit|rate|quota)|slow down|rate[- ]?limit\w*"
    r"|\b[45]\.7\.(?:[56][0-9]{2}|8[5-9][0-9])\b"  # Exchange Online's own throttling of addresses
)
# Postfix: "<x>: Helo command rejected: Host not found"; Exim: "Syntactically invalid HELO argument(s)", cPanel's
# "Access denied - Invalid HELO name". Not: "EHLO command unrecognized", "send HELO first".
_HELO: Final = (
    r"(?i)"
    r"\b(?:helo|ehlo)\b(?: command rejected\b|[^.;:]{0,20}\b(?:(?:host)?name|host|argument|invalid|must be)\b)"
    r"[^.;]{0,60}"
    r"|(?:invalid|illegal|bad|forged|unacceptable|malformed|fake)(?: \w+)? (?:helo|ehlo)\b(?: \w+)?"
    r"|need fully[- ]qualified hostname"
)
_SOURCE: Final = (
    r"(?i)(?:black|block|deny|reject)[- ]?list\w*|\blisted\b|reputation|sender ?(?:base|score)|spamhaus|spamcop|sorbs"
    r"|barracudacentral|abuseat|uceprotect|proofpoint|dnsbl|\brbl\b|\bblocked\b|\bbanned\b|reverse dns|\bptr\b"
)
# What is also said of a name in HELO, beside it.
_UNWANTED: Final = (
    r"(?i)client host (?:\S+ )?rejected|(?:not|is not|isn't) (?:allowed|authori[sz]ed|permitted) (?:to|from)"
    r"|(?:ip|ip address|host|client)(?: \S+)? (?:is )?(?:denied|rejected|refused)"
    r"|(?<!relay )(?<!rejected: )access denied"  # those two are about the recipient
)
# postscreen(8) turns down who is on its deny list with 521 or 550, and asks who is new to it to come again with 450.
_POSTSCREEN: Final = r"[45]\.3\.2 Service currently unavailable\Z"


def is_of_postscreen(reply: Reply) -> bool:
    """Whether these are the words of Postfix's postscreen, about a client; X.3.2 says otherwise than RFC 3463 means."""
    return any(re.match(_POSTSCREEN, line) for line in reply.lines)


def takes_no_mail(reply: Reply) -> bool:
    """Whether the host says in place of a greeting that it never takes any (RFC 7504 3; RFC 5321 3.1 and 4.2.3)."""
    return reply.code == 521 or (reply.code == 554 and "no smtp service" in reply.wire.lower())


# Exim: "Too much load; please try again later".
_SHORT: Final = (
    r"(?i)too much load|[45]\.3\.1\b"
    r"|\b(?:insufficient|low|out of|no) (?:\w+ )?(?:space|storage|memory|resources?|disk)\b"
)

# Exchange's front end, where its back end does not answer: "451 4.7.0 Temporary server error. ... PRX2". Postfix, where
# a milter does not: "451 4.7.1 Service unavailable - try again later".
_STATE: Final = r"(?i)(?:temporary|internal) server error|\bPRX[0-9]\b|service unavailable - try again later"
_NO_SPACE: Final = 452  # insufficient system storage (RFC 5321 4.2.2)
# X.1.7 and X.1.8 are the sender's; X.2.0 says nothing more, and comes with greylisting.
_OF_RECIPIENT: Final = r"[45]\.(?:1\.(?:[1-6]|10)|2\.[1-4])"

_KINDS: Final = {
    **{Refusal.RATE: _RATE, Refusal.HELO: _HELO, Refusal.SOURCE: _SOURCE},
    **{Refusal.SHORT: _SHORT, Refusal.STATE: _STATE},
}


def refusal_kind(reply: Reply) -> tuple[Refusal | None, str]:
    """What the refusal is about, and the words or the status code that say so; (None, "") where neither does.

    Of a name in HELO and a block list what is named first: a block list may tell the name beside it.
    """
    text = " ".join(reply.lines)
    if is_of_postscreen(reply):
        return Refusal.SOURCE if reply.severity == 5 else Refusal.GREYLISTING, text
    greylisting = re.search(r"(?i)gr[ea]y-? ?list\w*", text)
    if greylisting is not None:
        return Refusal.GREYLISTING, greylisting[0]
    status = next((code for line in reply.lines if (code := enhanced_status(line)) is not None), None)
    if status is not None and re.fullmatch(_OF_RECIPIENT, status) is not None:
        return Refusal.RECIPIENT, status
    found = {kind: re.search(pattern, text) for kind, pattern in _KINDS.items()}
    told = {kind: match for kind, match in found.items() if match is not None}
    if told:
        first = Refusal.RATE if Refusal.RATE in told else min(told, key=lambda kind: told[kind].start())
        return first, told[first][0]
    # Postfix: 4.3.5 Client host rejected: Server configuration error. Not what it is not capable of (RFC 3463 X.3.3):
    # Exchange's 5.3.3 Unrecognized command, sendmail's 4.3.3 TLS not available.
    if status is not None and status.split(".")[1] == "3" and not status.endswith(".3"):
        return Refusal.SHORT if reply.code == _NO_SPACE else Refusal.STATE, status
    unwanted = re.search(_UNWANTED, text)
    if unwanted is not None:
        return Refusal.SOURCE, unwanted[0]
    if status is not None and status.split(".")[1:] == ["7", "25"]:  # RFC 7372 3.3: reverse DNS
        return Refusal.SOURCE, status
    return (Refusal.SHORT, str(reply.code)) if status is None and reply.code == _NO_SPACE else (None, "")
