from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.blame.blame import Blame
from subscribers.errors import ProviderEventError
from subscribers.inbound.verdict import Verdict
from subscribers.provider_events.brevo import read_brevo
from subscribers.provider_events.event import EventKind, ProviderEvent, Said, judge_failure
from subscribers.provider_events.generic import read_generic
from subscribers.provider_events.mailgun import read_mailgun
from subscribers.provider_events.postmark import read_postmark
from subscribers.provider_events.sendgrid import read_sendgrid
from subscribers.provider_events.ses import read_ses
from subscribers.provider_events.sparkpost import read_sparkpost
from tests.factories.provider_reports import DATA, filled

ADDRESS, REFERENCE, MESSAGE_ID = "jo@example.org", "weekly_7-12-0a", "<weekly.12.0a@example.org>"
EXPECTED: dict[str, list[list[str]]] = json.loads((DATA / "expected.json").read_text("utf-8"))

READERS: dict[str, Callable[[Any], Iterable[ProviderEvent]]] = {
    "ses": lambda document: read_ses(document, "envelope-1"),
    "mailgun": read_mailgun,
    "sendgrid": read_sendgrid,
    "postmark": read_postmark,
    "brevo": read_brevo,
    "sparkpost": read_sparkpost,
    "generic": read_generic,
}


def events_in(name: str) -> list[ProviderEvent]:
    """The events of a golden request."""
    document = filled(name, address=ADDRESS, reference=REFERENCE, message_id=MESSAGE_ID)
    return list(READERS[name.partition("-")[0]](document))


@pytest.mark.parametrize("name", EXPECTED)
def test_each_published_event_means_what_it_says(name: str) -> None:
    """Kind, verdict and status, in the layouts that the providers document."""
    told = [
        [event.kind, event.verdict if event.kind is EventKind.FAILURE else "", event.status]
        for event in events_in(name)
    ]
    assert told == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
def test_each_event_has_a_key_and_says_whose_mail_it_is(name: str) -> None:
    """What we wrote into the message comes back; two events of one request differ in their keys."""
    events = events_in(name)
    assert len({event.key for event in events}) == len(events)
    for event in events:
        assert event.key
        if event.kind not in (EventKind.NOTHING, EventKind.UNKNOWN):
            assert event.about.address == ADDRESS
            if name.endswith("-campaign"):  # which was composed at the provider
                continue
            assert event.about.reference == REFERENCE or event.about.message_id == MESSAGE_ID


@pytest.mark.parametrize("said", Said)
def test_what_is_about_us_is_never_the_readers(said: Said) -> None:
    """Whether the words say so, or the provider."""
    ours = "550 5.7.1 blocked by our spam policy"
    assert judge_failure(said, text=ours).verdict is Verdict.POLICY
    for text in ("", ours, "550 5.1.1 user unknown", "554 no"):
        assert judge_failure(Said.OURS, text=text).verdict is Verdict.POLICY


@pytest.mark.parametrize(
    ("said", "text", "verdict", "blame"),
    [
        (Said.NOBODY, "", Verdict.HARD, Blame.READER),
        (Said.NOBODY, "550 5.1.1 user unknown", Verdict.HARD, Blame.READER),
        (Said.NOBODY, "552 5.2.2 mailbox full", Verdict.SOFT, Blame.MAILBOX),
        (Said.NOTHING, "550 5.1.1 user unknown", Verdict.HARD, Blame.READER),
        (Said.NOTHING, "", Verdict.SOFT, Blame.UNKNOWN),
        (Said.PASSING, "550 5.1.1 user unknown", Verdict.SOFT, Blame.READER),
        (Said.PASSING, "", Verdict.SOFT, Blame.NOW),
        (Said.FULL, "", Verdict.SOFT, Blame.MAILBOX),
    ],
)
def test_the_receivers_words_take_precedence(
    said: Said, text: str, verdict: Verdict, blame: Blame
) -> None:
    """A provider's "permanent" alone blames nobody."""
    judged = judge_failure(said, text=text)
    assert (judged.verdict, judged.blame) == (verdict, blame)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(
            ["event", "msys", "mail", "bounce", "event-data", "events", "id", "type", "RecordType",
             "notificationType", "bouncedRecipients", "destination", "headers", "Type", "reason"]
        ) | st.text(max_size=4),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.parametrize("provider", READERS)
@given(document=JSON)
def test_no_document_breaks_a_reader(provider: str, document: Any) -> None:
    """It is read, or refused."""
    try:
        events = list(READERS[provider](document))
    except ProviderEventError:
        return
    assert all(isinstance(event.key, str) for event in events)
