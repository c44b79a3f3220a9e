"""Runs the main job on the sample, shows what came of it, and leaves it to be looked at."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.demo import summary
from tests.demo.articles import SAMPLE
from tests.demo.catcher import MailCatcher, catching_mail
from tests.demo.inbox import group_by_edition, inbox_application
from tests.demo.serving import HOST, free_port, serving
from tests.demo.site import (
    COMMAND,
    CommandFailedError,
    Site,
    make_site,
    unsubscribe_by_one_click,
)
from tests.demo.sources import sources_application

RESULT = Path("build/demo")
INBOX_PORT, SITE_PORT = 8025, 8026
TITLE = "Good Gear Weekly"


def main() -> int:
    """The exit code: 0 when every reader's message was accepted."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument("--headless", action="store_true", help="end after the summary")
    parser.add_argument("--command", type=Path, default=COMMAND, help="another `newsletter`")
    parser.add_argument("--out", type=Path, default=RESULT, help="where it lies afterwards")
    chosen = parser.parse_args()
    out: Path = chosen.out
    console = Console()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end like Ctrl-C: nothing stays
    shutil.rmtree(out, ignore_errors=True)
    now = datetime.now(UTC).replace(microsecond=0)
    try:
        with serving(sources_application(now)) as sources, catching_mail() as catcher:
            port = free_port(SITE_PORT)
            site = make_site(
                out / "site",
                command=chosen.command,
                site_url=f"http://{HOST}:{port}",
                sources=sources,
                relay_port=catcher.port,
                now=now,
            )
            complete = run_main_job(console, site, catcher)
            write_result(catcher, out)
            with site.serving(port):
                if chosen.headless:
                    prove_one_click(console, site, catcher, out)
                else:
                    show_inbox(console, catcher, site_url=f"http://{HOST}:{port}")
    except CommandFailedError as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0 if complete else 1


def run_main_job(console: Console, site: Site, catcher: MailCatcher) -> bool:
    """gather → draft → approve → send; True when every reader's message was accepted."""
    with console.status("importing readers, gathering articles, sending …"):
        site.run("subscribers", "import", str(SAMPLE / "subscribers.csv"), "--list", "weekly")
        gathered = site.ask("gather")
        site.run("draft", "weekly")
        issue = site.ask("show", "weekly/1")
        site.run("approve", "weekly/1")
        site.run("send", "weekly/1")
        status = site.ask("status", "weekly/1")
    summary.print_sources(console, gathered)
    summary.print_issue(console, issue)
    summary.print_delivery(console, status, catcher.mails, site.seconds["send"])
    return everybody_accepted(status, catcher)


def everybody_accepted(status: dict[str, Any], catcher: MailCatcher) -> bool:
    """Whether the ledger and the catcher agree that each reader has one message."""
    readers = len((SAMPLE / "subscribers.csv").read_text(encoding="utf-8").splitlines()) - 1
    caught = {mail.recipient for mail in catcher.mails}
    accepted: int = status["deliveries"]["accepted"]
    return readers == accepted == len(catcher.mails) == len(caught)


def write_result(catcher: MailCatcher, out: Path) -> None:
    """Write every message as .eml, and one .html and .txt for each edition."""
    for name in ("mails", "editions"):
        (out / name).mkdir(parents=True)
    for number, mail in enumerate(catcher.mails, start=1):
        (out / "mails" / f"{number:03}.eml").write_bytes(mail.content)
    for edition in group_by_edition(catcher.mails):
        _number, mail = edition.mails[0]
        path = out / "editions" / edition.key
        path.with_suffix(".html").write_text(mail.part("html"), encoding="utf-8")
        path.with_suffix(".txt").write_text(mail.part("plain"), encoding="utf-8")


def prove_one_click(console: Console, site: Site, catcher: MailCatcher, out: Path) -> None:
    """Unsubscribe one reader as a mailbox provider does, and say where the result lies."""
    mail = catcher.mails[0]
    unsubscribe_by_one_click(mail)
    after = site.ask("subscribers", "show", mail.recipient)["subscriptions"][0]["status"]
    console.print(f"One-click unsubscribe of {mail.recipient}: the subscription is now {after}.")
    console.print(f"{len(catcher.mails)} messages (.eml) and every edition (.html, .txt): {out}/")


def show_inbox(console: Console, catcher: MailCatcher, *, site_url: str) -> None:
    """Serve the caught mail until Ctrl-C."""
    pages = inbox_application(catcher.mails, title=TITLE, site_url=site_url)
    with serving(pages, free_port(INBOX_PORT)) as inbox:
        console.print(f"[bold]The caught mail:[/]          {inbox}")
        console.print(
            f"[bold]The newsletter's own site:[/] {site_url} (its unsubscribe links work)"
        )
        console.print("Ctrl-C ends it.", style="dim")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            console.print()


if __name__ == "__main__":
    sys.exit(main())
