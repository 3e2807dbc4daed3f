"""Commands and replies."""

from enum import StrEnum

from connector_probe.model.dataclass import dataclass
from connector_probe.model.evidence.faults import NetworkFault


class ReplyFlaw(StrEnum):
    """What is wrong with a reply that can still be read (RFC 5321 4.2, 4.2.1)."""

    BARE_LF = "bare-lf"
    MIXED_CODES = "mixed-codes"
    NO_SEPARATOR = "no-separator"  # "220" and text without a space or hyphen between them
    ENDS_EARLY = "ends-early"  # a line in the middle that has the form of the last one ("250 " and not "250-")
    BARE_CR = "bare-cr"  # a CR that no LF follows (RFC 5321 2.3.8)
    NOT_ASCII = "not-ascii"
    LONG_LINE = "long-line"  # over the 512 octets of RFC 5321 4.5.3.1.5, within our limit


class Garble(StrEnum):
    """Why bytes are no SMTP reply at all."""

    NOT_SMTP = "not-smtp"
    LINE_TOO_LONG = "line-too-long"
    TOO_MANY_LINES = "too-many-lines"


@dataclass(frozen=True, slots=True)
class Reply:
    """One SMTP reply. ``lines`` holds the text of each line without code and separator.

    ``as_sent`` holds the whole lines where code and text alone would not tell how they came: with other codes, without
    a separator, with a last line in the middle. Empty otherwise.
    """

    code: int
    lines: tuple[str, ...]
    flaws: tuple[ReplyFlaw, ...] = ()
    as_sent: tuple[str, ...] = ()

    @property
    def severity(self) -> int:
        """The first digit: 2 success, 3 intermediate, 4 transient, 5 permanent."""
        return self.code // 100

    @property
    def wire(self) -> str:
        """As on the wire, lines joined by one space: "550-5.7.0 no 550 5.7.0 really"."""
        return " ".join(self.wire_lines)

    @property
    def wire_lines(self) -> tuple[str, ...]:
        """Each line with its code, as on the wire."""
        last = len(self.lines) - 1
        return self.as_sent or tuple(
            f"{self.code}{' ' if at == last else '-'}{line}".rstrip() for at, line in enumerate(self.lines)
        )


@dataclass(frozen=True, slots=True)
class Exchange:
    """One command and what came back. Exactly one of ``reply``, ``fault`` and ``garble`` is set.

    ``command`` is "" for the banner. ``sample`` shows what had arrived when it broke off or could not be read,
    ``behind`` what stood behind the banner before anything was asked.
    ``start`` and ``seconds`` are relative to the attempt.
    """

    command: str
    start: float
    seconds: float
    reply: Reply | None = None
    fault: NetworkFault | None = None
    garble: Garble | None = None
    sample: str = ""
    behind: str = ""
