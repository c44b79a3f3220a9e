"""Strangers' control characters on a terminal and in the log are shown, never obeyed."""

from __future__ import annotations

import io
import json
import logging
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import newsletter.cli
from newsletter.cli.invocation import Invocation
from newsletter.cli.logs import JsonLines, TextLines
from newsletter.cli.printing import json_text

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m\r"
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def test_a_command_shows_the_escapes_of_strangers(capsys: pytest.CaptureFixture[str]) -> None:
    """For people and as JSON, where the value stays what it is."""
    Invocation().answer({}, f"450 {ESCAPES}", "two\nlines")
    assert capsys.readouterr().out == ("450 \\x1b]0;owned\\x07\\x1b[2J\\x9b31m\\x0d\ntwo\nlines\n")
    Invocation(as_json=True).answer({"text": ESCAPES})
    shown = capsys.readouterr().out
    assert not CONTROLS.search(shown)
    assert json.loads(shown) == {"text": ESCAPES}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_has_no_control_character_and_says_the_same(text: str) -> None:
    """Whatever is in it."""
    shown = json_text([text])
    assert not CONTROLS.search(shown)
    assert json.loads(shown) == [text]


@pytest.mark.parametrize("kind", ["text", "json"])
def test_no_message_forges_a_line_of_the_log(kind: str) -> None:
    """A line end in a message or an escape in a traceback is written out."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if kind == "json" else TextLines("%(levelname)s: %(message)s"))
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.warning("the host %s was refused", f"x\nERROR: forged\u2028{ESCAPES}")
    assert len(stream.getvalue().split("\n")) == 2
    logger.error("failed", exc_info=OSError(ESCAPES))
    assert not CONTROLS.search(stream.getvalue())
    assert "OSError" in stream.getvalue()


def test_nothing_is_printed_past_these_functions() -> None:
    """A command that prints by itself would show a stranger's escapes."""
    folder = Path(newsletter.cli.__file__).parent
    printing = [
        path.name
        for path in folder.glob("*.py")
        if re.search(
            r"click\.s?echo\(|click\.secho\(|\bprint\(|stdout\.write", path.read_text("utf-8")
        )
    ]
    assert printing == ["printing.py"]
