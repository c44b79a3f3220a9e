"""Mails that pretend: forged, borrowed, expired and damaged proofs, and other people's names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from newsletter.site.site import Site
from subscribers.inbound.list_addresses import AddressRole, ReturnPaths
from subscribers.tokens import LinkTokens, Purpose
from tests.factories.hostile_shapes import EVIL, VICTIM, Hostile
from tests.factories.mail import DOMAIN, NOW

OTHER_KEY = "somebody-else's-key-that-is-long-enough"


def hostile_proofs(site: Site) -> Iterator[Hostile]:
    """All groups; `site` has four readers, numbered from 1, and makes the real proofs."""
    yield from _tokens(site)
    yield from _return_paths(site)
    yield from _names(site)
    yield from _reports(site)
    yield from _arguments()


def _mail(*lines: str, text: str = "", sender: str = VICTIM) -> bytes:
    return "\n".join([f"From: {sender}", *lines, "", text, ""]).encode()


def _damaged(token: str) -> Iterator[tuple[str, str]]:
    content, _, signature = token.partition(".")
    yield "truncated", token[:-1]
    yield "longer", f"{token}A"
    yield "without a signature", content
    yield "without a content", f".{signature}"
    yield "another content", f"WzIsIndlZWtseSJd.{signature}"
    yield "signature reversed", f"{content}.{signature[::-1]}"
    yield "in capitals", token.upper()
    yield "two dots", f"{content}..{signature}"
    yield "zeros", f"{content}.{'A' * len(signature)}"


def _tokens(site: Site) -> Iterator[Hostile]:
    """Each place that hears a token, given one that is not for it."""
    ours, theirs = site.tokens, LinkTokens([OTHER_KEY])
    wrong: dict[str, dict[str, str]] = {"confirm": {}, "unsubscribe": {}}
    for verb, purpose in (("confirm", Purpose.CONFIRM), ("unsubscribe", Purpose.UNSUBSCRIBE)):
        for other in Purpose:
            if other is not purpose:
                wrong[verb][f"for {other}"] = ours.make(other, 1, "weekly", NOW)
        wrong[verb] |= {
            "of another list": ours.make(purpose, 1, "monthly", NOW),
            "of no list": ours.make(purpose, 1, "", NOW),
            "of another key": theirs.make(purpose, 1, "weekly", NOW),
            "of nobody": ours.make(purpose, 999_999, "weekly", NOW),
            "of a negative person": ours.make(purpose, -1, "weekly", NOW),
            **dict(_damaged(ours.make(purpose, 1, "weekly", NOW))),
        }
    wrong["confirm"]["expired"] = ours.make(Purpose.CONFIRM, 1, "weekly", NOW - timedelta(days=99))
    wrong["confirm"]["without a time"] = ours.make(Purpose.CONFIRM, 1, "weekly")
    for verb, tokens in wrong.items():
        for name, token in tokens.items():
            for place, raw in (
                ("subject", _mail(f"Subject: {verb} {token}")),
                ("text", _mail(text=f"{verb} {token}")),
            ):
                yield Hostile(name=f"token: {verb} {name}, in the {place}", raw=raw)
    for name, token in wrong["confirm"].items():
        yield Hostile(
            name=f"token: confirm address {name}",
            raw=_mail(text="yes"),
            to=f"weekly-confirm+{token}",
        )
    for name, token in wrong["unsubscribe"].items():
        if name != "for preferences":  # both prove the reader
            raw = _mail(
                "Subject: unsubscribe", text=f"unsubscribe\n\n> https://news.example.org/u/{token}"
            )
            yield Hostile(name=f"token: quoted link {name}", raw=raw)
    another = ours.make(Purpose.UNSUBSCRIBE, 2, "weekly")
    raw = _mail(text=f"unsubscribe\n\n> https://news.example.org/u/{another}")
    yield Hostile(name="token: quoted link of another reader", raw=raw)


def _return_paths(site: Site) -> Iterator[Hostile]:
    """Signed addresses, and a report of a failure to each: none is the one that was signed."""
    good = site.return_paths.make("weekly", DOMAIN, 1, 12).partition("@")[0]
    head, signature = good.rsplit("-", 1)
    days = NOW.date().toordinal()
    boxes = {
        "of another reader": f"weekly-bounces+2-12-{signature}",
        "of another issue": f"weekly-bounces+1-13-{signature}",
        "of another list": good.replace("weekly", "monthly"),
        "for another role": good.replace("bounces", "confirm"),
        "cut": f"{head}-{signature[:-1]}",
        "longer": f"{good}0",
        "zeros": f"{head}-{'0' * 20}",
        "leading zero": f"weekly-bounces+01-12-{signature}",
        "with a plus more": f"{good}+x",
        "of another key": ReturnPaths([OTHER_KEY]).make("weekly", DOMAIN, 1, 12).partition("@")[0],
        "a question's": site.return_paths.make("weekly", DOMAIN, 1, days, AddressRole.CONFIRM).replace("confirm", "bounces").partition("@")[0],
        "a question's of long ago": site.return_paths.make("weekly", DOMAIN, 1, days - 99, AddressRole.CONFIRM).partition("@")[0],
    }  # fmt: skip
    for name, box in boxes.items():
        report = _mail(
            "Subject: failure notice", "Content-Type: multipart/report; boundary=b", sender="MAILER-DAEMON@mx.example",
            text=f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; "
            f"{VICTIM}\nAction: failed\nStatus: 5.1.1\n\n--b--",
        )  # fmt: skip
        yield Hostile(name=f"return path: bounce {name}", raw=report, to=box, envelope="")
        yield Hostile(name=f"return path: answer {name}", raw=_mail(text="yes, please"), to=box)


def _names(site: Site) -> Iterator[Hostile]:
    """Commands in a reader's name that nothing proves."""
    secret = f"<{'0' * 32}@{DOMAIN}>"
    for name, lines, envelope in (
        ("another envelope", (), EVIL),
        ("no envelope", (), None),
        ("a return path of their own", (f"Return-Path: <{EVIL}>",), None),
        ("found forged by SPF", ("Received-SPF: fail",), VICTIM),
        ("found forged by DMARC", ("Authentication-Results: mx; dmarc=fail",), VICTIM),
        ("softly forged", ("Authentication-Results: mx; spf=softfail",), VICTIM),
        ("answers a made-up mail", (f"In-Reply-To: {secret}",), EVIL),
        ("refers to a made-up mail", (f"References: {secret} " * 30,), EVIL),
        ("two senders", (f"From: {EVIL}",), EVIL),
        ("a sender besides", (f"Sender: {VICTIM}", f"Resent-From: {VICTIM}"), EVIL),
        ("an envelope in another case of domain", (), "reader0@example.org.evil.example"),
        ("an envelope with the name in it", (), "reader0@example.org@evil.example"),
    ):
        for command in ("unsubscribe", "pause 8 weeks", "tags +security", "erase"):
            raw = _mail(f"Subject: {command}", *lines)
            yield Hostile(name=f"name: {command}, {name}", raw=raw, envelope=envelope)


