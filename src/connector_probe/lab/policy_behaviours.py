"""What the host of an MTA-STS policy answers over HTTPS (RFC 8461 3.3): one small function for each behaviour."""

from __future__ import annotations

from connector_probe.lab.smtp import Behaviour, Visit

MAX_AGE = 604_800  # seconds, a week; RFC 8461 3.2 wants weeks


def policy_text(mode: str, *patterns: str) -> str:
    """A policy file (RFC 8461 3.2)."""
    listed = "".join(f"mx: {pattern}\r\n" for pattern in patterns)
    return f"version: STSv1\r\nmode: {mode}\r\n{listed}max_age: {MAX_AGE}\r\n"


def publishes(text: str, *, status: str = "200 OK") -> Behaviour:
    """``text`` as the policy, to whoever asks for whatever."""
    body = text.encode("ascii")
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"

    async def answer(visit: Visit) -> None:
        await visit.secure()
        while await visit.command() != "":
            pass
        await visit.send(head.encode("ascii") + body)

    return answer
