"""Signed tokens of readers' links: what a link may do, and for whom. None contains an address."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from itsdangerous import BadData, URLSafeSerializer

from subscribers.errors import TokenError

# The last of 43 characters has two unused bits. They must be zero, or a link would have four
# spellings.
_SHAPE = re.compile(r"[A-Za-z0-9_.-]{1,400}\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]\Z")


SPECIMEN = "specimen"
"""Stands for a token in a preview; it opens nothing."""


class Purpose(StrEnum):
    """What a link is for; each purpose has its own signing salt."""

    UNSUBSCRIBE = "unsubscribe"  # in mails; never expires
    PREFERENCES = "preferences"  # in mails; ends when the reader's address changes
    CONFIRM = "confirm"  # expires
    MOVE = "move"  # to the new address; about a change of address, not a person; expires
    MOVE_ANSWER = "move-answer"  # to the old address, about the change; expires
    MOVE_BACK = "move-back"  # to the old address, once the change is made; expires
    ERASE = "erase"  # mailed when asked for; expires
    EXPORT = "export"  # mailed when asked for; expires
    NO_ANSWER = "no-answer"  # in letters about suggestions: no more of these; expires


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenSubject:
    """The person and list that a token is about; `issued` is set if the token can expire."""

    subscriber_id: int
    list_slug: str
    issued: datetime | None = None


class LinkTokens:
    """Makes and reads tokens with the site's secret keys, the newest first.

    The newest key signs. Links signed with an older key work while that key is listed.
    `current_name` gives the present name of a list that a token names.
    """

    def __init__(
        self, secret_keys: Sequence[str], current_name: Callable[[str], str] = lambda slug: slug
    ) -> None:
        self._current_name = current_name
        self._serializers = {
            purpose: URLSafeSerializer(
                list(reversed(secret_keys)),
                salt=f"newsletter.{purpose}",
                signer_kwargs={"digest_method": hashlib.sha256},
            )
            for purpose in Purpose
        }
        # A send makes two tokens for each reader, so the keys are derived only once.
        self._signing = {
            purpose: hmac.new(serializer.make_signer().derive_key(), digestmod="sha256")
            for purpose, serializer in self._serializers.items()
        }

    def make(
        self,
        purpose: Purpose,
        subscriber_id: int,
        list_slug: str = "",
        issued: datetime | None = None,
    ) -> str:
        """Return a token of URL-safe characters; give `issued` for a token that can expire."""
        timestamp = f",{int(issued.timestamp())}" if issued is not None else ""
        payload = _encoded(f"[{subscriber_id},{_quoted(list_slug)}{timestamp}]".encode())
        signing = self._signing[purpose].copy()
        signing.update(payload)
        signature = _encoded(signing.digest())
        return (payload + b"." + signature).decode()

    def read(
        self,
        purpose: Purpose,
        token: str,
        *,
        now: datetime | None = None,
        max_age: timedelta | None = None,
    ) -> TokenSubject:
        """Verify a token and return its subject.

        Raises TokenError if it is forged, for another purpose, or older than `max_age`.
        """
        if not looks_like_token(token):
            raise TokenError("this is not a valid link")
        try:
            subscriber_id, list_slug, *rest = self._serializers[purpose].loads(token)
        except BadData as error:
            raise TokenError(f"this link is damaged, or not for {purpose}") from error
        issued = datetime.fromtimestamp(rest[0], UTC) if rest else None
        if max_age is not None and (now is None or issued is None or now - issued > max_age):
            raise TokenError("this link has expired")
        return TokenSubject(
            subscriber_id=subscriber_id, list_slug=self._current_name(list_slug), issued=issued
        )


def is_current(subject: TokenSubject, links_since: datetime | None) -> bool:
    """Whether a reader's link still works: none made before `links_since` does."""
    if links_since is None:
        return True
    return subject.issued is not None and subject.issued >= links_since


def looks_like_token(text: str) -> bool:
    """Whether the text has the form of a token; its signature is not checked."""
    return _SHAPE.match(text) is not None


def _encoded(octets: bytes) -> bytes:
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


@lru_cache(maxsize=64)
def _quoted(text: str) -> str:
    return json.dumps(text)
