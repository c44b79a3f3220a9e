"""The main job, end to end: sources become an issue in every reader's mailbox."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from lxml import html as lxml_html

from tests.acceptance.conftest import SITE_URL, SiteMaker
from tests.acceptance.site import NOW, READERS, CommandLine
from tests.demo.catcher import CaughtMail, MailCatcher


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A site whose first issue has been sent, and what every step said."""

    command: CommandLine
    gathered: Any
    shown: Any
    status: Any
    mails: tuple[CaughtMail, ...]

    def mail_to(self, address: str) -> CaughtMail:
        """The one message to that address."""
        [mail] = [mail for mail in self.mails if mail.recipient == address]
        return mail


@pytest.fixture(scope="module")
def sent(new_site: SiteMaker, catcher: MailCatcher) -> Sent:
    """gather → draft → approve → send, once for all tests of this file."""
    command = new_site()
    gathered = command.done("gather", "--json", now=NOW).document
    command.done("draft", "weekly", now=NOW)
    shown = command.done("show", "weekly", "--json").document
    command.done("approve", "weekly", now=NOW)
    command.done("send", "weekly/1", now=NOW)
    status = command.done("status", "weekly/1", "--json").document
    return Sent(
        command=command,
        gathered=gathered,
        shown=shown,
        status=status,
        mails=tuple(catcher.mails),
    )


def tree_of(text: str) -> Any:
    """The HTML part as a tree."""
    return lxml_html.fromstring(text)


def parts_of(mail: CaughtMail) -> list[Any]:
    """Every MIME part, the outermost first."""
    return list(mail.message.walk())


def test_everybody_gets_one_message(sent: Sent) -> None:
    """Twenty readers, twenty messages, each to one reader, all accepted."""
    # An internationalised domain goes over the wire in its ASCII form (RFC 5890).
    ascii_form = {address: address.replace("bücher", "xn--bcher-kva") for address, _, _ in READERS}
    assert Counter(mail.recipient for mail in sent.mails) == Counter(ascii_form.values())


def test_status_is_conserved(sent: Sent) -> None:
    """`status ISSUE --json` has the contract's shape, and its sum is right (rule 2)."""
    assert sent.status["issue"] == "weekly/1"
    assert sent.status["state"] == "sent"
    assert set(sent.status["window"]) == {"start", "end"}
    assert sent.status["audience"] == len(READERS)
    assert sent.status["deliveries"] == {
        "accepted": len(READERS), "rejected": 0, "suppressed": 0, "pending": 0, "claimed": 0,
        "transmitting": 0, "deferred": 0, "unknown": 0, "expired": 0,
    }  # fmt: skip


def test_status_of_the_site(sent: Sent) -> None:
    """`status --json` lists issues, what is due and whether the site may send."""
    document = sent.command.done("status", "--json", now=NOW).document
    assert [issue["issue"] for issue in document["issues"]] == ["weekly/1"]
    assert document["due"] == []
    assert document["armed"] is True


def test_every_source_was_read(sent: Sent) -> None:
    """All six sources of the sample give their articles and no failure."""
    counts = {
        source["source"]: source["articles"]
        for source in sent.gathered["newsletters"][0]["sources"]
    }
    assert counts == {
        "The Tin Roof Times": 13,
        "Bench Notes": 13,
        "The Small Web Gazette": 14,
        "From the editors": 5,
        "Harbour Lights": 1,
        "Coastline": 1,
    }


def test_show_gives_a_reason_for_every_article(sent: Sent) -> None:
    """Each item has the contract's fields and a reason; so has each article left out."""
    assert {"issue", "state", "subject", "window", "items", "left_out"} <= set(sent.shown)
    for item in sent.shown["items"]:
        assert {
            "title", "url", "tags", "author", "agency", "summary", "body_text", "section",
            "position", "pinned", "reason",
        } <= set(item)  # fmt: skip
        assert item["reason"]
    assert sent.shown["left_out"]
    assert all(article["reason"] for article in sent.shown["left_out"])


def test_sections_keep_their_order_and_limits(sent: Sent) -> None:
    """Sections come in the configured order, none above its max_items."""
    sections = [item["section"] for item in sent.shown["items"]]
    assert list(dict.fromkeys(sections)) == ["Security", "Gear and repair", "And also"]
    counts = Counter(sections)
    assert counts["Security"] <= 6
    assert counts["Gear and repair"] <= 6
    assert counts["And also"] <= 8


def test_a_story_in_three_feeds_is_one_article(sent: Sent) -> None:
    """The library's leak stands in all three feeds, and once in the issue, without tracking."""
    titles = [
        entry["title"]
        for entry in [*sent.shown["items"], *sent.shown["left_out"]]
        if "library cards" in entry["title"].lower()
    ]
    assert len(titles) == 1
    urls = [entry["url"] for entry in [*sent.shown["items"], *sent.shown["left_out"]]]
    assert not [url for url in urls if "utm_" in url]
    assert "Bench Notes" in sent.mail_to("reader00@example.org").part("html")


