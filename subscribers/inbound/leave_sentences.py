"""Recognises a sentence by which a reader asks to get no more mail, as people write it (pure).

Few readers know that there are commands: they answer an issue with "Please take me off your list". A sentence
counts only if it says nothing else, so that a letter that mentions unsubscribing stays a letter.
"""

from __future__ import annotations

import re
from functools import cache

_EDGES = " .,:!*\"'()-"
_SENTENCE = re.compile(r"(?P<words>.+?)(?P<end>[.!?;؟]+(?=\s|\Z)|[。！？]|\Z)")
_ASKS_POLITELY = re.compile(
    r"(?:can|could|would|will) you|pouvez|pourriez|wilt u|kunt u|puede|können|könnten"
)
"""How a question begins that is a request; "Remove me?" is not one."""
_GREETING = re.compile(
    r"(?:hi|hello|hey|dear|good (?:morning|day|evening|afternoon)|to whom it may concern|hallo|guten (?:tag|morgen|abend)"
    r"|sehr geehrte\w*|liebe\w*|moin|servus|bonjour|bonsoir|salut|madame|monsieur|hola|buen[oa]s|estimad\w+|buongiorno|ciao|salve"
    r"|gentil\w+|ol[aá]|bom dia|boa tarde|prezad\w+|beste|geachte|hej|dzień dobry|witam|здравствуйте|добрый (?:день|вечер)"
    r"|您好|你好|مرحبا|السلام عليكم|こんにちは)\b[^,:!.，！]{0,40}+(?:[,:!.，！]++|\Z)"
)
_POLITE = (
    r"(?:please|pls|plz|kindly|sorry|thanks|thank you|can you|could you|would you|will you|hi|hello|hey"
    r"|(?:i am |i'm |im )?not interested(?: any ?more)?|bitte|danke|merci d'avance|s'il vous pla[iî]t|svp"
    r"|por favor|gracias|per favore|per cortesia|grazie|obrigad[oa]|gentileza|alstublieft|aub|graag|tack|snälla|proszę|пожалуйста"
    r"|请|麻烦|من فضلك|رجاء)(?![a-z])"
)
_BEFORE = rf"(?:{_POLITE}[\s,:]*+)*+"
_AFTER = (
    rf"(?:[\s,:]*+(?:{_POLITE}|now|immediately|asap|at once|today|any ?more|any longer|right away|thx|regards|sofort|umgehend"
    r"|immédiatement|inmediatamente|subito|ahora|direct|谢谢))*+[\s,:]*+"
)

_LIST_EN = (
    r"(?:(?:the|your|this|these|those|all|any|such|that|more|further|of|future|so many|from) )*+"
    r"(?:(?:mailing|e-?mail|distribution|subscriber|subscription|mail|weekly|daily|news|marketing|promotional) )*+"
    r"(?:lists?|newsletters?|e-?mails?|mails?|mailings?|messages?|updates?|database|service|subscriptions?|distribution|emails? list|mail-?outs?)"
    r"(?: (?:from|by) (?:you|your \w+)| to me| to this address)?"
)
_MAIL_EN = (
    r"(?:(?:your|this|these|those|any|such|more|further|of|future|so many) )*+(?:(?:weekly|daily|marketing|promotional) )?"
    r"(?:newsletters?|e-?mails?|mails?|mailings?)(?: (?:from|by) (?:you|your \w+)| to me)?"
)
_ME_EN = r"(?:me|us|myself|(?:my|this) (?:e-?mail )?address|my name)"
_OURS_EN = rf"(?:{_ME_EN}|(?:my|this) e-?mail)"
_UNSUBSCRIBE_EN = (
    r"(?:un-?subscribed?|un subscribe|de-?subscribe|unsub|unsubcribe|unsuscribe|unsubscibe|unsubscrbe|unsubsribe|unsubscirbe"
    r"|unsubcsribe|unsubscrib|unsbuscribe|usubscribe|opt(?:ing)?[ -]?(?:me )?out)"
)
_OFF_EN = rf"(?: (?:from|off|off of|out of|of|to) {_LIST_EN})?"
_WANT_EN = r"(?:(?:i|we)(?: would|'d| do)? (?:want|wish|like|need|ask|request)|i'd like|i am asking|(?:i|we) have to) to"
_NOT_WANT_EN = (
    r"(?:i|we) (?:(?:do not|don't|dont|no longer|did not|didn't|never) (?:want|wish|need|require|ask(?:ed)?|desire)"
    r"|would (?:prefer|like) not)"
)
_GET_EN = (
    r"(?: (?:to |for )?(?:receiv(?:e|ing)|get(?:ting)?|have|see|be (?:on|part of|sent)|hear from))?"
)

