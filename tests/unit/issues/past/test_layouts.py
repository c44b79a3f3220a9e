"""Exports of past issues: each tool's layout, what is skipped, and hostile ones."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import InputError
from newsletter.issues.past import bundle
from newsletter.issues.past.bundle import open_bundle
from newsletter.issues.past.csv_rows import csv_rows
from newsletter.issues.past.ghost_documents import html_of_lexical, html_of_mobiledoc
from newsletter.issues.past.layouts import Layout, read_posts
from newsletter.issues.past.post import (
    MAX_BODY,
    PastIssue,
    PastPost,
    Problem,
    Standing,
    make_past_issue,
)

DATA = Path(__file__).parents[3] / "data" / "past_issues"
BASE = "https://old.example.org"

EXPECTED = {
    "substack": (Layout.SUBSTACK, {"the-first-tide", "a-talk"}, (1, 1, 1, 1)),
    "ghost.json": (Layout.GHOST, {"knots", "older", "by-mail-only"}, (1, 1, 1, 0)),
    "buttondown.json": (Layout.BUTTONDOWN, {"buoys", "fancy"}, (1, 1, 0, 0)),
    "buttondown.csv": (Layout.BUTTONDOWN, {"buoys"}, (1, 0, 0, 0)),
    "mailchimp": (Layout.MAILCHIMP, {"the-first-tide", "ropes-knots-and"}, (1, 0, 0, 1)),
    "files": (Layout.FILES, {"ice", "snow", "rain"}, (1, 0, 0, 2)),
}
"""The slugs of the issues; how many are drafts, restricted, no issues, and unreadable."""


def read(path: Path) -> tuple[Layout, dict[str, PastIssue], Counter[Standing], list[Problem]]:
    """Everything that an export comes to."""
    layout, posts = read_posts(open_bundle(path), None)
    issues: dict[str, PastIssue] = {}
    skipped: Counter[Standing] = Counter()
    problems: list[Problem] = []
    for post in posts:
        if post.standing is not Standing.PUBLISHED:
            skipped[post.standing] += 1
            continue
        issue = make_past_issue(post, BASE)
        if isinstance(issue, PastIssue):
            issues[issue.slug] = issue
        else:
            problems.append(issue)
    return layout, issues, skipped, problems


@pytest.mark.parametrize("name", EXPECTED)
def test_each_layout_is_recognised(name: str) -> None:
    """Its public issues are read; drafts, posts for members and pages are counted."""
    layout, slugs, counts = EXPECTED[name]
    found, issues, skipped, problems = read(DATA / name)
    assert found is layout
    assert set(issues) == slugs
    seen = (skipped[Standing.DRAFT], skipped[Standing.RESTRICTED], skipped[Standing.NOT_AN_ISSUE])
    assert (*seen, len(problems)) == counts


def test_a_zip_is_read_like_its_folder(tmp_path: Path) -> None:
    """Also with a folder around it, and what a Mac adds."""
    packed = tmp_path / "export.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in (DATA / "substack").rglob("*.*"):
            archive.write(path, f"export/{path.relative_to(DATA / 'substack')}")
            archive.writestr(f"__MACOSX/export/._{path.name}", b"\0\1")
    assert read(packed)[1] == read(DATA / "substack")[1]


@pytest.mark.parametrize("inside", ["letter.md", "posts/1.one.html"])
def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, inside: str) -> None:
    """Nothing of the machine becomes a post of the archive; a link within the folder is read."""
    secret, export = tmp_path / "relay-password.md", tmp_path / "export"
    secret.write_text("# S\n\nhush-hush")
    (export / "posts").mkdir(parents=True)
    link = export / inside
    link.symlink_to(secret)
    with pytest.raises(InputError, match="leads out of the folder"):
        open_bundle(export)
    if inside.endswith(".html"):
        (export / "posts.csv").write_text("post_id,post_date,is_published,type,audience,title\n")
        with pytest.raises(InputError, match=r"1\.one\.html"):
            open_bundle(export / "posts.csv")
    link.unlink()
    (export / "a.md").write_text("# A\n\nwithin")
    link.symlink_to(export / "a.md")
    assert len(open_bundle(export).names) >= 2


def test_the_table_alone_finds_its_posts() -> None:
    """Who names the unpacked table means the export."""
    assert read(DATA / "substack" / "posts.csv")[1] == read(DATA / "substack")[1]


def test_an_archive_of_a_folder_has_the_folders_keys(tmp_path: Path) -> None:
    """So the one after the other is not imported twice."""
    packed = tmp_path / "export.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in (DATA / "files").iterdir():
            archive.write(path, f"my/export/{path.name}")
    assert read(packed)[1] == read(DATA / "files")[1]


def test_a_picture_is_taken_from_where_it_is_open(tmp_path: Path) -> None:
    """The store that Substack names first refuses strangers."""
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts.csv").write_text(
        "post_id,post_date,is_published,type,audience,title\n"
        "7.seven,2023-04-03T07:30:00Z,true,newsletter,everyone,Seven\n"
    )
    (tmp_path / "posts" / "7.seven.html").write_text(
        '<img src="https://b.s3.amazonaws.com/x.png" srcset="https://cdn.example.org/w_424,c/x.png 424w, '
        'https://cdn.example.org/w_1456,c/x.png 1456w" alt="X">'
    )
    issue = read(tmp_path)[1]["seven"]
    assert '<img src="https://cdn.example.org/w_1456,c/x.png" alt="X">' in issue.html


def test_a_table_may_hold_long_posts(tmp_path: Path) -> None:
    """Python's own limit for a cell is 131,072 characters."""
    body = "word " * 40_000
    (tmp_path / "emails.csv").write_text(
        f"subject,body,publish_date\nLong,{body},2021-06-01T08:00:00Z\n"
    )
    assert len(read(tmp_path)[1]["long"].html) > 190_000


