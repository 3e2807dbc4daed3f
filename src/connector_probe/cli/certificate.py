"""``probe certificate``: a renewal rehearsed. What it stands on is imported only when it is called."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from connector_probe.cli import EXIT_FAILED, EXIT_OK, EXIT_UNKNOWN
from connector_probe.cli import options as opt
from connector_probe.cli.inputs import name_of, read_input
from connector_probe.cli.output import put_document, text_options, words_for
from connector_probe.cli.targets import check_target
from connector_probe.cli.values import UsageProblemError, parse_choice, parse_moment, parse_whole
from connector_probe.model.documents import Format
from connector_probe.model.names import show

if TYPE_CHECKING:
    from connector_probe.certificate_file import CertificateFile
    from connector_probe.diagnosis.rehearsal import Rehearsal
    from connector_probe.model.connector import Connector
    from connector_probe.model.rehearsal import RehearsalReport
    from connector_probe.model.verdict import Result
    from connector_probe.protocol.roots import TrustRoots
    from connector_probe.wording.catalogue import Catalogue


def certificate(
    file: str = typer.Argument(
        ..., metavar="FILE", help="PEM (with or without chain and key), DER, PKCS #7, PKCS #12; - reads stdin."
    ),
    tls: opt.Tls = None,
    tls_domain: str | None = typer.Option(
        None, metavar="NAME", help="TlsDomain: name or *.name it must carry. Default: the name of --against."
    ),
    roots: opt.Roots = "microsoft",
    ca_file: opt.CaFile = None,
    only_ca_file: opt.OnlyCaFile = False,
    as_of: opt.AsOf = None,
    warn_days: opt.WarnDays = None,
    strict: opt.Strict = False,
    password_env: str | None = typer.Option(
        None, metavar="NAME", help="Variable with the password of PKCS #12 or key. Default: ask at a terminal."
    ),
    against: str | None = typer.Option(
        None, metavar="HOST[:PORT]", help="Probe this server, and compare with what it shows now."
    ),
    nameserver: opt.Nameservers = None,
    no_control: opt.NoControl = False,
    no_revocation: opt.NoRevocation = False,
    json: opt.Json = False,
    output: opt.Output = None,
    lang: opt.Lang = None,
    quiet: opt.Quiet = False,
    verbose: opt.Verbose = False,
) -> None:
    """Rehearse a renewal: would Exchange Online accept this certificate, now and later? Offline, but for --against.

    \b
      probe certificate new.pem --tls-domain mail.contoso.com
      probe certificate new.pfx --against mail.contoso.com
      probe certificate new.pem --tls-domain mail.contoso.com --as-of 2027-01-31
    """
    from connector_probe.certificate_file import MAX_FILE, parse_certificate_file
    from connector_probe.cli.host_lists import parse_tls
    from connector_probe.model.connector import CONTROL_HOSTS, Connector, RootList, TlsSettings
    from connector_probe.protocol.windows_names import tls_certificate_name
    from connector_probe.wording.rehearsal import RehearsedFile, rehearsal_in_words

    if quiet and verbose:
        raise UsageProblemError("-q and -v exclude each other", "give one of them")
    if output is not None:
        check_target(Path(output))
    mode = parse_tls("--tls", tls) if tls is not None else None
    named = tls_domain is not None or against is not None
    if mode is TlsSettings.DOMAIN_VALIDATION and not named:
        raise UsageProblemError(f"--tls {mode} without a name", "say which: --tls-domain NAME")
    connector = Connector(
        smart_hosts=(against or "mail.invalid",),  # where there is none, nothing is connected to and nothing names it
        tls=mode or (None if named else TlsSettings.CERTIFICATE_VALIDATION),
        tls_domain=tls_domain,
        roots=parse_choice("--roots", roots, RootList),
        ca_file=ca_file,
        only_ca_file=only_ca_file,
        nameservers=tuple(nameserver or ()),
        control=() if no_control else CONTROL_HOSTS,
        revocation=not no_revocation,
        as_of=parse_moment("--as-of", as_of) if as_of is not None else None,
        warn_days=parse_whole("--warn-days", warn_days) if warn_days is not None else None,
    )
    words = words_for(lang, Format.JSON if json else Format.TEXT)
    name, data = name_of(file), read_input(file, MAX_FILE, "name the file that holds the certificate")
    read = parse_certificate_file(data, name, lambda: _password(name, password_env))
    rehearsal = _rehearse(read, connector, against)
    server = _probe(connector, words) if against is not None else None
    told = RehearsedFile(name, read.pkcs12, read.leaf_first, tls_certificate_name(read.chain[0]))
    report = rehearsal_in_words(rehearsal, words, told, against=server, strict=strict)
    _write(report, words, json=json, output=output, verbosity=-1 if quiet else 1 if verbose else 0)
    raise typer.Exit(_exit_code(report))


def _password(name: str, variable: str | None) -> bytes | None:
    """That of the variable, or what is typed; None where there is nobody to ask. Raises UsageProblemError."""
    if variable is not None:
        given = os.environ.get(variable)
        if given is None:
            raise UsageProblemError(
                f"--password-env {show(variable)}: there is no such variable", f"export {show(variable)}=..."
            )
        return given.encode()
    if sys.stdin is None or not sys.stdin.isatty():
        return None
    from getpass import getpass

    return getpass(f"Password of {name}: ").encode()


def _rehearse(file: CertificateFile, connector: Connector, against: str | None) -> Rehearsal:
    """Raises TrustError."""
    from connector_probe.diagnosis.rehearsal import key_check, rehearse
    from connector_probe.probing.certificates import judge_by
    from connector_probe.stages.local_clock import HeardDates, clock_evidence
    from connector_probe.trust import Trust

    trust, host = Trust(*connector.trusts), connector.hosts[0]
    evidence, _ = judge_by(trust, file.chain, connector.as_of, datetime.now(UTC))
    doubtful = connector.as_of is None and any(one.kind.is_about_dates for one in evidence.problems)
    clock = clock_evidence(trust.roots, evidence.judged_at, HeardDates(), None) if doubtful else None
    expected = connector.tls_domain
    if expected is None and against is not None and not host.is_address:
        expected = host.host
    server = host.host if against is not None else None if expected is None or "*" in expected else expected
    return rehearse(
        file.chain,
        evidence,
        replace(connector, tls_domain=expected),
        trust.roots,
        server=server,
        program=_program(),
        clock=clock,
        key=key_check(file.key.fits, f"private-key-{file.key}"),
    )


def _program() -> TrustRoots | None:
    """Microsoft's roots alone, whatever is gone by."""
    from connector_probe.trust import TrustError, load_roots

    try:
        return load_roots()
    except TrustError:
        return None


