"""Tells pages that show no article: consent walls, checks for robots, soft 404s, paywalls.

A page is judged by its title and its extracted text. A long text is an article whatever its title
says, because there are articles about cookies, paywalls and error 404.
"""

from __future__ import annotations

import re
from enum import Enum


class NoArticle(Enum):
    """What a page shows instead of an article."""

    CONSENT = "consent"
    ROBOT_CHECK = "robot check"
    NOT_FOUND = "not found"
    PAYWALL = "paywall"


SHORT = 1200
"""Letters up to which the title of a page may mean that it is not an article."""
TEASER = 500
"""Letters beside the offers to subscribe up to which a text is only the beginning of an article."""


def _whole(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"\W*(?:{'|'.join(alternatives)})\W*", re.IGNORECASE)


_CONSENT_TITLE = _whole(
    r"we (?:value|respect|care about) your privacy|your privacy(?: (?:choices|matters|settings))?|your (?:data|cookies),? your (?:choice|experience)",
    r"(?:manage |your |about )?(?:cookie|privacy|consent)s? (?:consent|settings|preferences|choices|notice|policy|center|centre)",
    r"before you continue(?: to .{1,40})?|consent(?: required)?|cookies|cookie wall|.{0,40}uses cookies",
    r"(?:wir )?(?:respektieren|schätzen|achten) (?:sie )?(?:ihre|deine) privatsphäre|ihre privatsphäre(?: .{1,30})?|bevor sie (?:fortfahren|weiterlesen)|datenschutz-?einstellungen|cookie-?einstellungen|zustimmung|willkommen(?: bei .{1,40})?",
    r"(?:nous respectons )?votre vie privée(?: .{1,40})?|avant d[e'’].{1,30}|gestion des cookies|paramètres des cookies|nous utilisons des cookies",
    r"(?:valoramos|respetamos|nos importa|cuidamos) (?:tu|su) privacidad|(?:tu|su) privacidad(?: .{1,40})?|antes de continuar|(?:configuración|política|uso) de cookies",
    r"(?:rispettiamo|teniamo al)la (?:tua|vostra) privacy|la tua privacy|prima di continuare|informativa sui cookie",
    r"(?:valorizamos|respeitamos) a su?a privacidade|a sua privacidade|uw privacy(?: .{1,40})?|wij (?:respecteren|waarderen) uw privacy|voordat je verdergaat|cookie-?instellingen",
    r"我们重视您的隐私|プライバシー.{0,12}|мы ценим вашу (?:приватность|конфиденциальность)",
)
_CONSENT_WORDS = re.compile(
    r"cookies?|consent|privacy|gdpr|tracking|werbung|datenverarbeitung|legitimate interest|partners|personal data|advertising|einwilligung|zustimm\w*"
    r"|datenschutz|privatsphäre|personenbezogene|consentement|vie privée|données personnelles|partenaires"
    r"|consentimiento|privacidad|datos personales|socios|consenso|dati personali|toestemming|persoonsgegevens"
    r"|隐私|クッキー|конфиденциальност\w*|файлы cookie",
    re.IGNORECASE,
)
_ROBOT_TITLE = _whole(
    r"just a moment|attention required.{0,20}|(?:please )?verify(?:ing)? (?:that )?you are (?:a )?human|are you (?:a )?(?:robot|human)"
    r"|access (?:to this page has been )?denied|robot check|security check(?: required)?|checking your browser.{0,60}"
    r"|(?:pardon our interruption|one more step|human verification|ddos-guard|please wait|403(?: forbidden)?|forbidden)"
    r"|bist du ein (?:mensch|roboter)|zugriff verweigert|accès refusé|acceso denegado|请稍候|安全验证",
)
_ROBOT_TEXT = re.compile(
    r"(?:enable (?:javascript|cookies)|javascript (?:is (?:disabled|required)|aktivieren)|verify (?:that )?you are (?:a )?human"
    r"|unusual (?:traffic|activity)|not a (?:robot|bot)|checking (?:if the site connection|your browser)|complete the captcha|captcha)",
    re.IGNORECASE,
)
_MISSING_TITLE = _whole(
    r"(?:(?:http )?(?:error|fehler|erreur|errore)[\s:#-]*)?404(?:\W+.{0,60})?|.{0,40}\W404(?:\s+error)?",
    r"(?:(?:sorry|oops|oh no|whoops|uh[- ]oh)\W+)?.{0,30}\b(?:page|article|story|post|content|document)\s"
    r"(?:(?:is|was|ca|can|could|does|has|do)?\s?(?:not|n['’]?t)|(?:is )?no longer)\s(?:been |be )?(?:found|available|exist|here|located).{0,30}",
    r"not found|nothing (?:was )?found(?: here)?|page (?:missing|unavailable|expired)|we can['’]?t find .{0,40}|this page (?:doesn['’]t|does not) exist|gone|410(?:\W.{0,30})?",
    r"(?:(?:die )?seite|artikel|inhalt|beitrag)(?: wurde)?(?: leider)? nicht (?:gefunden|verfügbar)(?:.{0,20})|nicht gefunden",
    r"(?:la )?page (?:introuvable|non trouvée|inexistante)|(?:cette|la) page n['’]existe (?:pas|plus)|contenu introuvable",
    r"página no (?:encontrada|existe|disponible)|no (?:se )?(?:ha )?encontr(?:ado|amos|ó) .{0,30}|pagina non trovata|página não encontrada",
    r"pagina niet gevonden|sidan (?:kunde inte hittas|hittades inte)|siden (?:ble|blev) ikke funnet|strona nie (?:została znaleziona|istnieje)|страница не найдена",
    r"找不到(?:页面|網頁|该页)?|页面(?:不存在|未找到)|ページが見つかりません(?:でした)?|페이지를 찾을 수 없습니다",
)
_OFFER = re.compile(
    r"subscribe (?:now|today|to (?:continue|read|unlock|keep reading|get (?:full|unlimited)))|(?:subscribe|subscription|plans?|access).{0,30}(?:for (?:just |only )?)?[$€£¥]\s?\d"
    r"|[$€£]\s?\d[\d.]*\s?(?:/|per|a|for|pro|par|al)\s?(?:\d+ )?(?:week|month|year|woche|monat|mois|an|mes|año)"
    r"|(?:already|bereits|déjà|ya) (?:a |an )?(?:subscriber|subscribed|member|abonnent\w*|abonnée?|suscriptor)|(?:for|to) (?:our )?(?:subscribers|members) only|subscriber[- ]only|subscribers-only|exclusive to (?:our )?(?:subscribers|members)"
    r"|(?:continue|keep|to) reading|(?:read|unlock) (?:the (?:full|rest)|this) (?:article|story)|(?:remaining|reached your) .{0,20}(?:free )?articles?|free articles? (?:left|remaining)|unlimited (?:digital )?access|cancel any ?time"
    r"|(?:nur|exklusiv) für (?:abonnent\w*|mitglieder)|(?:jetzt|hier) (?:abonnieren|weiterlesen|testen)|weiterlesen mit|mit .{0,20}\babo\b|jederzeit kündbar"
    r"|(?:réservé|accessible) (?:aux|à nos) abonnés|abonnez-vous|il vous reste .{1,40} à lire|sans engagement|solo para suscriptores|(?:contenido|artículo) exclusivo|suscríb(?:ete|ase)|hazte (?:socio|suscriptor)"
    r"|riservato agli abbonati|abbonati (?:ora|per)|continua a leggere|apenas para assinantes|assine (?:agora|já|para)|alleen voor abonnees|lees verder"
    r"|订阅(?:后|以)(?:继续)?阅读|仅限订阅|会員限定|この記事は有料|только для подписчиков",
    re.IGNORECASE,
)
_STRONG_OFFER = re.compile(
    r"subscribe (?:now )?(?:for|to (?:continue|read|unlock|keep))|subscribers? only|only for subscribers|subscriber[- ]only|already a subscriber"
    r"|to (?:continue|keep) reading|nur für abonnent|réservé aux abonnés|il vous reste .{1,40} à lire|solo para suscriptores|riservato agli abbonati"
    r"|apenas para assinantes|alleen voor abonnees|会員限定|subscribe .{0,20}[$€£]\s?\d",
    re.IGNORECASE,
)


