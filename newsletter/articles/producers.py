"""The quirks of programs that write feeds: what each adds to a text, and how it wraps an address.

One row for each program. The patterns are tried on every feed, because feeds are copied and
combined, and few say which program wrote them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

from newsletter.articles.urls import is_web_address


@dataclass(frozen=True, kw_only=True, slots=True)
class Producer:
    """What to do with the feeds of one program.

    `strip` matches whole paragraphs that are not the author's; `ends` what follows the text in its
    last paragraph, and `begins` what precedes it; `title_ends` the same for titles. `wraps` names
    the parameter of the hosts' addresses that is the article's own address. `labels` are the
    categories that it gives every article. `after_title` matches what follows the title where it
    stands once more above the text, such as the author and the date.
    """

    name: str
    strip: str = ""
    ends: str = ""
    begins: str = ""
    title_ends: str = ""
    wraps: tuple[tuple[str, str], ...] = ()
    labels: str = ""
    after_title: str = ""


_MORE = (
    r"(?:continue reading|keep reading|read (?:more|on|the (?:full|rest|whole|entire)\b.{0,40}|full (?:article|story|post))"
    r"|(?:view|see) (?:the )?full (?:article|post)|click here to (?:read|continue)|more(?= *[›»→>…]|\Z)"
    r"|lire (?:la suite|plus|l['’]article)|en savoir plus|weiterlesen|mehr lesen|(?:zum )?ganzen? (?:artikel|beitrag)(?: lesen)?"
    r"|leer m[aá]s|seguir leyendo|sigue leyendo|continua a leggere|leggi (?:tutto|di più|l['’]articolo)|continue lendo"
    r"|leia mais|ler mais|continuar a ler|lees (?:verder|meer)|verder lezen|läs (?:mer|vidare)|les mer|læs mere|lue lisää"
    r"|czytaj (?:dalej|więcej)|číst (?:dále|více)|čítať ďalej|tovább olvas\w*|citește mai (?:mult|departe)|devamını oku"
    r"|διαβάστε περισσότερα|читать (?:далее|дальше|полностью)|подробнее|читати далі|続きを読む|阅读(?:全文|更多|原文)"
    r"|閱讀(?:全文|更多)|더 (?:보기|읽기)|계속 읽기|اقرأ المزيد|المزيد|קרא עוד|אוסף|baca selengkapnya|đọc tiếp|xem thêm)"
)

_SUBMITTED = r"submitted by\s*/?u/\S+(?:\s+to\s+/?r/\S+)?"
_REDDIT_LINKS = r"\s*(?:\[link\])?\s*(?:\[comments\])?"
_EMBEDDED = r"\[contains quote post or other embedded content\]"

PRODUCERS = (
    Producer(
        name="WordPress",
        # The sentence that Yoast SEO adds, in the words of its translations.
        strip=(
            r"az? .{1,300}? (?:bejegyzés|cikk) először .{1,120} jelent meg"
            r"|.{1,300}? yazısı ilk önce .{1,120} üzerinde ortaya çıktı"
            r"|(?:投稿 )?.{1,300}? は .{1,120} に最初に表示されました"
            r"|.{1,300}?(?:最先|最早)(?:出现在|發佈於|出現於).{1,120}"
        ),
        ends=(
            r"the (?:post|article) .{1,300}? (?:first appeared|appeared first|was first published) on .{1,120}"
            r"|(?:der )?(?:beitrag|artikel) .{1,300}? (?:erschien|ist) zuerst (?:auf|bei) .{1,120}"
            r"|(?:l['’]article|cet article|le billet) .{1,300}? est apparue? en premier sur .{1,120}"
            r"|la (?:entrada|publicación) .{1,300}? (?:se publicó|apareció|aparece) primero en .{1,120}"
            r"|l['’](?:entrada|article) .{1,300}? (?:ha aparegut|aparegué) primer a .{1,120}"
            r"|o (?:post|artigo|conteúdo) .{1,300}? apareceu primeiro em .{1,120}"
            r"|(?:l['’]articolo|il post) .{1,300}? (?:proviene da|sembra essere il primo su) .{1,120}"
            r"|het (?:bericht|artikel) .{1,300}? (?:verscheen eerst|is eerst verschenen) op .{1,120}"
            r"|inlägget .{1,300}? (?:dök först upp|visades först) på .{1,120}"
            r"|indlægget .{1,300}? blev først udgivet (?:på|den) .{1,120}"
            r"|innlegget .{1,300}? dukket først opp på .{1,120}"
            r"|artikkeli .{1,300}? julkaistiin ensimmäisen kerran .{1,120}"
            r"|(?:wpis|artykuł|post) .{1,300}? (?:pojawił się (?:najpierw|poczatkowo|początkowo|po raz pierwszy)"
            r"|pochodzi z serwisu) .{1,120}"
            r"|příspěvek .{1,300}? se nejdříve objevil na .{1,120}"
            r"|(?:articolul|postarea) .{1,300}? apare prima dată în .{1,120}"
            r"|(?:запись|сообщение|статья) .{1,300}? (?:впервые появилась|появились сначала|взята с|вперше) .{1,120}"
            r"|(?:post|artikel) .{1,300}? (?:pertama kali )?(?:muncul|tampil) (?:pertama kali )?(?:di|pada) .{1,120}"
            r"|ظهرت المقالة .{1,300}? أولاً على .{1,120}"
        ),
        labels=(
            r"uncategori[sz]ed|non class[ée]|sin categor[ií]a|senza categoria|sem categoria|geen categorie|allgemein"
            r"|unkategorisiert|nicht kategorisiert|bez kategorii|nezařazené|nezaradené|okategoriserad[e]?|ukategoriser[et]+"
            r"|ikke kategoriseret|luokittelematon|kategorizálatlan|uncategorized @\w+|без рубрики|без категории|без категорії"
            r"|未分類|未分类|미분류|غير مصنف|כללי|kategorisiz|genel|tak berkategori|chưa phân loại|default|none|null|undefined|n/?a"
        ),
    ),
    Producer(
        name="read-more links",
        strip=rf"{_MORE}(?:[\s:][^.!?]{{0,160}})?",
        ends=rf"(?:\[(?:…|\.\.\.)\]|(?<=[.!?…)\]»\"'”’])|(?<=[。！？]))\s*[\[(]?{_MORE}[\s›»→>…\]).:]*",
    ),
    Producer(
        name="share buttons",
        strip=(
            r"(?:share this|like this|share (?:on|via) \w+|tweet|loading\.*|related|partager|teilen|compartir|condividi)\s*:?"
            r"|(?:(?:facebook|twitter|x|linkedin|reddit|whatsapp|telegram|pinterest|e-?mail|print|pocket|tumblr|share"
            r"|tweet|like|bluesky|mastodon|threads|flipboard)[\s|,·•]*){2,}"
        ),
    ),
    Producer(
        name="Hacker News",
        strip=r"(?:article url|comments url):.*|points: \d+|# comments: \d+|comments",
    ),
    Producer(
        name="Reddit",
        strip=rf"(?:{_SUBMITTED})?{_REDDIT_LINKS}",
        ends=rf"{_SUBMITTED}{_REDDIT_LINKS}",
    ),
    Producer(
        name="Medium",
        strip=r"continue reading on .{1,120}|.{1,300} was originally published in .{1,120} on medium, where .*",
    ),
    Producer(
        name="Substack",
        strip=(
            r"thanks for reading .{1,200}|.{1,120} is a reader-supported publication\..*|(?:subscribe|share|upgrade)(?: now| to paid)?"
            r"|leave a comment|get \d+% off .*|give a gift subscription|refer a friend|start writing today\..*"
            r"|this post is public so feel free to share it\.?"
        ),
        begins=r"(?:listen|watch) now \(\d+ mins?\) *[|•·-]\s*",
    ),
    Producer(
        name="GitHub",
        strip=r"what['’]s changed|(?:signed-off-by|co-authored-by|reviewed-by|change-id): .{1,200}|full changelog: .*",
    ),
    Producer(
        name="YouTube",
        strip=(
            r"(?:►|▶|→|👉|🔔)?\s*(?:subscribe|follow (?:us|me)|website|facebook|twitter|instagram|tiktok|patreon|discord)\b"
            r".{0,60}https?://\S+|(?:#\w+\s*)+|https?://\S+"
        ),
    ),
    Producer(name="Discourse", strip=r"\d+ posts? - \d+ participants?|read full topic"),
    Producer(name="phpBB", strip=r"statistics: posted by .*"),
    Producer(
        name="Drupal",
        strip=r"read more about [^.!?]*",
        after_title=r".{0,80}?\w{2,10}\.?,? \d\d[/.-]\d\d[/.-]\d{4} - \d\d:\d\d",
    ),
    Producer(name="Bluesky", strip=_EMBEDDED, ends=_EMBEDDED),
    Producer(name="Slashdot", ends=r"read more of this story at slashdot\.?"),
    Producer(name="Squarespace", strip=r"permalink|→ ?permalink"),
    Producer(
        name="arXiv",
        begins=r"arxiv:\S+ announce type: \S+\s+abstract:\s*",
        title_ends=r"\(arxiv:\S+(?: \[[\w.-]+\])?(?: updated)?\)",
    ),
    Producer(
        name="Blogger",
        labels=r"https?://schemas\.google\.com/\S*|\S*/kind#\w+",
    ),
    Producer(
        name="Google Alerts and News",
        wraps=(("www.google.com/url", "url"), ("www.google.com/url", "q"), ("google.com/url", "q")),
    ),
    Producer(
        name="other redirections",
        wraps=(
            *(("www.bing.com/news/apiclick.aspx", "url"), ("l.facebook.com/l.php", "u")),
            *(("www.facebook.com/l.php", "u"), ("duckduckgo.com/l/", "uddg")),
            *(
                ("out.reddit.com/", "url"),
                ("go.redirectingat.com/", "url"),
                ("slashdot.org/r/", "url"),
            ),
            *(("www.youtube.com/redirect", "q"), ("news.url.google.com/url", "url")),
        ),
    ),
)


def _any(patterns: list[str]) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns if pattern)


_STRIP = re.compile(
    rf"[\W_]*(?:{_any([pattern for row in PRODUCERS for pattern in (row.strip, row.ends)])})[\W_]*",
    re.IGNORECASE | re.DOTALL,
)
_ENDS = re.compile(
    rf"(?<!\w)(?:{_any([row.ends for row in PRODUCERS])})[\s.。»›→!]*\Z", re.IGNORECASE | re.DOTALL
)
_BEGINS = re.compile(_any([row.begins for row in PRODUCERS]), re.IGNORECASE)
_TITLE_ENDS = re.compile(rf"\s*(?:{_any([row.title_ends for row in PRODUCERS])})\Z", re.IGNORECASE)
_AFTER_TITLE = re.compile(_any([row.after_title for row in PRODUCERS]), re.IGNORECASE)
_LABELS = re.compile(_any([row.labels for row in PRODUCERS]), re.IGNORECASE)
_WRAPS = [wrap for row in PRODUCERS for wrap in row.wraps]

LONGEST_ADDITION = 700
"""In characters; a longer paragraph is the author's, and only its end is looked at."""


