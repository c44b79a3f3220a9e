"""The words of dates in many languages: months, days of the week, and halves of the day."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

_LANGUAGES = [
    "en",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "sv",
    "da",
    "nb",
    "nn",
    "fi",
    "is",
    "pl",
    "cs",
    "sk",
    "sl",
    "hr",
    "sr",
    "bs",
    "mk",
    "bg",
    "ro",
    "hu",
    "el",
    "tr",
    "ru",
    "uk",
    "be",
    "lt",
    "lv",
    "et",
    "sq",
    "ca",
    "eu",
    "gl",
    "ga",
    "cy",
    "af",
    "id",
    "ms",
    "vi",
    "th",
    "hi",
    "bn",
    "fa",
    "ar",
    "he",
    "ur",
    "hy",
    "ka",
    "az",
    "kk",
    "sw",
    "fil",
    "ko",
    "mt",
    "lb",
]
"""Languages whose names of months and days CLDR has; Chinese and Japanese count their months."""

_MORE_MONTHS = {
    # Abbreviations that programs and people write, and CLDR has not.
    1: "januari janvier jann ene gen sty led sij يناير كانون‌الثاني",
    2: "fevr feb feber fev febr فبراير",
    3: "mrz mrt maerz mars maart mac مارس",
    4: "abr avr apr ابريل",
    5: "mai mei may maj mayo mag مايو",
    6: "juin jun giu haz يونيو",
    7: "juil jul lug tem يوليو",
    8: "aout aug ago agu agt aug sierp أغسطس اغسطس",
    9: "sept sep set sett eyl سبتمبر",
    10: "okt oct out ott eki أكتوبر اكتوبر",
    11: "nov nof kas نوفمبر",
    12: "dez dec dic des dis ara ديسمبر",
}
_MORE_DAYS = (  # beginning with Monday
    "mon mo lun lu man ma pon po pn",
    "tue tues di mar mi tir ti uto wt út вт",
    "wed mi mer mie ons ke sri śr st ср",
    "thu thur thurs do jeu jue gio tor to čet cz чт",
    "fri fr ven vie fre pe pet pt pia pá пт",
    "sat sa sam sab lor la sub so сб",
    "sun so dom dim son su ned nd ne вс",
)
_AFTERNOON = [
    "pm",
    "p.m.",
    "nachm",
    "nachmittags",
    "abends",
    "μμ",
    "μ.μ.",
    "م",
    "مساء",
    "下午",
    "午後",
    "晚上",
    "오후",
    "ch",
    "ช่วงบ่าย",
    "du",
    "di",
    "pomeriggio",
]
_MORNING = [
    "am",
    "a.m.",
    "vorm",
    "vormittags",
    "morgens",
    "πμ",
    "π.μ.",
    "ص",
    "صباحا",
    "上午",
    "午前",
    "早上",
    "凌晨",
    "오전",
    "sa",
    "öö",
]


def folded(word: str) -> str:
    """`word` in lower case without accents, dots and apostrophes."""
    letters = unicodedata.normalize("NFKD", word.casefold())
    return "".join(
        sign
        for sign in letters
        # The vowel signs of Thai and Hindi are letters here.
        if unicodedata.combining(sign) == 0 and unicodedata.category(sign)[0] in "LMN"
    )


def months_of(word: str, language: str = "") -> tuple[int, ...]:
    """The months (1 to 12) that `word` may name, the likeliest first.

    That is the one of `language`, then the one of most languages: listopad is November in Czech and
    Polish, and October in Croatian.
    """
    own = language.split("-")[0]
    plain = folded(word)
    meant = _months().get(plain) or _months().get(plain.removeprefix("ב"), {})  # "in" in Hebrew
    return tuple(sorted(meant, key=lambda month: (own not in meant[month], -len(meant[month]))))


def weekdays_of(word: str) -> frozenset[int]:
    """The days of the week (0 is Monday) that `word` may name."""
    return _weekdays().get(folded(word), frozenset())


def is_afternoon(word: str) -> bool | None:
    """Whether `word` says that the hour is after noon; None for any other word."""
    plain = word.casefold().strip()
    if plain in _AFTERNOON or folded(plain) == "pm":
        return True
    return False if plain in _MORNING or folded(plain) == "am" else None


@cache
def _months() -> Mapping[str, Mapping[int, frozenset[str]]]:
    found: dict[str, dict[int, set[str]]] = {}
    for language, number, name in _names("months"):
        for form in _forms(name):
            found.setdefault(form, {}).setdefault(number, set()).add(language)
    for number, names in _MORE_MONTHS.items():
        for name in names.split():
            if folded(name) not in found:
                found[folded(name)] = {number: set()}
    return {
        word: {number: frozenset(languages) for number, languages in meant.items()}
        for word, meant in found.items()
    }


@cache
def _weekdays() -> Mapping[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for _language, number, name in _names("days"):
        for form in _forms(name):
            found.setdefault(form, set()).add(number)
    for number, names in enumerate(_MORE_DAYS):
        for name in names.split():
            found.setdefault(folded(name), set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


def _names(what: str) -> list[tuple[str, int, str]]:
    from babel import Locale  # Its data take half a second to load, and few dates need them.

    return [
        (language, number, name)
        for language in _LANGUAGES
        for context in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
        for number, name in getattr(Locale.parse(language), what)[context][width].items()
        if re.search(r"[^\W\d_]", name)
    ]


def _forms(name: str) -> set[str]:
    """The name itself, and its last word where it has several ("thg 3", "de març")."""
    whole = folded(name)
    last = folded(name.replace("'", " ").replace("’", " ").split()[-1])
    return {form for form in (whole, last) if len(form) > 1 and not form.isdigit()}
