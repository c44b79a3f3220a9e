"""Tables of articles are readable in a mail and on a phone."""

from __future__ import annotations

from newsletter.rendering.body_tables import with_readable_tables


def table(*rows: str) -> str:
    """A table of rows whose cells are separated by bars."""
    cells = ("".join(f"<td>{cell}</td>" for cell in row.split("|")) for row in rows)
    return f"<table><tbody>{''.join(f'<tr>{row}</tr>' for row in cells)}</tbody></table>"


def test_a_small_table_stays() -> None:
    """Few columns and short cells fit a phone; the caption stands above."""
    source = table("Mon|3 &amp; 2 m", "Tue|<b>4</b> m").replace(
        "<tbody>", "<caption>Tides</caption><tbody>"
    )
    assert with_readable_tables(f"<p>a</p>{source}<p>b</p>") == (
        "<p>a</p><p><strong>Tides</strong></p><table><tr><td>Mon</td><td>3 &amp; 2 m</td></tr>"
        "<tr><td>Tue</td><td><b>4</b> m</td></tr></table><p>b</p>"
    )


def test_a_wide_table_becomes_a_list_of_its_rows() -> None:
    """Each row is a paragraph, its cells named by the heads of their columns."""
    source = table("Town|Jan|Feb|Mar|Apr", "Ayton|1||3|4").replace("td>", "th>", 10)
    assert with_readable_tables(source) == (
        "<p><strong>Ayton</strong><br/>Jan: 1<br/>Mar: 3<br/>Apr: 4</p>"
    )


def test_a_table_that_arranges_is_taken_apart() -> None:
    """One column, or a table within a table, is not data."""
    assert with_readable_tables(table("<p>one</p>")) == "<div><p>one</p></div>"
    inner = table("1|2", "3|4")
    assert "table" not in with_readable_tables(table(f"{inner}|b", "c|d"))
