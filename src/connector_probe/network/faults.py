"""Foreign errors become NetworkFault."""

from __future__ import annotations

import errno

from connector_probe.model.evidence import FaultKind, NetworkFault
from connector_probe.model.printable import printable

_BY_ERRNO = {
    errno.ECONNREFUSED: FaultKind.REFUSED,
    errno.ETIMEDOUT: FaultKind.TIMED_OUT,
    errno.ECONNRESET: FaultKind.RESET,
    errno.ECONNABORTED: FaultKind.RESET,
    errno.EPIPE: FaultKind.RESET,
    errno.ENOTCONN: FaultKind.RESET,
    errno.ENETUNREACH: FaultKind.NETWORK_UNREACHABLE,
    errno.ENETDOWN: FaultKind.NO_ROUTE,
    errno.EHOSTUNREACH: FaultKind.HOST_UNREACHABLE,
    errno.EHOSTDOWN: FaultKind.HOST_UNREACHABLE,
    errno.EACCES: FaultKind.NOT_PERMITTED,
    errno.EPERM: FaultKind.NOT_PERMITTED,
    errno.EAFNOSUPPORT: FaultKind.NO_ROUTE,
    errno.EMFILE: FaultKind.NO_RESOURCES,
    errno.ENFILE: FaultKind.NO_RESOURCES,
    errno.ENOBUFS: FaultKind.NO_RESOURCES,
    errno.ENOMEM: FaultKind.NO_RESOURCES,
}


class NetworkFaultError(Exception):
    """A network operation broke; ``fault`` says how."""

    def __init__(self, fault: NetworkFault) -> None:
        super().__init__(f"{fault.kind}: {fault.text}" if fault.text else str(fault.kind))
        self.fault = fault


def fault_of(error: OSError) -> NetworkFault:
    """The fault that an OSError of a connect, send or receive call stands for."""
    number = error.errno or 0
    kind = _BY_ERRNO.get(number, FaultKind.LOCAL_OTHER)
    if kind is FaultKind.LOCAL_OTHER and isinstance(error, ConnectionError):
        kind = FaultKind.RESET
    name = errno.errorcode.get(number, str(number) if number else "")
    return NetworkFault(kind, name, printable(error.strerror or str(error), 200))


def timed_out(text: str) -> NetworkFault:
    return NetworkFault(FaultKind.TIMED_OUT, text=text)
