"""Decides whether a mail is a bounce: a machine's notice that our mail failed."""

from __future__ import annotations

import re
from email.message import Message

from subscribers.inbound.automatic import is_absence
from subscribers.inbound.bounce_texts import ADDRESS, RETURNED, has_original
from subscribers.inbound.reading import addresses, header, parts, text_of
from subscribers.inbound.verdict import status_in

_DAEMON = re.compile(
    r"mailer[-_.]?daemon|mail[-_.]?daemon|post(_?master|office)|mdaemon|mail[-_.]?(er|delivery|system|admin|router)"
    r"|delivery[-_ ](system|subsystem|report|service|agent)|(system|mail) (administrator|attendant|delivery)"
    r"|^(bounces?|no-?reply-?bounces?|returned-?mail|smtp|mta|daemon|gateway|autoanswer|symantec.*|complaints?)@"
    r"|internet mail|microsoft exchange|exchange server|smtp[-_. ]?(mail|service|server|gateway|daemon)|@$",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"undeliver|non[- ]?deliver|not be delivered|n.t be delivered|not delivered|delivery[- :]*(status|fail|problem|report|error|notif|has|unsucc|delay|incident|attempt)"
    r"|deliver (mail|message)|fail(ure|ed)[ :](notice|to|mail|deliv)|failed to deliver|returned (e-?)?mail|return(ed|ing)? (message|to sender|mail)"
    r"|(mail|message|e-?mail)( could)?( was)? ?(not |un)?(deliver|sent|fail|error|return|reject|status|block|refus)"
    r"|(mail|message|e-?mail) (system )?(error|fail|delivery|could not|returned|rejected|delayed)"
    r"|could not (send|deliver|be sent)|unable to deliver|can.?t (deliver|send)|user unknown|unknown (user|address|recipient)|no such user"
    r"|bounce|mail(box)? (is )?full|rejected|warning: (could|message)|unzustellbar|nicht zugestellt|zustellung|non (remis|distribu)|échec|echec"
    r"|no (se )?(ha podido |puede |pudo )?entreg|não entregue|mancat[ao] (consegna|recapito)|onbestelbaar|niedostarcz|не (доставлен|может быть доставлен)|недоставлен"
    r"|退信|退回|无法投递|未能送达|投递失败|配信(不能|エラー)|送信できません|エラー|전송 실패",
    re.IGNORECASE,
)
_FORWARDED = re.compile(r"^(fwd?|wg|tr|rv|i|vs|enc|转发|轉寄) ?[:：] ?|fwd: ", re.IGNORECASE)
_FORWARDED_BELOW = re.compile(
    r"^-{2,} ?(?:forwarded|weitergeleitet|message transféré|mensaje reenviado|转发|رسالة معاد)",
    re.IGNORECASE | re.MULTILINE,
)
_READ = re.compile(r"(not )?read: ", re.IGNORECASE)  # a read receipt, whatever its subject
_ANSWER = re.compile(r"(?<![\d.,])[45][0-5]\d[ -](?!%)\S|\bRCPT TO\b|\bSMTP\b")
_NOTICE = re.compile(
    r"(not|n.t|unable to|failed to|fail|pas) (yet )?(been |be |etre |être )?(deliver|send|sent|reach|delivr)[^>]{0,200}?@"
    r"|failed (recipient|address)|rcpt to:|user unknown|returned (mail|message)|(address|recipient)\S* (failed|rejected)",
    re.IGNORECASE,
)
_SET_APART = re.compile(  # at the start of a line, or after a colon or "to" at its end
    rf"^[ \t\"<*]*({ADDRESS.pattern})|(?::|\bto\b)[ \t\"<]*({ADDRESS.pattern})[>\". ]*$",
    re.MULTILINE,
)


def looks_like_bounce(message: Message, envelope_sender: str | None) -> bool:
    """Whether a machine wrote this because our mail failed.

    `envelope_sender` "" is the null sender (RFC 5321 4.5.5), and None is unknown. A person's letter
    about a bounce is not one, whatever its subject, nor is a notice about a parcel.
    """
    if message.get("X-Failed-Recipients"):
        return True
    kinds = {part.get_content_type() for part in parts(message)}
    if "message/delivery-status" in kinds or "message/global-delivery-status" in kinds:
        return True
    subject = header(message, "Subject")
    is_failure_subject = bool(_SUBJECT.search(subject)) and not (
        _READ.match(subject) or is_absence(message)
    )
    if "message/disposition-notification" in kinds:  # read or not (RFC 8098), or Dovecot's refusal
        return is_failure_subject
    return_path = header(message, "Return-Path")
    senders = [header(message, "From"), return_path, *addresses(message, "From")]
    if any(re.search(r"(?i)\bm(ailer-)?daemon@", sender) for sender in senders):
        return True
    if any(_DAEMON.search(sender.replace("<>", "@")) for sender in senders):
        return (is_failure_subject or _is_notice(message)) and (
            _contains_mail_or_reply(message) or _sets_address_apart(message)
        )
    null_sender = envelope_sender == "" or return_path.replace(" ", "") == "<>"
    if (null_sender or not senders[0]) and not message.get("List-Unsubscribe"):
        return is_failure_subject
    # Some machines write under an ordinary name: then every sign of a bounce is required.
    return (
        is_failure_subject
        and _is_notice(message)
        and (_contains_returned_mail(message) or _sets_address_apart(message))
        and not _is_answered_or_forwarded(message)
    )


def _is_notice(message: Message) -> bool:
    opening = "\n".join(
        line for line in text_of(message)[:1000].splitlines() if not line.lstrip().startswith(">")
    )
    return bool(_NOTICE.search(opening[:500]))


def _contains_returned_mail(message: Message) -> bool:
    """Whether it contains the returned mail, or its headers."""
    if any(part.get_content_type() in RETURNED for part in parts(message)):
        return True
    return has_original(text_of(message))


def _contains_mail_or_reply(message: Message) -> bool:
    """Whether it contains the returned mail, or a server's reply to it."""
    text = text_of(message)
    return _contains_returned_mail(message) or bool(status_in(text)) or bool(_ANSWER.search(text))


def _sets_address_apart(message: Message) -> bool:
    """Whether it sets an address apart, as a bounce does, that is not the writer's."""
    writers = {address.casefold() for address in addresses(message, "From")}
    found = {
        address.casefold() for pair in _SET_APART.findall(text_of(message)) for address in pair
    }
    return bool(found - writers - {""})


def _is_answered_or_forwarded(message: Message) -> bool:
    """Whether a person has answered or forwarded it."""
    return (
        bool(message.get("In-Reply-To"))
        or bool(_FORWARDED.search(header(message, "Subject")))
        or bool(_FORWARDED_BELOW.search(text_of(message)))
    )
