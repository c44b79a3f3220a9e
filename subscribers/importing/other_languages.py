"""The headings and words of spreadsheets in other languages than English, as plain words."""

from __future__ import annotations

from collections.abc import Mapping

from subscribers.importing.meanings import all_mean
from subscribers.subscriber import Status

HEADERS: Mapping[str, str] = {
    **all_mean(
        "e mail adresse, email adresse, emailadresse, e mailadresse, mailadresse, mail adresse,"
        "adresse e mail, adresse email, adresse mail, adresse électronique, adresse de messagerie, courriel, adresse courriel,"
        "correo electrónico, correo electronico, correo, dirección de correo electrónico, dirección de correo, dirección de email,"
        "indirizzo email, indirizzo e mail, indirizzo di posta elettronica, posta elettronica,"
        "e mailadres, emailadres, mailadres, endereço de email, endereço de e mail, endereço eletrónico, endereço eletrônico,"
        "adres e mail, adres email, adres poczty elektronicznej, e mailová adresa, emailová adresa, e mailova adresa,"
        "e postadress, epostadress, e post, epost, e postadresse, epostadresse, sähköposti, sähköpostiosoite,"
        "e mail cím, email cím, e posta, e posta adresi, eposta, электронная почта, адрес электронной почты, почта, эл почта, имейл,"
        "електронна пошта, 邮箱, 电子邮箱, 电子邮件, 邮件地址, 邮箱地址, 電子郵件, 電子信箱, メールアドレス, メール, eメール, 이메일, 이메일 주소",
        "email",
    ),
    **all_mean(
        "nom complet, nombre completo, nome completo, vollständiger name, 姓名, 名字, 氏名, お名前, 이름, фио",
        "name",
    ),
    **all_mean( "vorname, prénom, prenom, nombre, nome, voornaam, imię, imie, jméno, jmeno, förnamn, fornavn, etunimi, имя, ad",
        "first name",
    ),
    **all_mean( "nachname, familienname, nom, nom de famille, apellido, apellidos, cognome, sobrenome, achternaam, nazwisko, příjmení, efternamn, etternavn, efternavn, sukunimi, фамилия, soyad",
        "last name",
    ),
    **all_mean(
        "abonnementstatus, newsletter status, statut de l abonnement, estado, estado de suscripción, stato, stato iscrizione,"
        "situação, situacao, estado da subscrição, stav, tila, durum, статус, состояние, 状态, 订阅状态, 狀態, 状態, 購読状態, ステータス, 상태, 구독 상태",
        "status",
    ),
    **all_mean(
        "abgemeldet, abbestellt, gekündigt, ausgetragen, désinscrit, désabonné, desinscrit, desabonne, desabonné, dado de baja, baja, desuscrito,"
        "cancelado, cancelada, disiscritto, cancellato, descadastrado, afgemeld, uitgeschreven, wypisany, odhlášen, odhlaseny, avregistrerad,"
        "avslutad, afmeldt, avmeldt, отписан, отписался, 已退订, 退订, 取消订阅, 已取消订阅, 退訂, 配信停止, 購読解除, 退会, 구독 취소, 수신 거부, 수신거부",
        "unsubscribed",
    ),
    **all_mean(
        "abmeldedatum, abgemeldet am, abmeldung am, gekündigt am, date de désinscription, date de désabonnement, désinscrit le, fecha de baja,"
        "fecha de cancelación, data di disiscrizione, data cancellazione, data de cancelamento, afmelddatum, uitgeschreven op, data wypisania,"
        "datum odhlášení, дата отписки, 退订时间, 退订日期, 配信停止日, 退会日",
        "unsubscribe date",
    ),
    **all_mean( "angemeldet, abonniert, inscrit, abonné, suscrito, iscritto, inscrito, ingeschreven, aangemeld, tilmeldt, подписан, 已订阅",
        "subscribed",
    ),
    **all_mean(
        "anmeldedatum, angemeldet am, eintragungsdatum, date d inscription, inscrit le, fecha de alta, fecha de suscripción, data di iscrizione,"
        "data de inscrição, aanmelddatum, data zapisania, datum přihlášení, дата подписки, 订阅时间, 订阅日期, 登録日",
        "opt in time",
    ),
    **all_mean( "bestätigt, confirmé, confirmado, confermato, bevestigd, potwierdzony, potvrzeno, подтвержден, 已确认, 確認済み",
        "confirmed",
    ),
    **all_mean( "unzustellbar, rebotado, non recapitabile, onbestelbaar", "bounced"),
    **all_mean( "schlagwörter, schlagworte, étiquettes, etiquetas, etichette, labels, štítky, теги, метки, 标签, タグ",
        "tags",
    ),
    **all_mean(
        "einwilligung, zustimmung, einverständnis, consentement, consentimiento, consenso, consentimento, toestemming, zgoda, souhlas, samtykke, samtycke, suostumus, hozzájárulás, согласие, 同意",
        "consent",
    ),
}  # fmt: skip
"""What a heading is called in English."""


