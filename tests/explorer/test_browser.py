"""The pages in a real browser: by keyboard, without scripts, small and large, light and dark."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import ROOT
from tests.support.programs import needed_file

AXE = ROOT / "tests" / "explorer" / "node_modules" / "axe-core" / "axe.min.js"
BROKEN_RULES = """
    async (options) => (await axe.run(options)).violations.map(
      (each) => `${each.id}: ${each.nodes.map((node) => node.html).join(" ").slice(0, 300)}`
    )
"""
# How far elements moved while the page loaded.
MOVED = """
    () => new Promise((resolve) => new PerformanceObserver(
      (list) => resolve(list.getEntries().reduce((sum, each) => sum + each.value, 0))
    ).observe({type: "layout-shift", buffered: true}) || setTimeout(() => resolve(0), 50))
"""
PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length > 0"
# Whether anything was painted before all of the page had arrived.
PAINTED_IN_PIECES = """
    () => performance.getEntriesByName("first-contentful-paint")[0].startTime
      < performance.getEntriesByType("navigation")[0].responseEnd
"""
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
WHERE_SMALL_AND_DARK = ["color-contrast", "scrollable-region-focusable", "target-size"]
# A slow network: a page arrives in pieces, and is painted in pieces unless it prevents that.
SLOW = {"offline": False, "latency": 50, "downloadThroughput": 20_000, "uploadThroughput": 20_000}
SMALL, LARGE = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
HUGE = {"width": 3840, "height": 2160}


class Visit:
    """A page in the browser, with its errors and its requests to other hosts."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url, self.faults = page, url, []
        page.on("console", lambda message: self.note(message.type, message.text))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda dialog: self.faults.append(dialog.message))
        page.on("request", lambda request: self.ours(request.url))

    def note(self, kind, text):
        """Record an error of the console, except a 404."""
        if kind in ("error", "warning") and "status of 404" not in text:
            self.faults.append(text)

    def ours(self, address):
        """Record a request to another host."""
        if not address.startswith(f"{self.url}/"):
            self.faults.append(f"requests {address}")

    def slowly(self):
        """Slow down the network from here on."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("Network.emulateNetworkConditions", SLOW)
        return self

    def to(self, path):
        """Load a page."""
        self.page.goto(self.url + path)
        return self.page


@pytest.fixture
def visit(browser: Browser, server) -> Iterator:
    """Open pages of the running service; fail if one has an error or requests another host."""
    contexts, visits = [], []

    def begin(**options) -> Visit:
        contexts.append(browser.new_context(**{"viewport": LARGE, **options}))
        visits.append(Visit(contexts[-1].new_page(), server.url))
        return visits[-1]

    yield begin
    for each in contexts:
        each.close()
    assert [each.faults for each in visits] == [[] for _ in visits]


def test_every_page_is_accessible(visit, paths):
    rules = needed_file(AXE).read_text()
    seen = visit(color_scheme="light")
    for path in paths:
        page = seen.to(path)
        page.evaluate(rules)
        assert page.evaluate(BROKEN_RULES, {"preload": False}) == [], path
        page.set_viewport_size(SMALL)
        assert page.evaluate(TOO_WIDE) <= 0, path
        page.emulate_media(color_scheme="dark")
        assert page.evaluate(BROKEN_RULES, {"runOnly": WHERE_SMALL_AND_DARK}) == [], path
        page.set_viewport_size(HUGE)
        assert page.evaluate(TOO_WIDE) <= 0, path
        page.set_viewport_size(LARGE)
        page.emulate_media(color_scheme="light")


def test_nothing_moves_while_a_page_arrives_slowly(visit, paths):
    still = visit().slowly()
    for path in paths:
        page = still.to(path)
        page.wait_for_function(PAINTED)
        assert page.evaluate(MOVED) == 0, path
        assert not page.evaluate(PAINTED_IN_PIECES), path


def test_keyboard_is_enough_to_search_and_see_the_score(visit, people):
    page = visit().to("/")
    page.keyboard.press("/")
    page.keyboard.type("weather")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("1 agent")
    tab_to(page, "Weather agent")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(people["good"]))
    expect(page.get_by_text("5 paying reviewers of 11 in all")).to_be_visible()


def tab_to(page, text):
    """Press Tab until the element with this text has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.textContent") == text:
            return
    raise AssertionError(f"Tab does not reach {text}")


def test_verdict_changes_with_the_amount(visit, people):
    page = visit().to(f"/agents/{people['good']}")
    verdict = page.locator("#verdict")
    expect(verdict).to_contain_text("Expected loss: $0.")
    page.get_by_label("Amount in USDC").fill("100")
    expect(verdict).to_contain_text("Expected loss: $41")
    page.get_by_label("Policy").select_option("strict")
    expect(page).to_have_url(re.compile("amount_usdc=100&policy=strict"))
    shown = verdict.inner_text()
    page.reload()
    assert verdict.inner_text() == shown


def test_keyboard_opens_the_parameters_of_an_operation(visit, app):
    page = visit(viewport=SMALL, color_scheme="dark").to("/docs")
    page.get_by_role("navigation", name="Operations").get_by_role("link", name="decisions").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#decisions$"))
    tab_to(page, "Parameters (4)")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The amount to pay, in USDC.").first).to_be_visible()


def test_first_tab_skips_to_the_content(visit, people):
    page = visit().to("/agents")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"


def test_everything_works_without_scripts(visit, people):
    page = visit(java_script_enabled=False).to("/")
    page.get_by_label("Who are you about to pay?").fill("agent")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("3 agents")
    page.get_by_role("link", name="a paying reviewer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 agent")
    page.get_by_role("link", name="Weather agent").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Weather agent")
    page.get_by_text("How it is computed").click()
    expect(page.get_by_text(re.compile("^The score is"))).to_be_visible()


def test_list_changes_in_place_and_back_restores_it(visit, people):
    page = visit(viewport={"width": 1280, "height": 400}).to("/agents")
    page.evaluate("() => { window.isSame = true; scrollTo(0, 200); }")
    page.get_by_role("link", name="ten or more").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("0 agents")
    assert page.evaluate("() => window.isSame")
    assert "min_paying_reviewers=10" in page.url
    focused = page.evaluate("() => document.activeElement.textContent.trim()")
    assert focused == "ten or more"
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("4 agents")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("4 agents")


def test_choice_keeps_the_focus_when_its_count_changes(visit, people):
    page = visit().to("/agents")
    page.get_by_role("link", name=re.compile("^base [0-9]")).click()
    expect(page.locator("a[data-choice='chain=base'][aria-current]")).to_have_text("base")
    focused = page.evaluate("() => document.activeElement.dataset.choice")
    assert focused == "chain=base"


def test_badge_is_an_image(visit, people):
    page = visit().to(f"/agents/{people['good']}")
    badge = page.get_by_role("img", name="The badge of this agent")
    badge.scroll_into_view_if_needed()
    expect(badge).to_have_js_property("complete", True)
    assert badge.evaluate("(image) => image.naturalWidth") == 236


def test_errors_are_detected(visit, people, browser, server):
    seen = Visit(browser.new_page(), server.url)
    page = seen.to("/chains")
    page.evaluate(needed_file(AXE).read_text())
    page.evaluate(
        "() => { document.querySelector('main').innerHTML = '<img src=//evil.example/x>'; }"
    )
    page.wait_for_timeout(100)
    assert any("evil.example" in each for each in seen.faults)
    assert "image-alt" in json.dumps(page.evaluate(BROKEN_RULES, {}))
    page.close()