def _reports(site: Site) -> Iterator[Hostile]:
    """Reports of machines that nobody sent us a mail for."""
    for name, recipient, status in (
        ("header in the recipient", f"{VICTIM}\n Bcc: {EVIL}", "5.1.1"), ("xtext line end", "reader0+0D+0A@example.org", "5.1.1"),
        ("absurd status", VICTIM, "5.999.999"), ("no class", VICTIM, "9.9.9"), ("not a number", VICTIM, "५.१.१"),
        ("everybody", "*@*", "5.1.1"), ("a list of addresses", ", ".join([VICTIM] * 500), "5.1.1"), ("nobody", "", ""),
        ("utf-8", "读者@例え.example", "5.1.1"), ("a thousand labels", "a@" + "b." * 1_000 + "example", "5.1.1"),
    ):  # fmt: skip
        fields = f"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; {recipient}\nAction: failed\nStatus: {status}\n\n"
        report = _mail(
            "Subject: failure notice", "Content-Type: multipart/report; boundary=b", sender="MAILER-DAEMON@mx.example",
            text=f"--b\nContent-Type: message/delivery-status\n\n{fields * 200}--b--",
        )  # fmt: skip
        yield Hostile(name=f"report: {name}", raw=report, to="weekly-bounces", envelope="")
    for kind in ("not-spam", "virus", "auth-failure", "dkim", "x-new", "", "abuse\nX: y"):
        report = _mail(
            "Content-Type: multipart/report; boundary=b", sender="isp@isp.example",
            text=f"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\nVersion: 1\n\n--b--",
        )  # fmt: skip
        yield Hostile(
            name=f"report: complaint {kind!r} about nobody", raw=report, to="weekly-owner"
        )


def _arguments() -> Iterator[Hostile]:
    """Commands with what they should not be given."""
    for line in (
        f"subscribe address={VICTIM}", f"unsubscribe {VICTIM}", "unsubscribe monthly", "unsubscribe *", "tags +*",
        "tags +" + "a" * 5_000, "tags " + "+a " * 500, "tags +'; DROP TABLE subscribers; --", "tags +{{ config }}",
        "tags +${7*7}", "tags +../../x", "pause 0", "pause 99", "pause 99999999999999999999", "pause -1",
        "pause until 9999-99-99", "pause until 2026-02-30", "pause until 0000-00-00", "pause until ٢٠٢٦-٠١-٠١",
        "pause " + "9" * 5_000, "help {{ 7*7 }}", "which %s%n", "confirm", "confirm " + "A" * 5_000, "erase everybody",
        "approve", "who", "set nomail", "password x", "help\0unsubscribe",
    ):  # fmt: skip
        yield Hostile(name=f"argument: {line[:40]!r}", raw=_mail(f"Subject: {line}"), envelope=EVIL)