WORDS: Mapping[str, Status] = {
    **all_mean(
        "aktiv, abonniert, angemeldet, bestätigt, eingetragen, actif, active, abonné, abonnée, inscrit, inscrite, confirmé, confirmée, activo, activa, suscrito,"
        "suscrita, confirmado, attivo, attiva, iscritto, iscritta, ativo, ativa, inscrito, inscrita, assinante, actief, ingeschreven, aangemeld,"
        "aktywny, aktywna, zapisany, aktivní, přihlášen, přihlášený, prenumerant, tilmeldt, påmeldt, aktiivinen, aktif, активен, активный, подписан,"
        "подписчик, 已订阅, 订阅, 订阅中, 正常, 活跃, 已確認, 購読中, 登録済み, 有効, 구독 중, 구독중, 활성",
        Status.ACTIVE,
    ),
    **all_mean(
        "unbestätigt, ausstehend, nicht bestätigt, en attente, non confirmé, non confirmée, pendiente, sin confirmar, no confirmado, in attesa, non confermato,"
        "pendente, não confirmado, in afwachting, onbevestigd, niet bevestigd, oczekujący, niepotwierdzony, čeká, nepotvrzený, väntar, afventer,"
        "не подтвержден, ожидает, 待确认, 未确认, 未確認, 仮登録, 대기",
        Status.PENDING,
    ),
    **all_mean(
        "abgemeldet, abbestellt, gekündigt, gesperrt, inaktiv, ausgetragen, gelöscht, désabonné, désabonnée, désinscrit, désinscrite, inactif, inactive, bloqué, bloquée,"
        "supprimé, dado de baja, dada de baja, baja, de baja, cancelado, cancelada, desuscrito, desuscrita, inactivo, inactiva, bloqueado, eliminado,"
        "disiscritto, disiscritta, cancellato, cancellata, inattivo, bloccato, descadastrado, inativo, inativa, removido, afgemeld, uitgeschreven, inactief,"
        "geblokkeerd, opgezegd, wypisany, wypisana, nieaktywny, zablokowany, odhlášen, odhlášený, neaktivní, zablokován, avregistrerad, avslutad, avanmäld, afmeldt,"
        "avmeldt, inaktivni, peruutettu, pasif, отписан, отписался, неактивен, заблокирован, удален, 已退订, 退订, 取消订阅, 已取消, 已取消订阅, 未订阅,"
        "黑名单, 停用, 退訂, 配信停止, 購読解除, 退会, 解除, 停止, 구독 취소, 수신 거부, 수신거부, 해지",
        Status.UNSUBSCRIBED,
    ),
    **all_mean("unzustellbar, rebotado, rebote, erreur, non recapitabile, onbestelbaar, недоставлено, 退信, 无效, 配信エラー", Status.BOUNCED),
}  # fmt: skip
"""What words in a status column mean."""

CLEAR_STATUSES = (
    "abgemeldet", "abbestellt", "désabonné", "désabonnée", "désinscrit", "désinscrite", "dado de baja", "dada de baja", "desuscrito",
    "disiscritto", "disiscritta", "descadastrado", "uitgeschreven", "afgemeld", "wypisany", "odhlášen", "avregistrerad", "afmeldt",
    "отписан", "отписался", "已退订", "取消订阅", "已取消订阅", "退訂", "配信停止", "購読解除", "수신거부",
)  # fmt: skip
"""Words that can only mean that a subscription is not active, in any column."""

YES = frozenset(
    [
        "ja",
        "oui",
        "si",
        "sí",
        "sim",
        "tak",
        "ano",
        "да",
        "是",
        "はい",
        "예",
        "igen",
        "kyllä",
        "evet",
        "wahr",
        "vrai",
        "verdadero",
        "vero",
        "verdadeiro",
        "waar",
        "prawda",
        "pravda",
        "истина",
    ]
)
NO = frozenset(
    [
        "nein",
        "non",
        "no",
        "não",
        "nao",
        "nee",
        "nej",
        "nei",
        "nie",
        "ne",
        "нет",
        "否",
        "いいえ",
        "아니요",
        "nem",
        "ei",
        "hayır",
        "falsch",
        "faux",
        "falso",
        "onwaar",
        "fałsz",
        "nepravda",
        "ложь",
    ]
)
