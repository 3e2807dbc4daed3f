"""How a network operation ended when it did not succeed, and at which stage."""

from enum import StrEnum

from connector_probe.model.dataclass import dataclass


class Stage(StrEnum):
    """The stages of one attempt, in their order on the wire."""

    DNS = "dns"
    CONNECT = "connect"
    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    TLS = "tls"
    CERTIFICATE = "certificate"
    RECIPIENT = "recipient"


class FaultKind(StrEnum):
    """How a network operation ended when it did not succeed. One kind per distinguishable fact."""

    REFUSED = "refused"  # RST, or ICMP port unreachable, in answer to the SYN
    TIMED_OUT = "timed-out"  # no answer within the time allowed
    RESET = "reset"  # RST on an established connection
    CLOSED = "closed"  # FIN where more was expected
    NETWORK_UNREACHABLE = "network-unreachable"  # ICMP, although this machine has a route
    HOST_UNREACHABLE = "host-unreachable"  # ICMP, or no answer to ARP or neighbour discovery
    ALERT = "alert"  # the server sent a TLS alert
    NOT_TLS = "not-tls"  # bytes that are no TLS record where TLS was expected
    TLS_PROTOCOL = "tls-protocol"  # TLS records that do not hold together
    FLOOD = "flood"  # more bytes than any handshake needs
    NO_ROUTE = "no-route"  # this machine has no route to the address
    GATEWAY_SILENT = "gateway-silent"  # this machine's gateway does not answer ARP or neighbour discovery
    NOT_PERMITTED = "not-permitted"  # this machine's own firewall or policy forbids it
    SOURCE_UNAVAILABLE = "source-unavailable"  # the source address is not this machine's
    NO_RESOURCES = "no-resources"  # this machine is out of sockets, ports or memory
    DEADLINE = "deadline"  # our limit for the whole attempt, before that of the step
    PROCESS_ENDED = "process-ended"  # a process of ours was ended from outside, while it probed
    LOCAL_OTHER = "local-other"  # the operating system turned the call down, no packet left


LOCAL_FAULTS = frozenset(
    {
        FaultKind.NO_ROUTE,
        FaultKind.GATEWAY_SILENT,
        FaultKind.NOT_PERMITTED,
        FaultKind.SOURCE_UNAVAILABLE,
        FaultKind.NO_RESOURCES,
        FaultKind.DEADLINE,
        FaultKind.PROCESS_ENDED,
        FaultKind.LOCAL_OTHER,
    }
)


@dataclass(frozen=True, slots=True)
class NetworkFault:
    """``errno`` is the symbolic name (ECONNREFUSED; a signal's with PROCESS_ENDED), empty where there was none.

    ``text`` is the system's own words, ``alert`` the TLS alert's name (RFC 8446 6.2, underscores as there), set with
    ALERT only. ``icmp`` is the ICMP error behind a failed connect ("host-unreachable", "admin-prohibited"), where the
    system tells it, and ``icmp_from`` who sent it: a router or firewall on the way, the host itself, or this machine;
    ``first_hop`` whether that is this machine's own gateway. ``stranded`` is how many TCP segments arrived and could
    not be read, since one before them never came, ``unacknowledged`` how many of ours had not been acknowledged; with
    TIMED_OUT only, where it is told.
    """

    kind: FaultKind
    errno: str = ""
    text: str = ""
    alert: str | None = None
    icmp: str = ""
    icmp_from: str = ""
    first_hop: bool = False
    stranded: int = 0
    unacknowledged: int = 0

    @property
    def local(self) -> bool:
        return self.kind in LOCAL_FAULTS
