"""Which links of a mail are opened, in all the ways in which one that leaves may be written."""

from __future__ import annotations

import base64

import pytest

from newsletter.articles.mailed.forwarding import forwards_to
from newsletter.articles.mailed.mail import read_mailed
from newsletter.articles.mailed.opening import may_be_a_story, may_be_opened, ways_to_leave
from newsletter.articles.mailed.wrapped import unwrapped
from tests.unit.articles.mailed.test_mail import mail

BYE = "https://M.example/Bye/%7Eann?x=1&amp;y=2"


def encoded(text: str) -> str:
    """As trackers write addresses into theirs."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "link",
    [
        "https://t.example/redirect/2/" + encoded('{"e":"https://s.example/action/disable_email"}'),
        "https://t.example/?u=" + encoded("https://s.example/unsubscribe/1"),
        "https://t.example/un%2573ubscribe/1",
        "https://x.createsend1.com/t/t-u-abc-l-r/",
        "https://visitor.constantcontact.com/do?mse=1&p=un",
        "https://www.google.com/alerts/feedback?ffu=1",
        "https://s.example/subscription/0b5f3a9c-0d1e-4b4f-9a6c-7d8e9f0a1b2c/1",
        "https://login.s.example/x",
        "https://s.example/confirm-subscription/1",
        "https://s.example/c/1?action=leave",
        "https://nam1.safelinks.protection.outlook.com/?url=https%3A%2F%2Fs.example%2Funsub%2F1",
    ],
)
def test_ways_to_leave_are_found_inside_other_addresses(link: str) -> None:
    """Neither encoding nor a wrapper hides where a link leads; mailers have words of their own."""
    assert not may_be_a_story(link)
    assert not may_be_opened(link)


@pytest.mark.parametrize(
    "link",
    [
        "HTTPS://m.EXAMPLE/bye/~ann?x=1&y=2",
        "http://m.example/Bye/%257Eann?x=1&y=2",
        "https://nam1.safelinks.protection.outlook.com/?url=https%3A%2F%2Fm.example%2Fbye%2F~ann%3Fx%3D1%26y%3D2",
    ],
)
def test_another_spelling_of_the_way_to_leave(link: str) -> None:
    """Capitals, escapes, scheme and wrappers do not make another address of it."""
    assert not may_be_a_story(link, ways_to_leave([BYE]))


@pytest.mark.parametrize(
    "link",
    [
        "https://site.example/2026/minister-to-confirm-new-law",
        "https://site.example/news/how-to-verify-a-photo-of-war",
        "https://site.example/why-ministers-leave-the-cabinet",
        "https://site.example/a-short-history-of-the-login-page",
    ],
)
def test_headlines_in_addresses_are_no_orders(link: str) -> None:
    """A word that acts counts where it is what the address is about."""
    assert may_be_a_story(link)


@pytest.mark.parametrize(
    ("link", "inner"),
    [
        (
            "https://nam1.safelinks.protection.outlook.com/?url=https%3A%2F%2Fs.example%2Fa&data=05%7Cin%40x",
            "https://s.example/a",
        ),
        ("https://urldefense.com/v3/__https://s.example/a__;!!Abc!Def$", "https://s.example/a"),
        ("https://urldefense.com/v3/__https:/s.example/a__;!!Abc$", "https://s.example/a"),
        (
            "https://urldefense.proofpoint.com/v2/url?u=https-3A__s.example_a-2Db&d=Dw",
            "https://s.example/a-b",
        ),
        ("https://www.google.com/url?rct=j&url=https://s.example/a&ct=ga", "https://s.example/a"),
        ("https://s.example/?url=https://other.example/", ""),
        ("https://urldefense.com/v3/__javascript:alert(1)__;", ""),
    ],
)
def test_filters_of_mail_servers_are_taken_off(link: str, inner: str) -> None:
    """Their wrappers name the recipient; what is not one of them stays."""
    assert unwrapped(link) == (inner or link)


@pytest.mark.parametrize(
    "html",
    [
        '<h2>Do you want to change something</h2><a href="{}"><img src="b.png" alt="Unsubscribe"></a>',
        '<h2>A headline about the pool</h2><p><a href="{0}">Read more</a></p>'
        '<p>To unsubscribe, <a href="{0}">click here</a>.</p>',
        '<p><a href="{0}"><b>A headline about the pool</b></a></p><p><a href="{0}">Abmelden</a></p>',
    ],
)
def test_a_link_that_the_mail_calls_a_way_to_leave_is_no_story(html: str) -> None:
    """The words by a link or a picture count, wherever else in the mail the link stands."""
    assert read_mailed(mail(html.format("https://c.example/q/1"))).stories == ()


@pytest.mark.parametrize(
    "header",
    ["<https://c.example/\r\n q/1>", "https://c.example/q/1", "<mailto:a@c.example>,<HTTP://C.example/q/1>"],
)  # fmt: skip
def test_the_header_is_read_however_it_is_folded(header: str) -> None:
    """A line break inside the address, no brackets, capitals."""
    html = '<p><a href="https://c.example/q/1"><b>A headline about the pool</b></a></p>'
    content = b"List-Unsubscribe: " + header.encode() + b"\r\n" + mail(html)
    assert read_mailed(content).stories == ()


@pytest.mark.parametrize(
    ("body", "is_article", "there"),
    [
        ('<meta http-equiv="refresh" content="0; url=/a">', False, "https://t.example/a"),
        ("<META content='1;URL=https://s.example/' HTTP-EQUIV=Refresh>", True, "https://s.example/"),
        ('<noscript><meta http-equiv="refresh" content="0;url=/no"></noscript>', True, ""),
        ('<meta http-equiv="refresh" content="300;url=/again">', True, ""),
        ("<script>window.location.replace('https:\\/\\/s.example\\/a')</script>", False, "https://s.example/a"),
        ("<script>location.href = '/a'</script>", True, ""),
        ("<script>location.href = 'javascript:1'</script>", False, ""),
    ],
)  # fmt: skip
def test_pages_that_lead_on_by_themselves(body: str, is_article: bool, there: str) -> None:
    """As trackers' pages do; an article that loads itself again stays."""
    assert forwards_to(body.encode(), "https://t.example/c/1", is_article=is_article) == there
