"""The desk without a mouse, where Tab reaches everything and one sees where one is; and without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.conftest import SiteMaker
from tests.browsers import Chromium
from tests.factories.office import Office, open_office

pytestmark = [pytest.mark.browser]

DESK = "/desk/weekly/1"
PAGES = ("/desk", DESK, f"{DESK}/preview", f"{DESK}/publish", "/account", "/audit", "/api/docs")

NUMBERED = """() => {
  const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')];
  const reachable = all.filter(element => element.checkVisibility() && !element.disabled && element.type !== 'hidden'
    && !(element.type === 'radio' && !element.checked));
  reachable.forEach((element, number) => { element.dataset.number = number; });
  return reachable.map(element => element.outerHTML.slice(0, 100));
}"""
"""Everything that can be worked, numbered; of a group of radio buttons the arrows reach the others."""

FOCUSED = """() => {
  const element = document.activeElement, style = getComputedStyle(element);
  return {number: Number(element.dataset.number ?? -1), frame: element.tagName === 'IFRAME',
          seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
          what: element.outerHTML.slice(0, 100)};
}"""


@pytest.fixture(scope="module")
def office(new_site: SiteMaker) -> Iterator[Office]:
    """A drafted issue, and publishers who may sign in."""
    with open_office(Path(new_site("drafted").folder)) as running:
        yield running


def walk(page: Page, most: int) -> list[dict[str, Any]]:
    """Where Tab leads from the top of the page, once around."""
    steps: list[dict[str, Any]] = []
    for _press in range(most):
        page.keyboard.press("Tab")
        step = page.evaluate(FOCUSED)
        if steps and step["number"] == steps[0]["number"]:
            break
        if step["number"] >= 0 or step["frame"]:
            steps.append(step)
    return steps


@pytest.mark.parametrize("width", [1280, 360])
def test_tab_reaches_everything_in_order(office: Office, chromium: Chromium, width: int) -> None:
    """Links, buttons, fields, folds and frames; each shows that it has the focus."""

    def visit(browser: Browser) -> dict[str, list[str]]:
        context = office.sit_down(browser, width=width)
        page, wrong = context.new_page(), {}
        for address in PAGES:
            page.goto(address)
            for fold in page.locator("details").all()[:12]:
                fold.evaluate("element => element.open = true")
            names = page.evaluate(NUMBERED)
            steps = walk(page, len(names) * 2 + 10)
            order = [step["number"] for step in steps if step["number"] >= 0]
            missed = set(range(len(names))) - set(order)
            wrong[address] = [
                *(f"not reached: {names[number]}" for number in sorted(missed)),
                *([] if order == sorted(order) else ["another order than the page's"]),
                *(
                    f"unseen: {step['what']}"
                    for step in steps
                    if not (step["seen"] or step["frame"])
                ),
            ]
        context.close()
        return wrong

    found = chromium.run(visit)
    assert {address: wrong for address, wrong in found.items() if wrong} == {}


def test_an_issue_is_shaped_and_approved_by_keys_alone(office: Office, chromium: Chromium) -> None:
    """Make a lead, reword it, look, approve: Tab, Enter and Space do what a mouse does."""

    def visit(browser: Browser) -> None:
        context = office.sit_down(browser)
        page = context.new_page()
        page.goto(DESK)
        title = page.locator("ul[data-section='Security'] h3").first.inner_text()
        page.get_by_role("button", name=f"Make it the lead: {title[:30]}").focus()
        page.keyboard.press("Space")
        expect(page.locator(".leadplace h3")).to_have_text(title)
        page.locator("li.item.lead summary").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Control+A")
        page.keyboard.type("Typed without a mouse")
        page.keyboard.press("Enter")
        expect(page.locator(".leadplace h3")).to_have_text("Typed without a mouse")
        page.get_by_role("link", name="Approve").focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Approve and schedule").focus()
        page.keyboard.press("Enter")
        expect(page.locator("h1 .badge")).to_have_text("Approved")
        context.close()

    chromium.run(visit)


def test_an_issue_is_shaped_and_approved_without_javascript(
    new_site: SiteMaker, chromium: Chromium
) -> None:
    """Words, order and hiding are saved by buttons, the preview is asked for by one."""

    def visit(browser: Browser) -> None:
        signed_in = office.sit_down(browser)
        context = browser.new_context(base_url=office.base, java_script_enabled=False)
        context.set_default_timeout(15_000)
        context.add_cookies([{**cookie} for cookie in signed_in.cookies()])  # type: ignore[typeddict-item] # the same keys
        page = context.new_page()
        page.goto(DESK)
        page.get_by_label("Subject").fill("Saved by a button")
        page.locator("form", has=page.get_by_label("Subject")).get_by_role("button").click()
        expect(page.get_by_label("Subject")).to_have_value("Saved by a button")
        lead = page.locator(".leadplace h3").inner_text()
        page.get_by_role("button", name=f"Remove from issue: {lead[:30]}").click()
        expect(page.locator(".leadplace h3")).not_to_have_text(lead)
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".leadplace h3")).to_have_text(lead)
        page.goto(f"{DESK}/preview")
        page.get_by_label("Dark, as designed").check()
        page.get_by_role("button", name="Show").click()
        assert "scheme=dark" in page.url
        page.get_by_role("link", name="Approve").click()
        page.get_by_role("button", name="Approve and schedule").click()
        expect(page.locator("h1 .badge")).to_have_text("Approved")
        context.close()
        signed_in.close()

    with open_office(Path(new_site("drafted").folder)) as office:
        chromium.run(visit)
