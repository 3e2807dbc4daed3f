"""One conversation with one address, from TCP to QUIT: every stage in the order of the wire."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from connector_probe.model.evidence import AttemptEvidence, Connection, Exchange, Handshake, Stage, StageEnded
from connector_probe.network import TlsOffer
from connector_probe.probing.attempt import SessionSettings, Target
from connector_probe.probing.run import Run
from connector_probe.probing.work_slots import Slot
from connector_probe.stages.connect import connect
from connector_probe.stages.conversation import Conversation, Transcript, own_name, positive
from connector_probe.stages.greet import introduce, lists_no_starttls, lists_starttls, welcomes
from connector_probe.stages.recipient import offer_recipient
from connector_probe.stages.secure import PresentedChain, established, secure

Watch = Callable[[StageEnded], None]

NOTICED = 0.05  # seconds of ours that a reader of the transcript might take for the server's


async def run_session(
    run: Run,
    target: Target,
    settings: SessionSettings,
    transcript: Transcript,
    offer: TlsOffer,
    server_name: str | None,
    *,
    until_tls: bool = False,
    watch: Watch | None = None,
) -> tuple[AttemptEvidence, PresentedChain]:
    """What the server showed, its chain in DER, too. The first stage that fails ends it, none of them raises.

    ``server_name``: the SNI to send. ``until_tls``: QUIT behind the handshake, without a slot of the run's.
    ``watch`` is told of each stage as it ends.
    """
    assert target.address is not None

    def told(stage: Stage, step: Connection | Exchange | Handshake, *, ok: bool) -> None:
        if watch is not None:
            watch(StageEnded(target.server, target.address, target.port, stage, ok, step.seconds))

    clock, shown = transcript.clock, PresentedChain()
    ehlo = helo = starttls = unlisted = handshake = again = mail = recipient = None
    connection, stream = await connect(
        run.network, clock, target.address, target.port, settings.source_address, settings.connect_timeout
    )
    told(Stage.CONNECT, connection, ok=stream is not None)
    if stream is None:
        return AttemptEvidence(target.server, target.address, target.port, target.resolution, connection), shown
    run.tls_loading.start(settings.trust)
    our_name = settings.helo or own_name(stream.source)
    slot = nullcontext() if until_tls else Slot(run.slots, stream, clock)
    try:
        async with slot, Conversation(stream, transcript, settings.timeout) as smtp:
            greeting = await smtp.exchange(since=connection.start + connection.seconds)
            usable = welcomes(greeting)
            told(Stage.BANNER, greeting, ok=usable)
            if usable:
                ehlo, helo = await introduce(smtp, our_name, plain=True)
                usable = positive(helo or ehlo)
                told(Stage.EHLO, helo or ehlo, ok=usable)
            if usable and helo is None and ehlo is not None and lists_starttls(ehlo):
                asked = clock.elapsed()
                await run.tls_loading.finished()
                if (paused := clock.elapsed() - asked) >= NOTICED:
                    transcript.add("note", f"a pause of {paused:.2f} s is ours: OpenSSL and the roots were loaded")
                starttls, handshake, shown = await secure(smtp, server_name, offer)
                told(Stage.STARTTLS, starttls, ok=handshake is not None)
                if handshake is not None:
                    told(Stage.TLS, handshake, ok=established(handshake))
                usable = starttls.reply is not None and (handshake is None or established(handshake))
                if established(handshake) and not until_tls:
                    again, _ = await introduce(smtp, our_name)
                    usable = positive(again)
            if settings.rcpt is not None and usable and not until_tls:
                mail, recipient = await offer_recipient(smtp, settings.rcpt)
                told(Stage.RECIPIENT, recipient or mail, ok=recipient is not None and positive(recipient))
            if ehlo is not None and lists_no_starttls(ehlo) and smtp.usable and not until_tls:
                # Exchange Online does not come to this handshake, so only the certificate behind it is told.
                unlisted, _, shown = await secure(smtp, server_name, offer, listed=False)
    finally:
        await stream.close()
    found = None
    if shown.chain:
        shown = PresentedChain(run.certificates.shared(shown.chain), shown.staple)
        found = run.certificates.judge(shown.chain, settings.trust, settings.as_of)
    seen = AttemptEvidence(
        target.server,
        target.address,
        target.port,
        target.resolution,
        connection,
        banner=greeting,
        ehlo=ehlo,
        helo=helo,
        starttls=starttls,
        unlisted_starttls=unlisted,
        handshake=handshake,
        certificate=found,
        ehlo_again=again,
        mail=mail,
        recipient=recipient,
    )
    return seen, shown
