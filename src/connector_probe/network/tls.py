"""A TLS client over memory BIOs.

The handshake is never verified: with verification on, OpenSSL reports only the first problem and hands over no
chain. What the server shows is captured whole and judged elsewhere.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable
from functools import cache, partial
from typing import TypeVar

from OpenSSL import SSL, crypto

from connector_probe.model.evidence import FaultKind, NetworkFault, TlsSession
from connector_probe.model.printable import printable
from connector_probe.network.faults import NetworkFaultError
from connector_probe.network.handshakes import TlsOffer, TlsOutcome, begins_tls_record

_Value = TypeVar("_Value")

# A TLS record is 16 KiB at most (RFC 8446 5.1); a handshake with ten large certificates stays far below this.
MAX_HANDSHAKE_BYTES = 512 * 1024
_CHUNK = 65_536
MAX_CHAIN = 24  # real chains have two to five; a chain that was cut would be judged untrusted, so well above that
_LEGACY_SERVER_CONNECT = 0x4  # SSL_OP_LEGACY_SERVER_CONNECT: see servers without RFC 5746 instead of refusing them
# OpenSSL's names for what a connection does (SSL_state_string_long).
_CLIENT_CERTIFICATE_STATE = b"read server certificate request"
_CLIENT_ANSWER_STATE = b"write client certificate"
_TICKET_STATE = b"read server session ticket"
_RECORD_HEAD = 5  # content type, version, two octets of length (RFC 8446 5.1)

# RFC 8446 6 and RFC 5246 7.2; names as there. Python has no name for these, or spells it otherwise.
_MORE_ALERTS = {
    21: "decryption_failed",
    41: "no_certificate",
    60: "export_restriction",
    86: "inappropriate_fallback",
    90: "user_canceled",
    109: "missing_extension",
    116: "certificate_required",
    120: "no_application_protocol",
}
_ALERTS = {
    alert.value: alert.name.removeprefix("ALERT_DESCRIPTION_").lower() for alert in ssl.AlertDescription
} | _MORE_ALERTS


class _Watch:
    """What OpenSSL tells in passing: alerts received, an OCSP response, whether a client certificate was asked for.

    ``client_certificate_answered``: our answer to that, which is none, is on its way; whatever ended the handshake
    before is another matter. ``shaken``: the handshake is over; ``ticket_read``: a session ticket was read since then.
    """

    def __init__(self) -> None:
        self.alert: int | None = None
        self.shaken = False
        self.client_certificate_requested = False
        self.client_certificate_answered = False
        self.ticket_read = False
        self.staple = b""

    def entered(self, state: bytes) -> None:
        """The connection did what ``state`` says."""
        if self.shaken:
            self.ticket_read |= _TICKET_STATE in state
        elif self.client_certificate_requested:
            self.client_certificate_answered |= _CLIENT_ANSWER_STATE in state
        else:
            self.client_certificate_requested = _CLIENT_CERTIFICATE_STATE in state


def choose_groups(context: SSL.Context, groups: str) -> bool:
    """Have ``context`` offer, or accept, these key-exchange groups alone (OpenSSL's list); False where that cannot be.

    The one thing that is taken from below pyOpenSSL, which has no public way to choose groups (26.4).
    """
    below, handle = getattr(SSL, "_lib", None), getattr(context, "_context", None)
    choose: Callable[[object, bytes], int] | None = getattr(below, "SSL_CTX_set1_curves_list", None)
    return choose is not None and handle is not None and choose(handle, groups.encode()) == 1


@cache  # one costs as much as the rest of a handshake's set-up, and holds nothing of a connection
def context_for(offer: TlsOffer) -> tuple[SSL.Context, bool]:
    """The context for an offer, and whether it offers OpenSSL's own groups in place of the offer's."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(offer.minimum)
    if offer.maximum is not None:
        context.set_max_proto_version(offer.maximum)
    context.set_cipher_list(offer.ciphers.encode())
    if offer.suites:
        context.set_tls13_ciphersuites(offer.suites.encode())
    own_groups = bool(offer.groups) and not choose_groups(context, offer.groups)
    context.set_options(_LEGACY_SERVER_CONNECT)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)  # 34 KiB less for each of the connections that wait
    context.set_verify(SSL.VERIFY_NONE)
    context.set_info_callback(_tell_watch)
    context.set_ocsp_client_callback(_keep_staple)
    return context, own_groups


def _tell_watch(connection: SSL.Connection, where: int, value: int) -> None:
    watch = connection.get_app_data()
    if where & SSL.SSL_CB_LOOP:
        watch.entered(connection.get_state_string())
    elif where & SSL.SSL_CB_ALERT and where & SSL.SSL_CB_READ:
        watch.alert = value & 0xFF


def _keep_staple(connection: SSL.Connection, response: bytes, _: object) -> bool:
    """Whatever the response says, the handshake goes on."""
    connection.get_app_data().staple = response
    return True


class _RecordEnds:
    """Where in a stream of TLS records its end so far lies."""

    def __init__(self) -> None:
        self._head = b""
        self._left = 0  # octets of the record that is under way

    def pass_over(self, data: bytes) -> None:
        while data:
            if self._left:
                self._left, data = max(self._left - len(data), 0), data[self._left :]
                continue
            missing = _RECORD_HEAD - len(self._head)
            self._head, data = self._head + data[:missing], data[missing:]
            if len(self._head) == _RECORD_HEAD:
                self._left, self._head = int.from_bytes(self._head[3:]), b""

    @property
    def within(self) -> bool:
        """Whether the last record has begun and is not whole."""
        return bool(self._left or self._head)


