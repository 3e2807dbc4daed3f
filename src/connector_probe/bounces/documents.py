"""What was handed in, by its kind: a record of Exchange's or a TLS report is read as such, all else as text."""

from __future__ import annotations

import json
import re

from connector_probe.bounces.decoding import GZIP, MAX_INPUT, InputTooLargeError, decode, gunzipped, wide_encoding
from connector_probe.bounces.parser import DocumentErrors, errors_in
from connector_probe.bounces.patterns import pattern
from connector_probe.bounces.text import Readable, plain, unquoted


def readable(data: str | bytes) -> Readable:
    """``data`` as text. Raises InputTooLargeError, and nothing else."""
    if len(data) > MAX_INPUT:
        raise InputTooLargeError
    if isinstance(data, bytes) and data.startswith(GZIP):
        data = gunzipped(data)
    text = data if isinstance(data, str) else decode(data)
    if _is_mail(text):
        from connector_probe.bounces.mail import read_mails

        transcoded = isinstance(data, str) or wide_encoding(data) is not None
        raw = text.encode("utf-8", "replace") if isinstance(data, str) or transcoded else data
        found = read_mails(raw, transcoded=transcoded)
        if found is not None:
            return found
    return Readable(text)


_HEADER = pattern(r"(?:From [^\n]*\n)?(?:[A-Za-z][A-Za-z0-9-]{0,70}:[^\n]*\n(?:[ \t][^\n]*\n)*)+")
_MIME_HEADER = pattern(r"^(?:Content-Type|Content-Transfer-Encoding|MIME-Version):", re.IGNORECASE | re.MULTILINE)


def _is_mail(text: str) -> bool:
    if "\n" not in text:
        return False
    header = _HEADER.match(text.lstrip("\ufeff \t\r\n")[:100_000].replace("\r\n", "\n"))
    return header is not None and _MIME_HEADER.search(header.group()) is not None


def found_in(text: str, *, is_mail: bool = False) -> DocumentErrors:
    """The errors in one document, in order; the same one may be told several times."""
    structured = None if is_mail else _structured(unquoted(text.lstrip("\ufeff \t\r\n")))
    if structured is not None:
        return structured
    return errors_in(plain(text, is_mail=is_mail))


# --- records -----------------------------------------------------------------------------------------------------

_LOG_ROW = pattern(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,16}Z,[^,\n]*,[0-9A-F]{8,20},[0-9]{1,6},", re.MULTILINE)
_COLUMNS = frozenset(
    {
        *("recipientaddress", "recipientstatus", "messageid", "messagetraceid", "networkmessageid", "taskname"),
        *("eventid", "internalmessageid", "senderaddress", "directionality"),
    }
)


def _structured(text: str) -> DocumentErrors | None:
    """The errors of a document with a structure; None for running text. What each needs is imported only then."""
    if text[:1] in ("{", "["):
        return _of_json(text)
    if "Z," in text and _LOG_ROW.search(text, 0, 20_000) is not None:
        from connector_probe.bounces.protocol_log import found_in_log

        return found_in_log(text)
    head = text[:2_000]
    if not (
        head.startswith(("<Objs", "<?xml", "#TYPE")) or "," in head or ";" in head or "\t" in head or "TaskName" in head
    ):
        return None
    from connector_probe.bounces.records import found_in_records, name_of
    from connector_probe.protocol import powershell

    try:
        if powershell.is_clixml(text):
            return found_in_records(powershell.from_clixml(text))
        if _COLUMNS & {name_of(column) for column in powershell.csv_columns(text)}:
            return found_in_records(list(powershell.from_csv(text)))
        if "TaskName" in head and "IsTaskSuccessful" in text:
            return found_in_records([*powershell.from_format_list(text)])
    except powershell.PowerShellError:
        return None
    return None


def _of_json(text: str) -> DocumentErrors | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        try:
            value = [json.loads(line) for line in text.splitlines() if line.strip()]  # one object a line
        except (ValueError, RecursionError):
            return None
    from connector_probe.bounces.records import found_in_records
    from connector_probe.bounces.tls_report import found_in_report, is_tls_report

    return found_in_report(value) if is_tls_report(value) else found_in_records(value)
