"""A folder of Markdown gives an article per file, and names what is wrong in a file."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.articles.article import Image
from newsletter.articles.entries import Origin, articles_of
from newsletter.articles.folder import read_folder
from newsletter.articles.tags import make_vocabulary
from newsletter.errors import SourceError

ORIGIN = Origin(
    source="Notes",
    location="articles",
    vocabulary=make_vocabulary([], {}),
    now=datetime(2026, 5, 13, tzinfo=UTC),
)
WHOLE = """---
title: "Bridge: open again"
date: 2026-05-12 09:30
tags: [Transport, public safety]
author: [Jane Doe, John Roe]
agency: Example Wire
url: https://example.org/bridge
image: {url: https://example.org/p.jpg, alt: A bus, width: 640, height: 360}
summary: Eleven weeks late.
---
The bridge is **open** <script>alert(1)</script>.

| a | b |
|---|---|
| c | d |
"""


def test_a_file_gives_its_article(tmp_path: Path) -> None:
    """Every field of the front matter has its place, and the body is clean HTML."""
    (tmp_path / "bridge.md").write_text(WHOLE, encoding="utf-8")
    entries, findings = read_folder(tmp_path, ORIGIN)
    (article,) = articles_of(entries, ORIGIN)[0]
    assert findings == ()
    assert (article.title, article.url, article.key) == (
        "Bridge: open again",
        "https://example.org/bridge",
        "https://example.org/bridge",
    )
    assert (article.author, article.agency) == ("Jane Doe, John Roe", "Example Wire")
    assert article.published == datetime(2026, 5, 12, 9, 30, tzinfo=UTC)
    assert [tag.slug for tag in article.tags] == ["transport", "public-safety"]
    assert article.image == Image(
        url="https://example.org/p.jpg", alt="A bus", width=640, height=360
    )
    assert article.summary == "Eleven weeks late."
    assert article.body_html.startswith("<p>The bridge is <strong>open</strong> .</p>")


def test_a_bare_file_is_enough(tmp_path: Path) -> None:
    """Without front matter the first heading is the title, and the file's time the date."""
    path = tmp_path / "note.md"
    path.write_text("# A note\n\nOne line.\n", encoding="utf-8")
    os.utime(path, (1_778_500_000, 1_778_500_000))
    (article,) = articles_of(read_folder(tmp_path, ORIGIN)[0], ORIGIN)[0]
    assert (article.title, article.body_text, article.url) == ("A note", "One line.", "")
    assert article.published == datetime.fromtimestamp(1_778_500_000, UTC)


def test_a_file_keeps_its_key_when_its_words_change(tmp_path: Path) -> None:
    """A corrected title is the same article."""
    path = tmp_path / "note.md"
    keys = []
    for title in ("A noet", "A note"):
        path.write_text(f"# {title}\n\nOne line.\n", encoding="utf-8")
        keys.append(articles_of(read_folder(tmp_path, ORIGIN)[0], ORIGIN)[0][0].key)
    assert keys[0] == keys[1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"---\ntitle: a: b\n---\nx", "front matter is not valid YAML: line 2"),
        (b"---\n- a\n---\nx", "front matter is not a table"),
        (b"Just text", "title: has no title"),
        (b"---\ntitle: x\ndate: soon\n---\n", "date: 'soon' is not a date"),
        (b"---\ntitle: x\ndate: 2026-13-01\n---\n", "date: '2026-13-01' is not a date"),
        (b"---\ntitle: x\nurl: example.org/a\n---\n", "url: 'example.org/a' is not a web address"),
        (
            b"---\ntitle: x\nimage: javascript:x\n---\n",
            "image: 'javascript:x' is not the web address of a picture",
        ),
        (b"---\ntitle: [x]\n---\n", "title: is not text"),
        (b"---\ntitle: x\ntags: {a: b}\n---\n", "tags: is not text"),
        (b"---\ntitle: x\ntags: [{a: b}]\n---\n", "tags: is not a list of words"),
        (b"---\ntitle: x\n---\n\xff", "is not UTF-8"),
        (b"x" * 1_000_001, "larger than 1 MB"),
        (b"---\nx: &x [*x]\ntitle: x\ntags: *x\n---\n", "tags: is not a list of words"),
        (b"---\n" + b"[" * 5_000 + b"\n---\n", "not valid YAML"),
    ],
)
def test_a_bad_file_is_named_and_stops_no_other(
    tmp_path: Path, content: bytes, message: str
) -> None:
    """The finding names file and field; the files beside it are read."""
    (tmp_path / "bad.md").write_bytes(content)
    (tmp_path / "good.md").write_text("# Good\n\nText.", encoding="utf-8")
    entries, (finding,) = read_folder(tmp_path, ORIGIN)
    assert [entry.title for entry in entries] == ["Good"]
    assert finding.severity == "warning"
    assert finding.message.startswith("bad.md: ")
    assert message in finding.message
    assert "bad.md: bad.md" not in finding.message


def test_hidden_and_other_files_are_left_alone(tmp_path: Path) -> None:
    """Only *.md counts, in folders below too, and nothing whose name begins with a dot."""
    for name in ("b.md", "sub/a.md", ".git/x.md", ".draft.md", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"# {name}\n", encoding="utf-8")
    assert [entry.title for entry in read_folder(tmp_path, ORIGIN)[0]] == ["b.md", "sub/a.md"]


def test_a_missing_or_empty_folder_is_told(tmp_path: Path) -> None:
    """No folder is an error, an empty one a notice."""
    with pytest.raises(SourceError, match="no folder articles"):
        read_folder(tmp_path / "nowhere", ORIGIN)
    assert [finding.severity for finding in read_folder(tmp_path, ORIGIN)[1]] == ["notice"]


def test_a_link_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    """Whoever may write there could publish any file of the server; links inside it are read."""
    secret, folder = tmp_path / "newsletter.toml", tmp_path / "articles"
    secret.write_text("password = 'hunter2'", encoding="utf-8")
    (folder / "below").mkdir(parents=True)
    (folder / "below" / "a.md").write_text("# A\n\nText.", encoding="utf-8")
    (folder / "b.md").symlink_to(folder / "below" / "a.md")
    (folder / "c.md").symlink_to(secret)
    (folder / "d.md").symlink_to("../newsletter.toml")
    (folder / "e").symlink_to(tmp_path)
    (tmp_path / "f.md").write_text("# F", encoding="utf-8")
    (tmp_path / "linked").symlink_to(folder)
    for place in (folder, tmp_path / "linked"):
        entries, findings = read_folder(place, ORIGIN)
        assert len(entries) == 2
        assert [finding.message.partition(":")[0] for finding in findings] == ["c.md", "d.md"]
        assert "hunter2" not in repr((entries, findings))