@lru_cache(maxsize=1024)
def is_addition(paragraph: str) -> bool:
    """Whether the paragraph is only what a program added: a read-more link, a vote count."""
    text = " ".join(paragraph.split())
    if len(text) > LONGEST_ADDITION or not re.search(r"\w", text):
        return False
    return _STRIP.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def without_additions(text: str) -> str:
    """The text of one paragraph without what a program wrote before and after it."""
    text = _BEGINS.sub("", text, count=1) if _BEGINS.match(text) else text
    tail = text[-LONGEST_ADDITION:]
    found = _ENDS.search(tail)
    if not found:
        return text
    return text[: len(text) - len(tail) + found.start()].rstrip()


def own_title(title: str) -> str:
    """The title without what a program appends to every title."""
    return _TITLE_ENDS.sub("", title)


def is_title_again(paragraph: str, title: str) -> bool:
    """Whether the paragraph is the title once more, with what a program writes after it."""
    if not title or not paragraph.casefold().startswith(title.casefold()):
        return False
    rest = paragraph[len(title) :].strip()
    return not rest or _AFTER_TITLE.fullmatch(rest) is not None


def says_nothing(label: str) -> bool:
    """Whether the label is a category that a program gives to articles without one."""
    return _LABELS.fullmatch(label) is not None


def unwrapped(url: str) -> str:
    """The article's own address, if `url` is a redirection that names it; else `url`."""
    for start, parameter in _WRAPS:
        host, _, path = start.partition("/")
        try:
            parts = urlsplit(url)
            if parts.hostname != host or not parts.path.startswith(f"/{path}"):
                continue
            inner = parse_qs(parts.query, max_num_fields=50).get(parameter, [""])[0]
        except ValueError:
            return url
        if is_web_address(inner):
            return inner
    return url
