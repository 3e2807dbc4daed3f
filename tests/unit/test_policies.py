"""DANE and MTA-STS without a network: records and policies read, modes imported, hostile bytes survived."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime

import dns.exception
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.version
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_probe.config.exchange import convert
from connector_probe.config.reading import parse
from connector_probe.model.connector import Connector, ConnectorError, MtaStsMode, SmtpDaneMode
from connector_probe.protocol.dane import judge_anchored, match_tlsa, read_tlsa
from connector_probe.protocol.dnssec import ROOT_ANCHORS, denies, parse_anchors, read_answer, secure_question, text_of
from connector_probe.protocol.mta_sts import StsError, lists, read_policy, read_record, sts_records

POLICY = b"version: STSv1\nmode: enforce\nmx: mail.contoso.com\nmx: *.contoso.net\nmax_age: 86400\n"


@pytest.mark.parametrize(
    ("text", "usable"),
    [
        (f"3 1 1 {'ab' * 32}", True),
        (f"2 0 2 {'ab' * 64}", True),
        ("3 0 0 abcd", True),
        (f"1 1 1 {'ab' * 32}", False),  # RFC 7672 3.1.3
        (f"0 0 1 {'ab' * 32}", False),
        (f"4 1 1 {'ab' * 32}", False),
        (f"3 2 1 {'ab' * 32}", False),
        (f"3 1 3 {'ab' * 32}", False),
        ("3 1 1 abcd", False),
        ("3 1 0", None),
        ("2 0 0 0:", None),
        ("2 0 0 abc", None),
        ("three 1 1 ab", None),
        ("", None),
    ],
)
def test_tlsa_records(text: str, usable: bool | None) -> None:
    record = read_tlsa(text)
    assert (record.usable if record is not None else None) is usable


@given(st.text(), st.lists(st.binary(max_size=50), max_size=3))
def test_tlsa_is_total(text: str, chain: list[bytes]) -> None:
    record = read_tlsa(text)
    judge_anchored(match_tlsa([record] if record is not None else [], chain), chain, datetime.now(UTC))


@pytest.mark.parametrize(
    ("record", "id_"),
    [
        ("v=STSv1; id=20160831085700Z;", "20160831085700Z"),
        ("v=STSv1;id=1", "1"),
        ("v=STSv1; a=b; id=7; c=d", "7"),
        ("v=STSv1;", None),
        ("v=STSv1; id=", None),
        (f"v=STSv1; id={'a' * 33}", None),
        ("v=STSv1; id=a-b", None),
    ],
)
def test_sts_records(record: str, id_: str | None) -> None:
    assert sts_records([record, "v=spf1 -all", "v=STSv12; id=1", "V=STSv1; id=1"]) == (record,)
    if id_ is not None:
        assert read_record(record) == id_
        return
    with pytest.raises(StsError):
        read_record(record)


@pytest.mark.parametrize(
    ("host", "listed"),
    [
        ("mail.contoso.com", True),
        ("MAIL.contoso.com.", True),
        ("a.contoso.net", True),
        ("a.b.contoso.net", False),
        ("contoso.net", False),
        ("mail.contoso.com.evil.test", False),
        ("", False),
    ],
)
def test_what_a_policy_lists(host: str, listed: bool) -> None:
    assert lists(read_policy(POLICY), host) is listed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"STSv1", b"STSv2"),
        (b"enforce", b"strict"),
        (b"86400", b"-1"),
        (b"86400", b"31557601"),
        (b"mx: mail.contoso.com\nmx: *.contoso.net\n", b""),
        (b"mail.contoso.com", b"ma il"),
        (b"*.contoso.net", b"*"),
        (b"*.contoso.net", b"a.*.contoso.net"),
        (b"mode", b"moed"),
        (b"version: ", b"version= "),
    ],
)
def test_policies_that_are_none(old: bytes, new: bytes) -> None:
    assert old in POLICY
    with pytest.raises(StsError):
        read_policy(POLICY.replace(old, new))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (POLICY.replace(b"version", b"Version"), "version is missing (there is Version, and case counts)"),
        (POLICY.replace(b"mode", b"MODE"), "mode is missing (there is MODE, and case counts)"),
        (b"\xef\xbb\xbf" + POLICY, "byte order mark"),
        (POLICY.replace(b"mode: enforce\n", b""), "mode is missing, not one of"),
    ],
)
def test_what_is_wrong_with_a_policy_is_told(body: bytes, said: str) -> None:
    with pytest.raises(StsError) as problem:
        read_policy(body)
    assert said in str(problem.value)


def test_the_first_of_a_key_counts_and_unknown_keys_are_passed_over() -> None:
    assert read_policy(POLICY + b"mode: none\nnew: thing\n\r\n").mode == "enforce"
    assert read_policy(b"version: STSv1\r\nmode: none\r\nmax_age: 0\r\n").mx == ()


@given(st.binary(max_size=300))
def test_reading_a_policy_is_total(body: bytes) -> None:
    with contextlib.suppress(StsError):
        read_policy(body)


@given(st.binary(max_size=200))
def test_reading_an_answer_is_total(wire: bytes) -> None:
    asked = secure_question(dns.name.from_text("contoso.test"), "MX")
    read_answer(wire, asked)
    read_answer(asked.to_wire()[:2] + wire, asked)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("0301018b1a", "3 1 1 8b1a"),  # far too short for SHA-256
        ("030101" + "ab" * 40, "3 1 1 " + "ab" * 40),
        ("0301", r"\# 2 0301"),
        ("", r"\# 0 "),
    ],
)
def test_a_tlsa_record_of_any_length_is_read(data: str, text: str) -> None:
    owner = dns.name.from_text("_25._tcp.mx.contoso.test")
    asked = secure_question(owner, "TLSA")
    response = dns.message.make_response(asked)
    record = dns.rdata.GenericRdata(dns.rdataclass.IN, dns.rdatatype.TLSA, bytes.fromhex(data))
    good = dns.rdata.from_text("IN", "TLSA", "3 1 1 " + "cd" * 32)
    response.answer.append(dns.rrset.from_rdata(owner, 60, record, good))
    message = read_answer(response.to_wire(), asked)
    assert message is not None
    (found,) = message.answer
    assert (found.name, found.ttl, found.rdtype) == (owner, 60, dns.rdatatype.TLSA)
    assert {text_of(one) for one in found} == {text, "3 1 1 " + "cd" * 32}


@pytest.mark.skipif(
    (dns.version.MAJOR, dns.version.MINOR) < (2, 9), reason="older versions of dnspython take any length"
)
def test_dnspython_stays_as_it_is() -> None:
    """A library must not change its host."""
    with pytest.raises(dns.exception.DNSException):
        dns.rdata.from_text("IN", "TLSA", "3 1 1 ab")


@pytest.mark.parametrize(("algorithm", "denied"), [(1, True), (9, False)])
def test_nsec3_of_an_unknown_hash_proves_nothing(algorithm: int, denied: bool) -> None:
    """RFC 5155 8.1: it is ignored."""
    around = f"{algorithm} 1 0 - 00000000000000000000000000000001 A RRSIG"  # the interval ends where it begins: all
    denial = dns.rrset.from_text("00000000000000000000000000000001.test.", 60, "IN", "NSEC3", around)
    name, zone = dns.name.from_text("a.test."), dns.name.from_text("test.")
    assert denies(denial, zone, name, dns.rdatatype.TLSA) is denied


def test_anchors() -> None:
    assert [len(found) for found in parse_anchors(ROOT_ANCHORS).values()] == [2]
    assert len(parse_anchors("; comment\ntest. 300 IN DS 1 8 2 " + "AB" * 32 + "\n")) == 1
    for text in ("", "# nothing\n", "test. IN A 192.0.2.1\n", "test. IN DS 1 8 2 xyz\n"):
        with pytest.raises(ValueError, match=r"line|no DS"):
            parse_anchors(text)


def test_trusting_and_validating_exclude_each_other() -> None:
    with pytest.raises(ConnectorError):
        Connector(use_mx="contoso.com", trust_ad=True, trust_anchor="anchors")


@pytest.mark.parametrize("use_mx", [True, False])
def test_the_modes_are_imported(use_mx: bool) -> None:
    record = {
        "Name": "Partner",
        "UseMXRecord": use_mx,
        "RecipientDomains": ["contoso.com"],
        "SmartHosts": [] if use_mx else ["mail.contoso.com"],
        "TlsSettings": None,
        "ConnectorType": "Partner",
        "SmtpDaneMode": "Mandatory",
        "MtaStsMode": "None",
    }
    found = convert(json.dumps(record).encode())
    (entry,) = parse(found.yaml).entries
    connector = entry.connector
    assert (connector.smtp_dane_mode, connector.mta_sts_mode) == (SmtpDaneMode.MANDATORY, MtaStsMode.NONE)
    assert any("smart hosts" in note for note in found.notes) is not use_mx
    plain = convert(json.dumps(record | {"SmtpDaneMode": "Opportunistic", "MtaStsMode": "Opportunistic"}).encode())
    assert "dane" not in plain.yaml
    assert "mta_sts" not in plain.yaml
    odd = convert(json.dumps(record | {"SmtpDaneMode": 2, "MtaStsMode": "Perhaps"}).encode())
    assert parse(odd.yaml).entries[0].connector.smtp_dane_mode is SmtpDaneMode.OPPORTUNISTIC
    assert sum("is not known" in note for note in odd.notes) == 2
