"""How the judge of certificates stands to other people's test suites: what it says otherwise, and has no reason to.

python tests/benchmarks/foreign_suites.py [--limbo limbo.json] [--bettertls bettertls.json]
                                          [--danetest danetest.in] [--v3nametest v3nametest.c]

None of it is in this repository; each is made or found with its own tools:
- limbo.json: github.com/C2SP/x509-limbo (Apache-2.0), "limbo compile -o limbo.json".
- bettertls.json: github.com/Netflix/bettertls (Apache-2.0), in test-suites "go run ./cmd/bettertls export-tests -out
  bettertls.json". Its certificates are good for a day.
- danetest.in, v3nametest.c: test/ in OpenSSL's sources (Apache-2.0), as from "apt-get source openssl".

ALLOWED are cases in which OpenSSL is as lenient as this program, or RFC 7672 asks for it. Exit code 1: others.
"""

from __future__ import annotations

import argparse
import base64
import fnmatch
import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connector_probe.model.evidence import Certificate
from connector_probe.protocol.certificate import TrustRoots, judge
from connector_probe.protocol.dane import judge_anchored, match_tlsa, read_tlsa
from connector_probe.protocol.identity import match
from connector_probe.protocol.x509_facts import parse_certificate

Case = tuple[str, bool, bool]  # its name, whether the suite accepts it, whether we do

# Patterns of cases -> why the answer is another one here. Of limbo "openssl verify" says what we say in every one.
ALLOWED = {
    "limbo:crl::*": "revocation lists are asked for elsewhere (protocol/revocation.py)",
    "limbo:*::max-chain-depth-*": "no bound is asked for",
    "limbo:cve::cve-2025-61727": "a wildcard beside an excluded name",
    "limbo:pathlen::validation-ignores-pathlen-in-leaf": "keyUsage without a bit that TLS has a use for",
    "limbo:rfc5280::ca-as-leaf": "keyUsage without a bit that TLS has a use for",
    "limbo:rfc5280::aki::*": "key identifiers may be missing",
    "limbo:rfc5280::nc::*": "leniency of form",
    "limbo:rfc5280::pc::ica-noncritical-pc": "leniency of form",
    "limbo:rfc5280::san::*": "leniency of form",
    "limbo:rfc5280::serial::*": "serial numbers of any size",
    "limbo:rfc5280::ski::*": "key identifiers may be missing",
    "limbo:rfc5280::ca-empty-subject": "leniency of form",
    "limbo:rfc5280::root-*": "a root is trusted as it is",
    "limbo:rfc5280::leaf-ku-keycertsign": "leniency of form",
    "limbo:webpki::aki::*": "a root is trusted as it is",
    "limbo:webpki::cn::*": "a CN beside alternative names does not count",
    "limbo:webpki::eku::*": "purposes may be missing",
    "limbo:webpki::nc::*": "empty constraints constrain nothing",
    "limbo:webpki::san::public-suffix-*": "public suffixes of several labels",
    "limbo:webpki::san::san-critical-with-nonempty-subject": "leniency of form",
    "limbo:webpki::forbidden-rsa-*": "RSA keys of odd sizes",
    "limbo:webpki::ee-basicconstraints-ca": "leniency of form",
    "bettertls:nameconstraints:soft": "its own verdict is a warning",
    "bettertls:nameconstraints:ip-cn": "OpenSSL holds a CN against a constraint on names where no name is there",
    "danetest:54": "RFC 7672 3.1.3: with usage 3 names do not count",
    "v3nametest:*.example.com": "a connector's TlsDomain may be a wildcard",
}


def limbo(path: Path) -> Iterator[Case]:
    for case in json.loads(path.read_text())["testcases"]:
        if case["validation_kind"] != "SERVER":
            continue
        chain = list(map(_pem, [case["peer_certificate"], *case["untrusted_intermediates"]]))
        roots = TrustRoots(map(_pem, case["trusted_certs"]), "limbo")
        at = datetime.fromisoformat(case["validation_time"]) if case["validation_time"] else datetime.now(UTC)
        name = case["expected_peer_name"]
        yield (
            f"limbo:{case['id']}",
            case["expected_result"] == "SUCCESS",
            _accepts(chain, roots, at, name and name["value"]),
        )


