from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.inbound.list_addresses import (
    AddressRole,
    ListAddress,
    ReturnPath,
    ReturnPaths,
    parse_list_address,
)

DOMAIN = "news.example.org"
LISTS = {"weekly", "weekly-help", "big-news"}
PATHS = ReturnPaths(["n" * 32])


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        (
            "weekly-join@news.example.org",
            ListAddress(list_slug="weekly", role=AddressRole.SUBSCRIBE),
        ),
        (
            "Weekly-LEAVE@News.Example.Org",
            ListAddress(list_slug="weekly", role=AddressRole.UNSUBSCRIBE),
        ),
        (
            "<big-news-request@news.example.org>",
            ListAddress(list_slug="big-news", role=AddressRole.REQUEST),
        ),
        (
            "weekly-confirm+aBc.D@news.example.org",
            ListAddress(list_slug="weekly", role=AddressRole.CONFIRM, detail="aBc.D"),
        ),
        ("weekly@news.example.org", ListAddress(list_slug="weekly", role=AddressRole.LIST)),
        (
            "weekly-help@news.example.org",
            ListAddress(list_slug="weekly-help", role=AddressRole.LIST),
        ),
        (
            "weekly-help-help@news.example.org",
            ListAddress(list_slug="weekly-help", role=AddressRole.HELP),
        ),
        (
            "prvs=190694bd6d=weekly-leave@news.example.org",
            ListAddress(list_slug="weekly", role=AddressRole.UNSUBSCRIBE),
        ),
        ("prvs=weekly-leave@news.example.org", None),
        ("daily-join@news.example.org", None),
        ("weekly-join@example.org", None),
        ("weekly-dance@news.example.org", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_an_address_means_a_list_and_a_role(address: str, mailbox: ListAddress | None) -> None:
    """Mailman's names; a list whose own name ends like a role is itself."""
    assert parse_list_address(address, LISTS, DOMAIN) == mailbox


numbers = st.integers(1, 2**53)


@given(numbers, st.integers(1, 99999), st.booleans())
def test_a_bounce_comes_back_to_its_reader_and_issue(person: int, issue: int, lower: bool) -> None:
    """Also where a relay changed the address to lower case."""
    address = PATHS.make("big-news", DOMAIN, person, issue)
    assert len(address.rpartition("@")[0]) <= 64
    mailbox = parse_list_address(address.lower() if lower else address, LISTS, DOMAIN)
    assert mailbox is not None
    assert PATHS.read(mailbox) == ReturnPath(subscriber_id=person, number=issue)


@pytest.mark.parametrize("tag", ["prvs=190694bd6d=", "PRVS=0694BD=", "btv1==190694bd6d=="])
def test_a_relay_may_have_signed_the_return_path(tag: str) -> None:
    """Bounce address tag validation (BATV): the tag is the relay's, the rest is ours."""
    mailbox = parse_list_address(tag + PATHS.make("weekly", DOMAIN, 7, 12), LISTS, DOMAIN)
    assert mailbox is not None
    assert PATHS.read(mailbox) == ReturnPath(subscriber_id=7, number=12)


@given(st.data(), numbers)
def test_a_forged_return_path_is_nobody_s(data: st.DataObject, person: int) -> None:
    """Another reader, issue, list or signature does not verify."""
    detail = PATHS.make("weekly", DOMAIN, person, 12).partition("+")[2].partition("@")[0]
    place = data.draw(st.integers(0, len(detail) - 1))
    mark = data.draw(st.sampled_from("0123456789abcdef-x").filter(lambda m: m != detail[place]))
    forged = detail[:place] + mark + detail[place + 1 :]
    bounces = ListAddress(list_slug="weekly", role=AddressRole.BOUNCES, detail=forged)
    assert PATHS.read(bounces) is None
    elsewhere = ListAddress(list_slug="big-news", role=AddressRole.BOUNCES, detail=detail)
    assert PATHS.read(elsewhere) is None
    assert (
        PATHS.read(ListAddress(list_slug="weekly", role=AddressRole.REQUEST, detail=detail)) is None
    )


def test_return_paths_outlive_a_change_of_keys() -> None:
    """Bounces of mails sent before the rotation are still known."""
    address = ReturnPaths(["o" * 32]).make("weekly", DOMAIN, 7, 12)
    mailbox = parse_list_address(address, LISTS, DOMAIN)
    assert mailbox is not None
    assert PATHS.read(mailbox) is None
    assert ReturnPaths(["n" * 32, "o" * 32]).read(mailbox) is not None
