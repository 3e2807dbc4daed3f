"""The facts about DNSSEC, DANE and MTA-STS that sentences are filled with."""

from __future__ import annotations

from connector_probe.diagnosis.policies.judgement import DaneState, deciding_lookup_of
from connector_probe.diagnosis.view import View
from connector_probe.model.policy import DnssecReason, SecureLookup, StsProblem
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.sentences import day, fill

MAX_SHOWN = 4  # TLSA records or patterns in a sentence; all of them are in the evidence
MAX_TEXT = 300
# What a network without a way to HTTPS, or with a proxy that decrypts it, makes of any policy's host.
_FROM_HERE = frozenset(
    {StsProblem.HOST_UNRESOLVED, StsProblem.UNREACHABLE, StsProblem.TLS_FAILED, StsProblem.CERTIFICATE_INVALID}
)


def policy_facts(view: View, words: Catalogue) -> dict[str, str]:
    """Empty without --mx."""
    return {**_dane(view, words), **_mta_sts(view, words)}


def dnssec_reason(lookup: SecureLookup, words: Catalogue) -> str:
    """Why ``lookup`` is not secure, as a part of a sentence; "" where it is."""
    if lookup.reason is None:
        return ""
    filling = {"zone": lookup.zone or lookup.name, "note": lookup.note, "queried": f"{lookup.rdtype} {lookup.name}"}
    return fill(words.facts[f"dnssec-{lookup.reason}"], filling)


def _dane(view: View, words: Catalogue) -> dict[str, str]:
    dane = view.dane
    if dane is None:
        return {}
    lookup = deciding_lookup_of(dane)
    absence = dnssec_reason(lookup, words)
    if not absence and view.dane_state is DaneState.ABSENT and dane.tlsa is None:
        absence = fill(words.facts["dane-no-address"], {"server": view.evidence.server})
    if not absence and view.dane_state is DaneState.ABSENT:
        absence = fill(words.facts["dane-no-tlsa"], {"tlsa_name": lookup.name})
    if not absence and view.dane_state is DaneState.TLS_ONLY:
        absence = words.facts["dane-unusable"]
    matched = view.dane_verdict[1] if view.dane_verdict is not None else None
    unusable = [str(one) for one in dane.records if not one.usable]
    anchored = dane.anchor_problems or ()
    asked = view.evidence.resolution.lookups
    anchor_problems = words.listed(dict.fromkeys(words.facts[f"problem-{one.kind}"] for one in anchored))
    leaf = view.evidence.certificate.chain[:1] if view.evidence.certificate is not None else ()
    begins = leaf[0].not_before if leaf else None
    misnumbered = next((one for one in dane.records if one.fits_as), None)
    failure = ""
    if view.dane_verdict is not None and f"dane-{view.dane_verdict[0]}" in words.facts:
        failure = fill(
            words.facts[f"dane-{view.dane_verdict[0]}"],
            {"not_before": day(begins), "anchor_problems": anchor_problems},
        )
    return {
        "nameserver_or_system": (asked[0].nameserver if asked else None) or words.facts["system-nameserver"],
        "dane_failure": failure,
        "dane_question": f"{lookup.rdtype} {lookup.name}",
        "dnssec_zone": lookup.zone or lookup.name,
        "dnssec_reason": dnssec_reason(lookup, words),
        "dane_absence": absence,
        "tlsa_name": dane.tlsa.name if dane.tlsa is not None else "",
        "tlsa_records": _shown([str(one) for one in dane.records], words),
        "tlsa_matched": str(matched) if matched is not None else "",
        "tlsa_unusable": _shown(unusable, words),
        "anchor_problems": anchor_problems,
        "tlsa_misnumbered": str(misnumbered) if misnumbered is not None else "",
        "tlsa_fits_as": misnumbered.fits_as[0] if misnumbered is not None else "",
    }


def _mta_sts(view: View, words: Catalogue) -> dict[str, str]:
    sts = view.mta_sts
    if sts is None:
        return {}
    found = {"sts_domain": sts.domain, "sts_url": sts.url, "sts_note": sts.note[:MAX_TEXT]}
    if sts.problem is not None:
        told, note = words.facts[f"sts-{sts.problem}"], sts.note
        if sts.problem is StsProblem.CERTIFICATE_INVALID:  # its note lists kinds of problems
            note = words.listed(words.facts.get(f"problem-{kind}", kind) for kind in note.split(", "))
        found["sts_problem"] = f"{told} ({note[:MAX_TEXT]})" if note else told
    if sts.problem in _FROM_HERE:
        found["sts_from_here"] = words.facts["sts-from-here"]
    if sts.policy is not None:
        found["sts_mode"] = sts.policy.mode
        found["sts_patterns"] = _shown(list(sts.policy.mx), words)
    kinds = dict.fromkeys(str(one.kind) for one in view.mta_sts_problems)
    mx = view.evidence.resolution.mx_lookup
    found["mx_nameserver"] = (mx.nameserver if mx is not None else None) or words.facts["system-nameserver"]
    found["sts_problems"] = words.listed(words.facts[f"problem-{kind}"] for kind in kinds)
    return found


def _shown(items: list[str], words: Catalogue) -> str:
    shown = words.listed(items[:MAX_SHOWN])
    if len(items) <= MAX_SHOWN:
        return shown
    return fill(words.facts["more-names"], {"names": shown, "number": str(len(items) - MAX_SHOWN)})


CHAIN_REASONS = frozenset({DnssecReason.KEYS_MISFIT, DnssecReason.KEYS_MISSING, DnssecReason.SIGNED_BY_STRANGER})
TIME_REASONS = frozenset({DnssecReason.SIGNATURE_EXPIRED, DnssecReason.SIGNATURE_EARLY})
RECORD_REASONS = frozenset({DnssecReason.SIGNATURE_INVALID, DnssecReason.SIGNATURE_MISSING})
