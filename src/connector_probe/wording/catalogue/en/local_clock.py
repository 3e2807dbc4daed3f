"""What speaks against this machine's clock; each follows "this machine's clock says ...," in a sentence."""

from __future__ import annotations

from connector_probe.model.ids import EvidenceId, WarningId

LOCAL_CLOCK: dict[str, str] = {
    "between-clock-signs": ", ",
    "clock-greeting": "the server's greeting {clock_time}",
    "clock-control": "the greeting of {clock_by} {clock_time}",
    "clock-http": "the web server {clock_by} {clock_time}",
    "clock-release": "which is before this program was made ({released})",
    "clock-roots-begun": "by which {number} of the {total} trusted roots are not valid yet",
    "clock-roots-ended": "by which {number} of the {total} trusted roots have expired",
    "clock-root-begun": "and the signatures of the DNS root begin on {clock_time}",
    "clock-root-ended": "and the signatures of the DNS root, which are made for three weeks, ended on {clock_time}",
    "clock-staple": "and the OCSP response that the server sends along was made on {clock_time}",
    "clock-unsure": " Whether its dates are wrong as well cannot be judged: this machine's clock says {judged_at}, {clock_hint}.",
}

EVIDENCE: dict[EvidenceId, str] = {
    EvidenceId.EXPIRED_BY_OUR_CLOCK: "It expired on {not_after}, by a clock that is not plausible: this machine's says {judged_at}, {clock_hint}.",
}

WARNINGS: dict[WarningId, str] = {
    WarningId.CLOCK_DOUBTFUL: "The certificate is out of its time by this machine's clock, which is not plausible: it says {judged_at}, {clock_hint}.",
}

NOTES: dict[str, str] = {
    "clock-behind": "This machine's clock is behind: it says {judged_at}, {clock_hint}. What is valid by it may have expired.",
}
