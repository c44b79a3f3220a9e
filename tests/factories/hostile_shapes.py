"""Mails made by hand to break parsers: each a trap of its own, in named groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

EVIL = "evil@example.net"
VICTIM = "reader0@example.org"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hostile:
    """One mail: where it goes, with which envelope sender, and its octets."""

    name: str
    raw: bytes
    to: str = "weekly-request"
    envelope: str | None = EVIL


def hostile_shapes() -> Iterator[Hostile]:
    """All groups, each mail under its group's name and its own."""
    for group, cases in (
        ("injection", _injections()),
        ("size", _sizes()),
        ("multipart", _multiparts()),
        ("charset", _charsets()),
        ("encoding", _encodings()),
        ("octets", _octets()),
        ("html", _html()),
        ("header", _headers()),
        ("recipient", _recipients()),
    ):
        for name, case in cases:
            yield case if isinstance(case, Hostile) else Hostile(name=f"{group}: {name}", raw=case)


Cases = Iterator[tuple[str, bytes | Hostile]]


def _mail(head: bytes = b"", body: bytes = b"", *, sender: bytes = VICTIM.encode()) -> bytes:
    return b"From: " + sender + b"\n" + head + b"\n" + body


def _injections() -> Cases:
    """A line end that becomes a header of the answer, in whatever it is hidden."""
    ends = {
        "q-crlf": b"=?utf-8?q?%s=0d=0aBcc:_evil@example.net?=",
        "q-lf": b"=?utf-8?q?%s=0aBcc:_evil@example.net?=",
        "q-cr": b"=?utf-8?q?%s=0dBcc:_evil@example.net?=",
        "q-nul": b"=?utf-8?q?%s=00=0aBcc:_evil@example.net?=",
        "q-vt": b"=?utf-8?q?%s=0bBcc:_evil@example.net?=",
        "q-nel": b"=?utf-8?q?%s=c2=85Bcc:_evil@example.net?=",
        "q-ls": b"=?utf-8?q?%s=e2=80=a8Bcc:_evil@example.net?=",
        "utf16": b"=?utf-16?q?%s=00=0d=00=0aBcc:_evil@example.net?=",
        "raw-cr": b"%s\rBcc: evil@example.net",
        "folded": b"%s\n Bcc: evil@example.net",
        "tab-folded": b"%s\n\tBcc: evil@example.net",
        "twice": b"=?utf-8?q?=3D=3Futf-8=3Fq=3F%s=3D0d=3D0aBcc=3A_evil=3F=3D?=",
    }
    for name, value in ends.items():
        yield f"Subject {name}", _mail(b"Subject: " + value % b"help" + b"\n", b"help\n")
        yield f"Message-ID {name}", _mail(b"Message-ID: <" + value % b"a" + b"@x>\n", b"help\n")
        yield (
            f"From {name}",
            _mail(b"Subject: help\n", sender=value % b"Jo" + b" <new@example.org>"),
        )
    for name in (b"Reply-To", b"References", b"In-Reply-To", b"Thread-Topic"):
        head = name + b": " + ends["q-crlf"] % b"x" + b"\nSubject: help\n"
        yield f"{name.decode()} q-crlf", _mail(head)


def _sizes() -> Cases:
    """More than anybody needs."""
    yield "subject of 10 MB", _mail(b"Subject: " + b"s" * 10_000_000 + b"\n")
    yield "subject of 10 MB folded", _mail(b"Subject: " + b"help\n " * 1_600_000 + b"\n")
    yield "sender of 1 MB", _mail(sender=b"a" * 1_000_000 + b"@example.org")
    yield "Message-ID of 1 MB", _mail(b"Message-ID: <" + b"a" * 1_000_000 + b"@x>\n", b"help")
    yield "body of one line of 5 MB", _mail(body=b"x" * 5_000_000)
    yield "body of a million lines", _mail(body=b"\n" * 1_000_000 + b"unsubscribe")
    yield "20,000 headers", _mail(b"X-A: b\n" * 20_000, b"help")
    yield "5,000 Received", _mail(b"Received: from x by y\n" * 5_000)
    yield "5,000 senders", _mail(sender=b"a@b.example," * 5_000)
    yield "5,000 From headers", _mail(b"From: a@b.example\n" * 5_000)
    yield "5,000 comments", _mail(sender=b"(" * 5_000 + b"x" + b")" * 5_000 + b" a@b.example")
    yield "unclosed comments", _mail(sender=b"(" * 20_000)
    yield "quotes unclosed", _mail(sender=b'"' * 9_999)
    yield "encoded-words unclosed", _mail(b"Subject: " + b"=?utf-8?q?" * 20_000 + b"\n")
    yield "10,000 references", _mail(b"References: " + b"<a@b> " * 10_000 + b"\n", b"unsubscribe")
    yield "10,000 links", _mail(body=b"https://news.example.org/u/" + b"a.b " * 10_000)
    yield "header name of 1 MB", _mail(b"X" * 1_000_000 + b": y\n", b"help")
    yield "groups in From", _mail(sender=b"a:" * 3_000 + b"x@y.example" + b";" * 3_000)