def _probe(connector: Connector, words: Catalogue) -> Result:
    """What the server shows now. Raises TrustError."""
    from connector_probe.cli.loop import run_async
    from connector_probe.cli.running import run_probe

    # Its certificate is judged as of now, whatever day the new one is judged for.
    run = run_async(run_probe([replace(connector, as_of=None)], quiet=False, words=words))
    if run.interrupted:
        raise KeyboardInterrupt
    return run.report.results[0]


def _write(report: RehearsalReport, words: Catalogue, *, json: bool, output: str | None, verbosity: int) -> None:
    from connector_probe.formats.certificate import to_text
    from connector_probe.formats.json import to_json

    if json:
        put_document(to_json(report), output)
        return
    options = text_options(words, to_file=output is not None, verbosity=verbosity)
    put_document(to_text(report, options), output)


def _exit_code(report: RehearsalReport) -> int:
    """0 it would be accepted, 1 it would not, 3 where that, or the comparison that was asked for, cannot be told."""
    from connector_probe.model.verdict import Status

    if report.status is not Status.UNKNOWN and not report.expected:
        return EXIT_FAILED
    seen = report.against is None or bool(report.against.certificates)
    return EXIT_OK if seen and report.status is not Status.UNKNOWN else EXIT_UNKNOWN
