"""Mail providers report to the site's addresses, through a real server."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from newsletter.issues.issue import State
from newsletter.pipeline.sns import Sns
from newsletter.web.app import make_app
from newsletter.web.metrics import collect, exposition
from subscribers.provider_events.seen import outcome_counts
from subscribers.tables import bounces, provider_events
from tests.demo.catcher import CaughtMail
from tests.factories.mail import READER, PostOffice, post_office, send_issue
from tests.factories.provider_reports import (
    CERTIFICATE_URL,
    PROVIDERS,
    SECRET,
    TOPIC,
    Report,
    another,
    certificate,
    envelope,
    filled,
    hooks_tables,
    report,
    signed,
)
from tests.factories.runs import states
from tests.factories.subscribers import join
from tests.servers.web import serving

MONDAY = datetime(2026, 3, 9, 7, tzinfo=UTC)
HARD = {
    "ses": "ses-bounce-permanent",
    "mailgun": "mailgun-failed-permanent",
    "sendgrid": "sendgrid-bounce",
    "postmark": "postmark-hard-bounce",
    "brevo": "brevo-hard-bounce",
    "sparkpost": "sparkpost-bounce",
    "generic": "generic-bounce",
}
COMPLAINTS = {
    "ses": "ses-event-complaint",
    "mailgun": "mailgun-complained",
    "sendgrid": "sendgrid-spamreport",
    "postmark": "postmark-spam-complaint",
    "brevo": "brevo-spam",
    "sparkpost": "sparkpost-spam-complaint",
    "generic": "generic-mixed",
}
EACH = pytest.mark.parametrize("provider", PROVIDERS)


@dataclass
class Hooks:
    """A site that has sent an issue, and its addresses for providers."""

    office: PostOffice
    url: str
    copies: list[CaughtMail]
    fetched: list[str] = field(default_factory=list)

    def mail(self, address: str = READER) -> dict[str, str]:
        """What identifies the reader's copy of the issue."""
        copy = next(one for one in self.copies if one.recipient == address)
        person = self.office.person(address)
        assert person is not None
        return {
            "address": address,
            "reference": self.office.site.return_paths.reference("weekly", person.id, 1),
            "message_id": str(copy.message["Message-ID"]).strip(),
        }

    def post(self, made: Report) -> httpx2.Response:
        """The provider reports."""
        return httpx2.post(
            f"{self.url}/hooks/{made.provider}",
            content=made.body,
            headers=dict(made.headers),
            timeout=120,  # seconds: on a busy machine an answer takes its time
        )

    def report(self, name: str, address: str = READER, **how: str) -> httpx2.Response:
        """A golden request about the reader's copy."""
        return self.post(report(name, self.office.now, **{**self.mail(address), **how}))

    def rows(self) -> list[Any]:
        """Everything that events leave in the database, without counts."""
        with self.office.site.database.transaction(read_only=True) as connection:
            return [
                *connection.execute(sa.select(bounces)).all(),
                *connection.execute(sa.select(provider_events)).all(),
            ]

    def counts(self) -> dict[tuple[str, str], int]:
        """The kept counts."""
        with self.office.site.database.transaction(read_only=True) as connection:
            return outcome_counts(connection)


@pytest.fixture
def hooks(tmp_path: Path) -> Iterator[Hooks]:
    """Every provider is configured, and an issue was sent."""
    with post_office(tmp_path, tables=hooks_tables()) as office:
        copies = send_issue(office, MONDAY)
        fetched: list[str] = []

        def fetch(url: str, now: datetime) -> bytes:
            fetched.append(url)
            return certificate(now)

        app = make_app(office.site, clock=lambda: office.now, sns=Sns(fetch))
        with serving(app) as url:
            yield Hooks(office=office, url=url, copies=copies, fetched=fetched)


