"""The dashboard in a real browser: what it shows in every state and dress, and what happens while it is open.

One browser and one server for all of them. Playwright drives Debian's Chromium; axe-core judges accessibility.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from connector_probe.lab import Lab
from connector_probe.serve.snapshots import Trigger
from tests.cli.servers import GENEROUS, SmtpServer, tls_context
from tests.cli.servers import running as listening
from tests.real.parts import require
from tests.serve.harness import Running, lab_row, row, running, write

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLOSED = 1  # a port that nobody listens on
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
LAB = ("certificate-expired", "certificate-expires-soon", "clock-doubtful")
HOSTILE = ("banner-escapes", "certificate-hostile-subject")
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'&/"
FAILING = "/connectors/certificate-expired"
# A word that stands for a moment only, which on a busy machine nobody may come to see: so it is waited for before.
COPIED = """() => { const button = document.activeElement; window.copied = new Promise(done =>
    new MutationObserver(() => done(button.textContent)).observe(button, {childList: true})); }"""
expect.set_options(timeout=GENEROUS * 1000)


@dataclass
class Dashboard:
    """``told``: what the browser complained of, or was made to do."""

    one: Running
    smtp: SmtpServer
    browser: Browser
    told: list[str] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def page(self, path: str, **dress: Any) -> AsyncIterator[Page]:  # noqa: ANN401 - as playwright takes it
        context = await self.browser.new_context(base_url=self.one.url, **dress)
        context.set_default_timeout(GENEROUS * 1000)
        page = await context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.told.append(str(error)))
        page.on("dialog", lambda dialog: self.told.append(f"dialog {dialog.message}"))
        page.on("request", lambda asked: self._request(asked.url))
        await page.goto(path)
        try:
            yield page
        finally:
            await context.close()
        assert not self.told

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.told.append(message.text)

    def _request(self, url: str) -> None:
        if not url.startswith(self.one.url):
            self.told.append(f"asked for {url}")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def board(tmp_path_factory: pytest.TempPathFactory, authority: Any) -> AsyncIterator[Dashboard]:  # noqa: ANN401
    chromium, folder = require("chromium", "chromium"), tmp_path_factory.mktemp("board")
    smtp = SmtpServer(tls_context(authority))
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(listening(smtp))
        lab = await stack.enter_async_context(Lab.start([*LAB, *HOSTILE]))
        rows = [
            row("live", smtp.port, tags=["production"]),
            row("expected", CLOSED, expect="4.4.316"),
            row(MARKUP, CLOSED),
            row("never probed", CLOSED),
            *(lab_row(lab.connector(name)) for name in (*LAB, *HOSTILE)),
        ]
        one = await stack.enter_async_context(running(write(folder, rows), history=folder / "h.sqlite3"))
        for name in set(one.server.service.names) - {"never probed"}:
            await one.server.service.probe(name, Trigger.REQUEST)
        drive = await stack.enter_async_context(async_playwright())
        browser = await drive.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield Dashboard(one, smtp, browser)
        await browser.close()


@pytest.fixture(autouse=True)
def _sound(board: Dashboard) -> None:
    board.smtp.sound, board.smtp.silent = True, False
    board.told.clear()


DRESSES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark and narrow": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
}


async def accessible(page: Page) -> None:
    """axe-core finds nothing serious or critical, and nothing sticks out to the right."""
    await page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    grave = [
        (one["id"], [node["html"] for node in one["nodes"]])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert not grave, page.url
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is too wide"


async def test_every_page_is_accessible_in_every_dress(board: Dashboard) -> None:
    """Each page where it is hardest, dark and narrow; those with all the colours in the light, too."""
    for dress, paths in zip(DRESSES.values(), (["/"], ["/", "/calendar", FAILING]), strict=True):
        async with board.page("/explain", **dress) as page:
            await page.get_by_label("NDR").fill("450 4.4.316 Connection refused [LastAttemptedServerName=a.test]")
            await page.get_by_role("button", name="Explain").click()
            await expect(page.get_by_role("heading", name="4.4.316 Connection refused")).to_be_visible()
            await accessible(page)
            for path in paths:
                await page.goto(path)
                await accessible(page)


async def test_a_change_arrives_while_one_looks_on(board: Dashboard) -> None:
    async with board.page("/") as page:
        await expect(page.locator("#live-state")).to_have_text("live")
        mine = page.get_by_role("row").filter(has=page.get_by_role("link", name="live", exact=True))
        await expect(mine).to_contain_text("WARNING")
        await mine.get_by_role("link", name="live", exact=True).focus()
        board.smtp.sound = False
        await board.one.server.service.probe("live", Trigger.SCHEDULE)
        await expect(mine).to_contain_text("FAILING")
        await expect(mine).to_contain_text("554 5.3.2 no service here")
        await expect(mine.get_by_role("link", name="live", exact=True)).to_be_focused()


async def test_stages_fill_in_as_they_end(board: Dashboard) -> None:
    board.smtp.met_silent.clear()
    board.smtp.silent = True
    async with board.page("/connectors/live") as page:
        await expect(page.locator("#live-state")).to_have_text("live")
        live = page.get_by_role("region", name="Being probed now").or_(page.locator("#live"))
        await expect(live).to_be_hidden()
        await page.get_by_role("button", name="Probe now").click()
        stages = live.locator("[data-stage]")
        await expect(stages.nth(1)).to_have_class("ok")
        await expect(stages.nth(2)).to_have_class("waiting")
        await expect(page.get_by_role("button", name="Probe now")).to_be_disabled()
        running_probe = board.one.server.service.tracked("live").running
        assert running_probe is not None
        running_probe.cancel()
        board.smtp.silent = False
        await asyncio.wait({running_probe})
        await board.one.server.service.probe("live", Trigger.REQUEST)
        await expect(live).to_be_hidden()
        await expect(page.get_by_role("button", name="Probe now")).to_be_enabled()
        await expect(page.locator("#verdict")).to_contain_text("WARNING")


async def test_a_walk_with_the_keyboard(board: Dashboard) -> None:
    """From the top of the list to a remedy in the clipboard, and each stop can be seen."""
    async with board.page("/", permissions=["clipboard-read", "clipboard-write"]) as page:
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        wanted = page.get_by_role("link", name="certificate-expired", exact=True).last
        for _ in range(60):
            await page.keyboard.press("Tab")
            width = await page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
            assert width >= 2, await page.evaluate("document.activeElement.outerHTML")
            if await wanted.evaluate("each => each === document.activeElement"):
                break
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(re.compile(FAILING))
        await page.get_by_role("button", name="Probe now").focus()
        await page.keyboard.press("Tab")
        for _ in range(20):
            if await page.evaluate("document.activeElement.matches('button.copy')"):
                break
            await page.keyboard.press("Tab")
        await page.evaluate(COPIED)
        await page.keyboard.press("Enter")
        assert await page.evaluate("copied") == "Copied"
        assert "Get-ExchangeCertificate" in await page.evaluate("navigator.clipboard.readText()")
        await page.evaluate("document.getElementById('report').dataset.old = 'yes'")
        await board.one.server.service.probe("certificate-expired", Trigger.SCHEDULE)
        await expect(page.locator("#report:not([data-old]) .remedies button.copy").first).to_be_focused()


async def test_what_servers_say_is_inert(board: Dashboard) -> None:
    """Banners, subjects, names and bounces full of markup are text wherever they stand."""
    names = [*HOSTILE, MARKUP]
    pages = ["/", "/calendar", *(f"/connectors/{quote(name, safe='')}" for name in names)]
    async with board.page("/explain") as page:
        await page.get_by_label("NDR").fill(f"450 4.4.316 Connection refused [Message={MARKUP}] {MARKUP}")
        await page.get_by_role("button", name="Explain").click()
        for path in ["", *pages]:
            await page.goto(path or page.url) if path else None
            assert await page.locator("[onerror], img[src='x'], main script, [href^='javascript']").count() == 0, path
        await page.goto(f"/connectors/{quote(MARKUP, safe='')}")
        await expect(page.get_by_role("heading", level=1)).to_have_text(MARKUP)
        await page.get_by_role("button", name="Probe now").click()
        await expect(page.locator("#verdict")).to_contain_text("4.4.316")


async def test_everything_but_the_live_part_works_without_a_script(board: Dashboard) -> None:
    async with board.page("/", java_script_enabled=False) as page:
        await expect(page.locator("#live-state")).to_be_hidden()
        board.smtp.sound = False
        await page.goto("/connectors/live")
        await page.get_by_role("button", name="Probe now").click()
        await expect(page.locator("#verdict")).to_contain_text("FAILING")
        await expect(page.get_by_role("button", name="Copy")).to_have_count(0)
        await page.goto("/")
        await page.get_by_label("Search").fill("554")
        await page.get_by_role("button", name="Filter").click()
        await expect(page.get_by_role("rowheader")).to_have_count(1)
        await page.goto("/explain")
        await page.get_by_label("NDR").fill("450 4.4.316 Connection refused")
        await page.get_by_role("button", name="Explain").click()
        await expect(page.get_by_role("heading", name="4.4.316")).to_be_visible()
