from __future__ import annotations

import html
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.segments import encode_body, encode_text_body
from newsletter.errors import RenderingError
from newsletter.rendering.edition import Slot
from newsletter.rendering.slots import sentinel
from tests.factories.delivery import HTML, NONCE, TEXT, edition, slot

VALUES = {
    Slot.NAME: "Ada",
    Slot.UNSUBSCRIBE: "https://u.test/",
    Slot.PREFERENCES: "https://p.test/",
}
any_text = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"))


def test_the_first_segment_is_shared_and_runs_to_the_first_slot() -> None:
    """All that stands before the first slot is one ready piece, hashed once."""
    body = encode_body(edition(text="line\n" * 100 + slot(Slot.NAME)))
    assert body.segments[0].endswith(b"line\r\n" * 100)
    assert body.segments[1] == b""


def test_a_slot_in_many_places_is_encoded_once_for_each_kind_of_part() -> None:
    """Gaps are told apart by what they hold, not by where they stand."""
    link = slot(Slot.UNSUBSCRIBE)
    body = encode_body(edition(text=link, html=f"<a href='{link}'>{link}</a>{link}"))
    assert {(gap.slot, gap.in_html): len(places) for gap, places in body.gaps} == {
        (Slot.UNSUBSCRIBE, False): 1,
        (Slot.UNSUBSCRIBE, True): 3,
    }


def test_the_nonce_does_not_show_in_the_bytes() -> None:
    """Two drafts with different nonces are the same bytes."""
    other = "0ther-n0nce"
    again = edition(nonce=other, text=TEXT.replace(NONCE, other), html=HTML.replace(NONCE, other))
    assert encode_body(again) == encode_body(edition())


@given(any_text, any_text, any_text)
def test_the_text_alone_is_that_of_the_whole(before: str, value: str, after: str) -> None:
    """Every word and value of the text part, no boundary, nothing of the HTML."""
    parts = edition(text=f"Words{before}{slot(Slot.NAME)}{after}", html="<p>not this</p>")
    body = encode_text_body(parts)
    joined = b"".join(body.fill({**VALUES, Slot.NAME: value}))
    whole = encode_body(parts)
    text = b"".join(whole.fill({**VALUES, Slot.NAME: value})).split(f"--{whole.boundary}".encode())
    assert body.boundary == ""
    shown, part = (
        quopri.decodestring(one).rstrip(b" \t\r\n")
        for one in (joined, text[1].partition(b"\r\n\r\n")[2])
    )
    assert shown == part
    assert joined.endswith(b"\r\n")
    assert not joined.endswith(b"\r\n\r\n")


def test_other_content_has_another_boundary() -> None:
    """The boundary is made of the content."""
    assert encode_body(edition(text="a")).boundary != encode_body(edition(text="b")).boundary


@given(any_text, any_text)
def test_no_content_can_hold_the_boundary(text: str, name: str) -> None:
    """The boundary stands exactly where parts begin and end, whatever a stranger writes."""
    parts = edition(text=text + slot(Slot.NAME), html=text + slot(Slot.NAME))
    body = encode_body(parts)
    joined = b"".join(body.fill({**VALUES, Slot.NAME: name + body.boundary}))
    assert joined.count(f"--{body.boundary}".encode()) == 3


@given(any_text, any_text, any_text)
def test_a_value_stands_in_its_place_whole(before: str, value: str, after: str) -> None:
    """Text, value and text come back joined: escaped in HTML, as it is in text."""
    parts = edition(text=before + slot(Slot.NAME) + after, html=slot(Slot.NAME) * 2)
    body = encode_body(parts)
    joined = b"".join(body.fill({**VALUES, Slot.NAME: value}))
    _, text, page, _ = joined.split(f"--{body.boundary}".encode())
    decoded = [
        quopri.decodestring(part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")).decode()
        for part in (text, page)
    ]
    assert decoded == [before + value + after, html.escape(value) * 2]


def test_a_long_value_is_wrapped_without_splitting_an_escape() -> None:
    """A link of any length takes lines of its own, and no =XX is cut in two."""
    body = encode_body(edition(html=slot(Slot.UNSUBSCRIBE)))
    ((_, (place,)),) = [gap for gap in body.gaps if gap[0].in_html]
    link = "https://news.example.org/?" + "c=42&" * 40
    encoded = body.fill({**VALUES, Slot.UNSUBSCRIBE: link})[place]
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert encoded.replace(b"=\r\n", b"").count(b"c=3D42&amp;") == 40


def test_an_empty_value_takes_no_line() -> None:
    """A reader without a name gets no odd line."""
    body = encode_body(edition(text=slot(Slot.NAME), html=""))
    ((_, (place,)),) = body.gaps
    assert body.fill({**VALUES, Slot.NAME: ""})[place] == b""


@pytest.mark.parametrize(
    "broken", [NONCE, sentinel(Slot.NAME, NONCE).upper(), f"slot-{NONCE}-password-slot"]
)
def test_a_broken_sentinel_stops_the_edition(broken: str) -> None:
    """A slot that something mangled on its way is an error, never sent to a reader."""
    if NONCE not in broken:
        broken = broken.replace(NONCE.upper(), NONCE)
    with pytest.raises(RenderingError):
        encode_body(edition(html=f"<p>{broken}</p>"))