_LIST_DE = (
    r"(?:(?:dem|der|ihrem|ihrer|eurem|eurer|deinem|deiner|diesem|dieser|den|die|ihren|ihre|euren|eure|diesen|diese|alle|allen|weiteren|weitere|"
    r"das|ihr) )*+(?:(?:e-?mail-?)?\w{0,14}verteiler\w{0,8}|\w{0,14}listen?|newslettern?|e-?mails?|mails?|abo|abonnement|nachrichten|adressdatenbank|datenbank)"
)
_FROM_DE = rf"(?: (?:aus|von|vom|für|fuer) {_LIST_DE})?"
_MAIL_DE = r"(?:(?:diese|ihre|eure) )?(?:newsletter|e-?mails?|mails?)"
_GO_DE = r"(?:abmelden|abbestellen|austragen|kündigen|kuendigen|stornieren|löschen|loeschen|entfernen|streichen|nehmen|herausnehmen)"
_LIST_FR = (
    r"(?:(?:la|le|les|votre|vos|cette|ces|ce|cet|toutes?|tous|liste de|listes? d') ?)*+"
    r"(?:listes?(?: de diffusion| d'envoi| d'abonnés| de mailing)?|newsletters?|lettres?(?: d'information)?|infolettres?|e-?mails?|mails?|courriels?"
    r"|messages?|mailing(?: list)?|diffusion|envois?|abonnement)"
)
_WANT_FR = r"(?:(?:merci de|veuillez|prière de|pourriez-vous|pouvez-vous|je (?:veux|souhaite|voudrais|désire|vous demande de)) )?(?:bien vouloir )?"
_GO_FR = r"(?:retirer|supprimer|radier|enlever|rayer|ôter)"
_LIST_ES = (
    r"(?:(?:la|el|las|los|su|sus|esta|este|estas|estos|tu|vuestra|vuestro) )*+"
    r"(?:listas?(?: de (?:correo|distribución|envíos?|suscriptores))?|newsletters?|bolet[ií]n(?:es)?|correos?(?: electrónicos?)?|e-?mails?|mails?|mensajes?"
    r"|suscripci[oó]n(?:es)?|base de datos)"
)
_LIST_IT = (
    r"(?:(?:la|le|il|i|vostra|vostre|vostri|questa|queste|tua|sua) )*+"
    r"(?:(?:mailing )?liste?(?: di distribuzione)?|newsletter|e-?mail|mail|messaggi|comunicazioni|iscrizione|database)"
)
_LIST_PT = (
    r"(?:(?:a|as|o|os|sua|suas|esta|estas|desta|minha|essa) )*+"
    r"(?:listas?(?: de (?:e-?mails?|distribuição|envio))?|newsletters?|e-?mails?|mensagens|boletins|boletim|inscrição|assinatura)"
)
_LIST_NL = r"(?:(?:de|uw|jullie|deze|je|alle) )*+(?:mailing ?-?list|(?:mailing|verzend)?lijst|nieuwsbrief|nieuwsbrieven|e-?mails?|mails?|berichten)"

