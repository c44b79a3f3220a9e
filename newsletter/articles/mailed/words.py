"""The words by which a mail's own furniture and its advertisements are told from its stories. Pure."""

from __future__ import annotations

import re

LONGEST_LABEL = 80
"""In characters: a longer text that has such a word is a sentence or a headline."""

_LEAVE = re.compile(
    r"\bun ?-?subscribe\b|\bopt[ -]?out\b|\babmelden\b|\babbestellen\b|\baustragen\b|\bd[ée]sabonner\b"
    r"|\bdésinscri|\bdarse? de baja\b|\bcancelar (?:la |sua |a )?(?:suscripci|inscri|assinatura)"
    r"|\bdisiscriv|\bcancellati\b|\buitschrijven\b|\bafmelden\b|\bavregistrera|\bafmeld|\bmeld deg av"
    r"|\bperu(?:uta)? tilaus|\bwypisz|\bodhl[aá]sit|\bleiratkoz|\bотпис|配信停止|配信解除|退订|退訂|구독 ?취소"
    r"|إلغاء الاشتراك",
    re.IGNORECASE,
)
_SETTINGS = re.compile(
    r"\b(?:manage|update|change|edit)\b.{0,25}\b(?:preferences?|subscriptions?|profile|settings|email)\b"
    r"|\b(?:email|mail|subscription) preferences\b|\beinstellungen (?:ändern|verwalten)\b"
    r"|\bprofil (?:ändern|bearbeiten)\b|\bpréférences\b|\bpreferencias\b|\bpreferenze\b|\bvoorkeuren\b",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"\byou(?:'|’)?(?: a)?re (?:receiving|getting|subscribed)|\byou (?:received|are receiving|signed up)"
    r"|\b(?:was|were) sent to you|\bthis (?:e-?mail|message|newsletter) (?:was|is) (?:sent|intended)"
    r"|\bour mailing address\b|\ball rights reserved\b|\balle rechte vorbehalten\b|\btous droits réservés"
    r"|\bdiese (?:e-?mail|nachricht) (?:wurde|ging)|\bsie erhalten diese|\bdu erhältst diese"
    r"|\bvous recevez ce|\brecib(?:es|e|iste|ió) este|\bricevi questa|\bje ontvangt deze"
    r"|(?:^|\s)(?:©|\(c\)|copyright)\s*(?:©\s*)?(?:19|20)\d\d\b",
    re.IGNORECASE,
)
VIEW = re.compile(
    r"\b(?:view|read|open|see|display)\b.{0,30}\b(?:browser|online|on the web|web version|web page|webpage)\b"
    r"|\bweb ?version\b|\bonline version\b|\bread online\b|\bview (?:it )?online\b|\bview this (?:post|email|issue)\b"
    r"|\bim browser\b|\bonline-?(?:version|ansicht)\b|\bonline lesen\b|\bwebansicht\b"
    r"|\bversion en ligne\b|\bdans (?:votre|le|un) navigateur\b|\ben (?:el|tu|su) navegador\b"
    r"|\bversi[oó]n (?:web|en l[ií]nea)\b|\bnel browser\b|\bversione (?:web|online)\b|\bin (?:je|uw|de) browser\b"
    r"|\bno navegador\b|\bwebbl[aä]saren\b|\bв браузере\b|ブラウザで|在浏览器|在瀏覽器|브라우저에서",
    re.IGNORECASE,
)
"""The text of the link to the mail's own page."""
_ASIDE = re.compile(
    r"\b(?:forward(?:ed)?|share|tweet|refer|referrals?|sign ?up|subscribe|upgrade|log ?in|privacy policy|terms of"
    r"|contact us|about us|advertise|get the app|download the app|read in app|follow us|like us|join us"
    r"|leave a comment|comments?|restack|view in app|add us to|report abuse|whitelist|thanks for reading"
    r"|until next time|see you (?:next week|tomorrow|soon)|upgrade to paid)\b"
    r"|\b(?:weiterleiten|weiterempfehlen|teilen|datenschutz|impressum|kontakt|anmelden|abonnieren)\b"
    r"|\b(?:transférer|partager|s(?:'|’)abonner|mentions légales|contactez)\b"
    r"|\b(?:reenviar|compartir|suscríbete|suscribirse|inoltra|condividi|iscriviti)\b",
    re.IGNORECASE,
)
"""What links ask for that are about the newsletter itself."""
_NETWORKS = re.compile(
    r"\b(?:facebook|twitter|x|instagram|linked ?in|youtube|tiktok|mastodon|bluesky|threads|whatsapp|telegram"
    r"|pinterest|rss|web(?:site)?|help|faq|privacy|follow|like|join|find|visit|us|me|on|at|and|or|our|the|auf"
    r"|und|sur|et|en|y|su)\b",
    re.IGNORECASE,
)
"""Of what the names of networks at the foot of a mail consist: "Follow us on Facebook and X"."""
_INVITES = re.compile(
    r"\btell (?:your|a) friends?\b|\brefer(?:ral)? (?:links?|codes?|a friend|friends|program)|\bforwarded (?:this|to you)"
    r"|\bshare (?:this|the|our|your) (?:newsletter|e-?mail|issue|referral|link)|\bflag as\b|\bsee more results\b"
    r"|\bempfehlen sie (?:uns|diesen)|\brecommande[rz] (?:cette|notre|la) (?:newsletter|lettre)|\bnot interested\b"
    r"|\brate (?:this|today|our)\b|\bwhat did you think of\b|\bhow did (?:you like|we do)\b|\bstories for\b",
    re.IGNORECASE,
)
_NUMBERS = re.compile(
    r"\W*\d[\d.,]*\s?[km]?\s*(?:claps?|likes?|comments?|points?|views?|shares?|stars?|upvotes?|responses?|reactions?"
    r"|min(?:ute)?s?(?: read)?|minuten(?: lesezeit)?|min de lecture)?\W*",
    re.IGNORECASE,
)
"""What lists put below a story: how long, how popular."""
MORE = re.compile(
    r"(?:(?:continue|keep|read|see|learn|find out|view|get|full|the) )*(?:more|reading|article|story|post|here|details"
    r"|read(?: it| on| full| the)?(?: more| story| article| post| here)?|continue|watch(?: now)?|listen(?: now)?|link)"
    r"(?: about (?:this|it)| here| on .{1,30})?|weiter ?lesen|mehr(?: lesen| erfahren)?|zum artikel|jetzt lesen|lesen"
    r"|(?:this )?(?:story|article) continues(?: at| here)?|(?:discuss|comment on) this (?:story|article)(?: at| here)?"
    r"|(?:lire|en savoir) (?:la suite|plus|l(?:'|’)article)|suite|leer más|seguir leyendo|leer|leggi(?: tutto| di più)?"
    r"|continua(?: a leggere)?|lees (?:meer|verder)|läs (?:mer|vidare)|les (?:mer|videre)|læs (?:mere|videre)"
    r"|ler mais|leia mais|czytaj(?: więcej| dalej)?|читать(?: далее)?|続きを読む|阅读(?:全文|更多)|閱讀(?:全文|更多)|더 ?보기",
    re.IGNORECASE,
)
"""The text of a link that leads on to the story above it."""
_SPONSOR = re.compile(
    r"\bsponsor(?:ed|s|s?hip)?\b|\badvertis(?:e?ment|er|ing)\b|\bpaid (?:partner|post|promotion|content|placement)"
    r"|\bpromoted\b|\bpresented by\b|\bbrought to you by\b|\btogether with\b|\bin (?:partnership|collaboration) with\b"
    r"|\bpartner(?:ed)? (?:content|message|with|post|spotlight)\b|\ba (?:word|message) from our\b|\bthanks to our\b"
    r"|\bfrom our (?:partners?|sponsors?)\b|\baffiliate\b|\bclassifieds?\b"
    r"|\banzeige\b|\bwerbung\b|\bgesponsert\b|\bpräsentiert von\b|\bpubli(?:cité|cidad|cidade|rreportaje|rédactionnel)\b"
    r"|\bpatrocin|\bsponsoris|\bpubblicità\b|\bsponsorizzat|\badvertentie\b|\bgesponsord\b|\bannons\b|\bannonce\b"
    r"|\breklam|\bреклам|\bна правах|広告|廣告|广告|赞助|贊助|광고|إعلان",
    re.IGNORECASE,
)
_MARK = re.compile(r"\W*(?:PR|AD|ADS|Ad|提供|推广|推廣)\W*")
"""A mark of an advertisement that is too short to be looked for in a text."""
_SPONSORED_TITLE = re.compile(
    r"[(\[]\s*(?:sponsor(?:ed)?|ad|advertisement|anzeige|partner|promo(?:ted)?|publicité|publicidad)\s*[)\]]"
    r"|\A(?:sponsor(?:ed)?|ad|advertisement|anzeige|werbung)\s*[:|–—-]",
    re.IGNORECASE,
)


