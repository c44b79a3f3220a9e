"""The replies of individual providers, in the words that they publish or are known for.

Each row names the provider, where the words are published, and when they were last looked up.
The words are matched in lower case, without addresses, links and host names. A row takes
precedence over general words, over codes, and over the rows after it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from subscribers.blame.blame import Blame

_A, _P, _R, _N = Blame.ACCOUNT, Blame.POLICY, Blame.READER, Blame.NOW
_M, _F = Blame.MESSAGE, Blame.MAILBOX


class KnownReply(NamedTuple):
    """One provider's words: a regular expression over plain words, and what they mean."""

    provider: str
    words: str
    blame: Blame
    source: str
    seen: str


_MICROSOFT = (
    "learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online"
)
_GOOGLE = "knowledge.workspace.google.com/admin/support/troubleshooting/gmail-smtp-errors-and-codes"
_GOOGLE_RELAY = "support.google.com/a/answer/6140680"
_SES = "docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html"
_SENDGRID = "twilio.com/docs/sendgrid/for-developers/sending-email/smtp-errors-and-troubleshooting"
_CPANEL = "docs.cpanel.net/knowledge-base/email/email-send-limits"
_IONOS = "ionos.com/help/email/general-topics/what-are-the-mass-mailing-limits"
_IONOS_POSTMASTER = "ionos.de/hilfe/e-mail/postmaster/smtp-fehlermeldungen-der-11-ionos-mailserver"
_ZOHO = "help.zoho.com/portal/en/community"
_ZEPTO = "zoho.com/zeptomail/help/api/smtp-error-codes.html"
_YAHOO = "senders.yahooinc.com/smtp-error-codes"
_APPLE = "support.apple.com/102322"
_ORANGE = "postmastery.com/orange-postmaster-smtp-error-codes-ofr"
_COMCAST = "postmaster.comcast.net/mail-error-codes.html"
_COX = "cox.com/business/support/email-error-codes.html"
_GODADDY = "godaddy.com/help/fix-rejected-email-with-a-bounce-error-40685"
_MIMECAST = (
    "community.mimecast.com/s/article/email-security-cloud-gateway-mimecast-smtp-error-codes"
)
_TENCENT = "service.mail.qq.com/detail/122"
_NETEASE = "mail.163.com/help/help_spam_16.htm"
_YANDEX = "yandex.com/support/mail/bounces/yandex.html"
_GMX = "postmaster.gmx.net/en/error-messages"
_MAILRU = "smtpfieldmanual.com/code/550"
_FIELD_MANUAL = "smtpfieldmanual.com"
_SPARKPOST = "support.sparkpost.com/docs/faq/error-messages-smtp"

