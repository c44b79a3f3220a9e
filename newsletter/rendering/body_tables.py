"""Makes the tables of an article readable in a mail, and on a phone.

A small table of data stays a table. One with many columns becomes a list of its rows, as a phone
would squeeze its columns to a few letters. A table that only arranges things is taken apart.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from lxml import etree

MOST_COLUMNS = 4
"""Columns that a phone still shows side by side."""
WIDEST_ROW = 90
"""Characters of the longest row that a phone still shows side by side."""
MOST_ROWS = 60

_TABLE = re.compile(r"<(/?)table\b[^>]*>")


def with_readable_tables(source: str) -> str:
    """The well-formed HTML with each outermost table in the shape that suits it."""
    if "<table" not in source:
        return source
    parts: list[str] = []
    depth = start = 0
    for tag in _TABLE.finditer(source):
        if tag[1]:
            depth = max(0, depth - 1)
            if depth == 0:
                parts.append(_readable(source[start : tag.end()]))
                start = tag.end()
        else:
            if depth == 0:
                parts.append(source[start : tag.start()])
                start = tag.start()
            depth += 1
    return "".join((*parts, source[start:]))


def _readable(table: str) -> str:
    try:
        root = etree.fromstring(table, etree.XMLParser(resolve_entities=False))
    except etree.XMLSyntaxError:
        return _apart(table)
    rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in root.iter("tr")]
    rows = [row for row in rows if row]
    columns = max(map(len, rows), default=0)
    arranges = any(
        cell.find(f".//{name}") is not None
        for row in rows
        for cell in row
        for name in ("table", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "pre")
    )
    if columns < 2 or len(rows) < 2 or len(rows) > MOST_ROWS or arranges:
        return _apart(table)
    caption = "".join(f"<p><strong>{_inner(part)}</strong></p>" for part in root.iter("caption"))
    widest = max(sum(len(_text(cell)) for cell in row) for row in rows)
    if columns > MOST_COLUMNS or widest > WIDEST_ROW:
        return caption + _rows_as_list(rows)
    return f"{caption}<table>{''.join(map(_row, rows))}</table>"


def _row(cells: Iterable[etree._Element]) -> str:
    return f"<tr>{''.join(f'<{cell.tag}>{_inner(cell)}</{cell.tag}>' for cell in cells)}</tr>"


def _rows_as_list(rows: list[list[etree._Element]]) -> str:
    """Each row as a paragraph: its first cell, then the others below, named by their columns."""
    named = all(cell.tag == "th" for cell in rows[0])
    names = [_text(cell) for cell in rows[0]] if named else []
    paragraphs = []
    for row in rows[1:] if named else rows:
        lines = [f"<strong>{_inner(row[0])}</strong>"]
        for number, cell in enumerate(row[1:], 1):
            if _text(cell) or cell.find(".//img") is not None:
                name = names[number] if number < len(names) else ""
                label = f"{html.escape(name, quote=False)}: " if name else ""
                lines.append(f"{label}{_inner(cell)}")
        paragraphs.append(f"<p>{'<br/>'.join(lines)}</p>")
    return "".join(paragraphs)


def _inner(cell: etree._Element) -> str:
    """The contents of a cell, whose paragraphs become lines."""
    children = (etree.tostring(child, encoding="unicode") for child in cell)
    inner = html.escape(cell.text or "", quote=False) + "".join(children)
    lines = re.split(r"</?(?:p|div|hr)\b[^>]*>", inner)
    return "<br/>".join(line.strip() for line in lines if line.strip())


def _text(cell: etree._Element) -> str:
    return " ".join("".join(map(str, cell.itertext())).split())


def _apart(table: str) -> str:
    """The contents of the cells as paragraphs, without the table."""
    return re.sub(
        r"<(/?)(?:td|th|caption)\b[^>]*>",
        r"<\1div>",
        re.sub(r"</?(?:table|thead|tbody|tfoot|tr)\b[^>]*>", "", table),
    )
