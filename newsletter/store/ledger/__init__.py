"""The ledger of issues in the database: deliveries, receipts, counts, and senders' journals."""

from newsletter.store.ledger.batches import is_under_way, lock_planning, open_ranges
from newsletter.store.ledger.counts import (
    DeliveryCounts,
    accepted_by_issue,
    attempts_of,
    counts_match,
    counts_of,
    counts_of_all,
    is_conserved,
    recount,
)
from newsletter.store.ledger.decisions import expire_rest, settle_unknown, unknown_rows
from newsletter.store.ledger.journals import issues_with_journals
from newsletter.store.ledger.senders import living_senders
from newsletter.store.ledger.sql_ledger import SqlLedger
from newsletter.store.ledger.waves import Waiting, Wave, waiting, waves_of

__all__ = [
    "DeliveryCounts",
    "SqlLedger",
    "Waiting",
    "Wave",
    "accepted_by_issue",
    "attempts_of",
    "counts_match",
    "counts_of",
    "counts_of_all",
    "expire_rest",
    "is_conserved",
    "is_under_way",
    "issues_with_journals",
    "living_senders",
    "lock_planning",
    "open_ranges",
    "recount",
    "settle_unknown",
    "unknown_rows",
    "waiting",
    "waves_of",
]
