"""The tokens of a relay's limits that one sender holds and spends message by message."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from datetime import date

from newsletter.delivery.rates.limits import RENEW, SPAN, TODAY, TokenGrant, TokenRequest
from newsletter.delivery.rates.throttle import WHOLE_RELAY


class TokenReservation:
    """Spends a token of each limit that a message falls under; `now` is in the loop's seconds."""

    def __init__(self, limited: Iterable[str]) -> None:
        self._tokens = dict.fromkeys(limited, 0)
        self._pace: dict[str, float] = {}
        self._ready_at: dict[str, float] = {}
        self._missing: set[str] = set(self._tokens)
        self._used: set[str] = set()
        self._complaints: dict[str, float] = {}
        self._reserved = 0
        self._requested_at = 0.0
        self.needed = asyncio.Event()
        """Set when a message waits for a token."""

    @property
    def is_open(self) -> bool:
        """Whether the relay has no limit at all."""
        return not self._tokens

    @property
    def is_spent(self) -> bool:
        """Whether the day's messages are all granted."""
        return not self._tokens.get(TODAY, 1) and self._ready_at.get(TODAY) == math.inf

    def wait(self, domain: str, now: float) -> float:
        """Seconds until a message to `domain` may be sent; 0 when it may be sent now."""
        missing = [key for key in self._keys(domain) if not self._tokens[key]]
        if not missing:
            return 0.0
        self._missing.update(missing)
        self.needed.set()
        return max(SPAN, *(self._ready_at.get(key, now) - now for key in missing))

    def take(self, domain: str) -> None:
        """Spend the tokens of a message to `domain`."""
        for key in self._keys(domain):
            self._tokens[key] -= 1
            self._used.add(key)

    def pace(self, domain: str) -> float:
        """Seconds between two messages to `domain`; 0 without a limit."""
        return max((self._pace.get(key, 0.0) for key in self._keys(domain)), default=0.0)

    def slow_down(self, domain: str, measured: float) -> None:
        """Note that a server asks for fewer than the `measured` messages a second to `domain`."""
        self._complaints[domain] = max(measured, self._complaints.get(domain, 0.0))
        self.limit(domain)

    def limit(self, domain: str) -> None:
        """From now on, require a token for each message to `domain`."""
        self._tokens.setdefault(domain, 0)
        self._missing.add(domain)
        self.needed.set()

    def is_due(self, now: float) -> bool:
        """Whether to exchange now: new tokens may be available, or some lie unused.

        A reservation of the day's messages is renewed every RENEW seconds.
        """
        return (
            bool(self._complaints)
            or bool(self._reserved and now >= self._requested_at + RENEW)
            or any(self._ready_at.get(key, now) <= now for key in self._missing)
            or any(count and key not in self._used for key, count in self._tokens.items())
        )

    def request(self, day: date, now: float, *, is_last: bool = False) -> TokenRequest:
        """Give everything back, and request tokens where some were used or missing."""
        request = TokenRequest(
            unspent={key: count for key, count in self._tokens.items() if count},
            complaints=self._complaints,
            wants=frozenset() if is_last else frozenset(self._missing | self._used),
            day=day,
            reserved=self._reserved,
        )
        self._tokens = dict.fromkeys(self._tokens, 0)
        self._complaints = {}
        self._missing, self._used = set(), set()
        self._ready_at.pop(TODAY, None)  # not spent until the grant says so
        self._requested_at = now
        self.needed.clear()
        return request

    def put(self, grant: TokenGrant, now: float) -> None:
        """Take in a grant; a complaint made since the request still counts."""
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
