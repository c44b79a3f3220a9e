"""Answers to requests with an idempotency key, kept so that a repeated request changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

import sqlalchemy as sa

from newsletter.store.tables import api_answers
from newsletter.store.token_hash import hash_of
from subscribers.sql import insert_once

KEPT = timedelta(hours=24)
"""How long a repeated request gets the first answer."""

GIVEN_UP = timedelta(minutes=10)
"""After this time without an answer, the first request counts as dead."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptAnswer:
    """The first answer; `answer` is its JSON."""

    status: int
    answer: str


class KeyState(Enum):
    """Why there is no answer to repeat."""

    NEW = auto()  # this is the first request
    OTHER_REQUEST = auto()  # the key was used for a request that differs
    IN_PROGRESS = auto()  # the first request is still being handled


def begin_request(
    connection: sa.Connection, key: str, request: str, now: datetime
) -> KeptAnswer | KeyState:
    """Reserve the key for this request, or return what is known of it.

    `key` names the editor and the key, and `request` method, path and body; both are hashed.
    """
    table, key_hash, request_hash = api_answers, hash_of(key), hash_of(request)
    dead = (table.c.asked_at < now - KEPT) | (
        table.c.status.is_(None) & (table.c.asked_at < now - GIVEN_UP)
    )
    connection.execute(sa.delete(table).where(table.c.key == key_hash, dead))
    row = {"key": key_hash, "request": request_hash, "asked_at": now, "answer": ""}
    if insert_once(connection, table, row):
        return KeyState.NEW
    found = connection.execute(sa.select(table).where(table.c.key == key_hash)).one()
    if found.request != request_hash:
        return KeyState.OTHER_REQUEST
    if found.status is None:
        return KeyState.IN_PROGRESS
    return KeptAnswer(status=found.status, answer=found.answer)


def keep_answer(connection: sa.Connection, key: str, status: int, answer: str) -> None:
    """Keep the answer to the request that reserved the key."""
    connection.execute(
        sa.update(api_answers)
        .where(api_answers.c.key == hash_of(key))
        .values(status=status, answer=answer)
    )


def release_key(connection: sa.Connection, key: str) -> None:
    """Forget a request that failed and changed nothing, so that it can be repeated."""
    connection.execute(sa.delete(api_answers).where(api_answers.c.key == hash_of(key)))


def forget_answers(connection: sa.Connection, before: datetime) -> None:
    """Delete the answers to requests made before then."""
    connection.execute(sa.delete(api_answers).where(api_answers.c.asked_at < before))


def forget_answers_about(connection: sa.Connection, text: str) -> None:
    """Delete the answers that contain this text, such as the address of an erased person."""
    contains = sa.func.lower(api_answers.c.answer).contains(text.lower(), autoescape=True)
    connection.execute(sa.delete(api_answers).where(contains))