def ends_the_stories(text: str) -> bool:
    """Whether the text is of the mail's foot: how to leave, and why one gets it."""
    return is_how_to_leave(text) or bool(_WHY.search(text))


def is_how_to_leave(text: str) -> bool:
    """Whether the text says how to leave, or how to change what one gets."""
    return bool(_LEAVE.search(text) or _SETTINGS.search(text))


def is_about_the_mail(text: str) -> bool:
    """Whether a short text, such as that of a link, is about the newsletter and not a story."""
    if len(text) > LONGEST_LABEL:
        return False
    if (
        ends_the_stories(text)
        or VIEW.search(text)
        or _INVITES.search(text)
        or _NUMBERS.fullmatch(text)
    ):
        return True
    if not re.search(r"\w", _NETWORKS.sub("", text)):
        return True
    asides = [mark[0] for mark in _ASIDE.finditer(text)]
    # "How to share a secret" is a headline: the words count where there are few others.
    return bool(asides) and len(text.split()) <= sum(len(one.split()) + 3 for one in asides)


def announces_an_advertisement(text: str) -> bool:
    """Whether a short text says that what stands by it was paid for."""
    if len(text) > LONGEST_LABEL or len(text.split()) > 10:
        return False
    return bool(_SPONSOR.search(text) or _MARK.fullmatch(text))


def is_advertised(title: str) -> bool:
    """Whether a headline says so of itself."""
    return bool(_SPONSORED_TITLE.search(title))


_READING_TIME = re.compile(
    r"\s*[(\[]?\s*\b\d{1,3}[ -]?(?:minutes?|mins?|min\.?|minuten|minutos?|minuti)[ -]?(?:read|lesezeit|de lecture|de lectura"
    r"|di lettura)?\s*[)\]]\s*\Z",
    re.IGNORECASE,
)


def without_reading_time(title: str) -> str:
    """The headline without "(3 minute read)" at its end."""
    return _READING_TIME.sub("", title)


def leads_on(text: str) -> bool:
    """Whether the text of a link is "Read more", or the like, and not a headline."""
    return bool(MORE.fullmatch(text.strip(" .…→›»>:!-").strip()))
