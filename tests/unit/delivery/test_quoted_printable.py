from __future__ import annotations

import quopri
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.delivery.quoted_printable import encode, encode_unfinished

TOKENS = re.compile(rb"(?:[!-<>-~ ]|=[0-9A-F]{2})*=?\Z")
awkward = st.text(
    alphabet=st.one_of(
        st.sampled_from("\n\r.= \tFrom aé中\u2028🎉"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=400,
)


def lines(encoded: bytes) -> list[bytes]:
    """The lines as a relay sees them."""
    return encoded.split(b"\r\n")


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("", b""),
        ("plain words", b"plain words"),
        ("?c=42", b"?c=3D42"),
        ("one\ntwo\r\nthree\rfour\n", b"one\r\ntwo\r\nthree\r\nfour\r\n"),
        (".\n..two\na.b", b"=2E\r\n=2E.two\r\na.b"),
        ("From here", b"=46rom here"),
        ("two  spaces", b"two =20spaces"),
        ("end \nend\t", b"end=20\r\nend=09"),
        ("中", b"=E4=B8=AD"),
        ("\x0b\x0c\x85\u2028", b"=0B=0C=C2=85=E2=80=A8"),
        ("half a pair: \ud83d", b"half a pair: =EF=BF=BD"),
        ("x" * 76, b"x" * 76),
        ("x" * 77, b"x" * 75 + b"=\r\nxx"),
        ("x" * 74 + "éyz", b"x" * 74 + b"=\r\n=C3=A9yz"),
        ("x" * 75 + ".z", b"x" * 75 + b"=\r\n=2Ez"),
    ],
)
def test_encodes_as_written_down(text: str, encoded: bytes) -> None:
    """Each octet that a relay, a mailbox or DKIM could touch is escaped; the rest stays."""
    assert encode(text) == encoded


@given(awkward)
@example("x" * 70 + "中" * 60)
@example("." * 200)
def test_decodes_to_the_same_text(text: str) -> None:
    """Any text comes back as it was, its line ends unified."""
    decoded = quopri.decodestring(encode(text)).decode()
    assert decoded == text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


@given(awkward)
@example("." * 200)
@example(" " * 200)
@example("From " * 60)
def test_lines_give_nobody_a_reason_to_change_them(text: str) -> None:
    """Lines are short ASCII, begin with no dot or From, and hold no run of spaces, no tab."""
    for line in lines(encode(text)):
        assert len(line) <= 76
        assert TOKENS.match(line)
        assert not line.startswith((b".", b"From "))
        assert not line.endswith(b" ")
        assert b"  " not in line


@given(awkward, awkward)
@example("x" * 75, "y")
@example("x" * 76, "y")
@example("x" * 73 + "é", "y")
def test_what_follows_unfinished_text_starts_a_line(before: str, after: str) -> None:
    """Unfinished text ends at a line's start, within the line length, and adds nothing."""
    closed = encode_unfinished(before)
    assert closed == b"" or closed.endswith(b"\r\n")
    assert max(map(len, lines(closed))) <= 76
    decoded = quopri.decodestring(closed + encode(after)).decode()
    assert decoded == quopri.decodestring(encode(before)).decode() + (
        quopri.decodestring(encode(after)).decode()
    )


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("", b""),
        ("Ada Reader", b"Ada Reader=\r\n"),
        ("https://a.test/u/x", b"https://a.test/u/x=\r\n"),
        ("x" * 75, b"x" * 75 + b"=\r\n"),
        ("x" * 76, b"x" * 75 + b"=\r\nx=\r\n"),
        (".com", b"=2Ecom=\r\n"),
        ("From afar", b"=46rom afar=\r\n"),
        ("?c=42", b"?c=3D42=\r\n"),
        ("ends in a space ", b"ends in a space=20=\r\n"),
        ("a line\n", b"a line\r\n"),
    ],
)
def test_unfinished_text_is_as_written_down(text: str, encoded: bytes) -> None:
    """The short way for plain values writes what the long way would."""
    assert encode_unfinished(text) == encoded
