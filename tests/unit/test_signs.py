"""Signs read from single bytes and words: refusals, appliances, greetings of other protocols, ICMP, routes."""

from __future__ import annotations

import struct

import pytest

from connector_probe.model.evidence import Certificate, Reply
from connector_probe.model.reach import is_outside, is_private
from connector_probe.network import icmp
from connector_probe.network.routes import Route, choose, ipv4_routes, ipv6_routes
from connector_probe.protocol.appliances import appliance
from connector_probe.protocol.refusals import Refusal, refusal_kind
from connector_probe.protocol.smtp import greeting_protocol, proxy_header


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (421, "4.3.2 Service not available", Refusal.STATE),
        (421, "4.3.2 The maximum number of concurrent connections has exceeded a limit", Refusal.RATE),
        (421, "4.7.0 mail.contoso.com Error: too many connections from 192.0.2.1", Refusal.RATE),
        (450, "4.7.1 Error: too much mail from 192.0.2.1", Refusal.RATE),
        (421, "Too many concurrent SMTP connections; please try again later.", Refusal.RATE),
        (421, "4.7.28 Our system has detected an unusual rate: rate limited", Refusal.RATE),
        (554, "5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org", Refusal.SOURCE),
        (554, "5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied", Refusal.SOURCE),
        (550, "5.7.0 Connection refused - IB116 192.0.2.1 Senderscore too low", Refusal.SOURCE),
        (554, "Your IP is on our blacklist", Refusal.SOURCE),
        (550, "5.7.1 Connection not authorized from 192.0.2.1", Refusal.SOURCE),
        (550, "5.7.1 Your IP 192.0.2.1 has a poor reputation", Refusal.SOURCE),
        (550, "5.7.25 No reverse DNS for 192.0.2.1", Refusal.SOURCE),
        (452, "4.3.1 Insufficient system resources", Refusal.SHORT),
        (550, "Access denied - Invalid HELO name (See RFC2821 4.1.1.1)", Refusal.HELO),
        (550, "HELO host spoofing our domain: mail.contoso.com", Refusal.HELO),  # a plugin of Haraka's
        (501, "Syntactically invalid HELO argument(s)", Refusal.HELO),
        (504, "5.5.2 <x>: Helo command rejected: need fully-qualified hostname", Refusal.HELO),
        (450, "4.7.1 <probe.lan>: Helo command rejected: Host not found", Refusal.HELO),
        (550, "Your EHLO hostname is listed in a block list", Refusal.HELO),
        (554, "5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org; HELO name mail.lan", Refusal.SOURCE),
        (503, "5.5.1 Error: send HELO/EHLO first", None),
        (500, "5.5.1 EHLO unrecognized command", None),
        (421, "4.7.0 mail.contoso.com Error: too many errors", None),
        (554, "5.7.1 <a@b.example>: Relay access denied", None),
        (550, "5.4.1 Recipient address rejected: Access denied", None),
        (554, "No SMTP service here", None),
        (550, "5.5.1 Command rejected", None),
        (421, "Try again later", None),
        (421, "", None),
    ],
)
def test_what_a_refusal_is_about(code: int, text: str, kind: Refusal | None) -> None:
    found, words = refusal_kind(Reply(code, (text,)))
    assert found is kind
    assert (words != "") == (kind is not None)
    assert words in text


def certificate(subject: str, issuer: str = "CN=CA") -> Certificate:
    return Certificate(subject, issuer, (), None, None, "1", "A" * 40, "B" * 64, "RSA 2048", "sha256WithRSAEncryption")


@pytest.mark.parametrize(
    ("subject", "issuer", "maker"),
    [
        ("CN=FGT60F0000000000,OU=FortiGate,O=Fortinet", "CN=support,O=Fortinet", "Forti"),
        ("CN=Appliance_Certificate_X,O=Sophos,L=Abingdon", "CN=Sophos_CA", "Sophos"),
        ("CN=192.168.168.168,OU=HTTPS Management Certificate for SonicWALL (self-signed)", "CN=x", "SonicWall"),
        ("CN=Barracuda/emailAddress=sales@barracuda.com,O=Barracuda Networks", "CN=x", "Barracuda"),
        ("CN=Cisco Appliance Demo Certificate", "CN=x", "Cisco"),
        ("CN=ASA Temporary Self Signed Certificate", "CN=x", "Cisco"),
        ("CN=default ABCDEF,OU=NS Internal,O=Citrix ANG", "CN=x", "Citrix"),
        ("CN=TRAEFIK DEFAULT CERT", "CN=TRAEFIK DEFAULT CERT", "Traefik"),
        ("CN=Kubernetes Ingress Controller Fake Certificate,O=Acme Co", "CN=x", "Kubernetes"),
        ("CN=x,O=Fireware,OU=Fireware", "CN=WatchGuard CA", "WatchGuard"),
        ("CN=mail.contoso.com,O=Contoso", "CN=DigiCert", None),
        ("CN=comfortinet-hotels.com", "CN=CA", None),
        ("CN=EXCH01", "CN=EXCH01", None),
        ("", "", None),
    ],
)
def test_whose_certificate(subject: str, issuer: str, maker: str | None) -> None:
    found = appliance(certificate(subject, issuer))
    assert (found or "").startswith(maker or "")
    assert (found is None) == (maker is None)


