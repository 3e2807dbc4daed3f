"""Everything that one connection showed, and all connections of one connector."""

from datetime import datetime
from typing import Literal

from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence.clock import ClockEvidence
from connector_probe.model.evidence.dns import Lookup, Resolution
from connector_probe.model.evidence.faults import FaultKind, NetworkFault, Stage
from connector_probe.model.evidence.smtp import Exchange
from connector_probe.model.evidence.tls import Certificate, CertificateEvidence, Handshake, SecondLook, TlsSession
from connector_probe.model.policy import TransportPolicy
from connector_probe.model.revocation import MissingIssuers, RevocationEvidence

Speaker = Literal["client", "server", "note"]  # a note is ours


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """``at`` is seconds since the attempt began."""

    at: float
    source: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class StageEnded:
    """A stage of one attempt, told while the attempt goes on. ``ok``: what comes after it could begin.

    ``seconds``: how long it took.
    """

    server: str
    address: str | None
    port: int
    stage: Stage
    ok: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Connection:
    """``fault`` None means that TCP was established, from ``source``."""

    start: float
    seconds: float
    source: str | None = None
    fault: NetworkFault | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """What port 25 of a host that answers everybody shows from here, tried before a fault is held against a server.

    ``host`` and ``address`` are those of the first control host that was reached, else of the last one tried; ``fault``
    None means that TCP was established, and then there are a ``banner`` and, behind a 220, an ``ehlo``; a ``handshake``
    where the one in question was not answered. Where the nameserver was silent about every one of them, there is only
    the ``lookup``, and ``address`` is empty. ``again``: how another connection failed that was tried where no control
    host was reached, to ``again_host``: the server in question where that had fallen silent in mid-conversation, else
    the last one of the run that had taken a connection. ``source_matters``: no control host was reached from the source
    address that was asked for, and it was from the one that the system chooses.
    """

    host: str
    address: str
    fault: NetworkFault | None = None
    banner: Exchange | None = None
    ehlo: Exchange | None = None
    lookup: Lookup | None = None
    handshake: Handshake | None = None
    again: NetworkFault | None = None
    again_host: str = ""
    source_matters: bool = False

    @property
    def unreached(self) -> bool:
        return self.fault is not None or self.lookup is not None


@dataclass(frozen=True, slots=True)
class ProxiedGreeting:
    """What a port without a greeting said once a PROXY protocol header was sent first; ``ehlo`` only behind a 220.

    A mail server that was merely late takes the header for a command, and answers EHLO with its complaint about that.
    """

    banner: Exchange
    ehlo: Exchange | None = None


@dataclass(frozen=True, slots=True)
class AttemptEvidence:
    """Everything one connection to one address showed. What was not reached is None.

    ``exchange_offer`` is the first handshake, with what Exchange Online is known to offer, where the server broke
    that off and a wider one, ``handshake``, came to something that was not offered, or met the same alert: the server
    takes nothing that OpenSSL has. ``unlisted_starttls`` is the
    answer to STARTTLS where EHLO lists none; behind its 220 nothing follows, as Exchange Online would not come that
    far. ``implicit_tls`` is a handshake from the first byte, tried where no greeting came; ``proxied`` a greeting
    behind a PROXY header, tried there and where the connection was closed at once. ``earlier_failures``: the
    classes of the tries before this one. ``address`` is None when the server has none. ``revocation`` is None where
    nobody was asked; ``missing_issuers`` is set where the chain is incomplete and says where its issuers are;
    ``policy`` is None without --mx; ``clock`` is set where a certificate or a DNSSEC signature is out of its time
    by our clock.
    """

    server: str
    address: str | None
    port: int
    resolution: Resolution
    connection: Connection | None = None
    control: Control | None = None
    banner: Exchange | None = None
    ehlo: Exchange | None = None
    helo: Exchange | None = None
    starttls: Exchange | None = None
    unlisted_starttls: Exchange | None = None
    handshake: Handshake | None = None
    exchange_offer: Handshake | None = None
    implicit_tls: Handshake | None = None
    proxied: ProxiedGreeting | None = None
    certificate: CertificateEvidence | None = None
    revocation: RevocationEvidence | None = None
    missing_issuers: MissingIssuers | None = None
    second_looks: tuple[SecondLook, ...] = ()
    ehlo_again: Exchange | None = None
    mail: Exchange | None = None
    recipient: Exchange | None = None
    policy: TransportPolicy | None = None
    clock: ClockEvidence | None = None
    earlier_failures: tuple[str, ...] = ()
    stopped: bool = False  # before it had ended: the run, or (``connection`` says so) its process; the rest is unknown
    seconds: float = 0.0

    @property
    def connected(self) -> bool:
        return self.connection is not None and self.connection.fault is None

    @property
    def connect_fault(self) -> NetworkFault | None:
        """What kept TCP from coming about; None where it did, and where it was not tried."""
        return self.connection.fault if self.connection is not None else None

    @property
    def silence(self) -> NetworkFault | None:
        """How a step of the conversation was left without an answer; None where none was."""
        steps = (self.banner, self.ehlo, self.helo, self.starttls, self.handshake, self.ehlo_again)
        faults = (one.fault for one in (*steps, self.mail, self.recipient) if one is not None)
        return next((one for one in faults if one is not None and one.kind is FaultKind.TIMED_OUT), None)

    @property
    def is_unacknowledged(self) -> bool:
        """Whether not even the other side's TCP has had what was left without an answer."""
        return self.silence is not None and self.silence.unacknowledged > 0

    @property
    def session(self) -> TlsSession | None:
        return self.handshake.session if self.handshake is not None else None

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """What the server sent, its own certificate first; empty where it showed none."""
        return self.certificate.chain if self.certificate is not None else ()

    @property
    def leaf(self) -> Certificate | None:
        return self.chain[0] if self.chain else None


@dataclass(frozen=True, slots=True)
class ConnectorEvidence:
    """All attempts of one connector, in the order Exchange Online would make them.

    ``left_out`` counts the addresses beyond our bound.
    """

    attempts: tuple[AttemptEvidence, ...]
    transcripts: tuple[tuple[TranscriptLine, ...], ...]
    started_at: datetime
    seconds: float
    left_out: int = 0
