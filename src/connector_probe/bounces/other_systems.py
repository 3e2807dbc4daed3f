"""Codes that are not Exchange's alone: RFC 3463 gave them to every mail system, and each writes its own words.

"4.7.5 Server certificate not trusted" is Postfix's, "4.4.0 reply: read error" sendmail's, "4.4.7 Message expired:
unable to deliver in 840 minutes" Amazon's. What the catalogue says of Exchange is no help with those.
"""

from __future__ import annotations

import re

from connector_probe.bounces.known_codes import Topic
from connector_probe.bounces.patterns import pattern

# What others write behind a code, by what it is known as.
_OF_OTHERS: dict[Topic, re.Pattern[str]] = {
    topic: pattern(words, re.IGNORECASE)
    for topic, words in {
        Topic.MTA_STS_HOSTS: r"\bno mx\b",
        Topic.MTA_STS_CERTIFICATE: r"server certificate not|certificate verification failed",
        Topic.QUEUE_EXPIRED: r"unable to deliver|could not be (?:sent|delivered)|envelope expired|message timeout",
        Topic.DOMAIN_NONEXISTENT: r"non-ascii|SMTPUTF8|internationali[sz]ed",
        Topic.RELAY_DENIED: r"rejected by destination",
        Topic.ROUTING_LOOP: r"loops? back|too many hops|list for",
        Topic.RECIPIENT_UNKNOWN: r"null ?mx|does not accept mail",
        Topic.SERVICE_INACTIVE: r"service currently unavailable|server ports are busy",
        Topic.INBOUND_TEMPORARY: r"unable to route|route lookup",
        Topic.OLDER_EXCHANGE: r"reply: |unable to lookup|other or undefined network",
        Topic.NO_ANSWER: r"connect to \S{1,255}\[|timed out with|reply: |lost connection|no route to host|Deferred",
        Topic.CONNECTION_DROPPED: r"lost connection|timed out while|timeout exceeded|reply: |idle for too long",
        Topic.UNABLE_TO_CONNECT: r"\A\s*(?!unable to connect\b)\S",
        Topic.SENDER_BLOCKED: r"domain not found|sender address rejected|\A\s*(?!.{0,60}(?:outbound|access denied))\S",
        Topic.DIRECT_SEND: r"\A\s*(?!.{0,120}(?:direct send|attribution))\S",
    }.items()
}
_LOGGED = pattern(r"\bdsn=\Z", re.IGNORECASE)  # a field of Postfix's and sendmail's logs
_NOT_SMTP = pattern(r"\bDiagnostic-Code:\s?(?!smtp\s?;)[A-Za-z-]{1,40}\s?;", re.IGNORECASE)
_TOLD = pattern(r"\bDiagnostic-Code:\s?smtp\s?;(?P<it>[^\n]{0,500})", re.IGNORECASE)
_STATUS_CODE = pattern(r"(?<![0-9.])[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9]|\.[0-9])")


def is_foreign(topic: Topic, code: str, before: str, said: str, fields: str) -> bool:
    """Whether ``code``, known as ``topic``, shows itself as written by another mail system than Exchange.

    ``before``: what stands in front of it; ``said``: what stands behind it; ``fields``: the delivery status that it
    belongs to, or "".
    """
    theirs = _OF_OTHERS.get(topic)
    if theirs is None:
        return False
    if _LOGGED.search(before) is not None or _NOT_SMTP.search(fields) is not None:
        return True
    told = _TOLD.search(fields)
    reply = told["it"] if told is not None else ""
    if topic is Topic.QUEUE_EXPIRED and fields and code not in reply:
        return True  # Exchange says it in the Diagnostic-Code: as well; sendmail and OpenSMTPD write a Status: alone
    # Exchange repeats its Status: in the Diagnostic-Code:; others put there what the next server said.
    codes = _STATUS_CODE.findall(reply)
    return bool(codes and code not in codes) or theirs.search(f"{said} {reply}".strip()) is not None
