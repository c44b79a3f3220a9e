"""When a send pauses, as a value: by one refusal that is about us, or by too many."""

from __future__ import annotations

from newsletter.delivery.classify import Meaning, Stage
from newsletter.delivery.ledger import Claim
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.pause_policy import PausePolicy, RefusedByRelay, TooManyRefused

ACCEPTED = Outcome(stage=Stage.DOT, meaning=Meaning.ACCEPTED, code=250, text="Ok")
REJECTED = Outcome(stage=Stage.RCPT, meaning=Meaning.REJECTED, code=550, text="No such user")
POLICY = Outcome(stage=Stage.RCPT, meaning=Meaning.POLICY, code=550, text="5.7.1 blocked")


def claim(*, was_refused_by_policy: bool = False) -> Claim:
    """A reader's delivery."""
    return Claim(
        subscriber_id=1,
        address="reader@example.org",
        name="",
        edition_id=1,
        attempts=0,
        was_refused_by_policy=was_refused_by_policy,
    )


def test_a_refusal_about_us_pauses_at_once() -> None:
    """But not again by the same reader: her own server may always say so."""
    policy = PausePolicy(window=10, share=0.3)
    assert policy.pause_after(claim(), POLICY, "main") == RefusedByRelay(
        relay="main", outcome=POLICY
    )
    again = claim(was_refused_by_policy=True)
    assert policy.pause_after(again, POLICY, "main") is None


def test_too_many_refusals_pause_once_the_window_is_full() -> None:
    """More than the share; what came without a reply counts for nothing."""
    policy = PausePolicy(window=10, share=0.3)
    lost = Outcome(stage=Stage.BODY, meaning=Meaning.BROKEN, text="connection lost")
    outcomes = [*[ACCEPTED] * 6, lost, *[REJECTED] * 3]
    assert [policy.pause_after(claim(), one, "main") for one in outcomes] == [None] * 10
    pause = policy.pause_after(claim(), REJECTED, "main")
    assert pause == TooManyRefused(refused=4, window=10, last=REJECTED)
    assert str(pause).startswith("4 of the last 10 messages were refused permanently")


def test_a_refusal_before_rcpt_is_the_relays_and_pauses_nothing_by_itself() -> None:
    """Another relay may take the messages."""
    refusal = Outcome(stage=Stage.MAIL, meaning=Meaning.POLICY, code=550, text="5.7.1 blocked")
    assert PausePolicy(window=10, share=0.3).pause_after(claim(), refusal, "main") is None
