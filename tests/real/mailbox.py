"""aiosmtpd on the test's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.real.authority import HOST, Files

RECIPIENT_REPLIES = {"nobody": "550 5.1.1 no such mailbox", "later": "450 4.2.0 greylisted, come again"}


class Clerk:
    """Answers RCPT by its local part: those of RECIPIENT_REPLIES are turned down."""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        return RECIPIENT_REPLIES.get(address.partition("@")[0], "250 OK")


def tls_context(files: Files, *, client_authority: str | None = None) -> ssl.SSLContext:
    """``client_authority``: a certificate is demanded of the client, issued by it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.chain, files.key)
    if client_authority is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_authority)
    return context


@contextlib.asynccontextmanager
async def mailbox(
    context: ssl.SSLContext | None = None,
    *,
    require_starttls: bool = False,
    port: int = 0,
    addresses: Sequence[str] = ("127.0.0.1",),
) -> AsyncIterator[int]:
    """A server as long as the block lasts; gives its port."""

    def session() -> SMTP:
        return SMTP(Clerk(), hostname=HOST, tls_context=context, require_starttls=require_starttls)

    server = await asyncio.get_running_loop().create_server(session, addresses, port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
