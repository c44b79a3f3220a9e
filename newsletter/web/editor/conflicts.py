"""Two versions side by side: the current one, and what the editor wanted. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.errors import UnknownNameError
from newsletter.issues.issue import Issue, Item
from newsletter.web.editor.forms import Fields, item_of

_ITEM_FIELDS = {
    "title": "Headline",
    "summary": "Summary",
    "link_text": "Link text",
    "image_url": "Picture",
    "image_alt": "Alt text",
}
_ISSUE_FIELDS = {
    "subject": "Subject",
    "preheader": "Preview text",
    "intro": "Opening note",
    "closing": "Closing note",
}
_LONG = frozenset({"summary", "intro", "closing", "text"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ConflictRow:
    """One field in both versions. `long` fields are shown with several lines."""

    name: str
    label: str
    theirs: str
    mine: str
    long: bool

    @property
    def differs(self) -> bool:
        """Whether the two versions differ."""
        return self.theirs.strip() != self.mine.strip()


def conflict_rows(fields: Fields, issue: Issue) -> tuple[ConflictRow, ...]:
    """The typed fields beside the issue's current ones; none for an edit that has no text."""
    theirs: dict[str, str] = {}
    labels: dict[str, str] = {}
    match fields.get("action"):
        case "rewrite":
            try:
                theirs = _texts_of(item_of(issue, fields.get("item", "")))
            except UnknownNameError:
                theirs = dict.fromkeys(_ITEM_FIELDS, "")
            labels = _ITEM_FIELDS
        case "say-inbox" | "say-intro" | "say-closing":
            theirs = {
                "subject": issue.subject,
                "preheader": issue.preheader,
                "intro": issue.words.intro,
                "closing": issue.words.closing,
            }
            labels = _ISSUE_FIELDS
        case "block":
            block = next((b for b in issue.blocks if b.id == fields.get("block")), None)
            labels = {"title": "Title", "text": "Text", "url": "Link"}
            theirs = {name: str(getattr(block, name, "")) for name in labels}
    return tuple(
        ConflictRow(
            name=name,
            label=labels[name],
            theirs=theirs[name],
            mine=fields[name],
            long=name in _LONG,
        )
        for name in labels
        if name in fields
    )


def _texts_of(item: Item) -> dict[str, str]:
    image = item.image
    return {
        "title": item.title,
        "summary": item.summary,
        "link_text": item.overrides.link_text or "",
        "image_url": image.url if image else "",
        "image_alt": image.alt if image else "",
    }