def test_spellings_of_a_tag_are_one_tag(sent: Sent) -> None:
    """infosec, Cyber Security and Security are one tag; "data breaches" is "data-breach"."""
    tags = {tag for item in sent.shown["items"] for tag in item["tags"]}
    assert {"security", "data breach"} <= tags
    assert not {tag.lower() for tag in tags} & {"infosec", "cyber security", "data breaches"}


def test_old_articles_stay_outside(sent: Sent) -> None:
    """An article from before the window is not in the issue."""
    assert "Last dial-up number" not in str([item["title"] for item in sent.shown["items"]])


def test_readers_get_what_they_follow(sent: Sent) -> None:
    """Who follows security reads about security; who follows nothing gets the whole issue."""
    whole = sent.mail_to("reader00@example.org").part("html")
    guard = sent.mail_to("guard0@example.net").part("html")
    keyboard = "Halden Fold"
    library = "library cards"
    assert keyboard in whole
    assert library in whole
    assert library in guard
    assert keyboard not in guard


def test_messages_have_no_defects(sent: Sent) -> None:
    """Every message parses under policy.SMTP without a defect in any part or header."""
    for mail in sent.mails:
        for part in parts_of(mail):
            assert part.defects == []
            for value in part.values():
                assert value.defects == ()


def test_messages_are_seven_bit_in_short_lines(sent: Sent) -> None:
    """Bytes are ASCII, lines at most 998 octets and ended by CRLF (RFC 5322 section 2.1.1)."""
    for mail in sent.mails:
        assert mail.content.isascii()
        lines = mail.content.split(b"\r\n")
        assert max(len(line) for line in lines) <= 998
        assert not [line for line in lines if b"\n" in line or b"\r" in line]


def test_headers_of_a_message(sent: Sent) -> None:
    """One of each header that a newsletter owes, with one-click unsubscribe (RFC 8058)."""
    message = sent.mail_to("guard0@example.net").message
    for name in ("From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe"):
        assert len(message.get_all(name, [])) == 1, name
    assert message["From"] == "Good Gear Weekly <weekly@news.example.org>"
    assert message["Reply-To"] == "editors@news.example.org"
    assert "guard0@example.net" in message["To"]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [link] = re.findall(r"<(https?://[^>]+)>", message["List-Unsubscribe"])
    assert link.startswith(f"{SITE_URL}/u/")
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_message_ids_are_distinct(sent: Sent) -> None:
    """One Message-ID for each reader."""
    assert len({mail.message["Message-ID"] for mail in sent.mails}) == len(READERS)


def test_no_address_in_any_link(sent: Sent) -> None:
    """Links carry tokens; neither the reader's address nor another's stands in a URL."""
    for mail in sent.mails:
        links = re.findall(r"https?://[^\s\"'<>]+", mail.part("html") + mail.part("plain"))
        assert not [link for link in links if "@" in link or mail.recipient.split("@")[0] in link]


def test_html_part_is_fit_for_mail_clients(sent: Sent) -> None:
    """Doctype, media queries, MSO conditionals, image widths and alternatives are there."""
    for mail in sent.mails:
        text = mail.part("html")
        assert text.lower().startswith("<!doctype html")
        assert "@media" in text
        assert "<!--[if mso" in text
        images = tree_of(text).xpath("//img")
        assert all(image.get("alt") is not None for image in images)
        assert all((image.get("width") or "").isdigit() for image in images)
        assert len(text.encode()) < 102_000


def test_html_part_holds_every_title_of_its_edition(sent: Sent) -> None:
    """A reader who follows no tags finds each shown article in HTML and in text."""
    mail = sent.mail_to("reader03@example.org")
    seen_html = " ".join(tree_of(mail.part("html")).text_content().split())
    seen_text = " ".join(mail.part("plain").split())
    for item in sent.shown["items"]:
        assert " ".join(item["title"].split()) in seen_html
        assert " ".join(item["title"].split()) in seen_text


def test_no_remote_content_but_the_articles_pictures(sent: Sent) -> None:
    """No tracking pixel, no font and no script: what is loaded are the articles' pictures."""
    text = sent.mail_to("reader00@example.org").part("html")
    tree = tree_of(text)
    assert {image.get("src").rsplit("/", 2)[1] for image in tree.xpath("//img")} == {"pictures"}
    assert not tree.xpath("//script|//iframe|//form|//link")
    assert "@import" not in text
    assert "fonts.googleapis" not in text


def test_sending_again_sends_nothing(sent: Sent, catcher: MailCatcher) -> None:
    """`send` on a sent issue ends with 0 and no message (rule 6)."""
    sent.command.done("send", "weekly/1", now=NOW)
    assert len(catcher.mails) == len(READERS)


def test_gathering_again_keeps_everything(sent: Sent) -> None:
    """Unchanged feeds are not read again, and nothing is lost by it."""
    again = sent.command.done("gather", "--json", now=NOW).document
    assert not [
        finding
        for source in again["newsletters"][0]["sources"]
        for finding in source["findings"]
        if finding["severity"] == "failure"
    ]


def test_articles_are_used_once(sent: Sent) -> None:
    """The next draft takes none of the sent issue's articles."""
    sent.command.done("draft", "weekly", now=NOW)
    following = sent.command.done("show", "weekly/2", "--json").document
    used = {item["url"] for item in sent.shown["items"]}
    assert not used & {item["url"] for item in following["items"]}