class TlsClient:
    """The brain of one TLS connection: ciphertext in, ciphertext out, no socket."""

    def __init__(self, server_name: str | None, offer: TlsOffer) -> None:
        self._watch = _Watch()
        context, self._own_groups = context_for(offer)
        self._connection = SSL.Connection(context, None)
        self._connection.set_app_data(self._watch)
        if server_name is not None:
            self._connection.set_tlsext_host_name(server_name.encode("ascii"))
        self._connection.request_ocsp()
        self._connection.set_connect_state()
        self._received = 0
        self._head = b""
        self._records = _RecordEnds()
        self._early_ticket = False
        self._plain = b""  # what came so early that it was read on the way
        self._unread = False  # whether OpenSSL may hold octets that it was not asked for yet

    def advance(self) -> bool:
        """Go on with the handshake; True when it is done, False when more bytes are needed."""
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return False
        except SSL.Error as error:
            raise NetworkFaultError(self._fault(error)) from None
        return True

    @property
    def is_tls13(self) -> bool:
        return bool(self._connection.get_protocol_version() == SSL.TLS1_3_VERSION)

    def look_behind_finished(self, arrived: bytes) -> None:
        """Whether the server sent a TLS 1.3 session ticket behind its Finished; ours still waits to be sent.

        ``arrived``: what has come since its Finished was read. What fails here fails again where it is waited for.
        """
        if arrived:
            self.take(arrived, handshaking=True)
        self._watch.shaken = True
        with contextlib.suppress(SSL.Error):
            self._plain = self._connection.recv(_CHUNK)
        self._watch.shaken = False
        self._early_ticket = self._watch.ticket_read or self._records.within

    def take(self, data: bytes, *, handshaking: bool = False) -> None:
        """Ciphertext from the server."""
        if handshaking:
            self._received += len(data)
            self._records.pass_over(data)
            if len(self._head) < 3:
                self._head = (self._head + data)[:3]
                if not begins_tls_record(self._head):
                    raise NetworkFaultError(NetworkFault(FaultKind.NOT_TLS, text=printable(data[:80])))
            if self._received > MAX_HANDSHAKE_BYTES:
                raise NetworkFaultError(NetworkFault(FaultKind.FLOOD, text=f"more than {MAX_HANDSHAKE_BYTES} bytes"))
        self._connection.bio_write(data)
        self._unread = True

    def give(self) -> bytes:
        """Ciphertext for the server; empty when there is none."""
        given = b""
        with contextlib.suppress(SSL.Error):  # nothing there; or it is broken beyond sending
            while len(part := self._connection.bio_read(_CHUNK)) == _CHUNK:
                given += part
            given += part
        return given

    def encrypt(self, data: bytes) -> bytes | None:
        """Ciphertext for the server, or None when it wants to shake hands anew first (RFC 5246 7.4.1.1)."""
        try:
            self._connection.sendall(data)
        except SSL.WantReadError:
            return None
        except SSL.Error as error:
            raise NetworkFaultError(self._fault(error)) from None
        return self.give()

    def decrypt(self) -> bytes | None:
        """Plaintext that has arrived, or None when more ciphertext is needed."""
        if self._plain:
            plain, self._plain = self._plain, b""
            return plain
        if not self._unread:
            return None
        try:
            return self._connection.recv(_CHUNK)
        except SSL.WantReadError:
            self._unread = False
            return None
        except SSL.ZeroReturnError:
            raise NetworkFaultError(NetworkFault(FaultKind.CLOSED, text="close_notify")) from None
        except SSL.Error as error:
            raise NetworkFaultError(self._fault(error)) from None

    def outcome(self, fault: NetworkFault | None) -> TlsOutcome:
        session = None
        if fault is None:
            session = TlsSession(
                version=self._connection.get_protocol_version_name(),
                cipher=self._connection.get_cipher_name() or "",
                group=self._connection.get_group_name() or "",
            )
        return TlsOutcome(
            session,
            fault,
            self._chain(),
            self._watch.client_certificate_answered,
            self._watch.staple,
            self._own_groups,
            self._early_ticket,
            self._client_authorities(),
        )

    def _client_authorities(self) -> tuple[bytes, ...]:
        if not self._watch.client_certificate_requested:
            return ()
        return tuple(name.der() for name in _quietly(self._connection.get_client_ca_list) or ())

    def _chain(self) -> tuple[bytes, ...]:
        certificates = _quietly(self._connection.get_peer_cert_chain) or []
        encoded = (
            _quietly(partial(crypto.dump_certificate, crypto.FILETYPE_ASN1, certificate))
            for certificate in certificates[:MAX_CHAIN]
        )
        return tuple(der for der in encoded if der)

    def _fault(self, error: SSL.Error) -> NetworkFault:
        reason = _reason(error)
        if self._watch.alert is not None:
            name = _ALERTS.get(self._watch.alert, f"alert_{self._watch.alert}")
            return NetworkFault(FaultKind.ALERT, text=reason, alert=name)
        return NetworkFault(FaultKind.TLS_PROTOCOL, text=reason)


def _quietly(call: Callable[[], _Value]) -> _Value | None:
    """What ``call`` gives, or None where OpenSSL has nothing to give (a broken handshake, say)."""
    try:
        return call()
    except (SSL.Error, crypto.Error, ValueError):
        return None


def _reason(error: SSL.Error) -> str:
    """OpenSSL's last reason in words ("wrong version number")."""
    queue = error.args[0] if error.args else None
    if isinstance(queue, list) and queue:
        return printable(str(queue[-1][-1]), 200)
    return printable(str(error) or type(error).__name__, 200)
