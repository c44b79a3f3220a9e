"""preview, lint, test: see an issue before its readers do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from newsletter.cli.exit_codes import FINDINGS, OK
from newsletter.cli.invocation import (
    Invocation,
    issue_argument,
    json_option,
    now_option,
    pass_invocation,
)
from newsletter.pipeline.preview import lint_issue
from newsletter.pipeline.preview import preview as preview_issue
from newsletter.pipeline.trial import send_trial
from newsletter.rendering.lint import Finding


@click.command()
@issue_argument
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write into; made where it is missing.",
)
@click.option("--as", "as_address", metavar="ADDRESS", help="Whose edition; default: everything.")
@click.option(
    "--screenshots",
    is_flag=True,
    help="Also pictures of it in light, dark, inverted and without pictures, at four widths.",
)
@json_option
@now_option
@pass_invocation
def preview(
    invocation: Invocation,
    issue: tuple[str, int | None],
    out: Path,
    as_address: str | None,
    screenshots: bool,
) -> int:
    """Write the message as it will be sent: message.eml, index.html, text.txt, lint.json.

    With --screenshots (which needs Chromium) a folder of that name too; open its gallery.html.

    \b
    Example: newsletter preview weekly --out preview --as reader@example.org
    """
    seen = preview_issue(invocation.site, *issue, as_address=as_address)
    document = findings_document(seen.findings)
    out.mkdir(parents=True, exist_ok=True)
    (out / "message.eml").write_bytes(seen.message)
    (out / "index.html").write_text(seen.html, encoding="utf-8")
    (out / "text.txt").write_text(seen.text, encoding="utf-8")
    (out / "lint.json").write_text(
        json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    files = [out / name for name in ("message.eml", "index.html", "text.txt", "lint.json")]
    if screenshots:
        # What fetches pictures takes a while to import, and only this needs it.
        from newsletter.pipeline.gallery import take_gallery

        fetch = invocation.site.settings.fetch
        files += take_gallery(seen.html, out / "screenshots", fetch, now=invocation.now)
    invocation.report(
        {
            "issue": seen.issue.name,
            "files": [str(file) for file in files],
            "bytes": len(seen.message),
            "blocking": document["blocking"],
            "warnings": document["warnings"],
        },
        f"{seen.issue.name}: {len(seen.message)} bytes; open {out / 'index.html'}",
    )
    return OK


@click.command()
@issue_argument
@click.option("--reach", is_flag=True, help="Also ask every link and picture whether it is there.")
@json_option
@now_option
@pass_invocation
def lint(invocation: Invocation, issue: tuple[str, int | None], reach: bool) -> int:
    """Check the issue's final HTML and text; exit 1 when a blocking finding stands.

    \b
    Example: newsletter lint weekly
    """
    findings = lint_issue(invocation.site, *issue, now=invocation.now)
    if reach:
        from newsletter.pipeline.reach import reach as reach_issue

        findings += reach_issue(invocation.site, *issue, now=invocation.now)
    document = findings_document(findings)
    invocation.answer(document, *[_finding_line(finding) for finding in findings])
    return FINDINGS if document["blocking"] else OK


@click.command()
@issue_argument
@click.option("--to", required=True, metavar="ADDRESS", help="An address the site allows.")
@json_option
@now_option
@pass_invocation
def test(invocation: Invocation, issue: tuple[str, int | None], to: str) -> int:
    """Send one marked test message; changes nothing.

    \b
    Example: newsletter test weekly --to editor@example.org
    """
    receipt = send_trial(invocation.site, *issue, to=to, now=invocation.now)
    invocation.report(
        {"to": to, "relay": receipt.relay, "code": receipt.code, "text": receipt.text},
        f"{receipt.relay} accepted the test message for {to}",
    )
    return OK


def findings_document(findings: Sequence[Finding]) -> dict[str, Any]:
    """Findings in the shape of `lint --json`."""
    return {
        "blocking": sum(finding.severity == "blocking" for finding in findings),
        "warnings": sum(finding.severity == "warning" for finding in findings),
        "off": sum(finding.severity == "off" for finding in findings),
        "findings": [asdict(finding) for finding in findings],
    }


def _finding_line(finding: Finding) -> str:
    line = f" (line {finding.line})" if finding.line else ""
    return (
        f"{finding.severity}: {finding.rule}: {finding.element}{line}\n"
        f"    affects {finding.who}; fix: {finding.fix}"
    )
