"""The Nu HTML checker (vnu) finds nothing in any theme but what mail clients need beside the standard."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from newsletter.rendering.theme import open_theme, theme_names
from tests.factories.hard_cases import ALL_CASES, kinds_for
from tests.install_vnu import JAR

pytestmark = pytest.mark.skipif(
    shutil.which("java") is None or not JAR.is_file(),
    reason="no Java, or no checker: run tests/install_vnu.py",
)

FOR_MAIL_CLIENTS = tuple(
    re.compile(pattern)
    for pattern in (
        # Classic Outlook reads these attributes and no CSS in their place.
        r"The “(cellpadding|cellspacing|align|width)” attribute on the “table” element is obsolete",
        r"The “(align|valign|bgcolor)” attribute on the “t[dh]” element is obsolete",
        r"The “align” attribute on the “(h\d|p|div)” element is obsolete",
        r"The “type” attribute for the “style” element is not needed",
        # Namespaces of Outlook's own markup.
        r"Attribute “xmlns:[vo]” not allowed here",
        r"Attribute with the local name “xmlns:[vo]” is not serializable",
        # Properties of Word, of dark mode, of contrast themes, and the word-break of old WebKit.
        r"CSS: “(mso-[a-z-]+|color-scheme|supported-color-schemes|forced-color-adjust)”: Property",
        r"CSS: The value “break-word” is deprecated",
    )
)


@pytest.mark.parametrize("name", theme_names())
def test_nothing_is_found(name: str, tmp_path: Path) -> None:
    """No error and no warning is left, whatever the theme prints."""
    theme = open_theme(None, name)
    for number, title in enumerate(kinds_for(name)):
        (tmp_path / f"{number}.html").write_text(ALL_CASES[title].edition(theme).html)
    assert _found(tmp_path) == set()


def test_the_checker_is_awake(tmp_path: Path) -> None:
    """It finds a table that is not closed and an attribute that nothing needs."""
    html = ALL_CASES["one article"].edition(open_theme(None)).html
    (tmp_path / "0.html").write_text(html.replace("<h1", '<table><h1 colour="red"', 1))
    assert len(_found(tmp_path)) >= 2


def _found(folder: Path) -> set[str]:
    """What the checker says of the documents, without what mail clients need."""
    told = subprocess.run(
        ["java", "-Xss8m", "-jar", JAR, "--format", "json", *sorted(folder.glob("*.html"))],
        capture_output=True,
        check=False,
        timeout=900,
    ).stderr
    messages: list[dict[str, str]] = json.loads(told)["messages"]
    return {
        one["message"]
        for one in messages
        if not any(pattern.match(one["message"].strip()) for pattern in FOR_MAIL_CLIENTS)
    }
