"""Sending rates: the relays' limits, which all senders share, and each sender's part of them."""

from newsletter.delivery.rates.claim_size import ClaimSize
from newsletter.delivery.rates.limit_keeping import LimitKeeper, keep_limits
from newsletter.delivery.rates.limits import TODAY, Change, LimitBook, OwnLimitBook, RelayLimits
from newsletter.delivery.rates.shares import Shares
from newsletter.delivery.rates.throttle import WHOLE_RELAY, LimitState, Meter
from newsletter.delivery.rates.token_reservation import TokenReservation

__all__ = [
    "TODAY",
    "WHOLE_RELAY",
    "Change",
    "ClaimSize",
    "LimitBook",
    "LimitKeeper",
    "LimitState",
    "Meter",
    "OwnLimitBook",
    "RelayLimits",
    "Shares",
    "TokenReservation",
    "keep_limits",
]
