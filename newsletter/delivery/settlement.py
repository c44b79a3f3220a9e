"""Applies an outcome to the delivery, to its relay, and to the send."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

from newsletter.delivery.claim_queue import ClaimQueue
from newsletter.delivery.classify import ABOUT_ONE_MESSAGE, Meaning, says_slow_down
from newsletter.delivery.context import SendContext
from newsletter.delivery.ledger import Claim
from newsletter.delivery.ledger_writer import LedgerWriter
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.pause_policy import Pause, PausePolicy, RefusedByEveryRelay
from newsletter.delivery.rates import WHOLE_RELAY
from newsletter.delivery.relay_session import RelaySession
from newsletter.delivery.replies import Reply
from newsletter.delivery.retry import may_go_on_anew, receipt_for

RELAY_FAILURE_LIMIT = 3
"""How often a claim may meet a failing relay before it counts as an attempt of the claim: a
message at which a relay hangs up each time must not be retried for ever."""


class SendEnd:
    """Whether and why a send is to end."""

    def __init__(self, queue: ClaimQueue) -> None:
        self._queue = queue
        self.ending = asyncio.Event()
        self.pause: Pause | None = None
        """Set when the send needs a person's attention."""
        self.restriction = ""
        """The hours or warm-up for which a working relay may not send now."""

    def end(self, pause: Pause | None = None) -> None:
        """Hand out no more claims; `pause` is the reason when a person's attention is needed."""
        self.pause = self.pause or pause
        self.ending.set()
        self._queue.close()


class Settlement:
    """Writes receipts, gives claims back, rests relays, and ends the send when necessary."""

    def __init__(
        self,
        context: SendContext,
        queue: ClaimQueue,
        writer: LedgerWriter,
        end: SendEnd,
        sessions: Sequence[RelaySession],
    ) -> None:
        self._context = context
        self._queue = queue
        self._writer = writer
        self._end = end
        self._sessions = tuple(sessions)
        self._relay_failures: Counter[int] = Counter()
        self._policy = PausePolicy(
            window=context.sending.pause_window, share=context.sending.pause_share
        )

    @property
    def is_hopeless(self) -> bool:
        """Whether no relay can be used, now or soon."""
        return all(session.is_down for session in self._sessions)

    def relay_failed(self, session: RelaySession, outcome: Outcome) -> None:
        """Rest the relay, or give it up if it refuses us; pause the send if every relay does."""
        if outcome.meaning is Meaning.POLICY:
            session.give_up(outcome)
        else:
            session.failed(outcome)
        if all(each.is_given_up for each in self._sessions):
            refusals = [(each.relay.name, each.trouble) for each in self._sessions]
            self._end.end(RefusedByEveryRelay(refusals=refusals))

    def end_if_hopeless(self) -> None:
        """End the send when no relay can be used, now or soon."""
        if self.is_hopeless:
            self._end.end()

    def settle(
        self, claim: Claim, outcome: Outcome, session: RelaySession, *, is_worn: bool = False
    ) -> None:
        """Record the claim's outcome, or give the claim back when the relay is to blame.

        `is_worn`: the connection has carried messages before, so the relay may have reached its
        own limit, or we closed it ourselves.
        """
        meaning = outcome.meaning
        self._slow_down(claim, outcome, session)
        if meaning is Meaning.RELAY:
            if not (is_worn and may_go_on_anew(outcome)):
                self.relay_failed(session, outcome)
            self._relay_failures[claim.subscriber_id] += 1
            if self._relay_failures[claim.subscriber_id] < RELAY_FAILURE_LIMIT:
                self._queue.give_back(claim)
                return
        if meaning is Meaning.BROKEN and not outcome.code and not is_worn:
            self.relay_failed(session, outcome)  # else every reader in turn might become unknown
        if outcome.code and meaning in (Meaning.ACCEPTED, Meaning.DEFERRED, Meaning.REJECTED):
            session.worked(_domain_of(claim))
        self._writer.keep(
            receipt_for(
                claim,
                outcome,
                relay=session.relay.name,
                now=self._context.clock(),
                expire_after=self._context.sending.expire_after,
                random=self._context.random,
            )
        )
        self._queue.done()
        if meaning is Meaning.POLICY and outcome.stage not in ABOUT_ONE_MESSAGE:
            self.relay_failed(session, outcome)
        pause = self._policy.pause_after(claim, outcome, session.relay.name)
        if pause is not None:
            self._end.end(pause)

    def _slow_down(self, claim: Claim, outcome: Outcome, session: RelaySession) -> None:
        """Reduce the rate where a server asks for it."""
        if outcome.meaning is Meaning.ACCEPTED:
            return
        if says_slow_down(outcome.stage, Reply(code=outcome.code, text=outcome.text)):
            is_about_one = outcome.stage in ABOUT_ONE_MESSAGE
            session.slow_down(_domain_of(claim) if is_about_one else WHOLE_RELAY)


def _domain_of(claim: Claim) -> str:
    return claim.address.rpartition("@")[2]
