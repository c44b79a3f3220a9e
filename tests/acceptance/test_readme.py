"""The commands of README.md, run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.acceptance.site import COMMAND
from tests.demo.catcher import MailCatcher

README = Path(__file__).parents[2] / "README.md"


def commands_under(heading: str) -> str:
    """The shell blocks between this heading and the next, as one script."""
    text = README.read_text(encoding="utf-8").split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return "\n".join(re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL))


def test_five_minutes(tmp_path: Path, catcher: MailCatcher) -> None:
    """Line by line, "your own newsletter in five minutes" ends with two mails at the relay."""
    script = commands_under("Your own newsletter in five minutes")
    # The environment is installed (this test runs in it), and `serve` would never end.
    script = script.replace("make install", "true")
    script = re.sub(r"^newsletter serve.*$", "newsletter serve --help", script, flags=re.MULTILINE)
    (tmp_path / "checkout").mkdir()
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path / "checkout",
        capture_output=True,
        text=True,
        timeout=180,
        env={
            **os.environ,
            "PATH": f"{COMMAND.parent}:{os.environ['PATH']}",
            "NEWSLETTER__RELAYS__0__PORT": str(catcher.port),
        },
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    site = tmp_path / "my-letter"
    assert (site / "preview" / "index.html").is_file()
    assert len(list((site / "mails").glob("*.eml"))) == 2
    assert {mail.recipient for mail in catcher.mails} == {"reader@example.org", "other@example.net"}