@EACH
def test_a_hard_bounce_ends_the_subscription_once(hooks: Hooks, provider: str) -> None:
    """The same report again changes nothing, and no other reader is affected."""
    first = hooks.report(HARD[provider])
    assert (first.status_code, first.json()) == (200, {"events": {"taken": 1}})
    before = hooks.rows()
    assert hooks.office.status() == "bounced"
    assert hooks.report(HARD[provider]).json() == {"events": {"seen": 1}}
    assert hooks.rows() == before
    assert {hooks.office.status(f"reader{number}@example.org") for number in (1, 2, 3)} == {
        "active"
    }


@EACH
def test_a_complaint_ends_the_subscription_as_such(hooks: Hooks, provider: str) -> None:
    """Without an identifier of ours, the address that got an issue is enough."""
    assert hooks.report(COMPLAINTS[provider]).status_code == 200
    assert hooks.office.status() == "complained"
    other = "reader1@example.org"
    mail = {**hooks.mail(other), "reference": "", "message_id": ""}
    made = signed(provider, another(filled(COMPLAINTS[provider], **mail)), hooks.office.now)
    assert hooks.post(made).json()["events"]["taken"] >= 1
    assert hooks.office.status(other) == "complained"


def test_an_impostor_has_no_effect(hooks: Hooks) -> None:
    """403, and not even a count; nor has a request without any proof."""
    for provider in PROVIDERS:
        answer = hooks.report(HARD[provider], secret="another-secret-for-tests")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not-proven"), provider
        bare = json.dumps(filled(HARD[provider], **hooks.mail())).encode()
        assert hooks.post(Report(provider=provider, body=bare)).status_code == 403, provider
    assert (hooks.rows(), hooks.counts(), hooks.office.status()) == ([], {}, "active")


def test_an_old_signature_has_no_effect(hooks: Hooks) -> None:
    """Nor has one from the future: it would be valid for too long."""
    for provider in ("ses", "mailgun", "sendgrid", "generic"):
        for late in (timedelta(days=3), -timedelta(hours=1)):
            made = report(HARD[provider], hooks.office.now - late, **hooks.mail())
            assert hooks.post(made).status_code == 403, (provider, late)
    assert (hooks.rows(), hooks.office.status()) == ([], "active")


def test_a_changed_body_has_no_effect(hooks: Hooks) -> None:
    """The signature covers it."""
    for provider in ("ses", "sendgrid", "generic"):
        made = report(HARD[provider], hooks.office.now, **hooks.mail("reader1@example.org"))
        changed = made.body.replace(b"reader1", b"reader2")
        assert changed != made.body
        answer = hooks.post(Report(provider=provider, body=changed, headers=made.headers))
        assert (answer.status_code, hooks.rows()) == (403, []), provider


def test_mailguns_token_serves_once(hooks: Hooks) -> None:
    """Its signature does not cover the event, so a token that was overheard proves nothing more."""
    now = hooks.office.now
    first = signed("mailgun", filled("mailgun-delivered", **hooks.mail()), now, token="t" * 50)
    assert hooks.post(first).json() == {"events": {"nothing": 1}}
    forged = signed("mailgun", filled("mailgun-complained", **hooks.mail()), now, token="t" * 50)
    assert hooks.post(forged).json() == {"events": {"seen": 1}}
    assert hooks.office.status() == "active"


def test_mailguns_subaccounts_are_signed_by_the_main_account(hooks: Hooks) -> None:
    """The parent-signature counts."""
    made = json.loads(report("mailgun-complained", hooks.office.now, **hooks.mail()).body)
    made["signature"]["parent-signature"] = made["signature"]["signature"]
    made["signature"]["signature"] = "0" * 64
    assert hooks.post(Report(provider="mailgun", body=json.dumps(made).encode())).status_code == 200
    assert hooks.office.status() == "complained"


@EACH
def test_reports_in_another_order_end_in_the_same(hooks: Hooks, provider: str) -> None:
    """A complaint before its bounce, or after it: the reader gets no more mail either way."""
    hooks.report(COMPLAINTS[provider])
    hooks.report(HARD[provider])
    assert hooks.office.status() == "complained"
    other = "reader1@example.org"
    made = another(filled(HARD[provider], **hooks.mail(other)))
    hooks.post(signed(provider, made, hooks.office.now))
    assert hooks.office.status(other) == "bounced"


