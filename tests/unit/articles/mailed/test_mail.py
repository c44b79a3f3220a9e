"""What is read of the newsletters of others: golden mails in their usual layouts."""

from __future__ import annotations

import json
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from newsletter.articles.mailed.mail import MailedNewsletter, read_mailed

DATA = Path(__file__).parents[3] / "data" / "mailed"
SUBJECTS = {"essay": "The end of maps"}


def mail(html: str = "", *, text: str = "", subject: str = "Today", **headers: str) -> bytes:
    """A mail with these parts."""
    message = EmailMessage()
    message["From"] = "The Daily <daily@digest.example>"
    message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text or "See the HTML.")
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


def facts(read: MailedNewsletter) -> dict[str, Any]:
    """What the golden files say."""
    return {
        "is_digest": read.is_digest,
        "advertisements": read.advertisements,
        "stories": [
            {
                "title": story.title,
                "link": story.link,
                "paragraphs": list(story.paragraphs),
                "pictures": [picture.src for picture in story.pictures],
            }
            for story in read.stories
        ],
    }


@pytest.mark.parametrize("path", sorted(DATA.glob("*.*[lt]")), ids=lambda path: path.name)
def test_golden(path: Path) -> None:
    """Each layout gives the stories of its golden file."""
    content = path.read_text(encoding="utf-8")
    subject = SUBJECTS.get(path.stem, "This week in town")
    is_html = path.suffix == ".html"
    raw = mail(content, subject=subject) if is_html else mail(text=content, subject=subject)
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert facts(read_mailed(raw)) == expected


def test_a_mail_without_headlines_leads_to_its_own_page() -> None:
    """An issue in running text becomes one story, by the link to it in a browser."""
    html = (
        '<p><a href="https://mailer.example/web/7">View in your browser</a></p><p>Hello all,</p>'
        "<p>It rained, and nobody came.</p>"
    )
    read = read_mailed(mail(html, subject="A quiet week"))
    (story,) = read.stories
    assert (story.title, story.link) == ("A quiet week", "https://mailer.example/web/7")
    assert story.paragraphs == ("Hello all,", "It rained, and nobody came.")
    assert not read.is_digest


def test_a_mail_without_a_page_has_no_story() -> None:
    """Words alone lead nowhere."""
    assert read_mailed(mail("<p>Hello all, it rained.</p>")).stories == ()


def test_a_date_without_a_zone_is_utc() -> None:
    """The date of the mail is aware, and none where it is not valid."""
    dated = read_mailed(mail(Date="Sun, 08 Mar 2026 07:00:00 -0000")).sent
    assert dated is not None
    assert dated.isoformat() == "2026-03-08T07:00:00+00:00"
    assert read_mailed(mail(Date="soon")).sent is None


@pytest.mark.parametrize("content", [b"", b"\x00", b"From", b"Subject: x\n\n", b"<html>"])
def test_what_is_no_mail_says_so_or_has_nothing(content: bytes) -> None:
    """Whatever comes is read, or refused with a reason."""
    read = read_mailed(content)
    assert read.problem or not read.stories


@pytest.mark.parametrize(
    "date", [b"Mon, 01 Jan 99999999999999999999 00:00:00 GMT", b"1 Jan 0001 00:00 +2359", b"never"]
)
def test_a_date_that_there_is_not_stops_no_mail(date: bytes) -> None:
    """Whatever a mail gives as its date, its stories are read."""
    raw = b"Date: " + date + b"\n" + mail(text="Words.\n\nhttps://digest.example/1")
    assert isinstance(read_mailed(raw), MailedNewsletter)
