from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.errors import TokenError
from subscribers.tokens import LinkTokens, Purpose, looks_like_token
from tests.factories.subscribers import NOW

OLD, NEW = "o" * 32, "n" * 32
TOKENS = LinkTokens([NEW])

numbers = st.integers(min_value=1, max_value=2**63 - 1)
slugs = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True)
purposes = st.sampled_from(Purpose)


@given(purposes, numbers, slugs)
def test_a_token_reads_back_as_what_it_was_made_for(
    purpose: Purpose, number: int, slug: str
) -> None:
    """It is made of URL-safe characters and names subscriber and list."""
    token = TOKENS.make(purpose, number, slug)
    subject = TOKENS.read(purpose, token)
    assert (subject.subscriber_id, subject.list_slug) == (number, slug)
    assert looks_like_token(token)


@given(purposes, purposes, numbers)
def test_a_token_serves_one_purpose(made: Purpose, used: Purpose, number: int) -> None:
    """A preferences link unsubscribes nobody, and so on for each pair."""
    token = TOKENS.make(made, number, "weekly")
    if made is used:
        assert TOKENS.read(used, token).subscriber_id == number
    else:
        with pytest.raises(TokenError):
            TOKENS.read(used, token)


@given(st.data(), purposes, numbers)
def test_a_token_changed_anywhere_is_refused(
    data: st.DataObject, purpose: Purpose, number: int
) -> None:
    """Any other character at any place, the last and its spare bits included."""
    token = TOKENS.make(purpose, number, "weekly")
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(min_codepoint=33).filter(lambda mark: mark != token[place]))
    with pytest.raises(TokenError):
        TOKENS.read(purpose, token[:place] + other + token[place + 1 :])


@given(purposes, st.text(max_size=200))
def test_nonsense_is_refused_quietly(purpose: Purpose, text: str) -> None:
    """Whatever stands in the URL, there is no other error."""
    with pytest.raises(TokenError):
        TOKENS.read(purpose, text)


def test_links_of_a_former_key_work_while_it_is_listed() -> None:
    """After a rotation the newest key signs, and old mails' links still work."""
    token = LinkTokens([OLD]).make(Purpose.UNSUBSCRIBE, 7, "weekly")
    rotated = LinkTokens([NEW, OLD])
    assert rotated.read(Purpose.UNSUBSCRIBE, token).subscriber_id == 7
    fresh = rotated.make(Purpose.UNSUBSCRIBE, 7, "weekly")
    assert TOKENS.read(Purpose.UNSUBSCRIBE, fresh).subscriber_id == 7
    with pytest.raises(TokenError):
        TOKENS.read(Purpose.UNSUBSCRIBE, token)


def test_only_a_token_with_a_date_can_expire() -> None:
    """Asked for its age, a token is good up to the limit, and one without a date never is."""
    week = timedelta(days=7)
    dated = TOKENS.make(Purpose.CONFIRM, 7, "weekly", issued=NOW)
    assert TOKENS.read(Purpose.CONFIRM, dated, now=NOW + week, max_age=week).issued == NOW
    with pytest.raises(TokenError, match="expired"):
        TOKENS.read(Purpose.CONFIRM, dated, now=NOW + week + timedelta(seconds=1), max_age=week)
    undated = TOKENS.make(Purpose.CONFIRM, 7, "weekly")
    with pytest.raises(TokenError, match="expired"):
        TOKENS.read(Purpose.CONFIRM, undated, now=NOW, max_age=week)


def test_no_address_is_in_a_token() -> None:
    """A link says a number and a list, signed: the same for the same reader each time."""
    token = TOKENS.make(Purpose.PREFERENCES, 7, "weekly")
    assert token == TOKENS.make(Purpose.PREFERENCES, 7, "weekly")
    assert len(token) < 80
