"""The editors' reminder shows the issue where the machine has a browser."""

from __future__ import annotations

import base64
import email
import email.policy
import io
from email.message import MIMEPart
from pathlib import Path

import pytest
from PIL import Image

from newsletter.config.settings import FetchSettings
from newsletter.errors import UnavailableError
from newsletter.pipeline import screenshots as gallery
from newsletter.pipeline.screenshots import LETTER_BYTES, take_screenshot
from tests.factories.runs import HOUR, MONDAY, THURSDAY, run_at
from tests.factories.site import make_site, publish
from tests.servers.smtp import Catcher, smtp_server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.usefixtures("chromium"),
]


def size_of(picture: bytes) -> tuple[int, int]:
    """Width and height of a JPEG."""
    with Image.open(io.BytesIO(picture), formats=["JPEG"]) as shot:
        return shot.size


def noise() -> str:
    """A page that compresses as badly as one can."""
    written = io.BytesIO()
    Image.effect_noise((600, 1200), 200).save(written, "PNG")
    data = base64.b64encode(written.getvalue()).decode()
    return f'<body style="margin:0"><img src="data:image/png;base64,{data}"></body>'


async def test_the_reminder_shows_the_top_of_the_issue(tmp_path: Path) -> None:
    """One picture of 600 pixels beside the HTML that shows it, in every editor's letter."""
    keys = 'editors = ["editor@example.net"]\nremind = "24h"'
    async with smtp_server(Catcher()) as catcher:
        site = make_site(tmp_path, now=THURSDAY, port=catcher.port, approval="remind", keys=keys)
        publish(tmp_path, THURSDAY, THURSDAY + HOUR)
        assert (await run_at(site, MONDAY - HOUR)).did == "reminded the editors"
    letter = email.message_from_bytes(catcher.caught[0].content, policy=email.policy.SMTP)
    related = letter.get_body(("related",))
    assert related is not None
    html, picture = related.iter_parts()
    assert isinstance(html, MIMEPart)
    assert isinstance(picture, MIMEPart)
    name = str(picture["Content-ID"]).strip("<>")
    assert f'<img src="cid:{name}"' in html.get_content()
    assert 'alt="The top of the issue' in html.get_content()
    assert size_of(picture.get_content()) == (600, 1200)


def test_a_picture_too_large_is_cut_shorter() -> None:
    """What does not fit a letter at full height is shown from the top."""
    picture = take_screenshot(noise(), FetchSettings(), now=MONDAY)
    assert len(picture) <= LETTER_BYTES
    assert size_of(picture)[1] < 1200


def test_a_browser_that_breaks_is_no_browser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said in our words, so that the letter can go without."""
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(gallery, "CHROMIUM", (str(broken),))
    with pytest.raises(UnavailableError, match="cannot take a screenshot"):
        take_screenshot("<p>x</p>", FetchSettings(), now=MONDAY)