_REQUESTS = (
    # English
    rf"{_UNSUBSCRIBE_EN}(?: {_OURS_EN})?{_OFF_EN}",
    rf"(?:remove|delete|strike|erase|scratch) {_ME_EN}",
    rf"(?:remove|delete|take|drop|get|strike|erase|scratch) (?:{_OURS_EN} )?(?:from|off|off of|out of) {_LIST_EN}",
    rf"(?:stop|quit|cease|discontinue) (?:(?:e-?)?mailing|spamming)(?: {_ME_EN})?",
    rf"(?:stop|quit|cease|discontinue) (?:sending|to send|contacting|writing(?: to)?)(?: {_ME_EN}(?: {_LIST_EN})?| {_LIST_EN})",
    rf"(?:stop|cancel|end|terminate|discontinue) (?:my |this |the |our )?(?:{_MAIL_EN}|subscription)",
    rf"(?:do not|don't|dont|never) (?:send|mail|e-?mail|write|contact)(?: to)? {_ME_EN}(?: {_LIST_EN}| again)?",
    rf"(?:do not|don't|dont) send (?:any )?more {_MAIL_EN}",
    rf"{_WANT_EN} (?:(?:be )?(?:{_UNSUBSCRIBE_EN}|removed|deleted|taken off){_OFF_EN}"
    rf"|(?:(?:leave|cancel)(?: my)?|(?:stop|end) (?:receiving|getting)) {_LIST_EN})",
    rf"{_NOT_WANT_EN}{_GET_EN} (?:any ?more |it |them )?(?:{_MAIL_EN}|any ?more)",
    rf"no more {_MAIL_EN}",
    # German
    r"(?:ich (?:möchte|moechte|will|wünsche) )?(?:mich )?(?:hiermit )?(?:bitte )?(?:abmelden|abbestellen|austragen)",
    rf"(?:ich (?:möchte|moechte|will|wünsche) )?(?:hiermit )?(?:bitte )?(?:mich|(?:von |vom |aus )?{_LIST_DE}) (?:bitte )?{_GO_DE}",
    rf"(?:mich |meine (?:e-?mail-?)?adresse )?(?:bitte )?(?:aus|von|vom) {_LIST_DE} (?:bitte )?{_GO_DE}",
    r"(?:melden|tragen|nehmen|streichen|entfernen|löschen|loeschen) sie (?:mich|uns|(?:bitte )?meine (?:e-?mail-?)?(?:adresse|anschrift))"
    rf"(?: bitte)?(?: (?:sofort|umgehend))?{_FROM_DE}(?: (?:ab|aus|heraus|raus))?",
    rf"(?:meldet?|tragt?|nehmt|nimm|streiche?t?|entferne?t?|löscht?|lösche) (?:mich|uns)(?: bitte)?{_FROM_DE}(?: (?:ab|aus|heraus|raus))?",
    rf"(?:ich |wir )?(?:möchten?|moechten?|will|wollen|wünschen?) (?:bitte )?(?:in zukunft |künftig )?keine?n? (?:weiteren? |mehr )*{_MAIL_DE}"
    r"(?: mehr)?(?: von (?:ihnen|euch|dir))?(?: mehr)?(?: (?:erhalten|bekommen|haben|empfangen))?",
    rf"keine?n? (?:(?:weiteren? |mehr )+{_MAIL_DE}|{_MAIL_DE} mehr)",
    rf"(?:hiermit )?(?:bestelle ich (?:hiermit )?{_LIST_DE} ab|melde ich mich (?:hiermit )?(?:(?:von |vom ){_LIST_DE} )?ab|kündige ich {_LIST_DE})",
    rf"h[öo]r(?:en sie|t)? auf,? (?:mir|uns) {_MAIL_DE} zu (?:schicken|senden|schreiben)",
    # French
    rf"{_WANT_FR}(?:me |nous |se )?(?:d[ée]sinscrire|d[ée]sabonner)(?: d[eu]s? ?{_LIST_FR})?",
    rf"{_WANT_FR}(?:(?:me|nous) {_GO_FR}(?: d[eu]s? ?{_LIST_FR})?|{_GO_FR}(?: mon (?:adresse|e-?mail|mail))? d[eu]s? ?{_LIST_FR})",
    rf"(?:d[ée]sinscrivez|d[ée]sabonnez|retirez|supprimez|enlevez|rayez|[ôo]tez)-(?:moi|nous)(?: d[eu]s? ?{_LIST_FR})?",
    rf"je ne (?:souhaite|veux|désire|voudrais) plus (?:recevoir|être abonnée? à|avoir)? ?(?:de |d')?{_LIST_FR}",
    rf"(?:ne (?:plus )?m'envoyez plus|ne plus m'envoyer|arr[êe]tez de m'envoyer|cessez de m'envoyer)(?: de)? ?{_LIST_FR}",
    # Spanish
    r"(?:(?:quiero|quisiera|deseo|solicito|pido|me gustaría|ruego) )?(?:darme|denme|deme|dadme|d[eé]nme|dame|dar|(?<=solicito )la|(?<=pido )la)"
    rf" (?:de )?baja(?: de(?:l)? ?{_LIST_ES})?",
    rf"no (?:deseo|quiero|quisiera)(?: seguir)?(?: recib(?:ir|iendo))?(?: m[aá]s)? {_LIST_ES}",
    rf"(?:elim[ií]n[ea]n?me|b[oó]rr[ea]n?me|qu[ií]t[ea]n?me|s[aá]qu?[uea]+n?me|eliminar(?:me)?|borrar(?:me)?|quitar(?:me)?|sacarme) de {_LIST_ES}",
    r"(?:quiero |deseo |quisiera )?cancelar (?:mi |la )?suscripci[oó]n",
    # Italian
    r"(?:(?:vi|si) prego? di |vorrei |voglio |desidero )?(?:cancellarmi|cancellarsi|cancellatemi|cancellami|disiscriv(?:imi|etemi|ermi)|rimuov(?:imi|etemi)"
    rf"|tog(?:limi|lietemi)|eliminatemi|annullare (?=(?:l'|la |mia )*iscrizione))(?: ?(?:dalla|dalle|da|la|le)? ?{_LIST_IT})?",
    rf"non (?:voglio|desidero|vorrei)(?: pi[uù])? (?:ricevere )?(?:pi[uù] )?{_LIST_IT}",
    # Portuguese
    rf"(?:quero|gostaria de|desejo) (?:cancelar|sair|me descadastrar|me desinscrever|parar de receber)(?: (?:de|da|das|do|dos|desta))?(?: {_LIST_PT})?",
    rf"(?:(?:remova|removam|retire|retirem|exclua|excluam|descadastre|descadastrem)-me|me (?:remova|removam|retire|retirem|exclua|descadastre))(?: d[aeo]s? ?{_LIST_PT})?",
    rf"n[aã]o (?:quero|desejo)(?: mais)?(?: receber)?(?: mais)? {_LIST_PT}",
    # Dutch
    rf"(?:ik wil |gelieve |wilt u |kunt u )?(?:me |mij )?(?:graag )?(?:uitschrijven|afmelden|uit te schrijven|af te melden)(?: (?:van|uit|voor) {_LIST_NL})?",
    rf"(?:ik wil |gelieve |wilt u |kunt u )?(?:me|mij) (?:te )?verwijderen(?: (?:van|uit) {_LIST_NL})?",
    rf"(?:schrijf|meld) (?:me|mij) (?:uit|af)(?: (?:van|uit|voor) {_LIST_NL})?",
    rf"(?:haal|verwijder) (?:me|mij) (?:van|uit) {_LIST_NL}",
    rf"ik wil geen {_LIST_NL} meer(?: ontvangen| krijgen)?",
    # Swedish, Danish, Norwegian
    r"avsluta (?:min )?prenumeration(?:en)?|avregistrera mig|ta (?:mig )?bort (?:mig )?(?:från|fra) (?:listan?|listen|e-?postlistan|nyhetsbrevet)"
    r"|(?:jag vill|jeg vil)(?: gerne)? (?:avsluta prenumerationen|avregistrera mig|afmeldes|afmelde nyhedsbrevet|melde meg av)",
    # Polish, Russian, Turkish
    r"(?:o )?(?:wypisz|wypiszcie|wypisać|wypisanie|usuń|usunąć|usuńcie) (?:mnie(?: z (?:listy|newslettera|subskrypcji|bazy))?|z (?:listy|newslettera|subskrypcji))"
    r"|rezygnuję(?: z (?:newslettera|subskrypcji|otrzymywania \S+))?",
    r"(?:прошу )?(?:отпишите|отписать)(?: меня)?(?: от (?:вашей )?рассылки)?|(?:я )?хочу отписаться(?: от (?:вашей )?рассылки)?"
    r"|(?:прошу )?(?:удалите|удалить|исключите|исключить|уберите) (?:меня|мой адрес)(?: (?:из|от) (?:вашей )?(?:списка )?(?:рассылки|базы))?"
    r"|(?:больше )?не присылайте(?: мне)?(?: больше)? (?:писем|письма|рассылку)",
    r"(?:beni )?(?:listeden|listenizden|e-posta listesinden) (?:çıkarın|çıkarınız|silin)|(?:üyelikten|abonelikten) (?:çıkmak istiyorum|çıkarın)",
    # Chinese, Japanese, Korean
    r"(?:我(?:要|想)|帮我|给我|需要)*+(?:退订|取消订阅|退訂|取消訂閱)(?:此|该|你们的|本)?(?:邮件|订阅|郵件)?|(?:以后|今后)?不要?再?(?:给我|向我)?(?:发|發|寄|发送)(?:送)?(?:任何)?(?:邮件|信|郵件|这种邮件)(?:给我|了|給我)*|我?不(?:想|希望)再?(?:收到|接收)\S{0,8}(?:邮件|郵件|订阅)了?",
    r"(?:メール(?:マガジン)?の?)?(?:配信|購読)の?(?:停止|解除|中止)(?:を|して)?(?:希望|お願い|ください|下さい|いた|し|ます|です|たい|致)*+|メールを送らないでください|退会(?:を|し)?(?:希望|たい|お願い|ます|です|し)*+|登録(?:を)?解除(?:を|して)?(?:お願い|ください|いた|し|ます)*+",
    r"(?:메일 ?)?(?:수신 ?거부|구독 ?(?:취소|해지))(?:를|을)?(?: ?(?:부탁|요청|원|해|드립니다|합니다|주세요|바랍니다|주시기))*+",
    # Arabic
    r"(?:أرجو|ارجو|أريد|اريد|يرجى|الرجاء)? ?(?:إلغاء|الغاء) (?:ال)?اشتراك(?:ي)?|(?:ألغوا|الغوا) اشتراكي|لا (?:أريد|اريد|أرغب في|ارغب في) (?:تلقي|استلام) \S{0,20}(?: \S{0,20})?",
)
_FILLER = re.compile(rf"(?:{_BEFORE}{_AFTER})")


