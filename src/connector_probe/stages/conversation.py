"""One SMTP conversation over a stream: a command out, a reply back or the way it failed to come."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from typing import Self

from connector_probe.model.durations import to_microseconds
from connector_probe.model.evidence import Exchange, FaultKind, Handshake, NetworkFault, Reply, TranscriptLine
from connector_probe.model.evidence.attempt import Speaker
from connector_probe.model.printable import printable
from connector_probe.network import Network, NetworkFaultError, Stream, TlsOffer, TlsOutcome, is_tls_record
from connector_probe.protocol.smtp import QUIT, GarbledReply, ReplyReader
from connector_probe.protocol.x509_facts import name_text

QUIT_WAIT = 1.0  # seconds; the verdict is in, so nobody waits long for politeness
TELLING_SAMPLE = 8  # characters that tell one protocol from another
SAMPLE_WAIT = 0.5
MAX_SEGMENTS = 8  # that a few belated lines may come in; who sends for as long as it may is not listened to
MAX_TRANSCRIPT_LINES = 400
MAX_TRANSCRIPT_TEXT = 1000


class Clock:
    """Seconds since an attempt began, and how many of them it has left."""

    def __init__(self, network: Network, deadline: float) -> None:
        self._now = network.now
        self._began = self._now()
        self.deadline = deadline

    def elapsed(self) -> float:
        return self._now() - self._began

    def span(self, start: float, end: float | None = None) -> tuple[float, float]:
        """When a step began that ends now, or at ``end``, and how long it took, as evidence has both."""
        return to_microseconds(start), to_microseconds((self.elapsed() if end is None else end) - start)

    def leave_out(self, seconds: float) -> None:
        """Stop counting ``seconds`` that have passed: they were ours, not the server's."""
        self._began += seconds

    def allow(self, limit: float) -> float:
        """``limit``, or what the deadline leaves of it."""
        return max(min(limit, self.deadline - self.elapsed()), 0.0)

    def told(self, fault: NetworkFault, start: float, limit: float) -> NetworkFault:
        """``fault`` of a step that began at ``start`` and had ``limit`` seconds: DEADLINE where it did not get them.

        Whose silence lasted for half of the deadline has had its time, however short that was chosen.
        """
        ours = fault.kind is FaultKind.TIMED_OUT and not fault.errno
        cut = self.deadline - start < min(limit, self.deadline / 2)
        return replace(fault, kind=FaultKind.DEADLINE) if ours and cut else fault


