from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from newsletter.config.sender import Mailbox
from newsletter.delivery.headers import feedback_id, mailto, shared_fields, web_address
from newsletter.errors import InputError
from tests.factories.delivery import headers


def fields(subject: str = "The week in gear", **changes: Any) -> dict[str, str]:
    """The shared fields of `headers(**changes)`."""
    return dict(shared_fields(headers(**changes), subject))


def test_says_what_an_announce_list_says() -> None:
    """All that readers share, each field once, in the words of its RFC."""
    assert fields() == {
        "From": "Good Gear Weekly <weekly@news.example.org>",
        "Reply-To": "editor@news.example.org",
        "Subject": "The week in gear",
        "List-Id": "Good Gear Weekly <weekly.news.example.org>",
        "List-Post": "NO",
        "List-Help": "<https://news.example.org/help>",
        "List-Archive": "<https://news.example.org/weekly>",
        "List-Subscribe": "<https://news.example.org/join/weekly>",
        "List-Owner": "<mailto:owner@news.example.org>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": "12:weekly:newsletter:newsexam1234567",
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "DR, RN, NRN, OOF, AutoReply",
    }


def test_what_is_not_configured_is_not_said() -> None:
    """No header is written empty."""
    names = fields(
        reply_to=None,
        archive_url=None,
        help_url=None,
        subscribe_url=None,
        owner=None,
        feedback_id=None,
    )
    assert not names.keys() & {
        "Reply-To",
        "List-Help",
        "List-Archive",
        "List-Subscribe",
        "List-Owner",
        "Feedback-ID",
    }


def test_exchange_may_still_send_bounces() -> None:
    """ "All" would ask for no non-delivery reports either, and a bounce is news."""
    asked = fields()["X-Auto-Response-Suppress"].split(", ")
    assert not {"All", "NDR"} & set(asked)
    assert {"OOF", "AutoReply"} <= set(asked)


def test_a_test_send_is_marked_in_the_subject() -> None:
    """The mark stands before the subject."""
    assert fields(marked="[TEST] ")["Subject"] == "[TEST] The week in gear"


def test_a_foreign_domain_is_written_in_ascii() -> None:
    """From, List-Id and List-Owner name the A-labels."""
    said = fields(
        sender=Mailbox(name="Bücher", address="post@bücher.example"),
        list_id="Bücher <woche.bücher.example>",
        owner="chef@bücher.example",
    )
    assert said["From"] == "=?utf-8?b?QsO8Y2hlcg==?= <post@xn--bcher-kva.example>"
    assert said["List-Id"] == "=?utf-8?b?QsO8Y2hlcg==?= <woche.xn--bcher-kva.example>"
    assert said["List-Owner"] == "<mailto:chef@xn--bcher-kva.example>"


def test_a_list_without_a_title_has_a_bare_list_id() -> None:
    """The identifier alone is enough (RFC 2919)."""
    assert fields(list_id="<weekly.news.example.org>")["List-Id"] == "<weekly.news.example.org>"


@pytest.mark.parametrize(
    "changes",
    [
        {"date": datetime(2026, 1, 5)},  # noqa: DTZ001 - a naive date is what is refused
        {"sender": Mailbox(name="", address="用户@example.org")},
        {"list_id": "Good Gear Weekly"},
        {"list_id": "Good Gear <weekly news>"},
        {"archive_url": "https://news.example.org/>,<https://evil.test/"},
        {"help_url": "javascript:alert(1)"},
        {"owner": "nobody"},
        {"reply_to": "a@example.org, b@example.org"},
        {"feedback_id": "12:weekly"},
        {"feedback_id": "12:weekly:newsletter:abc"},
        {"feedback_id": "12:weekly:newsletter:abcdefghijklmnopq"},
    ],
)
def test_what_cannot_stand_in_a_header_is_refused(changes: dict[str, Any]) -> None:
    """A wrong setting is an error before the first message, not in each of them."""
    with pytest.raises(InputError):
        fields(**changes)


def test_the_sender_id_stays_and_fits() -> None:
    """Gmail's SenderId has 5 to 15 characters and is the same for every issue of a domain."""
    first = feedback_id("weekly/12", "news.example.org")
    second = feedback_id("weekly/13", "news.example.org")
    assert first.startswith("12:weekly:newsletter:")
    assert first.rpartition(":")[2] == second.rpartition(":")[2]
    assert 5 <= len(first.rpartition(":")[2]) <= 15
    assert feedback_id("weekly/12", "m.de").count(":") == 3
    assert fields(feedback_id=first)["Feedback-ID"] == first


def test_a_mailto_escapes_what_a_uri_reads() -> None:
    """An odd but legal address still makes one URI."""
    assert mailto("a&b?c%d@example.org") == "mailto:a%26b%3Fc%25d@example.org"


@pytest.mark.parametrize("url", ["https://a.test/>", "https://a.test/ b", "https://a.test/ü", ""])
def test_a_web_address_cannot_close_its_brackets(url: str) -> None:
    """Only visible ASCII, and no angle bracket, goes between < and >."""
    with pytest.raises(InputError):
        web_address(url)