KNOWN_REPLIES: tuple[KnownReply, ...] = tuple(
    KnownReply(*row)
    for row in (
        # Our own relay, about our account
        ("Microsoft 365", r"daily limit for message recipients|\b5\.1\.90\b", _A, _MICROSOFT, "2026-11"),
        ("Microsoft 365", r"submissionquotaexceeded|submission quota exceeded", _A, _MICROSOFT, "2026-11"),
        ("Microsoft 365", r"sendasdenied|not allowed to send as|not have permissions to send as this sender", _A, _MICROSOFT, "2026-11"),
        ("Microsoft 365", r"tenant has exceeded threshold|bad outbound sender|spam abuse detected", _A, _MICROSOFT, "2026-11"),
        ("Microsoft 365", r"client was not authenticated|sending from unregistered domains", _A, _MICROSOFT, "2026-11"),
        ("Microsoft 365", r"tenantattribution|organization queue quota", _A, _MICROSOFT, "2026-11"),
        ("Google Workspace", r"daily (user )?sending (quota|limit) exceeded|daily user sending", _A, _GOOGLE, "2026-11"),
        ("Google Workspace", r"(daily|peak) smtp relay( sending)? limit exceeded", _A, _GOOGLE_RELAY, "2026-11"),
        ("Google Workspace", r"mail (relay|sending) denied|invalid credentials for relay", _A, _GOOGLE_RELAY, "2026-11"),
        ("Amazon SES", r"daily (message|sending) quota exceeded", _A, _SES, "2026-11"),
        ("Amazon SES", r"email address is not verified|following identities failed the check", _A, _SES, "2026-11"),
        ("Amazon SES", r"sending (is )?(paused|suspended|disabled) for (this|your) account|account'?s ability to send|configurationset", _A, _SES, "2026-11"),
        ("Amazon SES", r"not authorized to perform .{0,3}ses:|account not subscribed to ses", _A, _SES, "2026-11"),
        ("SendGrid", r"maximum credits exceeded|unauthenticated senders not allowed", _A, _SENDGRID, "2026-11"),
        ("SendGrid", r"not authorized to send from that email address|does not match a verified sender", _A, _SENDGRID, "2026-11"),
        ("Mailgun", r"free accounts are for test purposes|domain .{0,80}is not allowed to send|sandbox (sub)?domains? (are|is)", _A, "github.com/swapmyvote/swapmyvote/issues/891", "2026-11"),
        ("Mailgun", r"account (is )?(disabled|terminated).{0,40}(contact support|compliance)|recipient limit exceeded", _A, "documentation.mailgun.com", "2026-11"),
        ("Postmark", r"sender signature|server (has been|is) disabled|account (is )?(still )?pending approval|out of credits", _A, "postmarkapp.com/developer/api/overview", "2026-11"),
        ("Brevo", r"smtp account is not yet activated|not enough (email )?credits|sender .{0,40}not valid\b.{0,40}validate", _A, "help.brevo.com/hc/en-us/articles/115000188150", "2026-11"),
        ("SparkPost", r"unconfigured sending domain", _A, _SPARKPOST, "2026-11"),
        ("AuthSMTP", r"account is (at / )?over message quota", _A, "authsmtp.co.uk/smtp-error-codes/433-account-is-over-message-quota.html", "2026-11"),
        ("OVH", r"sorry, too many emails", _A, "github.com/aschroder/Magento-SMTP-Pro-Email-Extension/issues/94", "2026-11"),
        ("Migadu", r"reached address outgoing limits", _A, "github.com/freescout-help-desk/freescout/issues/4005", "2026-11"),
        ("Postal", r"from/sender name is not valid", _A, "github.com/postalserver/postal/issues/570", "2026-11"),
        ("T-Online", r"send quota exceeded", _A, "edvservice.bayern/t-online-kein-versand-von-emails-moeglich-send-quota-exceeded", "2026-11"),
        ("Gandi", r"sasl_rate_limit", _A, "postmaster.gandi.net", "2026-11"),
        ("Mail.ru", r"message sending for this account is disabled", _A, "mailout.ru/2015/09", "2026-11"),
        ("SMTP2GO", r"account has been suspended\. please contact us|exceeded your (email )?plan|monthly (email )?quota", _A, "support.smtp2go.com", "2026-11"),
        ("cPanel (Exim)", r"exceeded the max (emails|defers and failures) per hour", _A, _CPANEL, "2026-11"),
        ("IONOS", r"mail send limit exceeded", _A, _IONOS, "2026-11"),
        ("Plesk", r"limit on the number of allowed outgoing messages", _A, "docs.plesk.com/en-US/obsidian", "2026-11"),
        ("Rackspace and others", r"take you over your relay quota", _A, "github.com/WWBN/AVideo/issues/7527", "2026-11"),
        ("Zoho", r"unusual sending activity|e-?mail (sending|outgoing) (has been )?blocked|outgoing blocked|sender address blocked", _A, _ZOHO, "2026-11"),
        ("Zoho", r"relaying disallowed( as)?|credits (expired|blocked)", _A, _ZEPTO, "2026-11"),
        ("StartMail", r"your mail limit has been reached", _A, "support.startmail.com/hc/articles/360006737337", "2026-11"),
        ("Proton", r"(has|have) (reached|exceeded) (the|your) (hourly|daily) (e-?mail )?(sending )?limit", _A, "proton.me/support/proton-mail-sending-limits", "2026-11"),
        ("Fastmail", r"exceeded (your )?(outbound|sending) (quota|limit)", _A, "fastmail.help/hc/en-us/articles/1500000277382", "2026-11"),
        ("OVH, Strato, Hetzner", r"(outgoing|sender|sending|hourly|message count|versand)[ -]?(mail )?(quota|limit|kontingent) (was |has been |is |wurde )?(exceeded|reached|ueberschritten|überschritten|erreicht)", _A, "community.hetzner.com, strato.de/faq, help.ovhcloud.com", "2026-11"),
        ("Yandex", r"spam limit exceeded|sender .{0,20}limit exceeded", _A, _YANDEX, "2026-11"),
        ("163 (NetEase)", r"\b(wm:blu|wm:bli)\b", _A, _NETEASE, "2026-11"),
        # Sessions: the connection has reached a limit, and a new one works
        ("GoDaddy", r"max number of messages per session", _N, _GODADDY, "2026-11"),
        ("163 (NetEase)", r"\b(mi|rp):(dmc|drc|ccl|cel|sfq)\b|发信人.{0,20}(限制|超)", _N, _NETEASE, "2026-11"),
        # Receivers
        ("Microsoft", r"resolver\.rst\.(notauthorized|senderblocked|restricted)|resolver\.rst\.auth", _P, _MICROSOFT, "2026-11"),
        ("Sendmail's local mailer", r"(unknown user|user unknown)\b.{0,60}\b554\b.{0,20}service unavailable", _R, "github.com/sisimai/p5-sisimai", "2026-11"),
        ("Microsoft", r"resolver\.adr\.\w*recip\w*notfound|not found by smtp address lookup", _R, _MICROSOFT, "2026-11"),
        ("Microsoft", r"recipient thread limit|message receive limit|exceeded their limit for the number of messages", _F, _MICROSOFT, "2026-11"),
        ("Microsoft", r"content filter agent quarantined", _P, _MICROSOFT, "2026-11"),
        ("Microsoft", r"banned (sender|sending ip)|blocked .{0,60}customer block list", _P, _MICROSOFT, "2026-11"),
        ("Microsoft", r"\bbanned recipient\b", _R, _MICROSOFT, "2026-11"),
        ("Microsoft", r"nonexistentdomain", _R, _MICROSOFT, "2026-11"),
        ("Outlook.com", r"\b(sc|dy|ou|gs)-00\d\b|messages from .{0,60}weren't sent", _P, "sendersupport.olc.protection.outlook.com/pm/troubleshooting.aspx", "2026-11"),
        ("Gmail", r"receiving mail (too quickly|at a rate)", _F, _GOOGLE, "2026-11"),
        ("Gmail", r"inbox is out of storage space|account that you tried to reach is over quota", _F, _GOOGLE, "2026-11"),
        ("Gmail", r"account that you tried to reach (does not exist|is (disabled|inactive))", _R, _GOOGLE, "2026-11"),
        ("Gmail", r"group you tried to contact .{0,80}may not exist", _R, _GOOGLE, "2026-11"),
        ("Gmail", r"recipient server did not accept our requests to connect", _N, _GOOGLE, "2026-11"),
        ("Yahoo, AOL", r"user doesn'?t have an? .{0,30}account|mailbox is disabled|\bdd\b.{0,60}is no longer valid", _R, _YAHOO, "2026-11"),
        ("Yahoo, AOL", r"will be permanently deferred|\[(bl|ts|tss|ph|phs)\d\d\]", _P, _YAHOO, "2026-11"),
        ("Yahoo, AOL", r"exceeded storage allocation", _F, _YAHOO, "2026-11"),
        ("Yahoo, AOL", r"headers are not rfc compliant", _M, _YAHOO, "2026-11"),
        ("AOL", r"\b(rtr|rly|hvu|con|dyn|mff|dnt):[a-z]{1,2}\d?\b", _P, "postmaster.aol.com/error-codes", "2026-11"),
        ("T-Online", r"- a problem occurred\. ?\(ask your postmaster", _P, "postmaster.t-online.de", "2026-11"),
        ("Gandi", r"reject for policy reason\. rule\d", _P, "postmaster.gandi.net", "2026-11"),
        ("Seznam", r"user hasn't got the service mapped", _R, "napoveda.seznam.cz/uzivatel-neexistuje", "2026-11"),
        ("GMX, IONOS", r"mailbox unavailable .{0,10}failure sending mail", _N, "github.com/nodemailer/nodemailer/issues/1555", "2026-11"),
        ("Apple", r"\[(cs01|hme1)\]", _P, _APPLE, "2026-11"),
        ("Apple", r"inactive email address|unknown or illegal alias|recipient no longer on server", _R, _APPLE, "2026-11"),
        ("Orange, La Poste", r"\b(ofr|lpn|ouk)\d*[_-]?(416|418)\b|adresse d'? ?au moins un destinataire invalide", _R, _ORANGE, "2026-11"),
        ("Orange, La Poste", r"\b(ofr|lpn|ouk)\d*[_-]?417\b|boite du destinataire pleine", _F, _ORANGE, "2026-11"),
        ("Orange, La Poste", r"\b(ofr|lpn|ouk)\d*[_-]?(420|426)\b|boite du destinataire archivee|compte du destinataire est bloque", _R, _ORANGE, "2026-11"),
        ("Orange, La Poste", r"\b(ofr|lpn|lpnaaa|ouk)\d*[_-](101|102|103|305|401|402|403|405|415|421|506|510|513|517|630|999)\b|emetteur invalide|mail rejete", _P, _ORANGE, "2026-11"),
        ("Comcast", r"recipient mailbox unallocated|not our customer", _R, _COMCAST, "2026-11"),
        ("Comcast", r"\b(bl|es|rl|dm)0\d{5}\b", _P, _COMCAST, "2026-11"),
        ("Comcast", r"extended quota violation", _F, _COMCAST, "2026-11"),
        ("Cox, Spectrum", r"\baup#(cx|cdrbl|ipbl|urlbl|\d)|sender rejected", _P, _COX, "2026-11"),
        ("GoDaddy", r"\bib(007|101|504|605|607)\b|sent too many messages this hour|too many recipients this hour", _N, _GODADDY, "2026-11"),
        ("GoDaddy", r"\bib(103|104|105|106|108|110|111|112|113|212|401|501|502|506|508|705)\b", _P, _GODADDY, "2026-11"),
        ("Mimecast", r"envelope (blocked|rejected)|administrative prohibition|anti-?spoofing|manually blocked senders", _P, _MIMECAST, "2026-11"),
        ("Mimecast", r"content examination policy|rejected due to security policies|host network,? not allowed", _P, _MIMECAST, "2026-11"),
        ("Mimecast", r"internal resources are temporarily unavailable", _N, _MIMECAST, "2026-11"),
        ("QQ", r"(ip|domain|sender|connection) frequency limited|frequency of receiving messages is limited", _N, _TENCENT, "2026-11"),
        ("QQ", r"mailbox unavailable or access deni(n)?ed", _N, _TENCENT, "2026-11"),
        ("QQ", r"suspected (bounce attacks|spam)|mail content denied|connection denied", _P, _TENCENT, "2026-11"),
        ("QQ", r"is a deactivated mailbox", _R, _TENCENT, "2026-11"),
        ("163 (NetEase)", r"\bhl:(rep|icc|ifc|mep)\b", _N, _NETEASE, "2026-11"),
        ("163 (NetEase)", r"\b(dt|hl|ip|mi|rp|wm):[a-z]{3}\b", _P, _NETEASE, "2026-11"),
        ("163 (NetEase)", r"user suspended", _R, _NETEASE, "2026-11"),
        ("Yandex", r"policy rejection on the target address", _F, _YANDEX, "2026-11"),
        ("Yandex", r"under suspicion of spam|blocked by spam statistics", _P, _YANDEX, "2026-11"),
        ("Fastmail", r"address locked or deactivated", _R, "brianjohnson.co.za/posts/avoid-fastmail", "2026-11"),
        ("Mail.ru", r"invalid mailbox\. local mailbox", _R, _MAILRU, "2026-11"),
        ("GMX, web.de", r"nemesis .{0,60}not available|reject due to policy", _P, _GMX, "2026-11"),
        ("IONOS", r"rate limit reached", _N, _IONOS_POSTMASTER, "2026-11"),
        ("Zoho", r"mailbox delivery (failure|restricted)|mail ?policy violation|mail rejected by destination domain", _P, _FIELD_MANUAL, "2026-11"),
        ("Trend Micro", r"recipient address rejected: (block-send|block-rcpt|no-domain)", _P, _FIELD_MANUAL, "2026-11"),
        ("Proofpoint", r"recipient address rejected: user email address is marked as invalid", _R, _FIELD_MANUAL, "2026-11"),
        ("Barracuda", r"rejecting (spoofed message|banned content)|spam url in content", _P, _FIELD_MANUAL, "2026-11"),
    )
)  # fmt: skip

COMPILED = tuple((re.compile(row.words), row.blame) for row in KNOWN_REPLIES)