def test_an_address_that_was_never_mailed_is_counted(hooks: Hooks) -> None:
    """The account may serve other programs too."""
    for provider in PROVIDERS:
        made = report(HARD[provider], hooks.office.now, address="stranger@example.org")
        assert hooks.post(made).json() == {"events": {"not-ours": 1}}, provider
    assert hooks.counts() == {(provider, "not-ours"): 1 for provider in PROVIDERS}
    metrics = exposition(collect(hooks.office.site, hooks.office.now))
    assert 'newsletter_provider_events{outcome="not-ours",provider="ses"} 1.0' in metrics


def test_a_reader_who_has_got_no_issue_was_never_mailed(hooks: Hooks) -> None:
    """A new reader's bounce is about somebody else's mail."""
    with hooks.office.site.database.transaction() as connection:
        join(connection, "new@example.org", list_slug="weekly")
    made = report("postmark-hard-bounce", hooks.office.now, address="new@example.org")
    assert hooks.post(made).json() == {"events": {"not-ours": 1}}
    assert hooks.office.status("new@example.org") == "active"


def test_the_message_id_identifies_the_mail(hooks: Hooks) -> None:
    """For a relay whose provider is not named in the configuration."""
    assert hooks.report("sendgrid-bounce", reference="").json() == {"events": {"taken": 1}}
    with hooks.office.site.database.transaction(read_only=True) as connection:
        assert connection.execute(sa.select(bounces.c.number, bounces.c.verdict)).all() == [
            (1, "hard")
        ]


def test_what_is_not_the_readers_fault_ends_nothing(hooks: Hooks) -> None:
    """It is counted."""
    for name, verdict in (
        ("ses-bounce-permanent-policy", "policy"),
        ("mailgun-failed-espblock", "policy"),
        ("sendgrid-bounce-reputation", "policy"),
        ("postmark-hard-bounce-that-blames-us", "policy"),
        ("brevo-hard-bounce-that-blames-us", "policy"),
        ("sparkpost-bounce-spam-block", "policy"),
        ("ses-bounce-mailbox-full", "soft"),
        ("sendgrid-blocked-full", "soft"),
        ("brevo-soft-bounce", "soft"),
    ):
        assert hooks.report(name).json() == {"events": {"taken": 1}}, name
        with hooks.office.site.database.transaction(read_only=True) as connection:
            assert connection.scalars(sa.select(bounces.c.verdict)).all() == [verdict], name
    assert hooks.office.status() == "active"


def test_refusals_by_policy_stop_the_issue_like_those_by_mail(tmp_path: Path) -> None:
    """Several readers of several domains: the operators are told, and no reader is ended."""
    readers = tuple(f"reader{number}@domain{number}.example" for number in range(4))
    with post_office(tmp_path, tables=hooks_tables(), readers=readers) as office:
        copies = send_issue(office, MONDAY)
        with office.site.database.transaction() as connection:
            connection.execute(sa.text("UPDATE issues SET state = 'sending'"))
        with serving(make_app(office.site, clock=lambda: office.now)) as url:
            hooks = Hooks(office=office, url=url, copies=copies)
            for number, reader in enumerate(readers):
                document = filled("sendgrid-bounce-reputation", **hooks.mail(reader))
                document[0]["sg_event_id"] = f"event-{number}"
                hooks.post(signed("sendgrid", document, office.now))
        assert {office.status(reader) for reader in readers} == {"active"}
        assert states(office.site) == [State.STOPPED]


