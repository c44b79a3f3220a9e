"""Mails whose headers are broken in every place: made by hand, and drawn from their fragments."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.factories.hostile_shapes import Hostile

ADDRESSES = (
    "root@localhost", "root", "@", "<>", "<@>", "@example.org", "reader0@", "a@b@c.example",
    '"unclosed@example.org', '"a b"@example.org', "a..b@example.org", ".a@example.org",
    "a@-example-.org", "a@[127.0.0.1]", "a@[IPv6:::1]", "a@example.org.", "a@.example.org",
    "a" * 70 + "@example.org", "a@" + "b" * 300 + ".example", "jürgen@exämple.example",
    "\udce9\udcff@example.org", "a@ex\x00ample.org", "=?utf-8?q?a=40localhost?= <x@localhost>",
    "undisclosed-recipients:;", "group: a@localhost, b@localhost;", "(((((((((a@localhost",
    "Jo <jo@localhost> <jo@example.org>", "<jo@localhost", "a,b,c@localhost", "a;b@localhost",
    "reader0@example.org\n\tBcc: evil@example.net", "\u202ereader0@localhost", "a@xn--a.example",
    "a@\N{FULLWIDTH FULL STOP}example", "a\N{FULLWIDTH COMMERCIAL AT}example.org",
    "x" * 100_000 + "@localhost", "<" * 5_000 + "a@localhost", "a@localhost" * 2_000,
)  # fmt: skip

FIELDS: dict[str, tuple[str, ...]] = {
    "Return-Path": ("<root@localhost>", "< >", "<", "<<>>", "\udcff", "a" * 5_000),
    "Reply-To": ("root@localhost", '"', "<@>", "\udcff\udcfe", ":;"),
    "Date": ("", "yesterday", "Mon, 99 Foo 2026 99:99:99 +9999", "\udcff", "0" * 9_000),
    "List-Id": ("", "<", "\udcff", "x" * 9_000, "=?x?q?=?="),
    "Message-ID": ("", "<", "<>", "<a b@c>", "<\udcff@x>", "<" + "a" * 9_000 + "@x>"),
    "In-Reply-To": ("<", "<>" * 500, "\udcff"),
    "References": ("<a@b> " * 3_000, "\udcff", "<" * 3_000),
    "Subject": ("help", "which", "tags", "erase", "pause 99 weeks", "tags +" + "x" * 900,
                "=?utf-8?b?!!!!?=", "=?nonsense?q?help?=", "=?utf-16?q?=00?=", "\udcff\x00help"),
    "Content-Type": ("text/plain; charset=nonsense", 'text/plain; charset="\udcff"', "text",
                     "text/plain; charset*99999999999=x", "multipart/mixed", "/", ";;;;",
                     'multipart/report; report-type="', "message/rfc822", "message/delivery-status",
                     "text/html; charset=utf-7", 'multipart/mixed; boundary="' + "b" * 5_000 + '"'),
    "Content-Transfer-Encoding": ("base64", "nonsense", "\udcff", "quoted-printable"),
    "Auto-Submitted": ("", ";;;", "no", "\udcff"),
    "Authentication-Results": ("\udcff", "spf=" * 3_000),
    "To": ("root@localhost", "\udcff", "," * 5_000),
}  # fmt: skip

BODIES = (
    "help", "", "\x00", "\udcff\udcfe", "unsubscribe", "=ZZ=" * 50, "<html>" * 200,
    "--b\n\n--b\nContent-Type: message/rfc822\n\n--b--", "pause until 9999-99-99", "tags",
)  # fmt: skip

BOXES = ("weekly-request", "weekly-help", "weekly-join", "weekly-leave", "weekly", "weekly-owner",
         "weekly-bounces", "weekly-confirm+x", "weekly-bounces+1-1-00")  # fmt: skip

ENVELOPES = ("root@localhost", "", None, "\udcff@x", "a@b@c", "reader0@example.org")


def hostile_headers() -> Iterator[Hostile]:
    """Every broken address as the writer of a mail to the robot, and every broken field."""
    for number, address in enumerate(ADDRESSES):
        yield _mail(f"from {number}", {"From": address, "Subject": "help"})
    for name, values in FIELDS.items():
        for number, value in enumerate(values):
            sender = f"{name.lower()}{number}@localhost"
            yield _mail(f"{name} {number}", {"From": sender, "Subject": "help", name: value})


def drawn_mails(count: int, seed: int) -> Iterator[Hostile]:
    """So many mails whose every part is one of the fragments."""
    draw = random.Random(seed)  # noqa: S311 - a test that fails must fail again
    for number in range(count):
        fields = {"From": draw.choice(ADDRESSES)}
        for name in draw.sample(sorted(FIELDS), k=draw.randint(1, 7)):
            fields[name] = draw.choice(FIELDS[name])
        yield _mail(
            f"drawn {number}",
            fields,
            body=draw.choice(BODIES),
            to=draw.choice(BOXES),
            envelope=draw.choice(ENVELOPES),
        )


def _mail(
    name: str,
    fields: dict[str, str],
    *,
    body: str = "help",
    to: str = "weekly-request",
    envelope: str | None = "root@localhost",
) -> Hostile:
    head = "".join(f"{field}: {value}\n" for field, value in fields.items())
    raw = f"{head}\n{body}\n".encode("utf-8", "surrogateescape")
    return Hostile(name=name, raw=raw, to=to, envelope=envelope)
