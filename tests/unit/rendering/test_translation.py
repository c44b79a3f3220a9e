"""Fixed words in the newsletter's language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from newsletter.errors import ConfigurationError
from newsletter.issues.blocks import LABELS
from newsletter.rendering.asides import ANSWER, AS_RANKED, OPENED_LAST, OPENED_MOST
from newsletter.rendering.theme import open_theme, shipped_templates
from newsletter.rendering.translation import translator

OURS = shipped_templates() / "issue"
SHIPPED = ("ar", "de", "es", "fr", "zh")


@pytest.mark.parametrize("language", SHIPPED)
def test_catalogue_is_complete(language: str) -> None:
    """Every sentence in the templates is translated, with the same values in it."""
    templates = "".join(path.read_text() for path in OURS.rglob("*.j2"))
    sentences = set(re.findall(r'\b_\("([^"]+)"', templates))
    sentences |= {*LABELS.values(), ANSWER, AS_RANKED, OPENED_LAST, OPENED_MOST}
    with (OURS / "words" / f"{language}.po").open("rb") as file:
        translated = {str(m.id): str(m.string) for m in read_po(file) if m.id}
    assert translated.keys() == sentences
    for sentence, translation in translated.items():
        assert translation
        assert re.findall(r"%\(\w+\)s", translation) == re.findall(r"%\(\w+\)s", sentence)


def test_words_of_a_language() -> None:
    """A sentence comes back in the language, its values filled in."""
    say = open_theme(None).words("de")
    assert say("No. %(number)s", number=12) == "Nr. 12"
    assert say("Unsubscribe") == "Abbestellen"


@pytest.mark.parametrize("language", ["en", "en-AU", "tlh"])
def test_english_is_the_ground(language: str) -> None:
    """Without a catalogue the words are English."""
    assert open_theme(None).words(language)("Unsubscribe") == "Unsubscribe"


def test_region_falls_back_to_its_language(tmp_path: Path) -> None:
    """A regional catalogue, even a short one of the site's, stands on its language's."""
    (tmp_path / "words").mkdir()
    po = 'msgid "Unsubscribe"\nmsgstr "Austragen"\n'
    (tmp_path / "words" / "de-AT.po").write_text(po)
    say = translator("de-AT", (tmp_path, OURS))
    assert (say("Unsubscribe"), say("Links")) == ("Austragen", "Links")
    assert say("View on the web") == "Im Browser ansehen"


def test_broken_catalogue_is_named(tmp_path: Path) -> None:
    """A catalogue that cannot be read is a mistake in the configuration."""
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "de.po").write_text("this is not a catalogue\n")
    with pytest.raises(ConfigurationError, match=r"de\.po"):
        translator("de", (tmp_path,))
