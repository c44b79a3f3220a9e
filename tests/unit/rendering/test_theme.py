"""Templates: the site's before ours, escaped, strict, and explained when they fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import ConfigurationError, RenderingError
from newsletter.rendering.theme import open_theme, theme_names
from tests.factories.editions import make_site_theme


def test_site_overrides_file_by_file(tmp_path: Path) -> None:
    """A site's part takes the place of ours; the other parts stay ours."""
    theme = make_site_theme(tmp_path, parts__footer_mjml_j2="<mj-section></mj-section>")
    footer = theme.environment.get_template("parts/footer.mjml.j2").filename
    lead = theme.environment.get_template("parts/lead.mjml.j2").filename
    assert footer == str(tmp_path / "issue" / "parts" / "footer.mjml.j2")
    assert lead == str(theme.folders[-1] / "parts" / "lead.mjml.j2")


def test_site_without_templates(tmp_path: Path) -> None:
    """A site needs no templates folder."""
    assert open_theme(tmp_path / "none").folders == open_theme(None).folders


def test_ready_themes_stand_on_the_standard_one() -> None:
    """A theme of ours holds only what it changes; the rest is the standard theme's."""
    letter, standard = open_theme(None, "letter"), open_theme(None)
    assert letter.folders[1:] == standard.folders
    assert "letter/parts/lead" in str(
        letter.environment.get_template("parts/lead.mjml.j2").filename
    )
    assert open_theme(None, "serif").tokens.light == standard.tokens.light
    assert open_theme(None, "serif").tokens.fonts.body == standard.tokens.fonts.body


def test_site_brings_its_own_theme(tmp_path: Path) -> None:
    """A folder in the site's templates/themes is a theme; a file there wins over every other."""
    (tmp_path / "themes" / "house").mkdir(parents=True)
    (tmp_path / "themes" / "house" / "more.css.j2").write_text(".title { color: #111111; }")
    make_site_theme(tmp_path, more_css_j2=".title { color: #222222; }")
    assert "#111111" in open_theme(tmp_path, "house").render("more.css.j2", {})
    assert "#222222" in open_theme(tmp_path, "letter").render("more.css.j2", {})
    assert "house" in theme_names(tmp_path)


def test_unknown_theme_names_those_there_are() -> None:
    """A theme that is not there is a mistake in the configuration, and the fix lists the others."""
    with pytest.raises(ConfigurationError) as caught:
        open_theme(None, "harbor", field="newsletters.weekly.theme")
    assert caught.value.problem.field == "newsletters.weekly.theme"
    assert "harbour" in (caught.value.problem.fix or "")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.mjml.j2", "&lt;b&gt;"), ("a.html.j2", "&lt;b&gt;"), ("a.txt.j2", "<b>")],
)
def test_markup_is_escaped(tmp_path: Path, name: str, expected: str) -> None:
    """Jinja would not escape .mjml.j2 by itself; only plain text is left as it is."""
    theme = make_site_theme(tmp_path, **{name.replace(".", "_"): "{{ word }}"})
    assert theme.render(name, {"word": "<b>"}) == expected


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("one\n{{ missing }}", 2, "'missing' is undefined"),
        ("one\n\n{% if %}", 3, "template syntax"),
        ("{% include 'nowhere.j2' %}", 1, "no template nowhere.j2"),
        ("one\n{{ 1 // 0 }}", 2, "ZeroDivisionError"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, source: str, line: int, message: str) -> None:
    """File, line and reason of a template's mistake."""
    theme = make_site_theme(tmp_path, a_mjml_j2=source)
    with pytest.raises(RenderingError, match=message) as caught:
        theme.render("a.mjml.j2", {})
    assert caught.value.problem.file == f"{tmp_path / 'issue' / 'a.mjml.j2'}:{line}"


def test_mistake_in_an_included_part_is_named_there(tmp_path: Path) -> None:
    """The innermost template is the one to mend."""
    theme = make_site_theme(
        tmp_path,
        a_mjml_j2="{% include 'parts/b.mjml.j2' %}",
        parts__b_mjml_j2="\n{{ nobody.name }}",
    )
    with pytest.raises(RenderingError) as caught:
        theme.render("a.mjml.j2", {})
    assert caught.value.problem.file == f"{tmp_path / 'issue' / 'parts' / 'b.mjml.j2'}:2"


def test_the_page_on_themes_names_every_file() -> None:
    """docs/themes.md speaks of each of our templates."""
    page = (Path(__file__).parents[3] / "docs" / "themes.md").read_text(encoding="utf-8")
    (ours,) = open_theme(None).folders
    for path in ours.glob("*.*"):
        assert f"`{path.name}`" in page
    for path in ours.glob("parts/*"):
        assert f"`{path.name.partition('.')[0]}`" in page