def bettertls(path: Path) -> Iterator[Case]:
    exported = json.loads(path.read_text())
    roots = TrustRoots([base64.b64decode(exported["trustRoot"])], "bettertls")
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC) + timedelta(seconds=1)
    for suite, content in exported["suites"].items():
        for case in content["testCases"]:
            chain = list(map(base64.b64decode, case["certificates"]))
            names = parse_certificate(chain[0]).certificate
            kind = str(case["id"]) if suite == "pathbuilding" else "hard"
            if case["failureIsWarning"]:
                kind = "soft"
            elif names.common_name[:1].isdecimal() and not any(one[:1].isalpha() for one in names.names):
                kind = "ip-cn"
            yield (
                f"bettertls:{suite}:{kind}",
                case["expected"] == "ACCEPT",
                _accepts(chain, roots, at, case["hostname"]),
            )


def danetest(path: Path) -> Iterator[Case]:
    """Blocks of five numbers, TLSA records and certificates, as the file's head says; usages 0 and 1 are not SMTP's."""
    lines = iter([line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")])
    for number, head in enumerate(lines, start=1):
        records, certificates, nameless, wanted, _ = map(int, head.split())
        given = [read_tlsa(next(lines)) for _ in range(records)]
        chain = [_pem(_block(lines)) for _ in range(certificates)]
        if any(one is not None and one.usage < 2 for one in given):
            continue
        found = match_tlsa([one for one in given if one is not None], chain)
        anchored = judge_anchored(found, chain, datetime.now(UTC)) == ()
        named = bool(nameless) or match(parse_certificate(chain[0]).certificate, "example.com").matches
        ours = any(one.usage == 3 and one.matched for one in found) or (anchored and named)
        yield f"danetest:{number}", wanted == 0, ours


def v3nametest(path: Path) -> Iterator[Case]:
    """Each name of a list as dNSName, held against each; "exceptions" are the pairs that match without being the same.

    Only pairs of host names, and what they match with: its oddities are no names (RFC 9525 6.3), and a leading dot,
    half a label before an asterisk and the like are OpenSSL's own.
    """
    text = path.read_text()
    names, exceptions = (
        re.findall(r'"([^"]*)"', text[text.index(start) : text.index(end)])
        for start, end in (("names[]", "exceptions[]"), ("exceptions[]", "static int is_exception"))
    )
    hosts = [one for one in names if re.fullmatch(r"(\*\.)?([a-z0-9][a-z0-9-]*\.)+[a-z0-9-]*[a-z0-9]", one)]
    for presented in hosts:
        for expected in hosts:
            theirs = presented == expected or f"set dnsName: host: [{presented}] matches [{expected}]" in exceptions
            shown = Certificate("", "", (presented,), None, None, "", "", "", "", "")
            label = "*.example.com" if expected.startswith("*.") else f"{presented} {expected}"
            yield f"v3nametest:{label}", theirs, match(shown, expected).matches


def _accepts(chain: Sequence[bytes], roots: TrustRoots, at: datetime, name: str | None) -> bool:
    evidence = judge(chain, roots, at)
    return not evidence.problems and (name is None or match(evidence.chain[0], name).matches)


def _pem(text: str) -> bytes:
    return base64.b64decode("".join(text.split("-----")[2].split()))


def _block(lines: Iterator[str]) -> str:
    found: list[str] = []
    for line in lines:
        if found or "-----BEGIN" in line:
            found.append(line)
        if "-----END" in line:
            break
    return "\n".join(found)


def main() -> None:
    parser = argparse.ArgumentParser()
    suites = {"limbo": limbo, "bettertls": bettertls, "danetest": danetest, "v3nametest": v3nametest}
    for name in suites:
        parser.add_argument(f"--{name}", type=Path)
    given = parser.parse_args()
    told = 0
    for name, read in suites.items():
        path = getattr(given, name)
        if path is None:
            continue
        cases = list(read(path))
        otherwise = [case for case in cases if case[1] != case[2]]
        unexplained = [case for case in otherwise if not any(fnmatch.fnmatchcase(case[0], one) for one in ALLOWED)]
        print(f"{name}: {len(cases)} cases, {len(cases) - len(otherwise)} the same, {len(otherwise)} otherwise")
        for case, theirs, _ in unexplained:
            print(f"  {case}: {'accepted there, not here' if theirs else 'accepted here, not there'}")
        told += len(unexplained)
    sys.exit(1 if told else 0)


if __name__ == "__main__":
    main()
