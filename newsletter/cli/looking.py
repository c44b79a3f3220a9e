"""preview, lint, test: check an issue before it is sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from newsletter.cli.audience import selection_document, selection_lines
from newsletter.cli.invocation import (
    Invocation,
    issue_argument,
    json_option,
    now_option,
    pass_invocation,
)
from newsletter.pipeline.preview import lint_issue
from newsletter.pipeline.preview import preview as preview_issue
from newsletter.pipeline.send_test import send_test
from newsletter.rendering.lint import LintFinding
from newsletter.result_codes import FINDINGS, OK
from newsletter.store.database import create_private


@click.command()
@issue_argument
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write into; created if it is missing.",
)
@click.option(
    "--as",
    "as_address",
    metavar="ADDRESS",
    help="The reader whose edition to write; default: the complete edition.",
)
@click.option(
    "--screenshots",
    is_flag=True,
    help="Also write screenshots in light, dark, inverted and without pictures, at four widths.",
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

    --screenshots needs Chromium and also writes a screenshots folder; open its gallery.html.

    \b
    Example: newsletter preview weekly --out preview --as reader@example.org
    """
    previewed = preview_issue(invocation.site, *issue, as_address=as_address, now=invocation.now)
    document = findings_document(previewed.findings)
    out.mkdir(parents=True, exist_ok=True)
    for name in ("message.eml", "index.html", "text.txt"):
        create_private(out / name)
    (out / "message.eml").write_bytes(previewed.message)
    (out / "index.html").write_text(previewed.html, encoding="utf-8")
    (out / "text.txt").write_text(previewed.text, encoding="utf-8")
    (out / "lint.json").write_text(
        json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    files = [out / name for name in ("message.eml", "index.html", "text.txt", "lint.json")]
    if screenshots:
        # The import is slow, and only this option needs it.
        from newsletter.pipeline.screenshots import take_screenshots

        fetch = invocation.site.settings.fetch
        files += take_screenshots(previewed.html, out / "screenshots", fetch, now=invocation.now)
    invocation.report(
        {
            "issue": previewed.issue.name,
            "files": [str(file) for file in files],
            "bytes": len(previewed.message),
            "blocking": document["blocking"],
            "warnings": document["warnings"],
            "selection": selection_document(previewed.audience),
            "goes_out": previewed.goes_out.isoformat() if previewed.goes_out else None,
        },
        f"{previewed.issue.name}: {len(previewed.message)} bytes; open {out / 'index.html'}",
        *([f"goes out {previewed.goes_out:%Y-%m-%d %H:%M} UTC"] if previewed.goes_out else []),
        *selection_lines(previewed.audience),
    )
    return OK


@click.command()
@issue_argument
@click.option(
    "--reach", "check_links", is_flag=True, help="Also check that every link and picture exists."
)
@json_option
@now_option
@pass_invocation
def lint(invocation: Invocation, issue: tuple[str, int | None], check_links: bool) -> int:
    """Check the issue's final HTML and text; exit with 1 if there is a blocking finding.

    \b
    Example: newsletter lint weekly
    """
    findings = lint_issue(invocation.site, *issue, now=invocation.now)
    if check_links:
        from newsletter.pipeline.check_links import check_links as check_issue_links

        findings += check_issue_links(invocation.site, *issue, now=invocation.now)
    document = findings_document(findings)
    invocation.answer(document, *[_finding_line(finding) for finding in findings])
    return FINDINGS if document["blocking"] else OK


@click.command()
@issue_argument
@click.option(
    "--to",
    required=True,
    metavar="ADDRESS",
    help="An address that the site allows test messages to.",
)
@json_option
@now_option
@pass_invocation
def test(invocation: Invocation, issue: tuple[str, int | None], to: str) -> int:
    """Send one marked test message; changes nothing.

    \b
    Example: newsletter test weekly --to editor@example.org
    """
    receipt = send_test(invocation.site, *issue, to=to, now=invocation.now)
    invocation.report(
        {"to": to, "relay": receipt.relay, "code": receipt.code, "text": receipt.text},
        f"{receipt.relay} accepted the test message for {to}",
    )
    return OK


def findings_document(findings: Sequence[LintFinding]) -> dict[str, Any]:
    """Findings in the shape of `lint --json`."""
    return {
        "blocking": sum(finding.severity == "blocking" for finding in findings),
        "warnings": sum(finding.severity == "warning" for finding in findings),
        "off": sum(finding.severity == "off" for finding in findings),
        "findings": [asdict(finding) for finding in findings],
    }


def _finding_line(finding: LintFinding) -> str:
    line = f" (line {finding.line})" if finding.line else ""
    return (
        f"{finding.severity}: {finding.rule}: {finding.element}{line}\n"
        f"    affects {finding.who}; fix: {finding.fix}"
    )
