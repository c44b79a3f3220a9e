"""axe-core, in Chromium, finds nothing in any theme, whatever it prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser

from newsletter.rendering.lint import lint
from newsletter.rendering.theme import open_theme, theme_names
from tests.axe import MODES, Mode, load_axe, run_axe
from tests.browsers import Chromium
from tests.factories.defects import DEFECTS
from tests.factories.editions import make_edition, make_masthead
from tests.factories.hard_cases import ALL_CASES, COLOURFUL, kinds_for
from tests.factories.issues import make_items

pytestmark = pytest.mark.browser


def look(
    browser: Browser,
    documents: Mapping[str, str],
    mode: Mode,
    options: Callable[[str], dict[str, Any]],
) -> dict[str, list[str]]:
    """For each document what axe objects to: rule and element. `options` are axe's, by title."""
    context = browser.new_context(
        viewport={"width": 600, "height": 800}, color_scheme=mode, offline=True
    )
    page = context.new_page()
    load_axe(page)
    found: dict[str, list[str]] = {}
    for title, document in documents.items():
        page.set_content(document, wait_until="domcontentloaded")
        found[title] = run_axe(page, options(title))
    context.close()
    return found


@pytest.mark.sampled
@pytest.mark.parametrize("name", theme_names())
def test_no_violations(name: str, chromium: Chromium) -> None:
    """All of axe's rules on kinds of content; in dark, contrast where every class is used."""
    theme = open_theme(None, name)
    documents = {title: ALL_CASES[title].edition(theme).html for title in kinds_for(name)}
    colourful = {title: documents[title] for title in COLOURFUL}
    everything = {"resultTypes": ["violations"]}
    contrast = {**everything, "runOnly": ["color-contrast"]}
    light = chromium.run(
        lambda browser: look(browser, documents, "light", lambda _title: everything)
    )
    dark = chromium.run(lambda browser: look(browser, colourful, "dark", lambda _title: contrast))
    assert light == {title: [] for title in kinds_for(name)}
    assert dark == {title: [] for title in COLOURFUL}


def test_axe_is_awake(chromium: Chromium) -> None:
    """A mail that is wrong is not found right: the wrong language, pale text, a picture unnamed."""
    document = '<!DOCTYPE html><html><body><p style="color:#cccccc">pale</p><img src="x.png"></body></html>'
    found = chromium.run(
        lambda browser: look(browser, {"wrong": document}, "light", lambda _title: {})
    )
    rules = {line.partition(":")[0] for line in found["wrong"]}
    assert {"html-has-lang", "document-title", "color-contrast", "image-alt"} <= rules


def test_axe_finds_the_seeded_defects(chromium: Chromium) -> None:
    """The defects that our lint is held to are defects to axe; the issue they are put into is good."""
    good = make_edition(make_items(4, pictures=True))
    masthead = make_masthead()
    items = make_items(4, pictures=True)
    assert lint(good, items=items, masthead=masthead) == []
    assert len(DEFECTS) >= 30

    def its_rule(title: str) -> dict[str, Any]:
        return {"runOnly": [title.split()[1]]}  # only that rule is asked about

    for mode in MODES:
        seeded = {
            f"{number} {defect.axe}": defect.change(good.html)
            for number, defect in enumerate(DEFECTS)
            if defect.mode == mode
        }
        by_axe = chromium.run(lambda browser: look(browser, seeded, mode, its_rule))  # noqa: B023 (runs at once)
        assert [
            name
            for name, found in by_axe.items()
            if name.split()[1] not in {line.partition(":")[0] for line in found}
        ] == []
