"""MTA-STS (RFC 8461): the TXT record, the policy file, and whether a policy lists an MX host. Pure, and total."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from connector_probe.model.policy import StsPolicy
from connector_probe.model.printable import printable

MAX_POLICY: Final = 64 * 1024  # octets, as RFC 8461 3.3 suggests
MAX_PATTERNS: Final = 200
MAX_AGE: Final = 31_557_600  # RFC 8461 3.2
MODES: Final = ("enforce", "testing", "none")
_RECORD = r"(?s)v=STSv1[ \t]*;(?P<rest>.*)"
_IS_RECORD = r"v=STSv1[ \t]*(;|\Z)"
_ID = r"(?a)[A-Za-z0-9]{1,32}"
# RFC 8461 3.2: a name, or one label of any name in front of it.
_PATTERN = r"(?a)(?:\*\.)?[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?"
_MARK = b"\xef\xbb\xbf"
_WHOLE = r"(?a)[0-9]{1,10}"


class StsError(ValueError):
    """A record or policy that breaks RFC 8461; ``str()`` says how, printable."""


def sts_records(texts: Sequence[str]) -> tuple[str, ...]:
    """Those TXT records that are of MTA-STS; RFC 8461 3.1 has the others discarded."""
    return tuple(text for text in texts if re.match(_IS_RECORD, text))


def read_record(text: str) -> str:
    """The id of the record. Raises StsError."""
    record = re.fullmatch(_RECORD, text.strip(" \t"))
    if record is None:
        raise StsError("nothing follows v=STSv1")
    for part in record["rest"].split(";"):
        name, equals, value = part.strip(" \t").partition("=")
        if name.strip(" \t") == "id" and equals:
            if re.fullmatch(_ID, value.strip(" \t")):
                return value.strip(" \t")
            raise StsError(f"id is {printable(value, 60) or 'empty'}, not 1 to 32 letters and digits")
    raise StsError("id is missing")


def read_policy(body: bytes) -> StsPolicy:
    """The policy in ``body``. Raises StsError. Of a key that stands twice the first one counts (RFC 8461 3.2)."""
    fields: dict[str, str] = {}
    patterns: list[str] = []
    if body.startswith(_MARK):
        raise StsError("it begins with a byte order mark, so that its first key is another one")
    for line in body.decode("utf-8", "replace").split("\n"):
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        key, value = name.strip(" \t"), value.strip(" \t\r")
        if not colon:
            raise StsError(f"a line is no key and value: {printable(line.strip(), 60)}")
        if key == "mx":
            patterns.append(value)
        else:
            fields.setdefault(key, value)
    if fields.get("version") != "STSv1":
        raise StsError(f"version is {_told(fields, 'version')}, not STSv1")
    if fields.get("mode") not in MODES:
        raise StsError(f"mode is {_told(fields, 'mode')}, not one of {', '.join(MODES)}")
    age = fields.get("max_age", "")
    if not re.fullmatch(_WHOLE, age) or int(age) > MAX_AGE:
        raise StsError(f"max_age is {_told(fields, 'max_age')}, not a number of seconds up to {MAX_AGE}")
    if not patterns and fields["mode"] != "none":
        raise StsError("mx is missing")
    wrong = next((pattern for pattern in patterns if not re.fullmatch(_PATTERN, pattern)), None)
    if wrong is not None:
        raise StsError(f"mx {printable(wrong, 80) or '(empty)'} is no host name")
    if len(patterns) > MAX_PATTERNS:
        raise StsError(f"it lists more than {MAX_PATTERNS} mx patterns")
    return StsPolicy(fields["mode"], int(age), tuple(pattern.rstrip(".").lower() for pattern in patterns))


def _told(fields: dict[str, str], key: str) -> str:
    if key in fields:
        return printable(fields[key], 60) or "empty"
    other = next((field for field in fields if field.lower() == key), None)  # RFC 8461 3.2 spells keys in lower case
    return "missing" if other is None else f"missing (there is {printable(other, 20)}, and case counts)"


def lists(policy: StsPolicy, host: str) -> bool:
    """Whether the policy lists an MX host (RFC 8461 4.1): a wildcard stands for exactly one label."""
    name = host.rstrip(".").lower()
    rest = name.partition(".")[2]
    return any(pattern == name or (pattern.startswith("*.") and pattern[2:] == rest != "") for pattern in policy.mx)


def shallow_pattern(policy: StsPolicy, host: str) -> str:
    """The pattern that would list ``host`` if its star stood for several labels; "" where there is none."""
    name = host.rstrip(".").lower()
    found = (one for one in policy.mx if one.startswith("*.") and name.endswith(one[1:]))
    return "" if lists(policy, host) else next(found, "")
