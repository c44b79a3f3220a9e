"""correct: a correction goes to those who got the story, and into the archive."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter.cli.interruption import interruptible
from newsletter.cli.invocation import (
    Invocation,
    issue_argument,
    json_option,
    now_option,
    pass_invocation,
)
from newsletter.cli.text_file import read_text_file
from newsletter.issues.issue import Issue
from newsletter.pipeline.correct import (
    CorrectionRequest,
    ShownCorrection,
    approve_correction,
    rehearse_correction,
    sent_issue,
    shown_corrections,
    write_correction,
)
from newsletter.result_codes import FINDINGS, OK, TEMPORARY
from newsletter.store.audit import OPERATOR


@click.command()
@issue_argument
@click.option(
    "--story",
    required=True,
    metavar="WORDS",
    help="The story: a part of its headline, its address or its key.",
)
@click.option(
    "--text-file",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="What was wrong, as plain text; - is stdin. Without it nobody is mailed.",
)
@click.option("--link", default="", metavar="URL", help="Where the story's link leads from now on.")
@click.option(
    "--dry-run", is_flag=True, help="Show the mail and count its readers; change nothing."
)
@json_option
@now_option
@pass_invocation
def correct(
    invocation: Invocation,
    issue: tuple[str, int | None],
    story: str,
    text_file: Path | None,
    link: str,
    dry_run: bool,
) -> int:
    """Correct a story of a sent issue: mail those who got it, note it in archive and feed.

    Only readers whose copy had the story get the mail, and only if they are still subscribed and
    have not paused. The same correction is sent once, however often the command runs.

    Exits with 75 if letters wait for a relay, and with 1 if some were not accepted.

    \b
    Example: newsletter correct weekly/12 --story "one hand" --text-file correction.txt --dry-run
             newsletter correct weekly/12 --story "one hand" --text-file correction.txt
             newsletter correct weekly/12 --story "one hand" --link https://press.example/moved
    """
    from newsletter.pipeline.flush_letters import flush

    site, now = invocation.site, invocation.now
    found = sent_issue(site, *issue)
    request = CorrectionRequest(
        story=story, text=read_text_file(text_file) if text_file else "", new_url=link
    )
    if dry_run:
        return _rehearse(invocation, found, request)
    written = write_correction(site, found, request, editor=OPERATOR, now=now)
    approve_correction(site, found, written.id, editor=OPERATOR, now=now)
    with interruptible() as interrupted:
        flush(site, invocation.clock, interrupted=interrupted)
    (shown,) = shown_corrections(site, found, now=invocation.clock(), only=written.id)
    return _report(invocation, shown)


def _rehearse(invocation: Invocation, issue: Issue, request: CorrectionRequest) -> int:
    shown = rehearse_correction(
        invocation.site, issue, request, editor=OPERATOR, now=invocation.now
    )
    correction, subject, text = shown.correction, shown.mail.edition.subject, shown.mail.text
    document = {
        "issue": issue.name,
        "story": correction.headline,
        "link": correction.new_url,
        "readers": shown.readers,
        "subject": subject if correction.goes_out else "",
        "text": text if correction.goes_out else "",
    }
    if correction.goes_out:
        said = f"{issue.name}: goes to {shown.readers} readers who got this story, nothing sent"
        invocation.answer(document, said, "", f"Subject: {subject}", "", text)
    else:
        invocation.answer(document, f"{issue.name}: the link is replaced, nobody is mailed")
    return OK


def _report(invocation: Invocation, shown: ShownCorrection) -> int:
    correction, letters = shown.correction, shown.progress
    invocation.report(
        {
            "issue": correction.issue,
            "correction": correction.id,
            "story": correction.headline,
            "link": correction.new_url,
            "readers": letters.queued,
            "accepted": letters.accepted,
            "waiting": letters.waiting,
            "unknown": letters.unknown,
            "not_accepted": letters.not_accepted,
        },
        f"{correction.issue}, correction {correction.id}: {letters.accepted} of {letters.queued} accepted"
        if correction.goes_out
        else f"{correction.issue}, correction {correction.id}: the link is replaced",
    )
    if letters.waiting or not letters.is_whole:
        return TEMPORARY
    return FINDINGS if letters.unknown or letters.not_accepted else OK
