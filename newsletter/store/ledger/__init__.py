"""The ledger of issues in the database: deliveries, receipts, their counts, and senders' journals."""

from newsletter.store.ledger.batches import is_under_way, lock_planning, open_ranges
from newsletter.store.ledger.counts import (
    Standing,
    attempts_of,
    counts_of,
    counts_of_all,
    is_conserved,
    is_right,
    recount,
)
from newsletter.store.ledger.decisions import expire_rest, settle_unknown, unknown_rows
from newsletter.store.ledger.journals import issues_with_journals
from newsletter.store.ledger.senders import living_senders
from newsletter.store.ledger.sql_ledger import SqlLedger

__all__ = [
    "SqlLedger",
    "Standing",
    "attempts_of",
    "counts_of",
    "counts_of_all",
    "expire_rest",
    "is_conserved",
    "is_right",
    "is_under_way",
    "issues_with_journals",
    "living_senders",
    "lock_planning",
    "open_ranges",
    "recount",
    "settle_unknown",
    "unknown_rows",
]
