"""What the nameservers of these tests know: each name is one condition, called after it."""

from __future__ import annotations

MANY_ADDRESSES = 90  # 1440 octets of A records: more than the 1232 that the prober takes over UDP
MANY_HOSTS = 70  # more than are looked up of one set of MX records
_HEAD = """
$TTL 300
@            SOA    ns hostmaster 1 3600 600 86400 60
             NS     ns
"""
_CONTOSO = """
ns           A      127.0.0.1
mail         A      127.0.0.1
six          AAAA   ::1
both         A      127.0.0.1
             AAAA   ::1
half-dead    A      127.0.0.1
             A      127.0.0.2
dead         A      127.0.0.2
             A      127.0.0.3
text         TXT    "a name without any address"
below.empty A      127.0.0.1
child        NS     ns.fabrikam.test.

alias        CNAME  hop
hop          CNAME  last
last         CNAME  mail
alias-gone   CNAME  nobody
alias-text   CNAME  text
alias-away   CNAME  mail.fabrikam.test.
loop         CNAME  around
around       CNAME  loop

by-mx        MX     20 mail
             MX     10 half-dead
equal-mx     MX     10 mail
             MX     10 half-dead
mx-to-alias  MX     10 alias
alias-mx     CNAME  by-mx
implicit-mx  A      127.0.0.1
null-mx      MX     0 .
null-and-a   MX     0 .
             A      127.0.0.1
mx-away      A      127.0.0.1
             MX     10 mail
             MX     20 dead
mx-here      A      127.0.0.1
             MX     10 mail
             MX     20 mx-here
mx-gone      A      127.0.0.1
             MX     10 nobody
dead-first   MX     10 dead
             MX     20 mail
gone-first   MX     10 nobody
             MX     20 mail
all-dead     MX     10 dead
all-gone     MX     10 nobody
             MX     20 text
"""
_FABRIKAM = """
ns           A      127.0.0.1
mail         A      127.0.0.1
"""

# A zone without text is one that the nameserver is to serve and cannot load.
LOOPBACK_ZONES = {
    "contoso.test": _HEAD
    + _CONTOSO
    + "".join(f"many A 127.0.1.{last}\n" for last in range(1, MANY_ADDRESSES + 1))
    + "".join(f"many-mx MX {last} mx{last}\nmx{last} A 127.0.0.2\n" for last in range(1, MANY_HOSTS + 1)),
    "fabrikam.test": _HEAD + _FABRIKAM,
    "broken.test": None,
}


def zone(records: str) -> str:
    """A zone of ``records`` only; its nameserver "ns" is among them."""
    return _HEAD + records
