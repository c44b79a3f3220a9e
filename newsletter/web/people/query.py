"""What the address of the list of people asks for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from newsletter.pipeline.find_people import PeopleFilter
from newsletter.web.signin.pages import row_id
from subscribers.subscriber import Status

MOST = 200
"""Characters of a value in the address."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleQuery:
    """The fields of the search form, and where its page begins; "" is a field left empty."""

    q: str = ""
    list: str = ""
    status: str = ""
    tag: str = ""
    field: str = ""
    value: str = ""
    domain: str = ""
    before: int | None = None

    @property
    def wanted(self) -> PeopleFilter:
        """What the people have in common, besides the words of the search."""
        return PeopleFilter(
            list_slug=self.list or None,
            status=Status(self.status) if self.status else None,
            tag=self.tag or None,
            attributes={self.field: self.value} if self.field else {},
            domain=self.domain or None,
        )

    @property
    def is_narrow(self) -> bool:
        """Whether anything beside the list is asked for."""
        return bool(self.q or self.status or self.tag or self.field or self.domain)

    @property
    def has_more_fields(self) -> bool:
        """Whether one of the fields is filled in that the form keeps folded."""
        return bool(self.field or self.domain)

    def address(self, **changes: str | int | None) -> str:
        """The query string of the same search, with these fields changed."""
        given = {name: getattr(self, name) for name in self.__slots__} | changes
        return urlencode({name: value for name, value in given.items() if value})


def people_query(given: Mapping[str, str], *, only_list: str = "") -> PeopleQuery:
    """The query in an address. `only_list` is the site's list if it has just one."""

    def text(name: str) -> str:
        return " ".join(given.get(name, "").replace("\x00", "").split())[:MOST]

    q, domain = text("q"), text("domain")
    if q.startswith("@"):  # a search for everybody at a domain
        q, domain = "", q
    status = text("status")
    return PeopleQuery(
        q=q,
        list=text("list") or only_list,
        status=status if status in {one.value for one in Status} else "",
        tag=text("tag"),
        field=text("field"),
        value=text("value"),
        domain=domain,
        before=row_id(given.get("before", "")),
    )
