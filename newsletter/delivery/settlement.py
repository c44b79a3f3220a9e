"""What follows from an outcome: for the delivery, for its relay, and for the send."""

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

BLAMELESS_TRIES = 3
"""How often one claim may meet a relay in trouble before it counts as the claim's own try: a
message at which a relay hangs up each time must not be the last one for ever."""


class SendEnd:
    """Whether a send is to end, and why."""

    def __init__(self, queue: ClaimQueue) -> None:
        self._queue = queue
        self.ending = asyncio.Event()
        self.pause: Pause | None = None
        """Set when a person has to look."""
        self.shut = ""
        """Why a relay that could send may not at this hour."""

    def end(self, pause: Pause | None = None) -> None:
        """Hand out nothing more; `pause` says why, when a person has to look."""
        self.pause = self.pause or pause
        self.ending.set()
        self._queue.close()


class Settlement:
    """Writes receipts, gives claims back, rests relays, and ends the send where it has to."""

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
        self._blameless: Counter[int] = Counter()
        self._policy = PausePolicy(
            window=context.sending.pause_window, share=context.sending.pause_share
        )

    @property
    def is_hopeless(self) -> bool:
        """Whether no relay can be worked with, now or soon."""
        return all(session.is_down for session in self._sessions)

    def relay_failed(self, session: RelaySession, outcome: Outcome) -> None:
        """Rest the relay, or leave it when it refuses us; end the send when it was the last."""
        if outcome.meaning is Meaning.POLICY:
            session.give_up(outcome)
        else:
            session.failed(outcome)
        if self.is_hopeless:
            refused = all(each.is_given_up for each in self._sessions)
            said = [(each.relay.name, each.trouble) for each in self._sessions]
            self._end.end(RefusedByEveryRelay(said=said) if refused else None)

    def settle(
        self, claim: Claim, outcome: Outcome, session: RelaySession, *, is_worn: bool = False
    ) -> None:
        """Record what a claim came to, or give it back when the relay is to blame.

        `is_worn`: the connection has carried messages before, and may simply have had enough, or
        it was we who cut it off.
        """
        meaning = outcome.meaning
        self._slow_down(claim, outcome, session)
        if meaning is Meaning.RELAY:
            if not (is_worn and may_go_on_anew(outcome)):
                self.relay_failed(session, outcome)
            self._blameless[claim.subscriber_id] += 1
            if self._blameless[claim.subscriber_id] < BLAMELESS_TRIES:
                self._queue.give_back(claim)
                return
        if meaning is Meaning.BROKEN and not outcome.code and not is_worn:
            self.relay_failed(session, outcome)  # else all readers might become unknown, one by one
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
        """Send slower where a server asks for it."""
        if outcome.meaning is Meaning.ACCEPTED:
            return
        if says_slow_down(outcome.stage, Reply(code=outcome.code, text=outcome.text)):
            is_one = outcome.stage in ABOUT_ONE_MESSAGE
            session.slow_down(_domain_of(claim) if is_one else WHOLE_RELAY)


def _domain_of(claim: Claim) -> str:
    return claim.address.rpartition("@")[2]
