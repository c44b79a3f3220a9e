"""Words of refusals in other languages than English, for a refusal whose English words say nothing."""

from __future__ import annotations

import re

from subscribers.blame.blame import Blame

_MAILBOX = (
    r"(?:user|recipient|mailbox|account|alias|e-?mail"
    r"|destinataires?|utilisateur|adresse|bo[iî]te|compte"
    r"|benutzer|empf[aä]nger|adressat|postfach|konto"
    r"|usuario|cuenta|destinatario|buz[oó]n|casilla|direcci[oó]n"
    r"|utente|casella|indirizzo|destin\.|usu[aá]rio|utilizador|caixa|conta|endere[cç]o"
    r"|gebruiker|ontvanger|postbus|postvak|adres"
    r"|skrzynka|u[zż]ytkownik|odbiorca|u[zž][ií]vatel|p[rř][ií]jemce|schr[aá]nka|[uú][cč]et"
    r"|anv[aä]ndare\w*|mottagare\w*|bruger\w*|modtager\w*|bruker\w*|mottaker\w*|k[aä]ytt[aä]j\w*|vastaanottaj\w*"
    r"|felhaszn[aá]l[oó]|c[ií]mzett|kullan[iı]c[iı]|posta kutusu|пользовател\w*|получател\w*|ящик)"
)
_MISSING = (
    r"(?:inconnue?s?|introuvable|inexistante?s?|n'existe\w*|d[ée]sactiv[ée]\w*|supprim[ée]\w*|suspendu\w*|invalide"
    r"|unbekannt|nicht (?:bekannt|gefunden|vorhanden)|existiert nicht|deaktiviert|gesperrt|gel[oö]scht|ung[uü]ltig"
    r"|no existe|inexistente|desconocid[oa]|inactiv[oa]|expirad[oa]|desactivad[oa]|no v[aá]lid[oa]|no se encontr[oó]"
    r"|non esiste|in?esistente|sconosciut[oa]|errat[oa]|dis\w*iv\w*|inattiv[oa]|bloccat[oa]"
    r"|n[aã]o existe|desconhecid[oa]|inativ[oa]|inv[aá]lid[oa]|bestaat niet|onbekend|niet gevonden"
    r"|nie istnieje|nieaktywn\w+|zablokowan\w+|nieznan\w+|neexistuje|nenalezen\w*|nezn[aá]m\w+"
    r"|finns inte|ok[aä]nd|findes ikke|ikke fundet|ukendt|finnes ikke|ukjent|ei l[oö]ydy|tuntematon"
    r"|nem l[eé]tezik|ismeretlen|bulunamad[iı]|не (?:существует|найден\w*)|неизвест\w+|заблокирован\w*)"
)
_SENDER = (
    r"(?:absender\w*|exp[ée]diteur|[ée]metteur|remitente|mittente|remetente|afzender|nadawca|odes[ií]latel"
    r"|avs[aä]ndare\w*|afsender\w*|avsender\w*|l[aä]hett[aä]j\w*|felad[oó]|g[oö]nderen|отправител\w*|发[件信]人|寄件人|差出人)"
)
_REFUSED = (
    r"(?:abgelehnt|refus[ée]\w*|rechazad\w*|rifiutat\w*|odrzucon\w*|odm[ií]tnut\w*|отклонен\w*)"
)

IN_ORDER: tuple[tuple[re.Pattern[str], Blame], ...] = tuple(
    (re.compile("|".join(f"(?:{phrase})" for phrase in phrases)), blame)
    for blame, phrases in (
        (
            Blame.ACCOUNT,
            (
                r"\b(?:ihr|dein|votre|su|il (?:suo|tuo)|seu|sua|twoje|v[aá][sš]|ваш\w*)\b.{0,10}\b(?:konto|compte|cuenta|account|conta|[uú][cč]et|аккаунт)\b"
                r".{0,30}(?:gesperrt|deaktiviert|suspen[ds]\w*|bloq\w*|d[ée]sactiv\w*|sospes\w*|zablokowan\w*|заблокирован\w*)",
                r"(?:limit|l[ií]mite|quota|kontingent|лимит)\w*\b.{0,30}\b(?:ausgehend\w*|versand\w*|envois?|env[ií]os?|invio|odeslan\w*|wys[yl]\w*|отправк\w*)",
                r"(?:sende|versand|nachrichten)\w*(?:limit|kontingent|quota)",
                r"(?:limit|kontingent)\b.{0,20}\bausgehend",
            ),
        ),
        (
            Blame.POLICY,
            (
                r"\bip\b",
                r"\b(?:votre|ihr\w*|su|suo|seu|vostro) (?:serveur|server|servidor|domaine|domain|dominio)\b",
            ),
        ),
        (
            Blame.POLICY,
            (
                rf"{_SENDER}.{{0,30}}(?:{_MISSING}|{_REFUSED}|bloquead\w*|bloqu[ée]\w*|被拒绝|不合法|不匹配)",
            ),
        ),
        (
            Blame.MAILBOX,
            (
                r"(?:bo[iî]te|casella|buz[oó]n|caixa|postvak|postfach|mailbox|schr[aá]nka|skrzynka|posta kutusu|inbox|ящик)\b.{0,40}"
                r"\b(?:voll|pleine?|satur[ée]e?|llen[oa]|pien[oa]|chei[oa]|vol|pln[aá]|pe[lł]n[ay]|dolu|переполнен)\b",
                r"speicherplatz|speichervolumen|kontingent|cuota|quota (?:superata|d[ée]pass[ée])|переполнен",
                r"容量|空间(?:不足|已满)|已满|満杯|いっぱい|용량",
            ),
        ),
        (
            Blame.READER,
            (
                rf"\b{_MAILBOX}(?!\w)[^.;]{{0,60}}?{_MISSING}",
                rf"{_MISSING} (?:es[ae] |est[ae] |dich[ao] |tal )?{_MAILBOX}\b|no existe (?:es[ae]|est[ae]|dich[ao]|tal) persona",
                r"用户不存在|不存在|无此用户|查无此人|宛先不明|見つかりません|存在しません|(?:リスト|ディレクトリ|アドレス帳)に(?:は)?(?:あり|登録されてい)ません|登録されていません|該当する(?:ユーザ|アドレス)\S{0,10}(?:あり|い)ません|존재하지 않는|없는 사용자|nie istnieje|nie ma takiego konta|konnte nicht gefunden|nessun utente",
            ),
        ),
        (
            Blame.POLICY,
            (
                r"spam|ind[ée]sirable|blacklist|垃圾|スパム|스팸|спам",
                _REFUSED,
            ),
        ),
    )
)
