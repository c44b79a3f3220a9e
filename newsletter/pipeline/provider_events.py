"""provider events: verify what a mail provider reports, and act on each event once."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from newsletter.config.hooks import HookSettings
from newsletter.errors import UnknownNameError
from newsletter.pipeline.correspondence import inbound_context
from newsletter.pipeline.event_signatures import (
    check_generic,
    check_mailgun,
    check_password,
    check_sendgrid,
)
from newsletter.pipeline.policy_reports import weigh_policy_report
from newsletter.pipeline.sns import Sns
from newsletter.site.site import Site
from subscribers.errors import ProviderEventError
from subscribers.provider_events.act import EventOutcome, take_event
from subscribers.provider_events.brevo import read_brevo
from subscribers.provider_events.event import ProviderEvent, text_at
from subscribers.provider_events.generic import read_generic
from subscribers.provider_events.mailgun import read_mailgun
from subscribers.provider_events.postmark import read_postmark
from subscribers.provider_events.seen import count_outcomes, is_new
from subscribers.provider_events.sendgrid import read_sendgrid
from subscribers.provider_events.ses import read_ses
from subscribers.provider_events.sparkpost import read_sparkpost

log = logging.getLogger("newsletter")

AT_ONCE = 50
"""Events handled in one transaction, so that a large report does not keep others waiting."""

MAX_OCTETS = {"ses": 300_000, "mailgun": 300_000}
"""Octets of a request that has to be read before its signature can be checked."""

MAX_OCTETS_OF_OTHERS = 10_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class EventRequest:
    """One request to `/hooks/PROVIDER`; header names in lower case."""

    provider: str
    headers: Mapping[str, str]
    body: bytes


def limit_of(provider: str) -> int:
    """The most octets that a request may have."""
    return MAX_OCTETS.get(provider, MAX_OCTETS_OF_OTHERS)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Verified:
    """The events of a request whose origin is proven; `token` may be used only once, unless ""."""

    events: Sequence[ProviderEvent] = ()
    token: str = ""


def take_request(site: Site, request: EventRequest, sns: Sns, *, now: datetime) -> Counter[str]:
    """Act on the events of a request; returns how many there were of each outcome.

    Raises UnknownNameError if the provider is not configured, NotPermittedError if the request is
    not proven to be its own, ProviderEventError if it cannot be read, and UnavailableError if it
    cannot be verified now. Then it has no effect.
    """
    verified = _verified(site.settings.hooks, request, sns, now)
    counts: Counter[str] = Counter()
    for start in range(0, len(verified.events), AT_ONCE):
        some = verified.events[start : start + AT_ONCE]
        counts += _take(site, request.provider, some, verified.token, now)
    return counts


def _take(
    site: Site, provider: str, events: Sequence[ProviderEvent], token: str, now: datetime
) -> Counter[str]:
    counts: Counter[str] = Counter()
    context = inbound_context(site)
    with site.database.transaction() as connection:
        is_used = bool(token) and not is_new(connection, provider, f"token {token}", now)
        for event in events:
            if is_used:
                counts[EventOutcome.SEEN] += 1
                continue
            taken = take_event(connection, context, provider, event, now)
            if taken.done is not None and taken.done.policy is not None:
                weigh_policy_report(site, connection, taken.done, now)
            counts[taken.outcome] += 1
        count_outcomes(connection, provider, counts)
    return counts


def _verified(hooks: HookSettings, request: EventRequest, sns: Sns, now: datetime) -> _Verified:
    headers, body = request.headers, request.body
    match request.provider:
        case "ses" if hooks.ses:
            return _of_ses(_json(body), hooks.ses.topic, sns, now)
        case "mailgun" if hooks.mailgun:
            document = _json(body)
            token = check_mailgun(hooks.mailgun.signing_key, document, now)
            return _Verified(events=list(read_mailgun(document)), token=token)
        case "sendgrid" if hooks.sendgrid:
            check_sendgrid(hooks.sendgrid.verification_key, headers, body, now)
            return _Verified(events=list(read_sendgrid(_json(body))))
        case "generic" if hooks.generic:
            check_generic(hooks.generic.secret, headers, body, now)
            return _Verified(events=list(read_generic(_json(body))))
        case "postmark" | "brevo" | "sparkpost":
            hook = getattr(hooks, request.provider)
            if hook is not None:
                check_password(hook.password, headers)
                return _Verified(events=list(_BY_PASSWORD[request.provider](_json(body))))
    raise UnknownNameError("this provider is not configured")


_BY_PASSWORD: Mapping[str, Callable[[Any], Iterable[ProviderEvent]]] = {
    "postmark": read_postmark,
    "brevo": read_brevo,
    "sparkpost": read_sparkpost,
}


def _of_ses(envelope: Any, topics: tuple[str, ...], sns: Sns, now: datetime) -> _Verified:
    """The notification in an envelope of SNS; a subscription is confirmed."""
    sns.check(envelope, topics, now)
    kind = text_at(envelope, "Type")
    if kind == "SubscriptionConfirmation":
        sns.confirm(envelope, now)
        log.info("the subscription of %s to /hooks/ses is confirmed", envelope["TopicArn"])
    elif kind == "UnsubscribeConfirmation":
        log.warning("SES reports no longer: %s was unsubscribed", envelope["TopicArn"])
    if kind != "Notification":
        return _Verified()
    message = str(envelope.get("Message", ""))
    if not message.lstrip().startswith("{"):
        log.info("SES says: %s", message[:200])  # such as that it could publish to the topic
        return _Verified()
    document = _json(message.encode())
    return _Verified(events=list(read_ses(document, text_at(envelope, "MessageId"))))


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProviderEventError("the request is not a JSON document") from error