def _multiparts() -> Cases:
    """Parts within parts, and ends that never come."""
    for depth in (100, 1_000, 5_000):
        nested = b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
            for level in range(depth)
        )
        yield f"nested {depth} deep", b"From: reader0@example.org\n" + nested + b"\nunsubscribe\n"
    enclosed = b"Content-Type: message/rfc822\n\n" * 200
    yield "200 messages in each other", b"From: reader0@example.org\n" + enclosed
    head = b'Content-Type: multipart/%s; boundary="%s"\n'
    yield "10,000 parts", _mail(head % (b"mixed", b"b"), b"--b\n\nx\n" * 10_000)
    yield (
        "its own boundary inside",
        _mail(head % (b"mixed", b"b"), (b"--b\n" + head % (b"mixed", b"b") + b"\n") * 100),
    )
    for name, boundary in (
        ("empty", b""), ("a space", b" "), ("dashes", b"--"), ("a regex", b"(a+)+$[*"),
        ("nul", b"b\x00"), ("non-ASCII", b"\xff\xfe"), ("70 000 long", b"b" * 70_000),
        ("percent", b"%s%n"), ("backslash", b"\\"), ("newline", b"b\n x"),
    ):  # fmt: skip
        yield (
            f"boundary: {name}",
            _mail(head % (b"mixed", boundary), b"--" + boundary + b"\n\nhelp"),
        )
    for kind in (
        b"report",
        b"alternative",
        b"digest",
        b"signed",
        b"encrypted",
        b"related",
        b"x-new",
    ):
        yield (
            f"multipart/{kind.decode()} without a boundary",
            _mail(b"Content-Type: multipart/" + kind + b"\n", b"help"),
        )
        yield (
            f"multipart/{kind.decode()} without parts",
            _mail(head % (kind, b"b"), b"preamble only"),
        )
        yield (
            f"multipart/{kind.decode()} unended",
            _mail(head % (kind, b"b"), b"--b\nContent-Type: text/plain"),
        )
    for kind in (b"message/partial; id=a; number=1", b"message/external-body; access-type=local-file",
                 b"message/delivery-status", b"message/feedback-report", b"message/rfc822",
                 b"message/global", b"message/http", b"text/rfc822-headers"):  # fmt: skip
        yield (
            f"all of it {kind.decode().partition(';')[0]}",
            _mail(b"Content-Type: " + kind + b"\n", b"x: y\n\nhelp"),
        )


def _charsets() -> Cases:
    """Charsets that do not exist, are no text, or hide what is said."""
    for name in (
        "no-such", "zip", "bz2", "hex", "rot13", "uu", "base64", "quopri", "unicode_escape",
        "raw_unicode_escape", "undefined", "mbcs", "oem", "idna", "punycode", "utf-7", "utf-16",
        "utf-32", "cp037", "iso-2022-jp", "iso-2022-kr", "hz", "gb18030", "big5", "shift_jis",
        "koi8-r", "utf-8-sig", "utf8\x00", "../../etc/passwd", "'; DROP TABLE x", "x" * 3_000, "",
        "string_escape", "palmos", "cp65001", "ascii\xff",
    ):  # fmt: skip
        head = f'Content-Type: text/plain; charset="{name}"\nSubject: =?{name}?q?help?=\n'
        yield f"{name[:20]!r}", _mail(head.encode("latin-1"), b"+AHU-\x1b$B\x0e\xff\xfeunsubscribe")


def _encodings() -> Cases:
    """Transfer encodings that are broken, unknown, or not what they say."""
    for name, body in (
        ("base64", b"!!!!"), ("base64", b"dW5zdWJzY3JpYmU"), ("base64", b"=" * 999),
        ("base64", b"A" * 99_997), ("quoted-printable", b"=ZZ=\n=4=\n="),
        ("quoted-printable", b"=" * 50_000), ("quoted-printable", b"=00=0d=0aunsubscribe"),
        ("uuencode", b"begin 644 ../../x\n#"), ("x-uuencode", b"begin 999 x\n" + b"M" * 500),
        ("binary", b"\x00\xff"), ("8bit", b"\x80" * 99), ("7bit", b"\xff" * 99), ("gzip", b"\x1f\x8b\x08"),
        ("x-yenc", b"=ybegin"), ("\x00", b"help"), ("base64\n base64", b"aGVscA=="), ("", b"help"),
    ):  # fmt: skip
        head = f"Content-Transfer-Encoding: {name}\nContent-Type: text/plain; charset=utf-8\n"
        yield f"{name[:12]!r} {body[:12]!r}", _mail(head.encode(), body)


