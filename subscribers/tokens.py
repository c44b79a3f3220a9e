"""Signed links: what a reader's link may do, and for whom. No address is in any of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from itsdangerous import BadData, URLSafeSerializer

from subscribers.errors import TokenError

# 43 characters are 32 octets and two bits over; those must be zero, or a link would have
# four spellings.
_SHAPE = re.compile(r"[A-Za-z0-9_.-]{1,400}\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]\Z")


class Purpose(StrEnum):
    """What a link is for; each is signed with a salt of its own."""

    UNSUBSCRIBE = "unsubscribe"  # in mails: works for ever
    PREFERENCES = "preferences"  # in mails: works for ever
    CONFIRM = "confirm"  # expires
    MOVE = "move"  # about a change of address, not a person; expires
    ERASE = "erase"  # mailed when asked for; expires
    EXPORT = "export"  # mailed when asked for; expires


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenSubject:
    """Whom and what a token is about; `issued` where it was made to expire."""

    subscriber_id: int
    list_slug: str
    issued: datetime | None = None


class LinkTokens:
    """Makes and reads tokens with the site's secret keys, the newest first.

    The newest key signs; links signed with an older one work for as long as it is listed.
    """

    def __init__(self, secret_keys: Sequence[str]) -> None:
        self._serializers = {
            purpose: URLSafeSerializer(
                list(reversed(secret_keys)),
                salt=f"newsletter.{purpose}",
                signer_kwargs={"digest_method": hashlib.sha256},
            )
            for purpose in Purpose
        }
        # A send makes two tokens for each reader: the keys are derived and set up once.
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
        """The token, of URL-safe characters only; state `issued` if it shall be able to expire."""
        moment = f",{int(issued.timestamp())}" if issued is not None else ""
        payload = _encoded(f"[{subscriber_id},{_quoted(list_slug)}{moment}]".encode())
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
        """Whom the token is about; raises TokenError if forged, for another purpose, or too old."""
        if not looks_like_token(token):
            raise TokenError("this is no link of ours")
        try:
            subscriber_id, list_slug, *rest = self._serializers[purpose].loads(token)
        except BadData as error:
            raise TokenError(f"this link is damaged, or not for {purpose}") from error
        issued = datetime.fromtimestamp(rest[0], UTC) if rest else None
        if max_age is not None and (now is None or issued is None or now - issued > max_age):
            raise TokenError("this link has expired")
        return TokenSubject(subscriber_id=subscriber_id, list_slug=list_slug, issued=issued)


def looks_like_token(text: str) -> bool:
    """Whether this could be a token, if perhaps a damaged one; nonsense is not."""
    return _SHAPE.match(text) is not None


def _encoded(octets: bytes) -> bytes:
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


@lru_cache(maxsize=64)
def _quoted(text: str) -> str:
    return json.dumps(text)
