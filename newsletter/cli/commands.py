"""The commands of `newsletter`: where each is, and what its help says, known without importing it."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """The module beside this one that holds the command, and the first sentence of its help."""

    module: str
    summary: str


COMMANDS = {
    "init": Entry("setup", "Make a new site: newsletter.toml, a secret key, sample articles."),
    "check": Entry(
        "setup",
        "Read configuration, templates and database; name every mistake with file, field and fix.",
    ),
    "doctor": Entry(
        "doctor", "Check DNS, relays, the site's address, files, disk, database, clock and queue."
    ),
    "gather": Entry(
        "gathering",
        "Fetch the sources of one newsletter, or of all; a failing source never stops the others.",
    ),
    "draft": Entry(
        "gathering", "Make or refresh the coming issue from what was gathered in its window."
    ),
    "show": Entry(
        "gathering",
        "Show an issue: its window, its items by section, and why each article is in or out.",
    ),
    "preview": Entry(
        "looking",
        "Write the message as it will be sent: message.eml, index.html, text.txt, lint.json.",
    ),
    "lint": Entry(
        "looking", "Check the issue's final HTML and text; exit 1 when a blocking finding stands."
    ),
    "approve": Entry("moving", "Freeze the issue's bytes: what is approved is what is sent."),
    "hold": Entry("moving", "Keep the issue from being sent until it is approved again."),
    "stop": Entry(
        "moving", "Stop the presses: a running send ends within a second; `send` resumes it."
    ),
    "test": Entry("looking", "Send one marked test message; changes nothing."),
    "send": Entry(
        "sending", "Deliver an approved issue, each reader once; run it again to resume or retry."
    ),
    "run": Entry(
        "sending",
        "What cron calls: every due newsletter goes gather, draft, approve by policy, send.",
    ),
    "serve": Entry("serving", "Answer readers' links, and send due issues (unless --no-schedule)."),
    "worker": Entry(
        "working",
        "Send what `send`, `run` and `serve` plan: one node of as many as you start (PostgreSQL only).",
    ),
    "receive": Entry(
        "receiving", "Take one message on stdin, as a mail server's pipe hands it over."
    ),
    "subscribers": Entry(
        "people", "Who reads: import, export, add, show, remove, suppress, erase, list."
    ),
    "users": Entry("users", "Editors who may sign in: add, remove, list, token."),
    "status": Entry(
        "sending",
        "Show issues with their deliveries by state, what is due, what is unknown, and sending nodes.",
    ),
    "unknown": Entry(
        "sending", "List deliveries whose outcome a crash left unknown, or settle them."
    ),
    "backup": Entry(
        "arming", "Copy the database while it is in use; the copy may not send until it is armed."
    ),
    "arm": Entry(
        "arming",
        "Allow sending again after a database was restored from a backup, or its site moved away.",
    ),
    "migrate-database": Entry(
        "arming",
        "Move the site to another database, and let nothing more be written to the old one.",
    ),
    "bench": Entry(
        "bench",
        "Measure the send path: a sample issue of NAME into a sink on this machine; nobody gets mail.",
    ),
}
"""Every command, in the order in which an issue meets them."""
