"""HTML and text of a mail write addresses an even number of times."""

from __future__ import annotations

import pytest

from newsletter.rendering.edition import Slot
from newsletter.rendering.slots import sentinel
from newsletter.rendering.theme import open_theme
from newsletter.rendering.written_addresses import with_even_addresses, written_addresses
from tests.factories.editions import NONCE
from tests.factories.hard_cases import ALL_CASES, kinds_for

SITE = "https://news.example.org"
X = "https://press.example.org/x"


@pytest.mark.sampled
@pytest.mark.parametrize("theme", ["standard", "gazette", "letter"])
def test_every_content_is_even(theme: str) -> None:
    """Whatever an edition prints, the sum is even, and the text ends as it did or with the site."""
    odd: list[str] = []
    for title in kinds_for(theme):
        edition = ALL_CASES[title].edition(open_theme(None, theme))
        if written_addresses(edition.html, edition.text, nonce=edition.nonce) % 2:
            odd.append(title)
        assert edition.text.endswith(("1 Example St, Sydney\n", f"Sydney\n{SITE}\n")), title
    assert odd == []


@pytest.mark.parametrize(
    ("html", "text", "count"),
    [
        (f'<a href="{X}">Go</a>', X, 2),
        (f'<a href="{X}">Go</a>', "", 0),
        (f'<img alt="" src="{X}.png">', "", 1),
        (f'<a href="{X}"><img src="{X}.png"></a>', X, 3),
        (f'<a href="{X}">{X}</a>', "", 3),
        (f"See {X}.", "", 1),
        ("See https://press.<wbr>example.org/x", X, 2),
        (f'<a href="{X}?a=1&amp;b=2">Go</a>', f"{X}?a=1&b=2", 2),
        (f'<!-- <a href="{X}"> --><title>{X}</title>', "", 0),
        (f'<div style="display:none;font-size:1px">{X}</div>', "", 0),
        ('<a href="mailto:desk@example.org">Write</a>', "desk@example.org", 0),
        ("", "www.example.org and example.org", 1),
        ("", f"[1] {X}, and {X}", 2),
        (f'<a href="{sentinel(Slot.UNSUBSCRIBE, NONCE)}">Go</a>', sentinel(Slot.UNSUBSCRIBE, NONCE), 2),
    ],
)  # fmt: skip
def test_count(html: str, text: str, count: int) -> None:
    """The sum is rspamd's: a link counts if it is readable or a picture too; what is hidden does not."""
    assert written_addresses(html, text, nonce=NONCE) == count


def test_only_an_odd_sum_is_changed() -> None:
    """An even sum leaves the text alone; an odd one adds the first address that makes it even."""
    linked = f'<a href="{SITE}">Title</a>'
    other = "https://news.example.org/12"

    def even(html: str, text: str, *addresses: str) -> str:
        return with_even_addresses(html, text, nonce=NONCE, addresses=addresses)

    assert even(linked, f"{SITE}\n", SITE) == f"{SITE}\n"
    assert even("", f"{X}\n", "", SITE) == f"{X}\n{SITE}\n"
    assert even(linked, f"{X}\n", SITE, other) == f"{X}\n{other}\n"
    assert even("", f"{X}\n") == f"{X}\n"
