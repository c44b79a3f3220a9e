from __future__ import annotations

import pytest

from newsletter.rendering.lint.clients import read_support
from newsletter.rendering.mail_clients import MAIL_CLIENTS, MailClient, client_of
from newsletter.rendering.shown_in import shown_in

MAIL = """<!DOCTYPE html><html lang="en"><head><style>
.a { color: #111111; word-break: break-word; border-radius: 4px }
@media (max-width: 480px) { .a { color: #222222 } }
@media (prefers-color-scheme: dark) { .a { color: #eeeeee } }
</style></head><body>
<!--[if mso | IE]><table class="ghost"><tr><td><![endif]-->
<p dir="rtl" style="word-break:break-word;margin:0 !important;color:#333333">Read <bdi>this</bdi> now</p>
<!--[if mso | IE]></td></tr></table><![endif]-->
<img src="https://example.org/a.webp" alt="A lock"></body></html>"""


def shown(key: str) -> str:
    """The mail as the client with this key shows it."""
    client = client_of(key)
    assert client is not None
    return shown_in(MAIL, client)


@pytest.mark.parametrize("client", MAIL_CLIENTS, ids=lambda client: client.key)
def test_every_client_is_one_that_was_tested(client: MailClient) -> None:
    """Each row of the table has its data, and a key and a name that no other row has."""
    names = {name for missing in read_support().missing.values() for name in missing}
    assert client.tested_as in names | {"Apple Mail"}
    assert [one for one in MAIL_CLIENTS if client.key == one.key or client.name == one.name] == [
        client
    ]


def test_a_client_without_style_sheets_keeps_style_attributes() -> None:
    """The Gmail app drops every <style> from mail of another provider's account."""
    html = shown("gmail-app-other-account")
    assert "<style" not in html
    assert "color:#333333" in html


def test_a_client_without_dark_mode_loses_those_rules_alone() -> None:
    """Gmail reads widths in @media, but not prefers-color-scheme."""
    html = shown("gmail")
    assert "#eeeeee" not in html
    assert "#222222" in html


def test_a_client_loses_the_properties_that_it_lacks() -> None:
    """Yahoo drops word-break, in style sheets and in attributes, and keeps the rest."""
    html = shown("yahoo")
    assert "word-break" not in html
    assert "border-radius:4px" in html
    assert "margin:0 !important" in html


def test_a_client_loses_elements_and_attributes_that_it_lacks() -> None:
    """GMX drops dir, and <bdi> is a <span> to it; the words stay in their order."""
    html = shown("gmx")
    assert "dir=" not in html
    assert "Read <span>this</span> now" in html


def test_outlook_reads_what_is_written_for_word() -> None:
    """Conditional comments are markup in Outlook 2019 and comments elsewhere."""
    assert '<table class="ghost">' in shown("outlook-2019").replace("<!--[if", "")
    assert "<!--" not in shown("outlook-2019")
    assert '<!--[if mso | IE]><table class="ghost">' in shown("apple-mail")


def test_a_picture_in_an_unknown_format_is_its_alternative_text() -> None:
    """Outlook 2019 cannot show WebP."""
    html = shown("outlook-2019")
    assert "a.webp" not in html
    assert 'alt="A lock"' in html


def test_an_unknown_client_is_none() -> None:
    """A URL may name any client."""
    assert client_of("pine") is None
