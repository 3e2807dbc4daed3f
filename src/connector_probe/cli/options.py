"""The options of a probe, declared once. The texts are what ``probe --help`` prints.

A value is a text and a switch a bool: what a text says is read by ``cli.values``, whose errors name the option.
"""

from __future__ import annotations

from typing import Annotated

import typer

from connector_probe.cli import completers
from connector_probe.model.documents import Format

Hosts = Annotated[
    list[str] | None,
    typer.Argument(metavar="[HOST...]", help="Name, address, or HOST:PORT; - for standard input."),
]
HostsFile = Annotated[
    str | None,
    typer.Option("-f", "--file", metavar="FILE", help="Hosts from FILE: one a line, or CSV with a header."),
]
AsWritten = Annotated[bool, typer.Option("--as-written", hidden=True, help="Each HOST is one, whatever it looks like.")]
Port = Annotated[str, typer.Option("--port", metavar="N", help="TCP port.")]
Tls = Annotated[
    str | None,
    typer.Option(
        "--tls",
        metavar="MODE",
        help="TlsSettings: opportunistic, encryption-only, certificate-validation (addresses), "
        "domain-validation (names).",
        autocompletion=completers.tls,
    ),
]
TlsDomain = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="TlsDomain: name or *.name it must carry. Default: HOST."),
]
Mx = Annotated[bool, typer.Option("--mx", help="HOST is a domain: go by its MX records (UseMXRecord).")]
Type = Annotated[
    str,
    typer.Option(
        "--type",
        metavar="TYPE",
        help="on-premises or partner.",
        autocompletion=completers.connector_type,
    ),
]
Roots = Annotated[
    str,
    typer.Option(
        "--roots",
        metavar="LIST",
        help="Whose: microsoft, as Exchange Online, or system.",
        autocompletion=completers.roots,
    ),
]
CaFile = Annotated[str | None, typer.Option(metavar="PEM", help="Trust these roots too.")]
OnlyCaFile = Annotated[bool, typer.Option("--only-ca-file", help="Trust the roots of --ca-file alone.")]
Nameservers = Annotated[
    list[str] | None,
    typer.Option("--nameserver", metavar="ADDR[#PORT]", help="Ask this nameserver; repeatable. Default: the system's."),
]
SourceAddress = Annotated[str | None, typer.Option(metavar="ADDR", help="Connect from this address.")]
Ipv4 = Annotated[bool, typer.Option("-4", help="IPv4 only.")]
Ipv6 = Annotated[bool, typer.Option("-6", help="IPv6 only.")]
ControlHosts = Annotated[
    list[str] | None,
    typer.Option(
        "--control", metavar="HOST", help="Try this host's port 25 before a failed connect is held against HOST."
    ),
]
NoControl = Annotated[bool, typer.Option("--no-control", help="Try no control host.")]
Helo = Annotated[str | None, typer.Option(metavar="NAME", help="Name for EHLO. Default: this machine's.")]
ConnectTimeout = Annotated[str, typer.Option(metavar="TIME", help="Longest wait for TCP (500ms, 10s, 5m).")]
Timeout = Annotated[str, typer.Option(metavar="TIME", help="Longest wait for one reply.")]
Deadline = Annotated[str, typer.Option(metavar="TIME", help="Longest time for one address, from start to end.")]
Connections = Annotated[
    str,
    typer.Option(metavar="N", help="Connect N times to each address: are the servers behind it equal?"),
]
Retries = Annotated[str, typer.Option(metavar="N", help="A failure counts only when it repeats N times.")]
RetryDelay = Annotated[str, typer.Option(metavar="TIME", help="Pause before a retry.")]
QueueLifetime = Annotated[str, typer.Option(metavar="TIME", help="How long queued mail is retried before it bounces.")]
NoRevocation = Annotated[
    bool,
    typer.Option("--no-revocation", help="Fetch nothing that certificates point to: no CRL, OCSP or missing issuer."),
]
Thorough = Annotated[
    bool,
    typer.Option("--thorough", help="Connect once more: does the server show another certificate without SNI?"),
]
Rdap = Annotated[
    str | None,
    typer.Option(
        metavar="SERVER",
        help="Ask the registry whether a domain that does not resolve has expired: iana, or an RDAP server's URL.",
    ),
]
Rcpt = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Go on to MAIL FROM:<> and RCPT TO this address; never DATA.")
]
WarnDays = Annotated[
    str | None,
    typer.Option(metavar="N", help="Warn N days before a certificate ends. Default: 30, or a third of its lifetime."),
]
AsOf = Annotated[str | None, typer.Option(metavar="DATE", help="Judge certificates as of this day.")]
Dane = Annotated[
    str,
    typer.Option(
        "--dane", metavar="MODE", help="SmtpDaneMode: opportunistic, mandatory, none.", autocompletion=completers.dane
    ),
]
MtaSts = Annotated[
    str,
    typer.Option(
        "--mta-sts", metavar="MODE", help="MtaStsMode: opportunistic, none.", autocompletion=completers.mta_sts
    ),
]
MtaStsPort = Annotated[
    str, typer.Option("--mta-sts-port", metavar="N", help="Port of the MTA-STS policy's host, for a laboratory.")
]
TrustAnchor = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Validate DNSSEC from these DS or DNSKEY records. Default: the root's."),
]
TrustAd = Annotated[
    bool,
    typer.Option("--trust-ad", help="Believe the nameserver's AD bit: only of a validating resolver on this machine."),
]
Expect = Annotated[
    str, typer.Option(metavar="healthy|CODE", help="What counts as success.", autocompletion=completers.route)
]
Strict = Annotated[bool, typer.Option("--strict", help="Warnings count as failure.")]
FormatOption = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        metavar="FORMAT[=FILE]",
        help=f"{', '.join(Format)}; with =FILE repeatable.",
        autocompletion=completers.format_,
    ),
]
Lang = Annotated[
    str | None,
    typer.Option(
        "--lang",
        metavar="en|zh",
        help="Language of the words. Default: by the locale.",
        autocompletion=completers.language,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Short for --format json.")]
Output = Annotated[str | None, typer.Option("-o", "--output", metavar="FILE", help="Write the document to FILE.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Only what is not as expected.")]
Brief = Annotated[bool, typer.Option("--brief", help="One line a connector.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="More detail: every certificate and stage.")]
ShowTranscript = Annotated[bool, typer.Option("--transcript", help="Add the SMTP conversation.")]