def test_reports_are_taken_on_both_databases(tmp_path: Path, database_url: str) -> None:
    """Once."""
    with post_office(tmp_path, tables=hooks_tables(), database=database_url) as office:
        copies = send_issue(office, MONDAY)
        with serving(make_app(office.site, clock=lambda: office.now)) as url:
            hooks = Hooks(office=office, url=url, copies=copies)
            for name in ("sendgrid-bounce", "sendgrid-mixed", "sendgrid-bounce"):
                assert hooks.report(name).status_code == 200
        assert office.status() == "bounced"
        assert hooks.counts() == {
            ("sendgrid", "nothing"): 3,
            ("sendgrid", "seen"): 1,
            ("sendgrid", "taken"): 2,
            ("sendgrid", "unknown-kind"): 1,
        }


def test_a_thousand_events_in_one_request(hooks: Hooks) -> None:
    """Each is counted, and the one about a reader is found among them."""
    events = [
        {**filled("sendgrid-mixed", **hooks.mail())[1], "sg_event_id": f"event-{number}"}
        for number in range(999)
    ]
    for number, event in enumerate(events):
        if number % 2:
            event["event"], event["email"] = "bounce", f"stranger{number}@example.org"
            event["reference"] = ""
    events.insert(500, filled("sendgrid-bounce", **hooks.mail())[0])
    answer = hooks.post(signed("sendgrid", events, hooks.office.now))
    assert answer.json() == {"events": {"nothing": 500, "not-ours": 499, "taken": 1}}
    assert hooks.office.status() == "bounced"


def test_amazons_subscription_is_confirmed(hooks: Hooks) -> None:
    """By the address that the signed request names, if it is Amazon's."""
    query = f"Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc"
    address = f"https://sns.eu-west-1.amazonaws.com/?{query}"
    asked = {"Type": "SubscriptionConfirmation", "Token": "abc"}
    made = envelope("You have chosen …", hooks.office.now, SubscribeURL=address, **asked)
    assert hooks.post(made).status_code == 200
    assert hooks.fetched == [CERTIFICATE_URL, address]
    for evil in (
        f"https://sns.eu-west-1.amazonaws.com.evil.example/?{query}",
        f"https://evil.example/sns.eu-west-1.amazonaws.com/?{query}",
        f"http://sns.eu-west-1.amazonaws.com/?{query}",
        f"https://sns.eu-west-1.amazonaws.com@evil.example/?{query}",
        f"https://sns.eu-west-1.amazonaws.com/?Action=DeleteTopic&TopicArn={TOPIC}",
        address.replace("news-events", "other"),
    ):
        made = envelope("You have chosen …", hooks.office.now, SubscribeURL=evil, **asked)
        assert hooks.post(made).status_code == 403
    assert len(hooks.fetched) == 2


def test_no_other_certificate_is_fetched(hooks: Hooks) -> None:
    """A stranger would put a certificate of their own there."""
    message = filled("ses-bounce-permanent", **hooks.mail())
    for url in (
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0.pem",
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://bucket.s3.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com/other.pem",
        "https://sns.eu-west-1.amazonaws.com/?redirect=SimpleNotificationService-0.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-0.pem",
    ):
        made = envelope(message, hooks.office.now, SigningCertURL=url)
        assert hooks.post(made).status_code == 403, url
    assert hooks.fetched == []


def test_another_topic_is_refused(hooks: Hooks) -> None:
    """Anybody can have a topic of their own, which Amazon signs too."""
    message = filled("ses-bounce-permanent", **hooks.mail())
    made = envelope(
        message, hooks.office.now, TopicArn=TOPIC.replace("123456789012", "999999999999")
    )
    assert (hooks.post(made).status_code, hooks.fetched) == (403, [])


def test_what_amazon_only_says_is_accepted(hooks: Hooks) -> None:
    """SES tests a topic by a sentence; refused, it would be repeated for hours."""
    said = "Successfully validated SNS topic for Amazon SES event publishing."
    answer = hooks.post(envelope(said, hooks.office.now))
    assert (answer.status_code, answer.json()) == (200, {"events": {}})


