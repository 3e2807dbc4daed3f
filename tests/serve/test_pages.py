"""The dashboard as the server makes it, without a browser: what is on the pages, and what never becomes markup."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import quote

import html5lib
import pytest

from connector_probe.formats import RENDERERS, Format, RenderOptions
from connector_probe.lab import Lab
from connector_probe.serve.context import Limits, RateLimit
from connector_probe.serve.snapshots import Trigger
from connector_probe.wording.catalogue import Catalogue
from connector_probe.wording.catalogue.en import ENGLISH
from connector_probe.wording.catalogue.zh import CHINESE
from tests.cli.servers import SmtpServer
from tests.serve.harness import lab_row, row, running, write

CLOSED = 1  # a port that nobody listens on
MARKUP = "<img src=x onerror=alert(1)>\"'&"


def strict(text: str) -> None:
    html5lib.HTMLParser(strict=True).parse(text)


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=lambda words: words.language)
async def test_every_page_is_good_html_in_every_language(words: Catalogue, tmp_path: Path, smtp: SmtpServer) -> None:
    rows = [
        row("A", smtp.port, tags=["one"]),
        row("B", CLOSED),
        row("C", CLOSED, expect="4.4.316"),
        row(MARKUP, CLOSED),
    ]
    async with running(write(tmp_path, rows), history=tmp_path / "h.sqlite3", words=words) as one:
        for name in ("A", "B", "C"):
            await one.server.service.probe(name, Trigger.REQUEST)
        named = [f"/connectors/{quote(name, safe='')}" for name in ("A", "B", "C", MARKUP)]
        for path in ["/", "/?state=failing&q=x", "/calendar", "/explain", *named]:
            answer = await one.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8"), path
            strict(answer.text)
            assert "<img src=x" not in answer.text
            assert f'lang="{words.language}"' in answer.text
        for path in ("/connectors/none", "/report/none.html", f"/report/{quote(MARKUP, safe='')}.html"):
            answer = await one.get(path)
            assert answer.status_code == 404
            strict(answer.text)


async def test_the_most_urgent_comes_first_and_filters_stand_in_the_url(tmp_path: Path, smtp: SmtpServer) -> None:
    rows = [
        row("well", smtp.port, tags=["a"]),
        row("expected", CLOSED, expect="4.4.316"),
        row("later", CLOSED, tags=["a"], queue_lifetime="48h"),
        row("sooner", CLOSED, queue_lifetime="1h"),
    ]
    async with running(write(tmp_path, rows)) as one:
        for name in ("well", "expected", "later", "sooner"):
            await one.server.service.probe(name, Trigger.REQUEST)

        async def names(query: str) -> list[str]:
            page = html5lib.parse((await one.get(f"/{query}")).text, namespaceHTMLElements=False)
            return [str(link.text) for link in page.findall(".//th[@scope='row']/a[@id]")]

        assert await names("") == ["sooner", "later", "well", "expected"], "well has a warning"
        assert await names("?state=unexpected") == await names("?state=failing") == ["sooner", "later"]
        assert await names("?state=as-expected") == ["expected"]
        assert "To mend by" not in (await one.get("/?state=as-expected")).text
        assert await names("?tag=a") == ["later", "well"]
        assert await names("?q=4.4.316+LATER&tag=a") == ["later"]
        assert await names("?state=nonsense") == []


async def test_a_connector_tells_all_there_is_to_know(tmp_path: Path) -> None:
    async with Lab.start(["certificate-expired"]) as lab:
        file = write(tmp_path, [lab_row(lab.connector("certificate-expired"))])
        async with running(file, history=tmp_path / "h.sqlite3") as one:
            service, path = one.server.service, "/connectors/certificate-expired"
            assert "Not probed yet." in (await one.get(path)).text
            snapshot = await service.probe("certificate-expired", Trigger.REQUEST)
            page = (await one.get(path)).text
            result = snapshot.result
            assert result.diagnosis is not None
            told = [
                *(result.diagnosis.detail, "the receiving server's side", result.diagnosis.causes[0].text),
                *(result.diagnosis.remedies[0].text, "Lab Intermediate", "STARTTLS", "220 2.0.0 Ready to start TLS"),
                *snapshot.report.vantage.notes,
            ]
            for each in told:
                assert each.replace("'", "&#39;") in page
            report = await one.get("/report/certificate-expired.html")
            options = RenderOptions(words=ENGLISH, verbosity=1, transcript=True, modes=True)
            assert report.text == RENDERERS[Format.HTML](snapshot.report, options)
            assert "style-src 'unsafe-inline'" in report.headers["content-security-policy"]
            assert "script-src" not in report.headers["content-security-policy"]
            calendar = (await one.get("/calendar")).text
            assert "certificate-expired.lab.test" in calendar


async def test_the_last_failed_evidence_is_shown_however_old(tmp_path: Path, smtp: SmtpServer) -> None:
    file, history = write(tmp_path, [row("A", smtp.port)]), tmp_path / "h.sqlite3"
    smtp.sound = False
    async with running(file, history=history) as one:
        await one.server.service.probe("A", Trigger.REQUEST)
    smtp.sound = True
    async with running(file, history=history, words=CHINESE) as one:
        await one.server.service.probe("A", Trigger.REQUEST)
        page = (await one.get("/connectors/A")).text
        assert CHINESE.serve["last-failed"] in page
        assert "554 5.3.2 no service here" in (await one.get("/report/A.html?failed=true")).text


async def test_probe_now_works_without_a_script(tmp_path: Path, smtp: SmtpServer) -> None:
    limits = Limits(requests=RateLimit(0.001, 1))
    async with running(write(tmp_path, [row("A", smtp.port)]), limits=limits) as one:
        answer = await one.client.post("/connectors/A/probe")
        assert (answer.status_code, answer.headers["location"]) == (303, "/connectors/A")
        assert smtp.met == 1
        foreign = await one.client.post("/connectors/A/probe", headers={"sec-fetch-site": "cross-site"})
        assert foreign.status_code == 403
        again = await one.client.post("/connectors/A/probe")
        assert (again.status_code, "retry-after" in again.headers) == (429, True)
        assert "Too many requests" in again.text
    assert smtp.met == 1


async def test_a_bounce_is_explained_without_a_script(tmp_path: Path) -> None:
    limits = Limits(explanations=RateLimit(0.001, 5))
    async with running(write(tmp_path, [row("A", CLOSED)]), limits=limits) as one:
        pasted = {"text": f"450 4.4.316 Connection refused {MARKUP}\u00fc"}
        answers = [
            await one.client.post("/explain", data=pasted),
            await one.client.post("/explain", data={"text": "?"}),
            await one.client.post("/explain", data={"text": '[{"MessageTraceId": "1", "Status": "Delivered"}]'}),
        ]
        answers.append(await one.client.post("/explain", json=pasted))
        answers.append(await one.client.post("/explain", content=b"text=" + b"x" * 3_200_000, headers=FORM))
        answers.append(await one.client.post("/explain", data=pasted))
    assert [each.status_code for each in answers] == [200, 200, 200, 415, 413, 429]
    for each in answers:
        strict(each.text)
        assert "<img src=x" not in each.text
    assert "4.4.316 Connection refused" in answers[0].text
    assert "No code of Exchange Online" in answers[1].text
    assert "The message trace tells of no failure." in answers[2].text


FORM = {"content-type": "application/x-www-form-urlencoded"}


async def test_static_files_are_fetched_once(tmp_path: Path) -> None:
    async with running(write(tmp_path, [row("A", CLOSED)])) as one:
        for name, kind in (("style.css", "text/css"), ("live.js", "text/javascript"), ("icon.svg", "image/svg+xml")):
            first = await one.get(f"/static/{name}")
            assert first.headers["content-type"].startswith(kind)
            assert (await one.get(f"/static/{name}", if_none_match=first.headers["etag"])).status_code == 304
        assert (await one.get("/static/..%2fpages.py")).status_code == 404


async def test_what_is_under_way_is_shown_to_who_comes_in_the_middle(tmp_path: Path, smtp: SmtpServer) -> None:
    smtp.silent = True
    async with running(write(tmp_path, [row("A", smtp.port)])) as one:
        probing = asyncio.create_task(one.server.service.probe("A", Trigger.REQUEST))
        await asyncio.to_thread(smtp.met_silent.wait, 60)
        page = html5lib.parse((await one.get("/connectors/A")).text, namespaceHTMLElements=False)
        live = page.find(".//section[@id='live']")
        assert live is not None
        assert "hidden" not in live.attrib
        stages = {each.attrib["data-stage"]: each.attrib["class"] for each in live.iterfind("ul//li[@data-stage]")}
        probing.cancel()
    assert stages == {
        **{"dns": "ok", "connect": "ok", "banner": "waiting"},
        **dict.fromkeys(("ehlo", "starttls", "tls"), "waiting"),
    }
