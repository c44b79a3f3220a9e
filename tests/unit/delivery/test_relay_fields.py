from __future__ import annotations

import json
from email import message_from_bytes
from email.message import Message

import pytest
from pydantic import ValidationError

from newsletter.config.settings import RelaySettings
from newsletter.delivery.relay_fields import relay_fields

REFERENCE = "weekly_7-12-0123456789abcdef0123"


def relay(**keys: object) -> RelaySettings:
    """A relay with these keys."""
    return RelaySettings.model_validate({"name": "main", "host": "relay.example.org", **keys})


def fields(reference: str = REFERENCE, **keys: object) -> Message:
    """What is written in front of a message, as another program reads it."""
    lines = relay_fields(relay(**keys), reference)
    assert all(len(line) < 998 for line in lines.split(b"\r\n"))
    return message_from_bytes(lines + b"\r\n")


def test_ses_gets_the_configuration_set_and_a_tag() -> None:
    """A letter belongs to the configuration set too, but needs no tag."""
    issue = fields(provider="ses", configuration_set="news-events")
    letter = fields("", provider="ses", configuration_set="news-events")
    assert dict(issue) == {
        "X-SES-CONFIGURATION-SET": "news-events",
        "X-SES-MESSAGE-TAGS": f"reference={REFERENCE}",
    }
    assert dict(letter) == {"X-SES-CONFIGURATION-SET": "news-events"}


def test_mailgun_gets_variables_and_may_not_track() -> None:
    """Tracking would rewrite links, and break our signature."""
    found = fields(provider="mailgun")
    assert json.loads(found["X-Mailgun-Variables"]) == {"reference": REFERENCE}
    assert (found["X-Mailgun-Tag"], found["X-Mailgun-Track"]) == ("weekly", "no")
    assert dict(fields("", provider="mailgun")) == {"X-Mailgun-Track": "no"}


def test_sendgrid_gets_one_document() -> None:
    """It adheres to the first X-SMTPAPI only, and to strings in unique_args."""
    document = json.loads(fields(provider="sendgrid")["X-SMTPAPI"])
    assert document["unique_args"] == {"reference": REFERENCE}
    assert document["category"] == "weekly"
    assert {name: one["settings"]["enable"] for name, one in document["filters"].items()} == {
        "clicktrack": 0, "opentrack": 0, "subscriptiontrack": 0,
    }  # fmt: skip


def test_postmark_sends_issues_as_a_broadcast_and_letters_not() -> None:
    """Its transactional stream is for letters; another broadcast stream can be named."""
    assert fields(provider="postmark")["X-PM-Message-Stream"] == "broadcast"
    named = fields(provider="postmark", message_stream="weekly-news")
    assert named["X-PM-Message-Stream"] == "weekly-news"
    assert named["X-PM-Metadata-reference"] == REFERENCE
    assert fields("", provider="postmark")["X-PM-Message-Stream"] is None


def test_brevo_and_sparkpost_get_the_reference_where_they_return_it() -> None:
    """SparkPost is also told which messages are letters."""
    assert fields(provider="brevo")["X-Mailin-custom"] == REFERENCE
    document = json.loads(fields(provider="sparkpost")["X-MSYS-API"])
    assert document["metadata"] == {"reference": REFERENCE}
    assert document["options"] == {
        "open_tracking": False, "click_tracking": False, "transactional": False,
    }  # fmt: skip
    letter = json.loads(fields("", provider="sparkpost")["X-MSYS-API"])
    assert letter == {
        "options": {"open_tracking": False, "click_tracking": False, "transactional": True}
    }


def test_further_headers_come_first() -> None:
    """With or without a provider."""
    assert relay_fields(relay(headers={"X-Campaign": "news letters"}), "") == (
        b"X-Campaign: news letters\r\n"
    )
    assert "X-Campaign" in fields(headers={"X-Campaign": "news"}, provider="brevo")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Subject", "Other", "written by newsletter itself"),
        ("list-unsubscribe", "<https://x.example>", "written by newsletter itself"),
        ("DKIM-Signature", "v=1", "written by newsletter itself"),
        ("Content-Type", "text/plain", "written by newsletter itself"),
        ("X-PM-Message-Stream", "outbound", "written by newsletter itself"),
        ("X-Two\r\nBcc", "x", "not a header field"),
        ("X Two", "x", "not a header field"),
        ("X-Two", "a\r\nBcc: evil@example.org", "one line of ASCII"),
        ("X-Two", "é", "one line of ASCII"),
        ("X-Two", "", "one line of ASCII"),
        ("X-Two", "x" * 1000, "one line of ASCII"),
    ],
)
def test_no_header_of_ours_can_be_replaced(name: str, value: str, said: str) -> None:
    """Nor can a line be added."""
    with pytest.raises(ValidationError, match=said):
        relay(provider="postmark", headers={name: value})


def test_a_header_occurs_once() -> None:
    """Whatever its case."""
    with pytest.raises(ValidationError, match="occurs twice"):
        relay(headers={"X-Campaign": "a", "x-campaign": "b"})


def test_a_providers_limits_are_filled_in_where_none_is_named() -> None:
    """What the operator names counts."""
    ses = relay(provider="ses")
    assert (str(ses.rate and ses.rate.per_second), ses.max_message_size) == ("14.0", 40_000_000)
    assert relay(provider="sparkpost").messages_per_connection == 100
    own = relay(provider="sparkpost", messages_per_connection=7, max_message_size=5_000)
    assert (own.messages_per_connection, own.max_message_size) == (7, 5_000)
    assert relay().max_message_size is None


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"configuration_set": "news"}, 'provider = "ses"'),
        ({"message_stream": "news", "provider": "ses"}, 'provider = "postmark"'),
        ({"provider": "ses", "configuration_set": "a b"}, "pattern"),
        ({"username": "news", "auth": "xoauth2"}, "either token_command or oauth"),
        ({"auth": "xoauth2", "token_command": "get"}, "set username"),
        ({"username": "news", "password": "x", "auth": "xoauth2", "token_command": "get"}, "remove password"),
        ({"username": "news", "password": "x", "token_command": "get"}, "need auth"),
        ({"username": "news"}, "go together"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_refused(keys: dict[str, object], said: str) -> None:
    """With the key to add or to remove."""
    with pytest.raises(ValidationError, match=said):
        relay(**keys)


def test_secrets_go_only_to_an_encrypted_address() -> None:
    """Except on this machine."""
    oauth = {"client_id": "a", "refresh_token_file": "b", "token_url": "http://x.example/token"}
    with pytest.raises(ValidationError, match="not encrypted"):
        relay(username="news", auth="xoauth2", oauth=oauth)
