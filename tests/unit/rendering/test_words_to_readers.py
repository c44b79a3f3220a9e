"""What letters and readers' pages say, in each language that is shipped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from newsletter.pipeline.reader_letters import SUBJECTS
from newsletter.rendering.theme import shipped_templates
from newsletter.rendering.translation import translator
from newsletter.site.correction_mail import CORRECTED_ON, SUBJECT
from newsletter.web.reader.join import BAD_ADDRESS, TOO_MANY, WORDING
from newsletter.web.reader.unsubscribe import REASONS
from subscribers.inbound.command_words import Verb
from subscribers.inbound.commands import parse_command
from subscribers.subscriber import Status

OURS = shipped_templates()
SHIPPED = ("ar", "de", "es", "fr", "zh")
COMMANDS = {
    "subscribe": Verb.SUBSCRIBE,
    "unsubscribe": Verb.UNSUBSCRIBE,
    "tags": Verb.TAGS,
    "tags +one -other": Verb.TAGS,
    "pause 2 weeks": Verb.PAUSE,
    "pause until 2027-01-31": Verb.PAUSE,
    "pause": Verb.PAUSE,
    "resume": Verb.RESUME,
    "which": Verb.WHICH,
    "erase": Verb.ERASE,
    "help": Verb.HELP,
}
TO_EDITORS = {
    "approval",
    "comments",
    "forward",
    "invitation",
    "operator",
    "reminder",
    "sign_in",
    "trouble",
}
"""Letters that stay English, as the desk is."""


def sentences() -> set[str]:
    """Every sentence that is said to readers."""
    folders = (OURS / "web" / "reader", OURS / "web" / "archive", OURS / "mail", OURS / "year")
    templates = "".join(
        path.read_text("utf-8") for folder in folders for path in folder.glob("*.j2")
    )
    return {
        *re.findall(r'\b_\("([^"]+)"', templates),
        *SUBJECTS.values(),
        *REASONS.values(),
        *COMMANDS,
        *(status.value for status in Status),
        CORRECTED_ON,
        SUBJECT,
        WORDING,
        BAD_ADDRESS,
        TOO_MANY,
    }


def catalogue(language: str) -> dict[str, str]:
    """The sentences of a language by their English."""
    with (OURS / "words" / f"{language}.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


@pytest.mark.parametrize("language", SHIPPED)
def test_every_sentence_is_translated(language: str) -> None:
    """None is missing, none is left over, none is English, and each has the same values in it."""
    translated = catalogue(language)
    assert translated.keys() == sentences()
    for sentence, translation in translated.items():
        assert translation, sentence
        values = sorted(re.findall(r"%\(\w+\)s", sentence))
        assert sorted(re.findall(r"%\(\w+\)s", translation)) == values, sentence
        assert "%" not in re.sub(r"%\(\w+\)s", "", translation), sentence
    same = {sentence for sentence, translation in translated.items() if sentence == translation}
    assert same <= {"%(what)s:", "pause", "Asia", "Australia", "Europe"}


@pytest.mark.parametrize("language", ["en", *SHIPPED])
@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_that_a_letter_names_are_heard(language: str, command: str) -> None:
    """In whatever language the letter is."""
    said = translator(language, [OURS])(command)
    found = parse_command(said)
    assert found is not None, said
    assert found.verb is COMMANDS[command]


@pytest.mark.parametrize("folder", ["mail", "web/reader"])
def test_no_sentence_stands_in_a_template_itself(folder: str) -> None:
    """What readers read comes through the catalogue."""
    for path in sorted((OURS / Path(folder)).glob("*.j2")):
        if path.name.partition(".")[0] in TO_EDITORS and folder == "mail":
            continue
        text = re.sub(
            r"(?s)\{% block language %\}.*?\{% endblock %\}|\{\{.*?\}\}|\{%.*?%\}|<style>.*?</style>|<[^>]*>",
            " ",
            path.read_text("utf-8"),
        )
        assert re.findall(r"[A-Za-z]{2,}", text) == [], path
