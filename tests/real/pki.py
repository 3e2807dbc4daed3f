"""OpenSSL's own certificate authority: its database, its revocation list, and its OCSP responder."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.real.authority import HOST, Files
from tests.real.parts import Part, require

_CONFIG = """
[ca]
default_ca = here
[here]
dir = {folder}
database = $dir/index.txt
new_certs_dir = $dir
serial = $dir/serial
crlnumber = $dir/crlnumber
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
default_days = 200
default_crl_days = 7
policy = anything
unique_subject = no
[anything]
commonName = supplied
[ca_cert]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[responder]
basicConstraints = CA:FALSE
extendedKeyUsage = OCSPSigning
[by_crl]
basicConstraints = CA:FALSE
subjectAltName = DNS:{host}
extendedKeyUsage = serverAuth
crlDistributionPoints = URI:http://127.0.0.1:{web}/ca.crl
[by_ocsp]
basicConstraints = CA:FALSE
subjectAltName = DNS:{host}
extendedKeyUsage = serverAuth
authorityInfoAccess = OCSP;URI:http://127.0.0.1:{ocsp}/
[req]
distinguished_name = name
prompt = no
[name]
commonName = {host}
"""


@dataclass(frozen=True)
class Database:
    """An authority in a folder. ``web`` and ``ocsp`` are the ports that its certificates point to."""

    folder: Path
    web: int
    ocsp: int

    @classmethod
    def make(cls, folder: Path, web: int, ocsp: int) -> Database:
        """With certificates called crl-good, crl-revoked, ocsp-good and ocsp-revoked."""
        require("openssl", "openssl")
        made = cls(folder, web, ocsp)
        text = _CONFIG.format(folder=folder, host=HOST, web=web, ocsp=ocsp)
        for name, content in (("ca.cnf", text), ("index.txt", ""), ("serial", "1000\n"), ("crlnumber", "01\n")):
            (folder / name).write_text(content, encoding="ascii")
        made._openssl("req", "-x509", *_NEW, "ca.key", "-out", "ca.pem", *_ROOT)
        made._openssl("genrsa", "-out", "leaf.key", "2048")  # one for all: making them is the slow part
        for name, section in (
            ("responder", "responder"),
            ("crl-good", "by_crl"),
            ("crl-revoked", "by_crl"),
            ("ocsp-good", "by_ocsp"),
            ("ocsp-revoked", "by_ocsp"),
        ):
            made._openssl("req", "-new", "-key", "leaf.key", "-out", f"{name}.csr")
            issue = ("-batch", "-notext", "-extensions", section)
            made._openssl("ca", *issue, "-in", f"{name}.csr", "-out", f"{name}.pem")
        for name in ("crl-revoked", "ocsp-revoked"):
            made._openssl("ca", "-revoke", f"{name}.pem", "-crl_reason", "keyCompromise")
        made._openssl("ca", "-gencrl", "-out", "ca.crl.pem")
        made._openssl("crl", "-in", "ca.crl.pem", "-outform", "DER", "-out", "ca.crl")
        return made

    @property
    def ca_file(self) -> str:
        return str(self.folder / "ca.pem")

    def files(self, name: str) -> Files:
        return Files(self.folder / f"{name}.pem", self.folder / "leaf.key")

    def certificates(self, *names: str) -> list[str]:
        """Those of the names, as PEM."""
        return [(self.folder / f"{name}.pem").read_text(encoding="ascii") for name in names]

    def list_signed_with(self, digest: str) -> bytes:
        """Another copy of the revocation list, as PEM."""
        self._openssl("ca", "-gencrl", "-md", digest, "-out", f"{digest}.crl.pem")
        return (self.folder / f"{digest}.crl.pem").read_bytes()

    def _openssl(self, command: str, *arguments: str) -> None:
        config = ("-config", "ca.cnf") if command in ("ca", "req") else ()
        done = subprocess.run(
            ["openssl", command, *config, *arguments], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def responder(self) -> Part:
        """``openssl ocsp``, answering for the database; the caller stops it."""
        command = [require("openssl", "openssl"), "ocsp", "-port", str(self.ocsp), "-ndays", "1"]
        for option, name in (("-index", "index.txt"), ("-CA", "ca.pem"), ("-rsigner", "responder.pem")):
            command += [option, str(self.folder / name)]
        part = Part([*command, "-rkey", str(self.folder / "leaf.key")], self.folder / "ocsp.log")
        part.wait_until_listening(self.ocsp)
        return part

    @contextmanager
    def website(self) -> Iterator[None]:
        """Python's own file server for the folder, as long as the block lasts."""
        folder = str(self.folder)

        class Files(SimpleHTTPRequestHandler):
            def __init__(self, *arguments: object) -> None:
                super().__init__(*arguments, directory=folder)  # type: ignore[arg-type]

            def log_message(self, *_: object) -> None: ...

        with ThreadingHTTPServer(("127.0.0.1", self.web), Files) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


_NEW = ("-newkey", "rsa:2048", "-nodes", "-keyout")
_ROOT = ("-days", "1000", "-subj", "/CN=OpenSSL Test CA", "-extensions", "ca_cert")
