"""protocol/name_hints.py: how a name misses, and the sentence that says so."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_probe.model.evidence import Certificate
from connector_probe.protocol.identity import NameOutcome, match
from connector_probe.protocol.name_hints import NameHintKind, hint
from connector_probe.wording.catalogue.en import ENGLISH

K = NameHintKind


def certificate(*names: str, common_name: str = "") -> Certificate:
    return Certificate("", "", names, None, None, "", "", "", "RSA 2048", "", common_name)


def missed(expected: str, *names: str, common_name: str = "") -> tuple[NameHintKind, str]:
    shown = certificate(*names, common_name=common_name)
    found = match(shown, expected)
    assert found.outcome is NameOutcome.MISMATCH
    nearest = cast(str, found.nearest)
    return hint(shown, expected, nearest).kind, nearest


@pytest.mark.parametrize(
    ("expected", "names", "kind", "near"),
    [
        ("a.mail.contoso.com", ["*.contoso.com", "contoso.com"], K.WILDCARD_TOO_SHALLOW, "*.contoso.com"),
        ("contoso.com", ["*.contoso.com"], K.WILDCARD_NOT_ITSELF, "*.contoso.com"),
        ("*.contoso.com", ["a.mail.contoso.com"], K.BELOW_WILDCARD, "a.mail.contoso.com"),
        ("*.contoso.com", ["contoso.com"], K.ABOVE_WILDCARD, "contoso.com"),
        ("*.contoso.com", ["ExchangeServer01"], K.INTERNAL, "ExchangeServer01"),
        ("mail.contoso.com", ["EX01", "EX01.contoso.local"], K.INTERNAL, "EX01.contoso.local"),
        ("mail.contoso.com", ["192.0.2.7"], K.ADDRESSES, "192.0.2.7"),
        ("192.0.2.7", ["mail.contoso.com"], K.NOT_ADDRESS, "mail.contoso.com"),
        ("mail.contoso.com", ["mail.contosso.com"], K.TYPO, "mail.contosso.com"),
        ("mail.contoso.com", ["mail.contso.com", "www.fabrikam.net"], K.TYPO, "mail.contso.com"),
        ("mail2.contoso.com", ["mail1.contoso.com"], K.SAME_DOMAIN, "mail1.contoso.com"),
        ("mail.contoso.com", ["www.contoso.com", "contoso.com"], K.SAME_DOMAIN, "www.contoso.com"),
        ("mail.contoso.com", ["firewall.fabrikam.com"], K.UNRELATED, "firewall.fabrikam.com"),
        ("mail.contoso.co.uk", ["mail.fabrikam.co.uk"], K.UNRELATED, "mail.fabrikam.co.uk"),
        ("mail.contoso.local", ["ex01.contoso.local"], K.SAME_DOMAIN, "ex01.contoso.local"),
        ("mail.contoso.com", ["mail.contoso.com "], K.NO_HOST_NAME, "mail.contoso.com "),
        ("mail.contoso.com", ["https://mail.contoso.com"], K.NO_HOST_NAME, "https://mail.contoso.com"),
        ("mail.xn--mnchen-3ya.de", ["mail.münchen.de"], K.NO_HOST_NAME, "mail.münchen.de"),
        ("mail.contoso.com", ["Contoso Mail"], K.INTERNAL, "Contoso Mail"),
    ],
)
def test_how_a_name_misses(expected: str, names: list[str], kind: NameHintKind, near: str) -> None:
    assert missed(expected, *names) == (kind, near)


def test_a_common_name_alone_is_explained_too() -> None:
    assert missed("*.contoso.com", common_name="ExchangeServer01") == (K.INTERNAL, "ExchangeServer01")


def test_each_kind_has_its_sentence() -> None:
    assert {f"name-{kind}" for kind in K} <= set(ENGLISH.facts)


@given(st.lists(st.text(max_size=40), min_size=1, max_size=4), st.text(max_size=60))
def test_any_names_have_an_answer(names: list[str], expected: str) -> None:
    assert hint(certificate(*names), expected, names[0]).kind in K
