from __future__ import annotations

from newsletter.delivery.classify import Stage
from newsletter.delivery.ledger import Claim
from newsletter.delivery.outcome import from_reply
from newsletter.delivery.recent_refusals import MANY_DOMAINS, SEVERAL_DOMAINS, RecentRefusals
from newsletter.delivery.replies import Reply

DENIED = "This one not, id {}"
UNKNOWN = "5.1.1 <reader{}@example.net>: User unknown"
TAKEN = "2.0.0 Ok"


def noted(
    recent: RecentRefusals, number: int, text: str, *, domain: str = "", again: bool = False
) -> int:
    """What one more outcome proves, of a reader at a domain of her own."""
    claim = Claim(
        subscriber_id=number,
        address=f"reader@{domain or f'domain{number}.example.net'}",
        name="",
        edition_id=1,
        attempts=0,
        was_refused_by_policy=again,
    )
    code = 250 if text == TAKEN else 550
    reply = Reply(code=code, text=text.format(number))
    return recent.note(claim, from_reply(Stage.DOT, reply))


def watch() -> RecentRefusals:
    """As a run keeps it."""
    return RecentRefusals(window=200, share=0.3)


def test_three_domains_in_a_row_are_evidence() -> None:
    """On the list of twelve as after a hundred thousand messages."""
    recent = watch()
    for number in range(150):
        assert not noted(recent, number, TAKEN)
    proofs = [noted(recent, number, DENIED) for number in range(SEVERAL_DOMAINS)]
    assert proofs == [0] * (SEVERAL_DOMAINS - 1) + [SEVERAL_DOMAINS]


def test_one_domain_is_none() -> None:
    """A server may well refuse all its readers."""
    recent = watch()
    assert not any(noted(recent, n, DENIED, domain="example.org") for n in range(20))


def test_single_refusals_among_many_messages_are_none() -> None:
    """Three of a hundred in the same words: that happens."""
    recent = watch()
    assert not any(noted(recent, n, DENIED if n % 33 == 0 else TAKEN) for n in range(100))


def test_different_words_are_none() -> None:
    """Each of its own."""
    recent = watch()
    words = ["Rejected", "No thanks", "Not here", "Go on", "Not today"]
    assert not any(noted(recent, n, word) for n, word in enumerate(words))


def test_a_third_of_the_messages_is_evidence() -> None:
    """Where every other message is taken."""
    recent = watch()
    assert any(noted(recent, n, DENIED if n % 2 else TAKEN) for n in range(10))


def test_dead_addresses_need_more() -> None:
    """Old lists have some of them in a row; a relay that knows nobody is found out all the same."""
    recent = watch()
    proofs = [noted(recent, n, UNKNOWN) for n in range(MANY_DOMAINS)]
    assert proofs == [0] * (MANY_DOMAINS - 1) + [MANY_DOMAINS]


def test_what_a_person_let_go_on_is_no_evidence_again() -> None:
    """The addresses are dead, then."""
    recent = watch()
    assert not any(noted(recent, n, UNKNOWN, again=True) for n in range(20))


def test_what_a_person_let_go_on_does_not_make_the_next_refusal_evidence() -> None:
    """The run paused before it reached the last reader, who is refused alike when it goes on."""
    recent = watch()
    for number in range(MANY_DOMAINS):
        noted(recent, number, UNKNOWN, again=True)
    assert not noted(recent, MANY_DOMAINS, UNKNOWN)
