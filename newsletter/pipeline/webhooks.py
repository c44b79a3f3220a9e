"""webhooks: post signed events to the configured URLs, and retry until they are accepted.

The requests are those of the Standard Webhooks specification (standardwebhooks.com): headers
webhook-id, webhook-timestamp and webhook-signature, HMAC-SHA256 over the three parts. A message
may arrive twice after a crash on either side; its webhook-id is then the same.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.articles.fetch import HttpClient, http_clients
from newsletter.config.settings import WebhookSettings
from newsletter.errors import SourceError
from newsletter.site.site import Site
from newsletter.store import webhooks as outbox
from newsletter.store.webhooks import Message, WebhookEvent

WAITS = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 6 * 60, 12 * 60, 24 * 60)
)
"""The time after each failed attempt until the next; after the last one the message is given up."""

TIMEOUT = timedelta(seconds=15)
LEASE = timedelta(minutes=5)
BATCH = 100
AT_ONCE = 8
GONE = 410


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookReport:
    """How many messages one round delivered, deferred and gave up."""

    delivered: int = 0
    deferred: int = 0
    given_up: int = 0


def deliver_webhooks(
    site: Site, *, clock: Callable[[], datetime], interrupted: threading.Event
) -> WebhookReport:
    """Queue the events since the last round, then post the messages that are due. Safe to repeat.

    Once `interrupted` is set, no further message is begun; those that were not stay due.
    """
    hooks = {hook.url: hook for hook in site.settings.webhooks}
    if not hooks:
        return WebhookReport()
    _queue_events(site, hooks, clock())
    now = clock()
    with site.database.transaction() as connection:
        messages = outbox.claim(connection, hooks, limit=BATCH, now=now, lease=LEASE)
    if not messages:
        return WebhookReport()
    answers = asyncio.run(_post_all(site, hooks, messages, now, interrupted))
    return _settle(site, messages, answers, clock())


def sign(secret: str, identifier: str, timestamp: int, body: bytes) -> str:
    """The signature header; a secret that begins with `whsec_` is base64, any other is text."""
    key = secret.encode()
    if secret.startswith("whsec_"):
        with suppress(binascii.Error):  # then it is text that happens to have this prefix
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    signed = f"{identifier}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _queue_events(site: Site, hooks: Mapping[str, WebhookSettings], now: datetime) -> None:
    with site.database.transaction() as connection:
        outbox.clear(connection, now)
        for url, hook in hooks.items():
            outbox.begin(connection, url, now)
            for event in outbox.webhook_events(connection, url, now):
                if event.event in hook.events:
                    outbox.note(connection, url, event, body_of(site, event), now)
            outbox.advance(connection, url)


def body_of(site: Site, event: WebhookEvent) -> str:
    """The JSON document that tells of the event."""
    from newsletter.site.lists import public_newsletters  # only when there is something to tell

    data = dict(event.data)
    if "number" in data and data["newsletter"] in public_newsletters(site.settings):
        data["url"] = f"{site.settings.site.url}/archive/{data['newsletter']}/{data['number']}"
    document = {
        "type": event.event,
        "timestamp": event.at.isoformat(),
        "data": data,
    }
    return json.dumps(document, ensure_ascii=False)


async def _post_all(
    site: Site,
    hooks: Mapping[str, WebhookSettings],
    messages: Sequence[Message],
    now: datetime,
    interrupted: threading.Event,
) -> list[int | str | None]:
    """The status of each response, or why there is none; None for a message that was not posted."""
    semaphore = asyncio.Semaphore(AT_ONCE)
    settings = site.settings.fetch
    settings = settings.model_copy(update={"timeout": min(settings.timeout, TIMEOUT)})

    limits = {url: settings.allowing(hook.allow_private) for url, hook in hooks.items()}

    async def post(client: HttpClient, message: Message) -> int | str | None:
        body, identifier = message.body.encode(), f"msg_{message.id}"
        timestamp = int(now.timestamp())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": identifier,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(hooks[message.url].secret, identifier, timestamp, body),
        }
        async with semaphore:
            if interrupted.is_set():
                return None
            try:
                return await client.post(message.url, body, headers)
            except SourceError as error:
                return error.problem.message

    async with http_clients(limits[message.url] for message in messages) as clients:
        return list(
            await asyncio.gather(
                *(post(clients[limits[message.url]], message) for message in messages)
            )
        )


def _settle(
    site: Site, messages: Sequence[Message], answers: Sequence[int | str | None], now: datetime
) -> WebhookReport:
    delivered = deferred = given_up = 0
    with site.database.transaction() as connection:
        for message, answer in zip(messages, answers, strict=True):
            response = str(answer)[:500]
            if answer is None:
                outbox.give_back(connection, message, now)
            elif isinstance(answer, int) and 200 <= answer < 300:
                outbox.delivered(connection, message, response, now)
                delivered += 1
            elif answer == GONE or message.attempts > len(WAITS):
                outbox.give_up(connection, message, response)
                given_up += 1
            else:
                outbox.retry(connection, message, response, now + WAITS[message.attempts - 1])
                deferred += 1
    return WebhookReport(delivered=delivered, deferred=deferred, given_up=given_up)