@pytest.mark.parametrize(
    ("code", "text", "protocol"),
    [
        (220, "(vsFTPd 3.0.5)", "ftp"),
        (220, "Microsoft FTP Service", "ftp"),
        (220, "ProFTPD Server ready", "ftp"),
        (220, "ftp.contoso.com ESMTP Postfix", None),
        (220, "mail.contoso.com ESMTP", None),
        (554, "FTP is elsewhere", None),
        (200, "news.contoso.com InterNetNews NNRP server ready", "nntp"),
        (201, "NNTP service, no posting", "nntp"),
        (200, "OK", None),
    ],
)
def test_greetings_with_a_code(code: int, text: str, protocol: str | None) -> None:
    assert greeting_protocol(Reply(code, (text,))) == protocol


def test_a_proxy_header() -> None:
    assert proxy_header("198.51.100.2", "203.0.113.7", 25) == b"PROXY TCP4 198.51.100.2 203.0.113.7 0 25\r\n"
    assert proxy_header("fe80::1%eth0", "fe80::2%eth0", 25) == b"PROXY TCP6 fe80::1 fe80::2 0 25\r\n"
    assert proxy_header("", "203.0.113.7", 2525) == b"PROXY TCP4 203.0.113.7 203.0.113.7 0 2525\r\n"


@pytest.mark.parametrize(
    ("address", "private", "outside"),
    [
        ("10.0.0.1", True, False),
        ("172.31.255.1", True, False),
        ("172.32.0.1", False, True),
        ("100.64.0.1", True, False),
        ("169.254.1.1", True, False),
        ("fe80::1%eth0", True, False),
        ("fec0::1", True, False),
        ("fd12::1", True, False),
        ("127.0.0.1", False, False),
        ("::1", False, False),
        ("0.0.0.0", False, False),
        ("::ffff:127.0.0.1", False, False),
        ("::ffff:10.0.0.1", True, False),
        ("64:ff9b::a09:807", True, False),
        ("64:ff9b::cb00:7107", False, True),
        ("203.0.113.7", False, True),
        ("2a01:db8::1", False, True),
    ],
)
def test_where_an_address_lies(address: str, private: bool, outside: bool) -> None:
    assert (is_private(address), is_outside(address)) == (private, outside)


def test_an_icmp_error_of_the_kernel() -> None:
    head = struct.pack("=IBBBBII", 113, 2, 3, 1, 0, 0, 0)
    sender = struct.pack("=HH4s8x", 2, 0, bytes((198, 51, 100, 2)))
    assert icmp.parse(head + sender) == icmp.IcmpError("host-unreachable", "198.51.100.2")
    six = struct.pack("=IBBBBII", 13, 3, 1, 1, 0, 0, 0) + struct.pack("=HHI16s", 10, 0, 0, bytes(15) + b"\x01")
    assert icmp.parse(six) == icmp.IcmpError("admin-prohibited", "::1")
    loop = struct.pack("=IBBBBII", 113, 2, 11, 0, 0, 0, 0)
    assert icmp.parse(loop + sender) == icmp.IcmpError("ttl-exceeded", "198.51.100.2")
    strange = struct.pack("=IBBBBII", 113, 2, 11, 99, 0, 0, 0)
    assert icmp.parse(strange + sender) == icmp.IcmpError("type 11 code 99", "198.51.100.2")
    assert icmp.parse(head + sender[:3]) is None  # cut short
    assert icmp.parse(struct.pack("=IBBBBII", 113, 1, 3, 1, 0, 0, 0) + sender) is None  # a local error, no ICMP


ROUTES = """Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	016433C6	0003	0	0	100	00000000	0	0	0
eth1	00000000	096433C6	0003	0	0	50	00000000	0	0	0
eth0	006433C6	00000000	0001	0	0	0	00FFFFFF	0	0	0
*	147100CB	00000000	0205	0	0	0	FFFFFFFF	0	0	0
eth2	000A0A0A	016433C6	0002	0	0	0	00FFFFFF	0	0	0
"""
ROUTES6 = """\
20010db8000100000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200 lo
"""  # noqa: E501 - as the kernel prints it


def gateway(route: Route | None) -> str | None:
    assert route is not None
    return route.gateway


@pytest.mark.skipif(struct.pack("=H", 1) != struct.pack("<H", 1), reason="the table is of a little-endian machine")
def test_the_gateway() -> None:
    assert gateway(choose(ipv4_routes(ROUTES), "203.0.113.7")) == "198.51.100.9"  # the smaller metric
    assert gateway(choose(ipv4_routes(ROUTES), "198.51.100.77")) is None  # on the link
    assert gateway(choose(ipv4_routes(ROUTES), "10.10.10.1")) == "198.51.100.9"  # that route is down
    assert choose(ipv4_routes(""), "203.0.113.7") is None


def test_the_gateway_of_ipv6() -> None:
    assert gateway(choose(ipv6_routes(ROUTES6), "2a01:db8::1")) == "fe80::1"
    assert gateway(choose(ipv6_routes(ROUTES6), "2001:db8:1::77")) is None