def test_a_notification_without_its_envelope_says_what_to_switch_off(hooks: Hooks) -> None:
    """With raw message delivery SNS signs nothing."""
    body = json.dumps(filled("ses-bounce-permanent", **hooks.mail())).encode()
    answer = hooks.post(
        Report(provider="ses", body=body, headers={"x-amz-sns-rawdelivery": "true"})
    )
    assert answer.status_code == 403
    assert "switch raw message delivery off" in answer.json()["error"]["message"]


@pytest.mark.parametrize("version", ["1", "2"])
def test_both_versions_of_amazons_signature_are_verified(hooks: Hooks, version: str) -> None:
    """The certificate is fetched once."""
    for name in ("ses-bounce-permanent", "ses-delivery"):
        made = envelope(
            filled(name, **hooks.mail()), hooks.office.now, version=version, Subject="News"
        )
        assert hooks.post(made).status_code == 200
    assert hooks.office.status() == "bounced"
    assert hooks.fetched == [CERTIFICATE_URL]


def test_a_certificate_that_expired_proves_nothing(hooks: Hooks) -> None:
    """Neither does a signature of an unknown version."""
    message, now = filled("ses-bounce-permanent", **hooks.mail()), hooks.office.now
    assert hooks.post(envelope(message, now, version="3")).status_code == 403
    hooks.office.now = now + timedelta(days=800)
    expired = Sns(lambda _url, _now: certificate(now))
    with serving(make_app(hooks.office.site, clock=lambda: hooks.office.now, sns=expired)) as url:
        late = Hooks(office=hooks.office, url=url, copies=hooks.copies)
        assert late.post(envelope(message, hooks.office.now)).status_code == 403


def test_a_password_may_come_in_both_ways(hooks: Hooks) -> None:
    """In the address, or as a token; nothing else counts."""
    basic = base64.b64encode(f"any:{SECRET}".encode()).decode()
    for provider in ("postmark", "brevo", "sparkpost"):
        body = json.dumps(filled(HARD[provider], **hooks.mail())).encode()
        for bad in ("", "Basic", "Basic !!!", f"Digest {SECRET}", "Bearer x", f"Basic {SECRET}"):
            made = Report(provider=provider, body=body, headers={"Authorization": bad})
            assert hooks.post(made).status_code == 403, (provider, bad)
        for good in (f"Bearer {SECRET}", f"basic {basic}"):
            made = Report(provider=provider, body=body, headers={"Authorization": good})
            assert hooks.post(made).status_code == 200, (provider, good)


def test_what_is_not_configured_does_not_exist(hooks: Hooks) -> None:
    """Neither do other methods."""
    assert httpx2.post(f"{hooks.url}/hooks/mandrill", content=b"{}").status_code == 404
    assert httpx2.post(f"{hooks.url}/hooks/model_fields", content=b"{}").status_code == 404
    assert httpx2.get(f"{hooks.url}/hooks/ses").status_code == 405


def test_a_report_that_is_too_long_is_not_read(hooks: Hooks) -> None:
    """413, before anything is parsed."""
    body = b"[" + b" " * 11_000_000
    for provider in PROVIDERS:
        assert hooks.post(Report(provider=provider, body=body)).status_code == 413, provider


def test_what_cannot_be_read_has_no_effect(hooks: Hooks) -> None:
    """The sender is known by what the event proves."""
    for provider in PROVIDERS:
        for body in (
            b"",
            b"{",
            b"[" * 100_000,
            b"\xff",
            b'{"a": NaN',
            b'"text"',
            b"[]",
            b"{}",
            b"[1]",
        ):
            headers = {"Authorization": f"Bearer {SECRET}"}
            answer = hooks.post(Report(provider=provider, body=body, headers=headers))
            assert answer.status_code in (200, 400, 403), (provider, body[:10])
        for document in ([], {}, [1], "text", None, {"events": [{}]}, [{"msys": {"a": 1}}]):
            if provider != "mailgun":  # its signature is in the document
                answer = hooks.post(signed(provider, document, hooks.office.now))
                assert answer.status_code in (200, 400), (provider, document)
    assert [row for row in hooks.rows() if len(row) > 2] == []
