from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.replies import MAX_REPLY, Reply, ReplyError, ReplyReader


def read(data: bytes) -> list[Reply]:
    """The replies in bytes that came at once."""
    return list(ReplyReader().feed(data))


def test_replies_of_one_and_of_many_lines() -> None:
    """Lines are joined by a space; an enhanced code that each line repeats is said once."""
    replies = read(b"250 2.1.0 Ok\r\n550-5.1.1 No such\r\n550 5.1.1 user\r\n354\r\n")
    assert [(reply.code, reply.text) for reply in replies] == [
        (250, "2.1.0 Ok"),
        (550, "5.1.1 No such user"),
        (354, ""),
    ]
    assert [reply.enhanced for reply in replies] == ["2.1.0", "5.1.1", ""]


@pytest.mark.parametrize(
    ("text", "enhanced"),
    [
        ("5.7.1 Blocked", "5.7.1"),
        ("5.7.1", "5.7.1"),
        ("5.7.1x", ""),
        ("4.7.1 a 5xx that says 4", ""),
        ("see 5.7.1", ""),
    ],
)
def test_an_enhanced_code_stands_in_front_and_fits(text: str, enhanced: str) -> None:
    """RFC 2034: its class is the reply's."""
    assert Reply(code=550, text=text).enhanced == enhanced


@pytest.mark.parametrize(
    "data",
    [b"2xx what\r\n", b"\r\n", b"HTTP/1.1 400\r\n", b"250-a\r\n550 b\r\n", b"150 ok\r\n", b"25"],
)
def test_what_is_no_reply_is_an_error(data: bytes) -> None:
    """A line without a code, or codes that change within a reply; half a line waits."""
    if data == b"25":
        assert read(data) == []
    else:
        with pytest.raises(ReplyError):
            read(data)


def test_what_stands_before_nonsense_counts() -> None:
    """A relay that took the message and then talks nonsense has taken the message."""
    reader = ReplyReader().feed(b"250 2.0.0 queued\r\n2xx what\r\n")
    assert next(reader).code == 250
    with pytest.raises(ReplyError):
        next(reader)


def test_an_endless_reply_is_an_error() -> None:
    """With line ends or without."""
    with pytest.raises(ReplyError):
        read(b"250 " + b"x" * MAX_REPLY + b"\r\n")
    with pytest.raises(ReplyError):
        read(b"2" * (MAX_REPLY + 1))
    with pytest.raises(ReplyError):
        read(b"250-more\r\n" * (MAX_REPLY // 8))


def test_control_characters_do_not_reach_the_books() -> None:
    """A relay's words are shown on terminals and pages."""
    assert read(b"550 a\x1b[2Jb\xe2\x80\xa8c\xff\r\n")[0].text == "a [2Jb c\ufffd"


@given(
    st.lists(
        st.tuples(st.integers(200, 599), st.lists(st.text("ab 1.", max_size=9), min_size=1)),
        max_size=5,
    ),
    st.data(),
)
def test_replies_are_the_same_however_they_are_cut(
    said: list[tuple[int, list[str]]], data: st.DataObject
) -> None:
    """TCP may cut anywhere."""
    lines = [
        f"{code}{' ' if number == len(texts) - 1 else '-'}{text}\r\n"
        for code, texts in said
        for number, text in enumerate(texts)
    ]
    whole = "".join(lines).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    reader = ReplyReader()
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    replies = [reply for piece in pieces for reply in reader.feed(piece)]
    assert replies == read(whole)
    assert [reply.code for reply in replies] == [code for code, _ in said]
    assert reader.is_between_replies
