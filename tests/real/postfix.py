"""One Postfix with many ports on loopback: every smtpd service in master.cf is one way to be set up."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.real.authority import HOST, Authority, Files
from tests.real.parts import Part, require, require_root

OWN_DOMAIN, RELAY_DOMAIN = "contoso.test", "fabrikam.test"
_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
multi_instance_directories =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = {host}
mydomain = {own}
mydestination = {own}
relay_domains = {relay}
mynetworks = 192.0.2.1/32
alias_maps =
local_recipient_maps =
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions =
smtpd_delay_reject = no
smtpd_tls_loglevel = 1
"""
_MASTER = """
cleanup   unix       n - n - 0 cleanup
qmgr      unix       n - n 300 1 qmgr
rewrite   unix       - - n - - trivial-rewrite
tlsmgr    unix       - - n 1000? 1 tlsmgr
bounce    unix       - - n - 0 bounce
defer     unix       - - n - 0 bounce
postlog   unix-dgram n - n - 1 postlogd
"""
_PRIVATE = (
    "private",
    "incoming",
    "active",
    "deferred",
    "bounce",
    "defer",
    "corrupt",
    "hold",
    "trace",
    "flush",
    "saved",
)


def services(authority: Authority) -> dict[str, dict[str, str]]:
    """The ways in which servers are set up in the field, well and badly: smtpd's parameters, by a name each."""
    good = with_tls(authority.good())
    certificate_wanted = {"smtpd_tls_CAfile": str(authority.root_file)}
    demanding = good | certificate_wanted | {"smtpd_tls_security_level": "encrypt", "smtpd_tls_req_ccert": "yes"}
    return {
        "good": good,
        "no-tls": {},
        "expired": with_tls(authority.expired()),
        "self-signed": with_tls(authority.self_signed()),
        "another-name": with_tls(authority.for_another_name()),
        "leaf-only": with_tls(authority.leaf_only()),
        "private-leaf-only": with_tls(authority.private_leaf_only()),
        "expired-and-another-name": with_tls(authority.expired_for_another_name()),
        "ends-soon": with_tls(authority.ends_soon()),
        "tls-1.0": good | _versions("TLSv1", "TLSv1") | {"tls_medium_cipherlist": "ALL:@SECLEVEL=0"},
        "tls-1.2": good | _versions("TLSv1.2", "TLSv1.2"),
        "tls-1.3": good | _versions("TLSv1.3", "TLSv1.3"),
        "foreign-cipher": good | _versions("TLSv1.2", "TLSv1.2") | {"tls_medium_cipherlist": "CHACHA20"},
        "chain-file-missing": good | {"smtpd_tls_chain_files": "/dev/null/none"},
        "ca-file-missing": good | {"smtpd_tls_CAfile": "/dev/null/none"},
        "tls-mandatory": good | {"smtpd_tls_security_level": "encrypt"},
        "asks-certificate": good | certificate_wanted | {"smtpd_tls_ask_ccert": "yes"},
        "demands-certificate-1.2": demanding | _versions("TLSv1.2", "TLSv1.2"),
        "demands-certificate-1.3": demanding | _versions("TLSv1.3", "TLSv1.3"),
        "behind-a-balancer": good | {"smtpd_upstream_proxy_protocol": "haproxy"},
        "gives-a-balancer-up": good
        | {"smtpd_upstream_proxy_protocol": "haproxy", "smtpd_upstream_proxy_timeout": "1s"},
        "rejects-clients": good | {"smtpd_client_restrictions": "reject"},
        "rejects-nameless": good
        | {"smtpd_client_restrictions": "reject_unknown_client_hostname", "smtpd_peername_lookup": "no"}
        | {"unknown_client_reject_code": "550"},
        "defers-clients": good | {"smtpd_client_restrictions": "defer"},
        "rejects-helo": good | {"smtpd_helo_restrictions": "reject"},
        "defers-relay": good | {"smtpd_relay_restrictions": "defer_unauth_destination"},
        "rejects-bounces": good | {"smtpd_sender_restrictions": "reject"},
    }


def with_tls(files: Files) -> dict[str, str]:
    """STARTTLS offered, with ``files``."""
    return {"smtpd_tls_security_level": "may", "smtpd_tls_chain_files": f"{files.key},{files.chain}"}


def _versions(lowest: str, highest: str) -> dict[str, str]:
    between = f">={lowest},<={highest}"
    return {"smtpd_tls_protocols": between, "smtpd_tls_mandatory_protocols": between}


class Postfix(Part):
    """``services``: for each ADDRESS:PORT the parameters of the smtpd there."""

    def __init__(self, folder: Path, services: Mapping[str, Mapping[str, str]], inside: Sequence[str] = ()) -> None:
        require_root("Postfix")
        postconf = require("postconf", "postfix")
        asked = subprocess.run([postconf, "-dh", "daemon_directory"], capture_output=True, text=True, check=True)
        _lay_out(folder, services)
        super().__init__([f"{asked.stdout.strip()}/master", "-c", str(folder), "-d"], folder / "log", inside)
        self.wait_until_listening(*(int(endpoint.rpartition(":")[2]) for endpoint in services))


def _lay_out(folder: Path, services: Mapping[str, Mapping[str, str]]) -> None:
    folder.mkdir(mode=0o711)
    main = _MAIN.format(folder=folder, host=HOST, own=OWN_DOMAIN, relay=RELAY_DOMAIN)
    (folder / "main.cf").write_text(main, encoding="ascii")
    lines = [_MASTER]
    for endpoint, parameters in services.items():
        lines.append(f"{endpoint} inet n - n - - smtpd\n")
        lines += [f"  -o {key}={value}\n" for key, value in parameters.items()]
    (folder / "master.cf").write_text("".join(lines), encoding="ascii")
    for name in ("main.cf", "master.cf"):
        os.utime(folder / name, (0, 0))  # every process waits until the files are older than a moment
    queue = folder / "queue"
    for path, owner, group, mode in (
        (folder / "data", "postfix", "postfix", 0o700),
        (queue, "root", "root", 0o755),
        (queue / "pid", "root", "root", 0o755),
        (queue / "public", "postfix", "postdrop", 0o710),
        (queue / "maildrop", "postfix", "postdrop", 0o730),
        *((queue / name, "postfix", "postfix", 0o700) for name in _PRIVATE),
    ):
        path.mkdir()
        shutil.chown(path, owner, group)
        path.chmod(mode)
