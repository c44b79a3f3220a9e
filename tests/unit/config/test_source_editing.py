"""Sources are added to newsletter.toml; everything else in it stays as it was."""

from __future__ import annotations

import difflib
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config.source_editing import NewSource, with_sources
from newsletter.errors import ConfigurationError

NEW = NewSource(address="https://new.example/rss", name='The "New"', tags=("a", "ä"))

FILES = {
    "several": """\
# Ours.
[newsletters.weekly]   # the weekly
title = "W"

[[newsletters.weekly.sources]]
folder = "articles"    # ours
tags = [
  ["a"],
]

  [[newsletters.weekly.sources]]
  feed = "https://old.example/rss"
  [newsletters.weekly.sources.headers]
  X-Key = "k"

# The daily one.
[newsletters.daily]
title = "D"
""",
    "apart": """\
[[newsletters.weekly.sources]]
feed = "https://old.example/rss"

[newsletters.daily]
title = "D"

[[ newsletters . 'weekly' . "sources" ]]
feed = "https://older.example/rss"

[newsletters.weekly]
title = "W"
""",
    "none": """\
[newsletters.weekly]
title = "W"

[[newsletters.weekly.sections]]
title = "S"

[newsletters.daily]
title = "D"
""",
    "array": """\
[newsletters.weekly]
sources = [
  {feed = "https://old.example/rss"},  # old
  {folder = "articles"},
]
""",
    "array in a line": 'newsletters.weekly.sources = [{folder = "articles"}] # ours\n',
    "all inline": 'newsletters = {weekly = {title = "W", sources = [{folder = "a"}]}}\n',
    "dotted": 'newsletters.weekly.title = "W"\n\n[site]\nurl = "https://site.example"',
    "a header in a text": """\
[[newsletters.weekly.sources]]
folder = "articles"
[newsletters.weekly]
tagline = '''
[[newsletters.weekly.sources]]
'''
title = "W"
""",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_a_source_comes_after_the_others_and_the_rest_stays(text: str) -> None:
    """The file means the same and one source more, and no line of it is lost."""
    after = with_sources(text, "weekly", [NEW])
    expected = tomllib.loads(text)
    expected["newsletters"]["weekly"].setdefault("sources", []).append(
        {"feed": NEW.address, "name": NEW.name, "tags": list(NEW.tags)}
    )
    assert tomllib.loads(after) == expected
    if "\n[" in text:
        lost = [line for line in difflib.ndiff(text.splitlines(), after.splitlines())
                if line.startswith("-")]  # fmt: skip
        assert lost == []
    assert all(comment in after for comment in ("# ours", "# old") if comment in text)


def test_a_comment_above_the_next_table_stays_above_it() -> None:
    """The new table stands directly after the last one."""
    after = with_sources(FILES["several"], "weekly", [NEW])
    assert 'tags = ["a", "ä"]\n\n# The daily one.\n[newsletters.daily]' in after
    assert '  X-Key = "k"\n\n[[newsletters.weekly.sources]]\nfeed = "https://new' in after


def test_a_newsletter_that_is_not_in_the_file_is_told() -> None:
    """It comes from the environment: there is nothing to add to."""
    with pytest.raises(ConfigurationError, match="comes from the environment"):
        with_sources(FILES["several"], "monthly", [NEW])


@given(
    st.sampled_from(list(FILES.values())),
    st.text(min_size=1, max_size=30),
    st.lists(st.text(min_size=1, max_size=10), max_size=3),
)
def test_any_name_and_tags_are_written_as_they_are(text: str, name: str, tags: list[str]) -> None:
    """Quotes, line ends and control characters are what they were when the file is read."""
    source = NewSource(address="https://new.example/", name=name, tags=tuple(tags))
    after = tomllib.loads(with_sources(text, "weekly", [source]))
    assert after["newsletters"]["weekly"]["sources"][-1] == source.table
