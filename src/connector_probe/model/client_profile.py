"""Exchange Online as a TLS client: what is known of it, each line with its date and its source.

Documented: Microsoft, "Technical reference details about encryption" (September 2019, unchanged since), whose table
holds for connections in both directions. Seen: Received headers of servers behind Exchange Online's connectors in
public mailing-list archives, and issues of mail servers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connector_probe.model.evidence.tls import TlsSession

_TLS12, _TLS13 = "TLSv1.2", "TLSv1.3"

# Documented: the TLS 1.2 suites, in their order. Seen with servers without TLS 1.3, 2020 to 2026: the first of them.
_RSA_SUITES = (
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-SHA384",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-RSA-AES256-SHA",
    "ECDHE-RSA-AES128-SHA",
    "AES256-GCM-SHA384",
    "AES128-GCM-SHA256",
)
# Seen in August 2023 (emailwiz#292): mail by ECDHE-ECDSA-AES256-GCM-SHA384. The other twins of what is documented are
# inferred from that one.
_ECDSA_SUITES = tuple(suite.replace("-RSA-", "-ECDSA-") for suite in _RSA_SUITES if "-RSA-" in suite)

TLS12_SUITES: Final = (*_RSA_SUITES, *_ECDSA_SUITES)

# Seen from November 2024 to July 2026: TLS 1.3 with the first, always. The second nobody may lack (RFC 8446 9.1).
TLS13_SUITES: Final = ("TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256")

# Seen from November 2024 to July 2026: P-384 with servers that prefer X25519 and P-256, so it is what the client brings
# a key share for. P-256 is inferred: every server of the documented table's "ECDH/128" has it. X25519 was never seen.
GROUPS: Final = ("P-384", "P-256")

# CN=mail.protection.outlook.com, as receivers logged its issuer: DigiCert Cloud Services CA-1 (2021 to July 2026),
# Microsoft TLS G2 RSA CA OCSP 16 (April 2026); the root of both (Exchange Team blog 4488311, MC1224565: to be trusted
# by 22 March 2026).
CLIENT_CERTIFICATE_AUTHORITIES: Final = (
    "DigiCert Global Root G2",
    "DigiCert Cloud Services CA-1",
    "Microsoft TLS G2 RSA CA OCSP 16",
)

# Each group in OpenSSL's spellings of it, as it tells them in TLS 1.2 and 1.3.
_CURVES = frozenset({"secp384r1", "P-384", "secp256r1", "prime256v1", "P-256"})


def takes_client_certificate(authorities: Sequence[str]) -> bool:
    """Whether a server that takes client certificates of these authorities alone takes Exchange Online's.

    None means any authority (RFC 8446 4.2.4). The names are RFC 4514 strings.
    """
    wanted = {f"cn={name}".lower() for name in CLIENT_CERTIFICATE_AUTHORITIES}
    named = (part.strip().lower() for name in authorities for part in name.split(","))
    return not authorities or any(part in wanted for part in named)


def is_documented_suite(session: TlsSession) -> bool:
    """Whether Microsoft's table has the suite. It has none of TLS 1.3, so that nothing is missing there."""
    return session.version != _TLS12 or session.cipher in TLS12_SUITES


def takes_key(session: TlsSession, key: str) -> bool:
    """Whether the GROUPS take a certificate's ``key`` ("ECDSA P-521"), which they bind in TLS 1.2 (RFC 8422 5.1)."""
    kind, _, curve = key.partition(" ")
    return session.version != _TLS12 or kind != "ECDSA" or curve in GROUPS


def is_known_session(session: TlsSession) -> bool:
    """Whether Exchange Online is known to agree on version, suite and group. A group that is not known decides nothing.

    Suites without a key exchange by group (RSA's) have none.
    """
    suites = {_TLS12: TLS12_SUITES, _TLS13: TLS13_SUITES}.get(session.version, ())
    return session.cipher in suites and (not session.group or session.group in _CURVES)
