"""Which mail server greets, by the words that it greets with."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connector_probe.model.evidence import Reply


class MailServer(StrEnum):
    """Software that has commands of its own for what a remedy asks for."""

    EXCHANGE = "exchange"
    POSTFIX = "postfix"
    EXIM = "exim"
    OPENSMTPD = "opensmtpd"


_GREETINGS = {
    MailServer.EXCHANGE: re.compile(r"\bMicrosoft ESMTP MAIL Service\b", re.IGNORECASE),
    MailServer.POSTFIX: re.compile(r"\bPostfix\b"),
    MailServer.EXIM: re.compile(r"\bExim\b"),
    MailServer.OPENSMTPD: re.compile(r"\bOpenSMTPD\b"),
}


def mail_server(greeting: Reply) -> MailServer | None:
    """None where the greeting does not say."""
    text = " ".join(greeting.lines)
    return next((one for one, pattern in _GREETINGS.items() if pattern.search(text)), None)
