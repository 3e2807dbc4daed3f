"""A resolver as some providers have it: where DNS says that a name does not exist, it gives an address of theirs.

    python -m tests.real.hijacker ADDRESS UPSTREAM LANDING_PAGE

It listens on port 53 of ADDRESS (TCP only so that one can see that it does) and forwards everything to UPSTREAM.
"""

from __future__ import annotations

import socket
import sys

import dns.message
import dns.query
import dns.rcode
import dns.rrset

DNS = 53


def answer(wire: bytes, upstream: str, landing_page: str) -> bytes:
    response = dns.query.udp(dns.message.from_wire(wire), upstream, timeout=5.0)
    if response.rcode() == dns.rcode.NXDOMAIN:
        asked = response.question[0]
        response.set_rcode(dns.rcode.NOERROR)
        response.authority = []
        if asked.rdtype == dns.rdatatype.A:
            response.answer = [dns.rrset.from_text(asked.name, 60, "IN", "A", landing_page)]
    return response.to_wire()


def main(address: str, upstream: str, landing_page: str) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
        socket.create_server((address, DNS)),
    ):
        datagrams.bind((address, DNS))
        while True:
            wire, asker = datagrams.recvfrom(65_535)
            datagrams.sendto(answer(wire, upstream, landing_page), asker)


if __name__ == "__main__":
    main(*sys.argv[1:])
