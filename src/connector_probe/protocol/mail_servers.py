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
    MailServer.EXCHANGE: r"(?i)\bMicrosoft ESMTP MAIL Service\b",
    MailServer.POSTFIX: r"\bPostfix\b",
    MailServer.EXIM: r"\bExim\b",
    MailServer.OPENSMTPD: r"\bOpenSMTPD\b",
}


def mail_server(greeting: Reply) -> MailServer | None:
    """None where the greeting does not say."""
    text = " ".join(greeting.lines)
    return next((one for one, pattern in _GREETINGS.items() if re.search(pattern, text)), None)