def _octets() -> Cases:
    """Octets that no mail should hold, wherever they stand."""
    yield "empty", b""
    yield "only line ends", b"\r\n" * 100
    yield "one octet", b"\xff"
    yield "no header", b"unsubscribe"
    yield "only a header", b"Subject: unsubscribe"
    yield "an mbox line and nothing", b"From x\n"
    for name, octets in (("nul", b"\x00"), ("esc", b"\x1b[2J"), ("del", b"\x7f"), ("ff", b"\xff"),
                         ("lone surrogate", b"\xed\xa0\x80"), ("overlong", b"\xc0\xaf"),
                         ("bidi", b"\xe2\x80\xae"), ("bom", b"\xef\xbb\xbf"), ("vt", b"\x0b")):  # fmt: skip
        yield f"{name} in the body", _mail(body=b"unsub" + octets + b"scribe " + octets * 500)
        yield f"{name} in the subject", _mail(b"Subject: he" + octets + b"lp\n")
        yield (
            f"{name} in the sender",
            _mail(b"Subject: help\n", sender=b"new" + octets + b"@example.org"),
        )
        yield f"{name} in a header's name", _mail(b"X-" + octets + b": y\nSubject: help\n")


def _html() -> Cases:
    """Markup that goes deep, goes wide, or runs."""
    for name, body in (
        ("50,000 deep", b"<div>" * 50_000), ("closers", b"</div>" * 50_000), ("unclosed tag", b"<div " * 9_999),
        ("attributes", b"<p " + b"a=b " * 50_000 + b">help</p>"), ("comment", b"<!--" * 9_999),
        ("script", b"<script>document.write('unsubscribe')</script>"), ("style", b"<style>unsubscribe</style>"),
        ("entities", b"&amp" * 50_000), ("entity bomb", b"<!DOCTYPE x [<!ENTITY a 'b'>]><p>&a;&a;</p>"),
        ("external entity", b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><p>&a;</p>"),
        ("cdata", b"<![CDATA[unsubscribe]]>"), ("nul", b"<p>un\x00subscribe</p>"), ("blockquotes", b"<blockquote>" * 9_999),
        ("frames", b"<frameset><frame src='x'></frameset>"), ("base", b"<base href='//evil.example/'><p>x</p>"),
        ("xml", b"<?xml version='1.0' encoding='x'?><p>help</p>"), ("empty", b""), ("only a comment", b"<!-- -->"),
    ):  # fmt: skip
        yield name, _mail(b"Content-Type: text/html; charset=utf-8\n", body)


def _headers() -> Cases:
    """Headers that are missing, doubled, or not what they are."""
    yield from (
        ("no sender", b"Subject: help\n\n"), ("empty sender", b"From:\nSubject: help\n\n"),
        ("null sender", b"From: <>\nSubject: help\n\n"), ("an at", b"From: @\nSubject: help\n\n"),
        ("no name", b": x\nSubject: help\n\n"), ("space before the colon", b"From : new@example.org\nSubject : help\n\n"),
        ("dates", b"From: new@example.org\nDate: " + b"9" * 99 + b"\nSubject: help\n\n"),
        ("ids", b"From: new@example.org\nMessage-ID: <<>><@>\nSubject: help\n\n"),
        ("types", b"From: new@example.org\nContent-Type: ;;;=\nSubject: help\n\n"),
        ("a type of nothing", b"From: new@example.org\nContent-Type: /\nSubject: help\n\n"),
        ("rfc2231", b"From: new@example.org\nContent-Type: text/plain; charset*0*=x''%%; charset*9999=a\n\nhelp"),
        ("rfc2231 number", b"From: new@example.org\nContent-Type: text/plain; name*" + b"9" * 5_000 + b"=a\n\nhelp"),
        ("disposition", b"From: new@example.org\nContent-Disposition: attachment; filename=../../x\n\nhelp"),
        ("our own sender", b"From: weekly@news.example.org\nSubject: help\n\n"),
        ("our own robot", b"From: weekly-request@news.example.org\nSubject: help\n\n"),
        ("a route", b"From: <@a,@b:new@example.org>\nSubject: help\n\n"),
        ("percent hack", b"From: reader0%example.org@example.net\nSubject: unsubscribe\n\n"),
        ("quoted local part", b'From: "reader0@example.org"@example.net\nSubject: unsubscribe\n\n'),
        ("look-alike", "From: reader0@ехample.org\nSubject: unsubscribe\n\n".encode()),
        ("literal", b"From: reader0@[127.0.0.1]\nSubject: help\n\n"),
    )  # fmt: skip


def _recipients() -> Cases:
    """Addresses of ours that are none."""
    for to in (
        "", "weekly-", "-request", "weekly--request", "weekly-request+" + "x" * 5_000, "WEEKLY-LEAVE+%00",
        "weekly-confirm+", "weekly-confirm+1-1-", "weekly-confirm+١-1-" + "0" * 20, "weekly-bounces+-1-1-" + "0" * 20,
        "weekly-bounces+0-0-" + "0" * 20, "weekly-bounces+" + "9" * 400 + "-1-" + "0" * 20, "other-request",
        "weekly-request@evil.example", '"weekly-leave"', "weekly-leave/../weekly", "postmaster", "weekly\x00-leave",
    ):  # fmt: skip
        case = Hostile(
            name=f"recipient: {to[:30]!r}", raw=_mail(b"Subject: unsubscribe\n", b"yes"), to=to
        )
        yield to, case
