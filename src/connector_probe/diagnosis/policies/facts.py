"""The facts about DNSSEC, DANE and MTA-STS that sentences are filled with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector_probe.diagnosis.policies.judgement import DaneState, DaneVerdict, deciding_lookup_of
from connector_probe.model.notation import day
from connector_probe.model.policy import SecureLookup, StsProblem
from connector_probe.model.sentence import Facts, Phrase, Value, Word, joined, listed, some
from connector_probe.protocol.mta_sts import shallow_pattern

if TYPE_CHECKING:
    from connector_probe.diagnosis.view import View

MAX_SHOWN = 4  # TLSA records or patterns in a sentence; all of them are in the evidence
MAX_TEXT = 300
# What a network without a way to HTTPS, or with a proxy that decrypts it, makes of any policy's host.
_FROM_HERE = frozenset(
    {StsProblem.HOST_UNRESOLVED, StsProblem.UNREACHABLE, StsProblem.TLS_FAILED, StsProblem.CERTIFICATE_INVALID}
)
_TOLD = frozenset({DaneVerdict.MISMATCH, DaneVerdict.NOT_YET_VALID, DaneVerdict.PATH_INVALID})


def policy_facts(view: View) -> Facts:
    """Empty without --mx."""
    return _dane(view) | _mta_sts(view)


def dnssec_reason(lookup: SecureLookup) -> Value:
    """Why ``lookup`` is not secure, as a part of a sentence; "" where it is."""
    if lookup.reason is None:
        return ""
    filling = Facts(zone=lookup.zone or lookup.name, note=lookup.note, queried=f"{lookup.rdtype} {lookup.name}")
    return Phrase(f"dnssec-{lookup.reason}", filling)


def _dane(view: View) -> Facts:
    dane = view.dane
    if dane is None:
        return {}
    lookup = deciding_lookup_of(dane)
    absence = dnssec_reason(lookup)
    if not absence and view.dane_state is DaneState.ABSENT and dane.tlsa is None:
        absence = Phrase("dane-no-address", {"server": view.evidence.server})
    if not absence and view.dane_state is DaneState.ABSENT:
        absence = Phrase("dane-no-tlsa", {"tlsa_name": lookup.name})
    if not absence and view.dane_state is DaneState.TLS_ONLY:
        absence = Phrase("dane-unusable")
    matched = view.dane_verdict[1] if view.dane_verdict is not None else None
    anchor_problems = listed(Word("problem", problem.kind) for problem in dane.anchor_problems or ())
    asked = view.evidence.resolution.lookups
    leaf = view.evidence.certificate.chain[:1] if view.evidence.certificate is not None else ()
    misnumbered = next((record for record in dane.records if record.fits_as), None)
    failure: Value = ""
    if view.dane_verdict is not None and view.dane_verdict[0] in _TOLD:
        begins = day(leaf[0].not_before if leaf else None)
        failure = Phrase(f"dane-{view.dane_verdict[0]}", Facts(not_before=begins, anchor_problems=anchor_problems))
    return {
        "nameserver_or_system": (asked[0].nameserver if asked else None) or Phrase("system-nameserver"),
        "dane_failure": failure,
        "dane_question": f"{lookup.rdtype} {lookup.name}",
        "dnssec_zone": lookup.zone or lookup.name,
        "dnssec_reason": dnssec_reason(lookup),
        "dane_absence": absence,
        "tlsa_name": dane.tlsa.name if dane.tlsa is not None else "",
        "tlsa_records": some(map(str, dane.records), MAX_SHOWN),
        "tlsa_matched": str(matched) if matched is not None else "",
        "tlsa_unusable": some((str(one) for one in dane.records if not one.usable), MAX_SHOWN),
        "anchor_problems": anchor_problems,
        "tlsa_misnumbered": str(misnumbered) if misnumbered is not None else "",
        "tlsa_fits_as": misnumbered.fits_as[0] if misnumbered is not None else "",
    }


def _mta_sts(view: View) -> Facts:
    sts = view.mta_sts
    if sts is None:
        return {}
    found = Facts(sts_domain=sts.domain, sts_url=sts.url)
    if sts.problem is not None:
        note: Value = sts.note[:MAX_TEXT]
        if sts.problem is StsProblem.CERTIFICATE_INVALID and sts.note:  # its note lists kinds of problems
            note = listed(Word("problem", kind) for kind in sts.note.split(", "))
        told = Phrase(f"sts-{sts.problem}")
        found["sts_problem"] = joined(told, " (", note, ")") if note else told
    if sts.problem in _FROM_HERE:
        found["sts_from_here"] = Phrase("sts-from-here")
    if sts.policy is not None:
        found["sts_mode"] = sts.policy.mode
        found["sts_patterns"] = some(sts.policy.mx, MAX_SHOWN)
        found["sts_pattern"] = shallow_pattern(sts.policy, view.evidence.server)
    mx = view.evidence.resolution.mx_lookup
    found["mx_nameserver"] = (mx.nameserver if mx is not None else None) or Phrase("system-nameserver")
    found["sts_problems"] = listed(Word("problem", problem.kind) for problem in view.mta_sts_problems)
    return found
