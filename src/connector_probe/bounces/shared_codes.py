"""Codes that are not Exchange's alone: RFC 3463 gave them to every mail system, and each writes its own words.

"4.7.5 Server certificate not trusted" is Postfix's, "4.4.0 reply: read error" sendmail's, "4.4.7 Message expired:
unable to deliver in 840 minutes" Amazon's. What the catalogue says of Exchange is no help with those.
"""

from __future__ import annotations

import re

# By what bounces.grammar calls the code: what others write behind it.
_OF_OTHERS: dict[str, re.Pattern[str]] = {
    words: re.compile(pattern, re.IGNORECASE)
    for words, pattern in {
        "mta-sts-hosts": r"\bno mx\b",
        "certificate-policy": r"server certificate not|certificate verification failed",
        "queue-expired": r"unable to deliver in",
        "domain-nonexistent": r"non-ascii|SMTPUTF8|internationali[sz]ed",
        "relay-denied": r"rejected by destination",
        "routing-loop": r"loops? back|too many hops|list for",
        "recipient-unknown": r"null ?mx|does not accept mail",
        "service-inactive": r"service currently unavailable|server ports are busy",
        "inbound-temporary": r"unable to route|route lookup",
        "older-exchange": r"reply: |unable to lookup",
    }.items()
}
_LOGGED = re.compile(r"\bdsn=\Z", re.IGNORECASE)  # a field of Postfix's and sendmail's logs
_NOT_SMTP = re.compile(r"\bDiagnostic-Code:\s?(?!smtp\s?;)[A-Za-z-]{1,40}\s?;", re.IGNORECASE)
_TOLD = re.compile(r"\bDiagnostic-Code:\s?smtp\s?;(?P<it>[^\n]{0,500})", re.IGNORECASE)
_STATUS_CODE = re.compile(r"(?<![0-9.])[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9]|\.[0-9])")


def is_foreign(words: str, code: str, before: str, said: str, fields: str) -> bool:
    """Whether ``code``, known as ``words``, shows itself as written by another mail system than Exchange.

    ``before``: what stands in front of it; ``said``: what stands behind it; ``fields``: the delivery status that it
    belongs to, or "".
    """
    theirs = _OF_OTHERS.get(words)
    if theirs is None:
        return False
    if _LOGGED.search(before) is not None or _NOT_SMTP.search(fields) is not None:
        return True
    told = _TOLD.search(fields)
    reply = told["it"] if told is not None else ""
    # Exchange repeats its Status: in the Diagnostic-Code:; others put there what the next server said.
    codes = _STATUS_CODE.findall(reply)
    return bool(codes and code not in codes) or theirs.search(f"{said} {reply}") is not None