def test_a_post_keeps_its_words_and_pictures_and_nothing_else() -> None:
    """No script, no handler, no form, and nothing that asks to subscribe there."""
    issue = read(DATA / "substack")[1]["the-first-tide"]
    assert issue.html == (
        "<div><p>The boat leaves at <strong>six</strong>.</p><div><div>"
        '<a href="https://pictures.example.org/pier.jpg">'
        '<img src="https://pictures.example.org/pier.jpg" alt="The pier"></a></div></div>'
        "<p><a>a link</a></p></div>"
    )
    assert issue.summary == "Where boats go, and why"
    assert issue.published.isoformat() == "2023-04-03T07:30:00+00:00"
    assert issue.key == "substack:101001"


def test_a_campaign_keeps_nothing_that_only_works_in_a_mail() -> None:
    """No merge tag, no link to unsubscribe or to the web version; other files are no issues."""
    issues = read(DATA / "mailchimp")[1]
    tide = issues["the-first-tide"]
    assert (tide.title, tide.key) == ("The first tide", "mailchimp:aa11bb22cc")
    assert tide.published.isoformat() == "2023-04-03T07:30:00+00:00"
    assert "Dear , the boats are out." in tide.html
    assert 'href="https://boats.example/out"' in tide.html
    for gone in ("*|", "unsubscribe", "in your browser"):
        assert gone not in tide.html
    assert issues["ropes-knots-and"].title == "Ropes, knots and"


def test_both_documents_of_ghost_become_html() -> None:
    """Headings, marks, links, lists, pictures and cards; the site's address is filled in."""
    issues = read(DATA / "ghost.json")[1]
    assert issues["knots"].html == (
        "<h2>Nets &amp; ropes</h2>"
        "<p>A knot is <strong>strong</strong><br/>"
        '<a href="https://knots.example.org/"><em>if tied &lt;well&gt;</em></a></p>'
        "<ol><li><code>bowline</code></li></ol>"
        '<p><img src="https://old.example.org/content/images/knot.png" alt="A knot"></p>'
        "<p>A bowline</p><hr/><p><em>marked</em></p>\n<p>inside</p>"
    )
    assert issues["older"].html == (
        '<p>Old <strong>bold</strong><a href="https://old.example.org/"> link</a><br/>after</p>'
        '<p><img src="https://pictures.example.org/x.png" alt="X"></p>'
        "<ul><li>one</li><li>two</li></ul><p>a <strong>bold</strong> word</p>"
    )
    assert issues["older"].published.isoformat() == "2021-01-05T09:00:00+00:00"
    assert 'href="https://old.example.org/knots/"' in issues["by-mail-only"].html


