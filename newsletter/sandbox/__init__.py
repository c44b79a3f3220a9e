"""Runs the parsers of what strangers wrote in worker processes with limits of time, memory and output."""

from newsletter.sandbox.limits import Limits
from newsletter.sandbox.pool import FETCHED, HANDED_IN, Pool

__all__ = ["FETCHED", "HANDED_IN", "Limits", "Pool"]
