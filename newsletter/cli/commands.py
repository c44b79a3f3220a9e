"""The commands of `newsletter`: where each is, and what its help says, known without importing it."""

from __future__ import annotations

from typing import NamedTuple


class CommandEntry(NamedTuple):
    """The module beside this one that holds the command, and the first sentence of its help."""

    module: str
    summary: str


COMMANDS = {
    "init": CommandEntry(
        "setup", "Make a new site: newsletter.toml, a secret key, sample articles."
    ),
    "check": CommandEntry(
        "setup",
        "Read configuration, templates and database; name every mistake with file, field and fix.",
    ),
    "doctor": CommandEntry(
        "doctor", "Check DNS, relays, the site's address, files, disk, database, clock and queue."
    ),
    "gather": CommandEntry(
        "gathering",
        "Fetch the sources of one newsletter, or of all; a failing source never stops the others.",
    ),
    "draft": CommandEntry(
        "gathering", "Make or refresh the coming issue from what was gathered in its window."
    ),
    "show": CommandEntry(
        "gathering",
        "Show an issue: its window, its items by section, and why each article is in or out.",
    ),
    "preview": CommandEntry(
        "looking",
        "Write the message as it will be sent: message.eml, index.html, text.txt, lint.json.",
    ),
    "lint": CommandEntry(
        "looking", "Check the issue's final HTML and text; exit 1 when a blocking finding stands."
    ),
    "approve": CommandEntry(
        "moving", "Freeze the issue's bytes: what is approved is what is sent."
    ),
    "hold": CommandEntry("moving", "Keep the issue from being sent until it is approved again."),
    "stop": CommandEntry(
        "moving", "Stop the presses: a running send ends within a second; `send` resumes it."
    ),
    "test": CommandEntry("looking", "Send one marked test message; changes nothing."),
    "send": CommandEntry(
        "sending", "Deliver an approved issue, each reader once; run it again to resume or retry."
    ),
    "run": CommandEntry(
        "sending",
        "What cron calls: every due newsletter goes gather, draft, approve by policy, send.",
    ),
    "serve": CommandEntry(
        "serving", "Answer readers' links, and send due issues (unless --no-schedule)."
    ),
    "worker": CommandEntry(
        "working",
        "Send what `send`, `run` and `serve` plan: one node of as many as you start (PostgreSQL only).",
    ),
    "receive": CommandEntry(
        "receiving", "Take one message on stdin, as a mail server's pipe hands it over."
    ),
    "subscribers": CommandEntry(
        "people", "Who reads: import, export, add, show, remove, suppress, erase, list."
    ),
    "users": CommandEntry("users", "Editors who may sign in: add, remove, list, token."),
    "status": CommandEntry(
        "sending",
        "Show issues with their deliveries by state, what is due, what is unknown, and sending nodes.",
    ),
    "unknown": CommandEntry(
        "sending", "List deliveries whose outcome a crash left unknown, or settle them."
    ),
    "retry": CommandEntry(
        "retrying",
        "Make refused deliveries pending again, and restore readers whom the refusal ended.",
    ),
    "backup": CommandEntry(
        "arming", "Copy the database while it is in use; the copy may not send until it is armed."
    ),
    "arm": CommandEntry(
        "arming",
        "Allow sending again after a database was restored from a backup, or its site moved away.",
    ),
    "migrate-database": CommandEntry(
        "arming",
        "Move the site to another database, and let nothing more be written to the old one.",
    ),
    "bench": CommandEntry(
        "bench",
        "Measure the send path: a sample issue of NAME into a sink on this machine; nobody gets mail.",
    ),
}
"""Every command, in the order in which an issue meets them."""
