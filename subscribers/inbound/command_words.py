"""The words of the commands, in the languages of our readers."""

from __future__ import annotations

import re
from enum import StrEnum


class Verb(StrEnum):
    """What a reader may ask for."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    CONFIRM = "confirm"
    HELP = "help"
    TAGS = "tags"
    PAUSE = "pause"
    RESUME = "resume"
    WHICH = "which"
    ERASE = "erase"
    SUGGEST = "suggest"  # by its own address only


EVERYDAY = frozenset({
    "leave", "stop", "remove", "cancel", "please stop", "please remove", "please cancel", "baja", "解除", "הסר",
})  # fmt: skip
"""Unsubscribe words that may also begin a letter; they count only if little else follows."""

_LEAVE = (
    *EVERYDAY,
    "unsubscribe", "unsubscribe me", "please unsubscribe", "please unsubscribe me", "remove me",
    "please remove me", "opt out", "opt-out", "signoff",
    "abmelden", "abbestellen", "bitte abmelden", "austragen", "désabonner", "desabonner",
    "me désabonner", "se désabonner", "désinscrire", "désinscription", "désabonnement",
    "darse de baja", "darme de baja", "dar de baja", "cancelar suscripción", "cancelar inscrição",
    "cancelar assinatura", "descadastrar", "disiscriviti", "cancellami", "annulla iscrizione",
    "disiscrizione", "afmelden", "uitschrijven", "avregistrera", "avmeld", "frameld", "wypisz",
    "odhlásit", "leiratkozás", "отписаться", "отписка", "відписатися", "abonelikten çık",
    "退订", "取消订阅", "退訂", "取消訂閱", "配信停止", "購読解除", "수신거부", "구독 취소",
    "إلغاء الاشتراك", "الغاء الاشتراك", "ביטול הרשמה", "لغو اشتراک",
)  # fmt: skip

WORDS = {
    verb: tuple(words)
    for verb, words in {
        Verb.UNSUBSCRIBE: _LEAVE,
        Verb.SUBSCRIBE: (
            "subscribe", "join", "anmelden", "abonnieren", "s'abonner", "m'abonner", "s'inscrire",
            "suscribirse", "suscribirme", "suscribir", "订阅", "訂閱", "اشتراك", "اشترك",
        ),
        Verb.HELP: ("help", "hilfe", "aide", "ayuda", "帮助", "幫助", "مساعدة"),
        Verb.WHICH: (
            "which", "status", "welche", "lesquels", "statut", "cuáles", "estado", "哪些", "状态",
            "ماذا", "حالة",
        ),
        Verb.ERASE: (
            "erase", "erase me", "delete my data", "forget me", "meine daten löschen",
            "effacer mes données", "borrar mis datos", "删除我的数据", "احذف بياناتي",
        ),
        Verb.RESUME: ("resume", "unpause", "fortsetzen", "reprendre", "reanudar", "恢复", "استئناف"),
        Verb.TAGS: ("tags", "topics", "themen", "thèmes", "temas", "主题", "مواضيع"),
        Verb.PAUSE: ("pause", "pausa", "暂停", "إيقاف مؤقت"),
        Verb.CONFIRM: ("confirm", "bestätigen", "confirmer", "confirmar", "确认", "تأكيد"),
    }.items()
}  # fmt: skip
"""Words by verb; letters name the first word of each verb."""

_UNTIL = ("until", "bis", "jusqu'au", "hasta", "到", "حتى")
_WEEKS = ("weeks?", "wochen?", "semaines?", "semanas?", "周", "أسابيع", "أسبوع")


def any_of(words: tuple[str, ...]) -> str:
    """A pattern that matches any of the words literally."""
    return "|".join(re.escape(word) for word in words)


TAGS_CHOSEN = re.compile(
    rf"(?:{any_of(WORDS[Verb.TAGS])}) ((?:[+-][^\s+-]\S{{0,60}}(?: |$)){{1,30}})"
)
PAUSED = re.compile(
    rf"(?:{any_of(WORDS[Verb.PAUSE])})"
    rf"(?: ?(\d{{1,2}})(?: ?(?:{'|'.join(_WEEKS)}))?| (?:{any_of(_UNTIL)}) ?(\d{{4}}-\d\d-\d\d))?"
)
