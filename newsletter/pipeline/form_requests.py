"""What readers ask for by forms: kept before the answer, done after it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from newsletter.errors import DatabaseBusyError, NewsletterError
from newsletter.pipeline.join import join, mail_links, require_list
from newsletter.pipeline.suggest import Proposal, keep_proposal
from newsletter.site.site import Site
from newsletter.store.form_requests import (
    FormKind,
    FormRequest,
    due_requests,
    keep_request,
    postpone_request,
    take_request,
)
from subscribers.addresses import parse_address
from subscribers.consent import JoinRequest
from subscribers.history import Way
from subscribers.quiet_log import QuietLog

log = logging.getLogger("newsletter")
strangers = QuietLog(log)


def keep_join(
    site: Site,
    request: JoinRequest,
    *,
    now: datetime,
    may_join: Callable[[sa.Connection], bool] = lambda _connection: True,
) -> None:
    """Keep the request, if `may_join` allows it in the same transaction.

    The work is the same for known and unknown addresses. Raises AddressError, UnknownNameError.
    """
    require_list(site, request.list_slug)
    parse_address(request.address)
    content = {
        "address": request.address,
        "list_slug": request.list_slug,
        "way": request.way,
        "origin": request.origin,
        "wording": request.wording,
        "name": request.name,
        "follows": sorted(request.follows),
        "ask_at_most": request.ask_at_most,
    }
    with site.database.transaction() as connection:
        if may_join(connection):
            keep_request(connection, FormKind.JOIN, content, now)


def keep_links_request(site: Site, list_slug: str, address: str, *, now: datetime) -> None:
    """Keep the request to mail a reader's links. Raises AddressError, UnknownNameError."""
    require_list(site, list_slug)
    parse_address(address)
    content = {"list_slug": list_slug, "address": address}
    with site.database.transaction() as connection:
        keep_request(connection, FormKind.LINKS, content, now)


def keep_suggestion(
    site: Site,
    proposal: Proposal,
    *,
    now: datetime,
    may_suggest: Callable[[sa.Connection], bool],
) -> None:
    """Keep the suggestion, if `may_suggest` allows it in the same transaction.

    The work is the same for known and unknown addresses.
    """
    with site.database.transaction() as connection:
        if may_suggest(connection):
            keep_request(connection, FormKind.SUGGEST, asdict(proposal), now)


def handle_requests(site: Site, now: datetime) -> None:
    """Do what the requests that wait ask for, each once. One that fails does not stop the others.

    Raises DatabaseBusyError.
    """
    with site.database.transaction(read_only=True) as connection:
        waiting = due_requests(connection, now)
    for request in waiting:
        try:
            with site.database.transaction() as connection:
                if take_request(connection, request):
                    _handle(site, connection, request, now)
        except DatabaseBusyError:
            raise  # they stay due
        except NewsletterError as error:  # such as a list that has been closed since
            strangers.warning("a request by a form waits: %s", error)
            _postpone(site, request, now)
        except Exception:
            strangers.exception("a request by a form could not be handled, and waits")
            _postpone(site, request, now)


def _handle(site: Site, connection: sa.Connection, request: FormRequest, now: datetime) -> None:
    content = dict(request.content)
    match request.kind:
        case FormKind.JOIN:
            sign_up = JoinRequest(**{**content, "way": Way(content["way"])})
            join(site, connection, sign_up, now=now)
        case FormKind.LINKS:
            mail_links(site, connection, content["list_slug"], content["address"], now=now)
        case FormKind.SUGGEST:
            keep_proposal(site, connection, Proposal(**content), now=now)


def _postpone(site: Site, request: FormRequest, now: datetime) -> None:
    with site.database.transaction() as connection:
        postpone_request(connection, request, now)