def no_article(title: str, text: str, *, locked: bool) -> NoArticle | None:
    """What the page shows if it is not an article; `locked` if it says it is for subscribers only.

    `title` is without the site's name; `text` has its paragraphs on lines of their own.
    """
    letters = _letters(text)
    if letters <= SHORT:
        if _MISSING_TITLE.fullmatch(title):
            return NoArticle.NOT_FOUND
        if _ROBOT_TITLE.fullmatch(title) or (letters < 400 and _ROBOT_TEXT.search(text)):
            return NoArticle.ROBOT_CHECK
    if _is_consent(title, text, letters):
        return NoArticle.CONSENT
    return NoArticle.PAYWALL if _is_paywall(title, text, locked=locked) else None


def _is_consent(title: str, text: str, letters: int) -> bool:
    """Whether the text is about cookies, and either its title says so or nearly all of it is."""
    words = max(1, len(text.split()))
    about = len(_CONSENT_WORDS.findall(text))
    if _CONSENT_TITLE.fullmatch(title):
        return letters <= SHORT or about * 25 >= words
    return letters <= SHORT and about >= 4 and about * 12 >= words


def _is_paywall(title: str, text: str, *, locked: bool) -> bool:
    """Whether only offers to subscribe are left, or the beginning of an article above them."""
    if _OFFER.match(title) and len(text) <= 4 * SHORT:
        return True
    paragraphs = [part for part in text.split("\n") if part.strip()]
    offers = [part for part in paragraphs if len(part) <= 400 and _OFFER.search(part)]
    rest = sum(_letters(part) for part in paragraphs if part not in offers)
    strong = locked or any(_STRONG_OFFER.search(part) for part in offers)
    return bool(offers or locked) and strong and rest <= TEASER


def _letters(text: str) -> int:
    """The number of letters; an ideograph says as much as three."""
    return sum(3 if "\u3040" <= sign <= "\ud7ff" else 1 for sign in text if sign.isalnum())