def asks_to_leave(text: str) -> bool:
    """Whether the first sentence, any greeting aside, asks for no more mail and says nothing else.

    `text` is a line or two, in lower case, with plain apostrophes and single spaces.
    """
    return _is_request(text) or _is_request(_without_greeting(text))


def is_greeting(line: str) -> bool:
    """Whether the line is only how a letter begins: "Dear editors,"."""
    return bool(line.strip()) and not _without_greeting(line.strip()).strip(_EDGES)


@cache
def _request() -> re.Pattern[str]:
    """Compiled at the first mail that is none of the commands: that takes as long as starting one."""
    requests = "|".join(f"(?:{request})" for request in _REQUESTS)
    return re.compile(rf"{_BEFORE}(?:{requests}){_AFTER}")


def _is_request(text: str) -> bool:
    for sentence in _SENTENCE.finditer(text):
        bare = sentence["words"].strip(_EDGES)
        if bare and not _FILLER.fullmatch(bare):
            is_asked = sentence["end"][:1] not in ("?", "？", "؟") or _ASKS_POLITELY.match(bare)
            return bool(is_asked) and _request().fullmatch(bare) is not None
    return False


def _without_greeting(text: str) -> str:
    found = _GREETING.match(text)
    return text[found.end() :].lstrip() if found else text
