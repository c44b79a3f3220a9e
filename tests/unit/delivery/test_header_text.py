from __future__ import annotations

import unicodedata
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import SMTP
from email.utils import parseaddr

import pytest
from dkim.canonicalization import Relaxed
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.delivery.header_text import (
    clean,
    header_field,
    named_address,
    phrase,
    relaxed,
    unstructured,
)
from newsletter.errors import InputError

strangers = st.text(
    alphabet=st.one_of(
        st.sampled_from('\r\n\x00\u2028\u202e\u2066\ud800=?"\\<>@,;:(). aé中🎉'), st.characters()
    ),
    max_size=300,
) | st.sampled_from(
    [
        "=?utf-8?q?x=0d=0aBcc:_evil@example.test?=",
        "=?utf-8?b?eA0KQmNjOiBldmlsQGV4YW1wbGUudGVzdA==?=",
        "=?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3D0d=3D0aBcc=3A_e=40example=2Etest=3F=3D?=",
        "=?utf-7?q?+AA0ACg-Bcc:?=",
        "=?unicode_escape?q?x=5Cr=5CnBcc:?=",
        "=?utf-8?b?%%%?=",
        "=?",
        "?=",
        "x\r\nBcc: evil@example.test",
        "x\r\n\r\nbody",
    ]
)
NEVER = {"Cc", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("The  week \t in gear ", "The week in gear"),
        ("=?utf-8?q?Gr=C3=B6=C3=9Fe?=", "Größe"),
        ("=?iso-8859-1*de?Q?Gr=F6=DFe?=", "Größe"),
        ("=?utf-8?b?R3I=?= =?utf-8?b?w7bDn2U=?=", "Größe"),
        ("a =?utf-8?q?b?= c", "a b c"),
        ("=?utf-8?q?x=0d=0aBcc:_evil@example.test?=", "x Bcc: evil@example.test"),
        ("=?utf-8?q?x=E2=80=A8y?=", "x y"),
        ("=?klingon?q?x?=", "=?klingon?q?x?="),
        ("=?unicode_escape?q?=5Cx0a?=", "=?unicode_escape?q?=5Cx0a?="),
        ("abc\u202egnp.exe", "abcgnp.exe"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("سلام\u200f دنیا", "سلام\u200f دنیا"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
    ],
)
def test_cleans_as_written_down(text: str, cleaned: str) -> None:
    """Encoded-words are read first, then all that could end or reorder a line is taken out."""
    assert clean(text) == cleaned


@given(strangers)
def test_a_cleaned_text_is_one_harmless_line(text: str) -> None:
    """No control, separator, override or surrogate is left, and cleaning ends somewhere."""
    cleaned = clean(text)
    assert not {unicodedata.category(character) for character in cleaned} & NEVER
    assert not set(cleaned) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert len(cleaned) <= 500


def test_a_title_of_a_megabyte_is_cut() -> None:
    """A text that no title ever is cannot blow up every message's header."""
    assert len(clean("long title " * 100_000)) <= 500


@given(strangers)
@example("x" * 500)
@example("word " * 100)
@example("中" * 200)
@example("é" * 30 + "x" * 300)
def test_a_subject_survives_and_stands_alone(text: str) -> None:
    """A reader's program shows the cleaned text, and sees one header, in short ASCII lines."""
    cleaned = clean(text)
    if not cleaned:
        return
    line = header_field("Subject", unstructured(cleaned, column=9))
    assert all(len(part) <= 76 for part in line.split(b"\r\n"))
    assert line.isascii()
    message = message_from_bytes(line + b"\r\n", policy=SMTP)
    assert message.keys() == ["Subject"]
    assert str(message["Subject"]) == cleaned
    assert not message["Subject"].defects


@given(strangers)
@example('Quote "me" \\ now')
@example("Smith, J. (Editor) <boss@example.net>")
@example("x" * 300)
@example("word. " * 60)
def test_a_display_name_survives_and_adds_no_address(text: str) -> None:
    """Whatever a reader calls themselves, the header holds their one address."""
    line = header_field("To", named_address(text, "reader@example.net", column=4))
    assert all(len(part) <= 78 for part in line.split(b"\r\n"))
    message = message_from_bytes(line + b"\r\n", policy=SMTP)
    assert message.keys() == ["To"]
    (address,) = message["To"].addresses
    assert address.addr_spec == "reader@example.net"
    # Python's address parser puts a space between two encoded-words (RFC 2047 section 6.2 says
    # to ignore it), its older functions do not.
    name, _ = parseaddr(line.decode().removeprefix("To: ").replace("\r\n ", " "))
    assert str(make_header(decode_header(name))) == clean(text)


@pytest.mark.parametrize("value", ["=?utf-8?q?x?=", "a =?us-ascii?b?eA==?= b"])
def test_an_encoded_word_never_passes_as_such(value: str) -> None:
    """What looks like an encoded-word is text to us, so it is encoded like any other."""
    assert value not in unstructured(value, column=9)
    assert value not in phrase(value, column=4)


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "x\r\nBcc: evil@example.test",
        "x\nBcc: evil@example.test",
        "x\rBcc: evil@example.test",
        "x\r\n",
        "x\r\n ",
        "x\r\n \r\n y",
        "x\x00y",
        "x\u2028y",
        "x\x85y",
        "x\ty",
        "two  spaces",
        "x" * 999,
    ],
)
def test_a_line_that_is_not_one_field_is_refused(value: str) -> None:
    """The last look at the bytes trusts nobody, whatever made them."""
    with pytest.raises(InputError):
        header_field("Subject", value)


@given(strangers)
def test_relaxed_is_what_dkim_says(text: str) -> None:
    """The canonical form that we write directly is the one a verifier computes."""
    value = named_address(text, "reader@example.net", column=4)
    line = header_field("To", value)
    name, _, rest = line.partition(b":")
    ((canonical_name, canonical_value),) = Relaxed.canonicalize_headers([(name, rest)])
    assert relaxed(line) == canonical_name + b":" + canonical_value
