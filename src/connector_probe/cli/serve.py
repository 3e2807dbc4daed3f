"""``probe serve``: dashboard, exporter and API. What it stands on is imported only when it is called."""

from __future__ import annotations

import ipaddress
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from connector_probe.cli import options as opt
from connector_probe.cli.fleet import File, load_file
from connector_probe.cli.history_file import history_of
from connector_probe.cli.output import words_for, write_document
from connector_probe.cli.telling import TOKEN, tokens_in
from connector_probe.cli.values import UsageProblemError
from connector_probe.model.documents import Format
from connector_probe.model.names import is_address, show
from connector_probe.model.printable import printable

if TYPE_CHECKING:
    from connector_probe.serve.credentials import Credentials

PORT = 9425
ADDRESS = f"127.0.0.1:{PORT}"


def serve(
    file: File = None,
    listen: str = typer.Option(
        ADDRESS, metavar="ADDR:PORT", help="Where to listen; wider than this machine with a token."
    ),
    token_file: opt.TokenFile = None,
    insecure: bool = typer.Option(False, "--insecure", help="Listen wider than this machine without a token."),
    allow_host: list[str] | None = typer.Option(
        None, "--allow-host", metavar="NAME", help="A name that this server is reached by; repeatable. * for any."
    ),
    tls_cert: str | None = typer.Option(None, metavar="PEM", help="Speak TLS with this chain."),
    tls_key: str | None = typer.Option(None, metavar="PEM", help="Its key."),
    history: opt.History = None,
    no_history: opt.NoHistory = False,
    no_schedule: bool = typer.Option(False, "--no-schedule", help="Probe only for scrapes and requests."),
    allow_any_target: bool = typer.Option(
        False, "--allow-any-target", help="Let /probe go to hosts that are not in the file."
    ),
    place: opt.Place = None,
    notify: opt.Notify = None,
    remind: opt.Remind = None,
    log: str = typer.Option("text", metavar="text|json", help="Form of the log on standard error."),
    lang: opt.Lang = None,
    hash_password: str | None = typer.Option(
        None, "--hash-password", metavar="USER", help="Ask for a password, print the line for a token file, end."
    ),
) -> None:
    """Dashboard, Prometheus exporter and JSON API for the connectors of a file.

    \b
      probe serve                            http://127.0.0.1:9425/
      probe serve --listen 0.0.0.0:9425 --token-file token
      probe serve --no-schedule              an exporter: Prometheus says when
    """
    _need_the_extra()
    if hash_password is not None:
        _print_hash(hash_password)
        return
    import asyncio
    import socket

    from connector_probe.cli.running import allow_many_files
    from connector_probe.cli.unattended import parse_reminder
    from connector_probe.serve import logs
    from connector_probe.serve.context import Settings
    from connector_probe.serve.server import serve as serve_until_stopped

    if (tls_cert is None) is not (tls_key is None):
        raise UsageProblemError("--tls-cert and --tls-key go together", "give both, or none")
    if log not in set(logs.LogFormat):
        raise UsageProblemError(f"--log {show(log)} is not known", "text or json")
    again = parse_reminder(remind)
    address, port = _address(listen)
    credentials = _credentials(token_file)
    # By the address itself: one that only stands for 127.0.0.1 (6to4, NAT64) may be an interface's, open to others.
    if credentials is None and not insecure and not ipaddress.ip_address(address).is_loopback:
        raise UsageProblemError(
            f"--listen {show(listen)} is open to other machines, and there is no token",
            f"--token-file FILE or {TOKEN} (as from: openssl rand -hex 24), or --insecure behind a proxy that asks",
        )
    settings = Settings(
        configuration=load_file(file),
        address=address,
        port=port,
        words=words_for(lang, Format.TEXT),
        place=printable(place.strip(), 100) if place and place.strip() else socket.gethostname(),
        credentials=credentials,
        hosts=tuple(allow_host or ()),
        tls=(Path(tls_cert), Path(tls_key)) if tls_cert is not None and tls_key is not None else None,
        history=history_of(history, none=no_history),
        scheduled=not no_schedule,
        any_target=allow_any_target,
        notify=tuple(notify or ()),
        remind=again,
    )
    allow_many_files()
    logs.set_up(logs.LogFormat(log))
    asyncio.run(serve_until_stopped(settings))


def _need_the_extra() -> None:
    from importlib.util import find_spec

    from connector_probe.extras import how_to_add

    missing = [name for name in ("starlette", "uvicorn", "jinja2", "prometheus_client") if find_spec(name) is None]
    if missing:
        packages = [name.replace("_", "-") for name in missing]
        raise UsageProblemError(f"probe serve needs {', '.join(packages)}, not installed here", how_to_add(*packages))


def _print_hash(user: str) -> None:
    import getpass

    from connector_probe.serve.credentials import hashed

    if not user or ":" in user or not user.isprintable():
        raise UsageProblemError(f"--hash-password {show(user)!r} is no user's name", "letters and digits, no colon")
    if sys.stdin is not None and sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Once more: "):
            raise UsageProblemError("the two passwords differ", "try again")
    else:
        password = sys.stdin.readline().rstrip("\r\n") if sys.stdin is not None else ""
    if not password:
        raise UsageProblemError("the password is empty", "type one, or pipe it in")
    write_document(hashed(user, password) + "\n")


def _credentials(file: str | None) -> Credentials | None:
    from connector_probe.serve.credentials import Credentials

    text = tokens_in(file)
    if file is None and not text.strip():
        return None
    return Credentials(text, f"--token-file {show(file)}" if file is not None else TOKEN)


def _address(listen: str) -> tuple[str, int]:
    """ADDR:PORT, [ADDR]:PORT, :PORT for all addresses, or ADDR. Raises UsageProblemError."""
    text = listen.strip()
    host, colon, port = (text, "", "") if _is_address(text) else text.rpartition(":")
    if not colon:
        host, port = text, str(PORT)
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    # All addresses, where there is a port and none is named.
    bare = {"": "0.0.0.0" if colon else "", "localhost": "127.0.0.1"}.get(bare, bare)
    if not _is_address(bare) or not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) < 65536):
        raise UsageProblemError(f"--listen {show(listen)!r} is no address and port", f"as in: {ADDRESS}, [::1]:{PORT}")
    return str(ipaddress.ip_address(bare)), int(port)


def _is_address(text: str) -> bool:
    return is_address(text) and "%" not in text