class Transcript:
    """The conversation as it went, for people. Bounded, and every line printable."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._lines: list[TranscriptLine] = []

    def add(self, source: Speaker, *texts: str, at: float | None = None) -> None:
        """``at``: in seconds of the attempt, if not now."""
        at = round(self.clock.elapsed() if at is None else at, 4)
        for text in texts[: MAX_TRANSCRIPT_LINES - len(self._lines)]:
            self._lines.append(TranscriptLine(at, source, printable(text, MAX_TRANSCRIPT_TEXT)))

    @property
    def lines(self) -> tuple[TranscriptLine, ...]:
        return tuple(self._lines)


class Conversation:
    """SMTP on ``stream``. Concludes nothing: whatever happens becomes an Exchange or a Handshake.

    As a context manager it says QUIT behind the body, and closes the stream.
    """

    def __init__(self, stream: Stream, transcript: Transcript, reply_limit: float) -> None:
        self._stream = stream
        self._clock = transcript.clock
        self._transcript = transcript
        self._reply_limit = reply_limit
        self._reader = ReplyReader()
        self._usable = True
        self._ended: NetworkFault | None = None  # how the connection ended while nothing was asked

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.quit()

    async def exchange(
        self, command: bytes = b"", *, since: float | None = None, wait: float | None = None
    ) -> Exchange:
        """Send ``command`` (nothing for the banner) and wait for one whole reply.

        ``since``: when the wait began, in seconds of the attempt, if before now. ``wait``: seconds, if
        fewer than usual.
        """
        shown, start = printable(command.rstrip(b"\r\n")), self._clock.elapsed() if since is None else since
        usual = self._reply_limit if wait is None else min(wait, self._reply_limit)
        end = min(start + usual, self._clock.deadline)
        send_fault = self._ended
        if command:
            self._transcript.add("client", shown, at=start)
            try:
                await self._stream.send(command, max(end - start, 0.0))
            except NetworkFaultError as error:
                # A reply such as 421 may have arrived before the connection broke.
                send_fault = send_fault or error.fault
        try:
            reply = await self._reply(end, send_fault)
        except NetworkFaultError as error:
            self._usable = False
            sample, fault = self._reader.sample(), self._clock.told(error.fault, start, usual)
            self._transcript.add("note", _fault_note(fault))
            return Exchange(shown, *self._clock.span(start), fault=fault, sample=sample)
        ended = self._clock.elapsed()
        span = self._clock.span(start, ended)
        if isinstance(reply, GarbledReply):
            self._usable = False
            self._transcript.add("server", reply.sample)
            self._transcript.add("note", f"this is no SMTP reply ({reply.garble})")
            return Exchange(shown, *span, garble=reply.garble, sample=reply.sample)
        self._transcript.add("server", *reply.wire_lines, at=ended)
        behind = self._reader.sample() if not command and self._reader.buffered else ""
        return Exchange(shown, *span, reply=reply, behind=behind)

    async def gather_the_rest(self, exchange: Exchange, wait: float) -> Exchange:
        """``exchange`` with the lines that belong to its reply, although a line before them had the form of the last.

        ``wait``: seconds for them to arrive, where none has yet as a whole.
        """
        reply = exchange.reply
        if reply is None:
            return exchange
        whole, end = self._reader.with_the_rest(reply), self._clock.elapsed() + wait
        for _ in range(MAX_SEGMENTS):
            left = end - self._clock.elapsed()
            if left <= 0 or (whole is not reply and not self._reader.buffered):
                break
            try:
                self._reader.feed(await self._stream.receive(self._clock.allow(left)))
            except NetworkFaultError as error:
                if error.fault.kind is not FaultKind.TIMED_OUT:
                    self._ended = error.fault
                break
            whole = self._reader.with_the_rest(whole)
        if whole is reply:
            return exchange
        self._transcript.add("server", *whole.wire_lines[len(reply.wire_lines) :])
        return replace(exchange, reply=whole)

    async def _reply(self, end: float, send_fault: NetworkFault | None) -> Reply | GarbledReply:
        while True:
            reply = self._reader.next_reply()
            if isinstance(reply, GarbledReply) and len(reply.sample) < TELLING_SAMPLE:
                return await self._longer_sample(reply)
            if reply is not None:
                return reply
            try:
                self._reader.feed(await self._stream.receive(max(end - self._clock.elapsed(), 0.0)))
            except NetworkFaultError as error:
                # The system tells a reset once: when sending met it, reading only finds the end.
                raise NetworkFaultError(send_fault or error.fault) from None

    async def _longer_sample(self, garbled: GarbledReply) -> GarbledReply:
        """``garbled`` with what comes shortly after: one octet tells that it is no SMTP, but not what else it is."""
        try:
            self._reader.feed(await self._stream.receive(self._clock.allow(SAMPLE_WAIT)))
        except NetworkFaultError:
            return garbled
        longer = self._reader.next_reply()
        return longer if isinstance(longer, GarbledReply) else garbled

    async def start_tls(
        self, server_name: str | None, offer: TlsOffer, *, wait: float | None = None
    ) -> tuple[Handshake, TlsOutcome]:
        """The handshake after a 220. Plaintext that stood behind the 220 is dropped, and reported.

        ``wait``: seconds, if fewer than usual. A TLS record there is no plaintext: an alert, say, of a server that
        gives up before it has read anything.
        """
        behind = self._reader.discard()
        early = behind if is_tls_record(behind) else b""
        injected = "" if early else printable(behind, 200)
        start = self._clock.elapsed()
        usual = self._reply_limit if wait is None else min(wait, self._reply_limit)
        outcome = await self._stream.start_tls(server_name, offer, self._clock.allow(usual), early)
        fault = self._clock.told(outcome.fault, start, usual) if outcome.fault is not None else None
        span = self._clock.span(start)
        if injected:
            self._transcript.add("note", f"dropped plaintext behind the 220: {injected}")
        if outcome.session is not None:
            self._transcript.add("note", f"TLS established: {outcome.session.version} {outcome.session.cipher}")
        elif fault is not None:
            self._usable = False
            self._transcript.add("note", f"TLS failed: {_fault_note(fault)}")
        handshake = Handshake(
            *span,
            outcome.session,
            fault,
            injected,
            outcome.client_certificate_requested,
            outcome.own_groups,
            outcome.early_ticket,
            tuple(map(name_text, outcome.client_authorities)),
        )
        return handshake, outcome

    async def quit(self) -> None:
        """Say QUIT where the connection still carries it, and close."""
        task = asyncio.current_task()
        try:
            if self._usable and not (task is not None and task.cancelling()):  # nobody waits for politeness then
                self._reply_limit = QUIT_WAIT
                await self.exchange(QUIT)
        finally:
            await self._stream.close()

    @property
    def usable(self) -> bool:
        """Whether another command can be sent."""
        return self._usable and self._ended is None


def own_name(source: str) -> str:
    """This machine's name for EHLO: its FQDN, else an address literal (RFC 5321 4.1.4)."""
    name = socket.gethostname().rstrip(".").lower()
    if "." in name and name.isascii() and name.replace(".", "").replace("-", "").isalnum():
        return name
    bare = source.split("%", 1)[0]
    return f"[IPv6:{bare}]" if ":" in bare else f"[{bare or '127.0.0.1'}]"


def _fault_note(fault: NetworkFault) -> str:
    said = {FaultKind.CLOSED: "the server closed the connection", FaultKind.RESET: "the connection was reset"}
    text = said.get(fault.kind, fault.text or str(fault.kind))
    return f"{text} (alert {fault.alert})" if fault.alert else text


def positive(exchange: Exchange | None) -> bool:
    """Whether a command was answered in the affirmative."""
    return exchange is not None and exchange.reply is not None and exchange.reply.severity == 2
