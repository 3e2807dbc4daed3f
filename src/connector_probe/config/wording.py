"""Connector speaks of options, as the command line does; here they are keys."""

from __future__ import annotations

import re

from connector_probe.config.fields import BY_KEY

_COMMAND = re.compile(r"(?<=: )probe (?=\S)")
_FAMILY = re.compile(r"(?<!\S)-([46])\b")
_OPTION = re.compile(r"(?P<example>(?<=: ))?(?<!\S)--(?P<name>[a-z]+(?:-[a-z]+)*)(?P<value> (?=\S))?")
_OPTIONS = {"mx": "use_mx"}


def in_yaml(text: str) -> str:
    """``text`` with the options of the command line turned into keys."""
    return _OPTION.sub(_as_key, _FAMILY.sub(r"family: ipv\1", _COMMAND.sub("", text)))


def _as_key(match: re.Match[str]) -> str:
    name = match["name"].replace("-", "_")
    key = _OPTIONS.get(name, name)
    if key not in BY_KEY:
        return match[0]  # something that the file says, not an option
    return key + (": " if match["example"] is not None and match["value"] else match["value"] or "")
