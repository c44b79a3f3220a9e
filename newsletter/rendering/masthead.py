"""The masthead of a newsletter: title, language, time zone, postal address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from babel import Locale


@dataclass(frozen=True, kw_only=True, slots=True)
class Masthead:
    """What every issue states about its newsletter.

    `newsletter` is the slug; `language` a BCP 47 tag ("en", "zh-Hant"); `timezone` an IANA name.
    `full_sections` are the titles of the sections that show their articles whole.
    The archive shows the issues only if it `is_public`.
    `annotated` issues carry data for Gmail's Promotions tab.
    `logo` is the address of a picture that stands for the title, shown `logo_width` pixels wide.
    `list_reason` says why a reader gets the mail; if it is "", the theme's own sentence is used.
    `reply_address` takes readers' answers. `join_url` is where a person to whom an issue was forwarded can subscribe.
    `still_of` gives the address of the first frame of an animation, where the site serves it.
    """

    newsletter: str
    title: str
    site_url: str
    postal_address: str
    language: str = "en"
    timezone: str = "UTC"
    tagline: str = ""
    logo: str = ""
    logo_width: int = 0
    list_reason: str = ""
    join_url: str = ""
    reply_address: str = ""
    full_sections: frozenset[str] = frozenset()
    annotated: bool = False
    is_public: bool = True
    still_of: Callable[[str], str] | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.title

    def issue_url(self, number: int) -> str:
        """Where everybody can read a past issue; "" where only its readers can."""
        return f"{self.site_url}/archive/{self.newsletter}/{number}" if self.is_public else ""

    @property
    def locale(self) -> Locale:
        """The Babel locale of the language as it is written where the newsletter is."""
        return _locale(self.language, self.timezone)

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`, by the language's script."""
        return self.locale.text_direction

    def local_day(self, moment: datetime) -> date:
        """The calendar day of the moment in the newsletter's zone."""
        return self._local(moment).date()

    def long_date(self, moment: datetime) -> str:
        """`Monday, March 3, 2025`, in the newsletter's language and zone."""
        return self.written_date(self.local_day(moment))

    def written_date(self, day: date) -> str:
        """`Monday, March 3, 2025`, in the newsletter's language."""
        from babel.dates import format_date

        return format_date(day, "full", locale=self.locale)

    def short_date(self, moment: datetime) -> str:
        """`Mar 3`, in the newsletter's language and zone."""
        from babel.dates import format_skeleton

        return format_skeleton("MMMd", self._local(moment), locale=self.locale)

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.timezone))


@lru_cache(maxsize=64)
def _locale(language: str, timezone: str) -> Locale:
    """The locale of the language, for a European time zone as its country writes dates.

    English in Europe/London is British. A language that names its own territory or script is taken
    as it is, and so is one in another part of the world, where a site chooses by `language`.
    """
    from babel import Locale, localedata  # slow to load: only when something is rendered
    from babel.core import get_global

    plain = Locale.parse(language, sep="-")
    regional = f"{plain.language}_{get_global('zone_territories').get(timezone)}"
    is_european = timezone.startswith("Europe/")
    if plain.territory or plain.script or not is_european or not localedata.exists(regional):
        return plain
    return Locale.parse(regional)