def test_files_say_their_title_and_date_in_many_ways() -> None:
    """In front matter, in the file's name, and in an HTML page's head."""
    issues = read(DATA / "files")[1]
    assert issues["ice"].html == "<p>It is <em>thin</em>.</p>"
    assert issues["ice"].published.date().isoformat() == "2020-02-03"
    assert (issues["snow"].title, issues["snow"].summary) == ("Snow & sleet", "Both at once")
    assert issues["rain"].published.isoformat() == "2020-02-17T09:00:00+00:00"


def test_an_unknown_export_is_refused(tmp_path: Path) -> None:
    """By an error that says what can be read; also when the tool that is named is another."""
    (tmp_path / "people.csv").write_text("email,name\na@example.org,A\n")
    with pytest.raises(InputError, match="not an export of a known tool"):
        read_posts(open_bundle(tmp_path), None)
    with pytest.raises(InputError, match="not an export of the kind ghost"):
        read_posts(open_bundle(DATA / "substack"), Layout.GHOST)
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(InputError, match="not valid JSON"):
        read_posts(open_bundle(tmp_path), None)
    with pytest.raises(InputError, match="there is no file"):
        open_bundle(tmp_path / "nothing")


def test_an_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever sizes it names: what is unpacked is counted."""
    monkeypatch.setattr(bundle, "MAX_TOTAL", 3_000_000)
    monkeypatch.setattr(bundle, "MAX_FILE", 2_000_000)
    packed = tmp_path / "bomb.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"2020-01-0{number + 1}-x.html", b"a" * 1_000_000)
        archive.writestr("2020-02-01-y.html", b"a" * 2_000_001)
    opened = open_bundle(packed)
    with pytest.raises(InputError, match="larger than 2 MB"):
        opened.read("2020-02-01-y.html")
    with pytest.raises(InputError, match="unpacks to more than 3 MB"):
        list(read_posts(open_bundle(packed), Layout.FILES)[1])
    monkeypatch.setattr(bundle, "MAX_FILES", 3)
    with pytest.raises(InputError, match="5 files, more than 3"):
        open_bundle(packed)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    """By an error, at whichever byte it is damaged."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("2020-01-01-x.html", "<p>" + "word " * 500)
    content = bytearray(packed.getvalue())
    content[60:90] = bytes(30)
    (tmp_path / "damaged.zip").write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        list(read_posts(open_bundle(tmp_path / "damaged.zip"), None)[1])


def test_a_post_that_is_too_long_or_empty_is_named() -> None:
    """Nothing is cut without a word."""
    post = PastPost(key="x", title="X", published=read(DATA / "files")[1]["ice"].published)
    for body, problem in (
        ("a" * (MAX_BODY + 1), Problem.TOO_LONG),
        ("<script>x</script>", Problem.NO_BODY),
        ("", Problem.NO_BODY),
    ):
        assert make_past_issue(replace_body(post, body), BASE) is problem
    deep = make_past_issue(replace_body(post, "<div>" * 50_000 + "text"), BASE)
    assert isinstance(deep, PastIssue)
    assert deep.html == "<p>text</p>"


def replace_body(post: PastPost, body: str) -> PastPost:
    """The post with another body."""
    return PastPost(key=post.key, title=post.title, published=post.published, body=body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "children", "root", "sections", "cards", "markups", "text"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_no_document_breaks_the_readers(document: object) -> None:
    """Whatever a document has in it, it becomes some HTML."""
    source = json.dumps(document)
    assert isinstance(html_of_lexical(source), str)
    assert isinstance(html_of_mobiledoc(source), str)
    sections = json.dumps({"sections": [[1, "p", document], [10, 0], [3, "ul", document]]})
    assert isinstance(html_of_mobiledoc(sections), str)


def test_reading_a_table_leaves_the_process_as_it_was() -> None:
    """Posts are longer than cells may be elsewhere; the limit is one for the whole process."""
    before = csv.field_size_limit()
    assert len(csv_rows(b"title,body\nTides," + b"x" * 200_000 + b"\n", "posts.csv")) == 1
    assert csv.field_size_limit() == before
