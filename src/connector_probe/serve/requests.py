"""Reading requests within bounds (how large a body may be, how long it may take to arrive), and turning them down.

A connector's name is a segment of a path: any text at all, a slash in it included.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote, unquote

from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

CONNECTOR = "{name:connector}"  # in a route
PROBLEM = "application/problem+json"
API = "/api/"
BODY_WITHIN = 30.0  # seconds for a whole body


async def body_of(request: Request, most: int) -> bytes:
    """The body, of ``most`` octets at most. Raises HTTPException."""
    read = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for piece in request.stream():
                read += piece
                if len(read) > most:
                    raise HTTPException(413, f"the body is larger than {most // 1024} KiB")
    except TimeoutError:
        raise HTTPException(408, f"the body did not arrive within {BODY_WITHIN:.0f} s") from None
    except ClientDisconnect:
        raise HTTPException(400, "the body did not arrive whole") from None
    return bytes(read)


def media_type(request: Request) -> str:
    """Of the body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def refusal(path: str, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """As the API (RFC 9457) or as plain text, whichever ``path`` is of."""
    if not path.startswith(API):
        return PlainTextResponse(f"{detail}\n", status, headers)
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return Response(json.dumps(body, ensure_ascii=True), status, headers, PROBLEM)


class NameConvertor(Convertor[str]):
    """``{name:connector}`` in a route. The guard leaves "%" and "/" in a segment written as %25 and %2F."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return unquote(value)


def quoted(name: str) -> str:
    """``name`` as one segment of a path."""
    return quote(name, safe="")


register_url_convertor("connector", NameConvertor())
