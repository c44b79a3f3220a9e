"""`newsletter check` tries a theme out and names what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.rendering.check_theme import check_theme
from newsletter.rendering.theme import open_theme, theme_names
from tests.factories.editions import make_site_theme

FOOTER = (open_theme(None).folders[0] / "parts" / "footer.mjml.j2").read_text()


@pytest.mark.parametrize("name", theme_names())
def test_our_themes_are_sound(name: str) -> None:
    """Our own themes have nothing to mend."""
    assert check_theme(open_theme(None, name)) == []


@pytest.mark.parametrize(
    ("footer", "line", "message"),
    [
        (FOOTER + "{{ newsletter.adress }}", 13, "no attribute 'adress'"),
        (FOOTER.replace("</mj-text>", ""), 3, "<mj-text> is not closed before </mj-column>"),
        (FOOTER.replace("</mj-text>", "</mj-txt>"), 10, "</mj-txt> closes nothing"),
        (FOOTER.replace("mj-text", "mj-txt"), 3, "unknown-mjml: <mj-txt"),
        (FOOTER + "{% endfor %}", 13, "template syntax"),
        (FOOTER.replace("</p>", "", 1), 4, "<p> is not closed before"),
    ],
)
def test_mistake_is_named_with_file_and_line(
    tmp_path: Path, footer: str, line: int, message: str
) -> None:
    """An undefined variable, an unclosed or unknown tag: the file and the line to look at."""
    theme = make_site_theme(tmp_path, parts__footer_mjml_j2=footer)
    (problem, *_rest) = check_theme(theme)
    assert message in problem.message
    assert problem.file == f"{tmp_path / 'issue' / 'parts' / 'footer.mjml.j2'}:{line}"
    assert problem.fix


def test_several_files_are_named_at_once(tmp_path: Path) -> None:
    """Syntax errors of all templates are told together."""
    theme = make_site_theme(tmp_path, parts__footer_mjml_j2="{% if %}", issue_txt_j2="{{ a")
    assert len(check_theme(theme)) == 2


def test_branch_that_only_some_items_reach(tmp_path: Path) -> None:
    """The sample has items without address, summary or picture: no branch stays untried."""
    row = "{% if not lead.url %}{{ nobody }}{% endif %}"
    card = "{% if not card.picture.alt %}x{% endif %}{{ card.nothing }}"
    assert check_theme(make_site_theme(tmp_path, parts__card_mjml_j2=card))
    section = "{% for s in section.stories %}{% if not s.url %}{{ nobody }}{% endif %}{% endfor %}"
    assert check_theme(make_site_theme(tmp_path, parts__section_mjml_j2=section + row))


@pytest.mark.parametrize("kind", ["sponsor", "deals", "jobs", "popular"])
def test_blocks_and_notes_are_tried(tmp_path: Path, kind: str) -> None:
    """Every kind of block, with and without its optional words, is printed when a theme is checked."""
    aside = f"{{% if aside.kind == '{kind}' and not aside.title %}}{{{{ nobody }}}}{{% endif %}}"
    (problem,) = check_theme(make_site_theme(tmp_path, parts__aside_mjml_j2=aside))
    assert "'nobody' is undefined" in problem.message
    note = "{{ note.nothing }}"
    assert check_theme(make_site_theme(tmp_path / "other", parts__note_mjml_j2=note))


def test_theme_without_unsubscribe_is_refused(tmp_path: Path) -> None:
    """What lint would block on every issue is said when the theme is checked."""
    text = "{{ newsletter.title }}"
    (problem, *_rest) = check_theme(make_site_theme(tmp_path, issue_txt_j2=text))
    assert problem.message == "unsubscribe: text part"


def test_broken_catalogue_is_found(tmp_path: Path) -> None:
    """The words of every language are read, not only those of the sample."""
    (problem,) = check_theme(make_site_theme(tmp_path, words__de_po="this is not a catalogue"))
    assert problem.file == str(tmp_path / "issue" / "words" / "de.po")
