"""The tokens that one sender holds of a relay's limits, spent message by message."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from datetime import date

from newsletter.delivery.rates.limits import RENEW, SPAN, TODAY, TokenGrant, TokenRequest
from newsletter.delivery.rates.throttle import WHOLE_RELAY


class TokenReservation:
    """Lets a message go for one token of each limit it falls under; `now` is the loop's seconds."""

    def __init__(self, limited: Iterable[str]) -> None:
        self._tokens = dict.fromkeys(limited, 0)
        self._pace: dict[str, float] = {}
        self._ready_at: dict[str, float] = {}
        self._asked: set[str] = set(self._tokens)
        self._used: set[str] = set()
        self._complaints: dict[str, float] = {}
        self._reserved = 0
        self._requested_at = 0.0
        self.needed = asyncio.Event()
        """Set when a message waits for a token."""

    @property
    def is_open(self) -> bool:
        """Whether there is no limit at all."""
        return not self._tokens

    @property
    def is_spent(self) -> bool:
        """Whether the day's messages are all given out."""
        return not self._tokens.get(TODAY, 1) and self._ready_at.get(TODAY) == math.inf

    def wait(self, domain: str, now: float) -> float:
        """Seconds until a message to `domain` may go; 0 when it may now."""
        missing = [key for key in self._keys(domain) if not self._tokens[key]]
        if not missing:
            return 0.0
        self._asked.update(missing)
        self.needed.set()
        return max(SPAN, *(self._ready_at.get(key, now) - now for key in missing))

    def take(self, domain: str) -> None:
        """A message to `domain` goes."""
        for key in self._keys(domain):
            self._tokens[key] -= 1
            self._used.add(key)

    def pace(self, domain: str) -> float:
        """Seconds from one message to `domain` to the next; 0 without a limit."""
        return max((self._pace.get(key, 0.0) for key in self._keys(domain)), default=0.0)

    def slow_down(self, domain: str, measured: float) -> None:
        """A server asks for less than the so many a second that were sent to `domain`."""
        self._complaints[domain] = max(measured, self._complaints.get(domain, 0.0))
        self.limit(domain)

    def limit(self, domain: str) -> None:
        """Nothing goes to `domain` any more but for tokens."""
        self._tokens.setdefault(domain, 0)
        self._asked.add(domain)
        self.needed.set()

    def is_due(self, now: float) -> bool:
        """Whether to exchange now: for tokens that may be had, or to give back what lies idle.

        Of a day's messages it is said again and again what is spent and what is held.
        """
        return (
            bool(self._complaints)
            or bool(self._reserved and now >= self._requested_at + RENEW)
            or any(self._ready_at.get(key, now) <= now for key in self._asked)
            or any(count and key not in self._used for key, count in self._tokens.items())
        )

    def request(self, day: date, now: float, *, is_last: bool = False) -> TokenRequest:
        """Give everything back, and ask for what was used and what was missing."""
        request = TokenRequest(
            unspent={key: count for key, count in self._tokens.items() if count},
            complaints=self._complaints,
            wants=frozenset() if is_last else frozenset(self._asked | self._used),
            day=day,
            reserved=self._reserved,
        )
        self._tokens = dict.fromkeys(self._tokens, 0)
        self._complaints = {}
        self._asked, self._used = set(), set()
        self._ready_at.pop(TODAY, None)  # what may come of the request is not spent
        self._requested_at = now
        self.needed.clear()
        return request

    def put(self, grant: TokenGrant, now: float) -> None:
        """What came of the request; a complaint made meanwhile stands."""
        limited = grant.pace.keys() | self._complaints.keys()
        self._tokens = {
            key: 0 if key in self._complaints else grant.tokens.get(key, 0) for key in limited
        }
        self._reserved = grant.tokens.get(TODAY, 0)
        self._pace = dict(grant.pace)
        self._ready_at = {key: now + seconds for key, seconds in grant.waits.items()}

    def _keys(self, domain: str) -> list[str]:
        keys = (WHOLE_RELAY, domain.casefold(), TODAY)
        return [key for key in dict.fromkeys(keys) if key in self._tokens]
