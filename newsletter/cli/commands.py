"""The commands of `newsletter`: the module and the summary of each, known without importing it."""

from __future__ import annotations

from typing import NamedTuple


class CommandEntry(NamedTuple):
    """The module in this package that defines the command, and the first sentence of its help."""

    module: str
    summary: str


COMMANDS = {
    "init": CommandEntry(
        "setup", "Make a new site: newsletter.toml, a secret key, sample articles."
    ),
    "check": CommandEntry(
        "setup",
        "Read configuration, templates and database; list every mistake with file, field and fix.",
    ),
    "doctor": CommandEntry(
        "doctor",
        "Check DNS, relays, the site's address, files, disk, database, audit record, clock and queue.",
    ),
    "sources": CommandEntry(
        "sources", "Where articles come from: list, add, import, export, test, mail."
    ),
    "gather": CommandEntry(
        "gathering",
        "Fetch the sources of one newsletter, or of all; a failing source never stops the others.",
    ),
    "draft": CommandEntry(
        "gathering", "Make or refresh the coming issue from the articles in its window."
    ),
    "show": CommandEntry(
        "gathering",
        "Show an issue: its window, its items by section, and why each article is in or out.",
    ),
    "picture": CommandEntry(
        "picturing",
        "Give an article of the coming issue a picture from a file: JPEG, PNG, GIF, WebP or AVIF.",
    ),
    "preview": CommandEntry(
        "looking",
        "Write the message as it will be sent: message.eml, index.html, text.txt, lint.json.",
    ),
    "lint": CommandEntry(
        "looking",
        "Check the issue's final HTML and text; exit with 1 if there is a blocking finding.",
    ),
    "approve": CommandEntry(
        "moving", "Freeze the issue's bytes, so that exactly what is approved is sent."
    ),
    "hold": CommandEntry("moving", "Keep the issue from being sent until it is approved again."),
    "stop": CommandEntry("moving", "Stop a running send within a second; `send` resumes it."),
    "test": CommandEntry("looking", "Send one marked test message; changes nothing."),
    "send": CommandEntry(
        "sending", "Deliver an approved issue to each reader once; run it again to resume or retry."
    ),
    "run": CommandEntry(
        "sending",
        "Gather, draft, approve by policy and send every due newsletter; call it from cron.",
    ),
    "serve": CommandEntry(
        "serving",
        "Serve the readers' pages and the desk, and send due issues (unless --no-schedule).",
    ),
    "worker": CommandEntry(
        "working",
        "Run a sending node for `send`, `run` and `serve`; start as many as you need (PostgreSQL only).",
    ),
    "receive": CommandEntry(
        "receiving", "Receive one message on stdin, as a mail server pipes it."
    ),
    "suggestions": CommandEntry(
        "suggestions", "What readers suggested: list, add, dismiss, block, blocked, unblock."
    ),
    "subscribers": CommandEntry(
        "people",
        "Who reads: import, export, add, show, remove, end-feed, restore, suppress, suppressions, erase, list.",
    ),
    "lists": CommandEntry("lists", "Mailing lists: list, make, rename, merge, close."),
    "growth": CommandEntry(
        "growth", "Show who joined, confirmed, left and bounced each day, and by which way."
    ),
    "year": CommandEntry(
        "year",
        "Write a page, a mail and an article of a year: stories, sources, tags and growth in sums.",
    ),
    "archive": CommandEntry(
        "archive",
        "The public archive: import the issues that another tool sent, export all as files.",
    ),
    "users": CommandEntry("users", "Editors who may sign in: add, remove, list, token, reset."),
    "status": CommandEntry(
        "status",
        "Show issues with their deliveries by state, due newsletters, jobs and sending nodes.",
    ),
    "unknown": CommandEntry(
        "sending", "List deliveries whose outcome a crash left unknown, or settle them."
    ),
    "correct": CommandEntry(
        "correcting",
        "Correct a story of a sent issue: mail those who got it, note it in archive and feed.",
    ),
    "letters": CommandEntry(
        "dated_letters",
        "Letters to new readers, some days after they joined: list, write, show, test, undo, delete.",
    ),
    "retry": CommandEntry(
        "retrying",
        "Make refused deliveries pending again, and restore the subscriptions that they ended.",
    ),
    "backup": CommandEntry(
        "arming", "Copy the database while it is in use; the copy may not send until it is armed."
    ),
    "export": CommandEntry(
        "exporting", "Write the whole site into one archive, of which `init --from` makes it again."
    ),
    "arm": CommandEntry(
        "arming",
        "Allow sending again after the database was restored from a backup or the site moved away.",
    ),
    "migrate-database": CommandEntry(
        "arming",
        "Move the site to another database and block all changes to the old one.",
    ),
    "rehearse": CommandEntry(
        "rehearsing",
        "Rehearse the coming weeks: which issues would be thin, late or too large; nobody gets mail.",
    ),
    "bench": CommandEntry(
        "bench",
        "Measure how fast this machine sends a sample issue of NAME; nobody gets mail.",
    ),
}
"""Every command, in the order in which an issue goes through them."""
