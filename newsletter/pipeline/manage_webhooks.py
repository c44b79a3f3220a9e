"""manage_webhooks: add a webhook to newsletter.toml, remove one, and send one of its messages again."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.config.webhook_editing import with_webhook, without_webhook
from newsletter.errors import ConflictError, NotPermittedError, UnknownNameError
from newsletter.pipeline.change_settings import SettingsChange, change_settings
from newsletter.pipeline.webhooks import body_of
from newsletter.site.site import Site
from newsletter.store.audit import record
from newsletter.store.webhook_log import find_message, send_again
from newsletter.store.webhooks import event_of


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookWanted:
    """A webhook to be added; `seen` is the version of newsletter.toml that the editor saw."""

    url: str
    events: Sequence[str]
    seen: str


def add_webhook(
    site: Site,
    wanted: WebhookWanted,
    environment: Mapping[str, str],
    *,
    who: str,
    now: datetime,
) -> str:
    """Write the webhook with a new secret, which is returned and not shown again.

    Raises ConflictError for an address that is there, and as `change_settings` does.
    """
    if any(hook.url == wanted.url for hook in site.settings.webhooks):
        raise ConflictError("events go to that address already", fix="remove it there first")
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"

    def edit(text: str) -> str:
        return with_webhook(text, url=wanted.url, secret=secret, events=wanted.events)

    _write(site, edit, f"added {wanted.url}", wanted.seen, environment, who, now)
    return secret


def remove_webhook(
    site: Site, url: str, environment: Mapping[str, str], *, seen: str, who: str, now: datetime
) -> None:
    """Take the webhook out of the file. Raises as `change_settings` does."""
    _write(
        site,
        lambda text: without_webhook(text, url),
        f"removed {url}",
        seen,
        environment,
        who,
        now,
    )


def resend(site: Site, number: int, *, who: str, now: datetime) -> None:
    """Let a message be sent again, with what the record says of its event now.

    Raises UnknownNameError if the message, its webhook or its event is not there any more, and
    NotPermittedError for one that is still to be sent.
    """
    with site.database.transaction() as connection:
        message = find_message(connection, number)
        if message is None or all(hook.url != message.url for hook in site.settings.webhooks):
            raise UnknownNameError("that message is not there any more")
        if message.retry_at is not None:
            raise NotPermittedError("that message is still to be sent, and goes out by itself")
        event = event_of(connection, message.subject)
        if event is None:
            raise UnknownNameError("what that message told is not there any more")
        send_again(connection, number, body_of(site, event), now)
        record(connection, who=who, what="resend webhook", detail=message.subject, now=now)


def _write(
    site: Site,
    edit: Callable[[str], str],
    what: str,
    seen: str,
    environment: Mapping[str, str],
    who: str,
    now: datetime,
) -> None:
    change = SettingsChange(edit=edit, seen=seen, what=f"Webhooks: {what}")
    change_settings(site, change, environment, who=who, now=now)
