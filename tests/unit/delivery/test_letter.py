from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.config.sender import Mailbox
from newsletter.delivery.dkim import Signer
from newsletter.delivery.letter import InlinePicture, Letter, compose_letter
from newsletter.errors import InputError
from tests.factories.delivery import content, dns_of, ed25519_key, parsed, rsa_key
from tests.sampling import sampled

DATE = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def letter(*pictures: InlinePicture, **changes: str) -> Letter:
    """A letter to an editor."""
    values: dict[str, str] = {
        "to_address": "ed@press.example.org",
        "to_name": "Ed",
        "subject": "Your sign-in link",
        "text": "Hello\n.\nhttps://news.example.org/sign-in/link/x\n",
        "html": "<p>Hello</p>",
        **changes,
    }
    sender = Mailbox(name="Good Gear Weekly", address="weekly@news.example.org")
    return Letter(sender=sender, date=DATE, pictures=pictures, **values)


def test_a_letter_says_the_same_in_text_and_html_and_asks_for_no_answer() -> None:
    """Both parts arrive as written, and no vacation responder answers."""
    message = parsed(compose_letter(letter()))
    assert message["From"] == "Good Gear Weekly <weekly@news.example.org>"
    assert message["To"] == "Ed <ed@press.example.org>"
    assert parsedate_to_datetime(message["Date"]) == DATE
    assert message["Auto-Submitted"] == "auto-generated"
    assert content(message, "plain").splitlines()[1] == "."
    assert "<p>Hello</p>" in content(message, "html")


def test_every_letter_has_a_name_of_its_own() -> None:
    """Two letters of the same words are two messages."""
    first, second = (parsed(compose_letter(letter()))["Message-ID"] for _ in range(2))
    assert first != second


@settings(max_examples=sampled(whole=150, sample=50), deadline=None)
@given(
    st.text(alphabet=st.one_of(st.sampled_from("\r\n.= \t é中🎉=?"), st.characters()), max_size=90)
)
def test_strangers_words_break_no_letter_and_no_signature(words: str) -> None:
    """Whatever a name or a text holds, the headers stay ours and DKIM verifies."""
    keys = (rsa_key(), ed25519_key())
    message = compose_letter(
        letter(to_name=words, subject=words + "x", text=words, html=words), Signer(keys=keys)
    )
    assert dkim.DKIM(message).verify(idx=0, dnsfunc=dns_of(*keys))
    assert dkim.DKIM(message).verify(idx=1, dnsfunc=dns_of(*keys))
    assert parsed(message)["Bcc"] is None
    lines = message.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(line.startswith(b".") for line in lines)
    assert b"\n" not in message.replace(b"\r\n", b"")


def test_a_picture_goes_with_the_html_that_shows_it() -> None:
    """multipart/related inside the alternative: who reads text gets none, and DKIM verifies."""
    picture = InlinePicture(content=bytes(range(256)) * 9, kind="image/jpeg", content_id="x@y.test")
    keys = (rsa_key(),)
    wire = compose_letter(letter(picture, html='<img src="cid:x@y.test">'), Signer(keys=keys))
    message = parsed(wire)
    assert message.get_content_type() == "multipart/alternative"
    plain, related = message.iter_parts()
    assert (plain.get_content_type(), related.get_content_type()) == (
        "text/plain",
        "multipart/related",
    )
    html, shown = related.iter_parts()
    assert 'src="cid:x@y.test"' in html.get_content()
    assert (shown["Content-ID"], shown.get_content_disposition()) == ("<x@y.test>", "inline")
    assert (shown.get_content_type(), shown.get_content()) == ("image/jpeg", picture.content)
    assert dkim.verify(wire, dnsfunc=dns_of(*keys))
    assert b"\n" not in wire.replace(b"\r\n", b"")


def test_an_address_that_is_none_is_refused() -> None:
    """An address with a line end never reaches a header."""
    with pytest.raises(InputError):
        compose_letter(letter(to_address="ed@example.org\r\nBcc: x@example.org"))
