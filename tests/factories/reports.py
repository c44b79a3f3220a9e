"""Reports (RFC 3464) in the manner of many mail servers, in our own words, with their peculiarities."""

from __future__ import annotations

from dataclasses import dataclass

READER = "jo@example.org"


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusReport:
    """The fields as one server writes them, and what the report should be taken for."""

    name: str
    fields: str
    verdict: str
    notice: str = "Your message could not be delivered."
    sender: str = "Mail Delivery System <MAILER-DAEMON@mx.example.net>"
    subject: str = "Undelivered Mail Returned to Sender"
    address: str = READER
    kind: str = "message/delivery-status"
    delayed: bool = False

    @property
    def raw(self) -> bytes:
        """The mail, its lines ended by LF."""
        return (
            f"Return-Path: <>\nFrom: {self.sender}\nTo: weekly-bounces+7-12-0@news.example.org\n"
            f"Subject: {self.subject}\nMIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
            f"--b\nContent-Type: text/plain; charset=utf-8\n\n{self.notice}\n\n"
            f"--b\nContent-Type: {self.kind}\n\n{self.fields.strip()}\n\n"
            "--b\nContent-Type: text/rfc822-headers\n\nFrom: Weekly <weekly@news.example.org>\n"
            f"To: {READER}\nSubject: Issue 12\n\n--b--\n"
        ).encode()


def _fields(
    status: str, diagnostic: str, *, action: str = "failed", mta: str = "mx.example.net"
) -> str:
    return (
        f"Reporting-MTA: dns; {mta}\n\nFinal-Recipient: rfc822; {READER}\nAction: {action}\n"
        f"Status: {status}\nDiagnostic-Code: {diagnostic}"
    )


REPORTS = (
    StatusReport(
        name="x400-gateway",
        fields=f"Reporting-MTA: x400; mx.example.net\n\nOriginal-Recipient: rfc822; {READER}\nAction: failed\n"
        "Status: 5.0.0\nDiagnostic-Code: Reason 1 (Unable-To-Transfer)\n"
        "X400-Supplementary-Info: \"the MTA gives error message 5.7.1 Unable to relay\"",
        verdict="policy",
    ),
    StatusReport(
        name="postfix-virtual",
        fields="Reporting-MTA: dns; mx.example.net\nX-Postfix-Queue-ID: 4ZAbCd1\nX-Postfix-Sender: rfc822; weekly@news.example.org\nArrival-Date: Mon,  2 Mar 2026 07:00:00 +0000 (UTC)\n\n"
        f"Final-Recipient: rfc822; {READER}\nOriginal-Recipient: rfc822;{READER}\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.org\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <jo@example.org>: Recipient address rejected:\n    User unknown in virtual mailbox table",
        verdict="hard",
    ),
    StatusReport(
        name="postfix-blocklist",
        fields=_fields("5.7.1", "smtp; 554 5.7.1 Service unavailable; Client host [192.0.2.1]\n    blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1"),
        verdict="policy",
    ),
    StatusReport(
        name="postfix-x-postfix-unknown-host",
        fields=_fields("5.4.4", "X-Postfix; Host or domain name not found. Name service error for\n    name=gone.example.org type=A: Host not found"),
        verdict="hard",
    ),
    StatusReport(
        name="postfix-connection-timed-out",
        fields=_fields("4.4.1", "X-Postfix; connect to mx.example.org[192.0.2.9]:25: Connection\n    timed out"),
        verdict="soft",
    ),
    StatusReport(
        name="postfix-delay",
        fields=_fields("4.4.1", "X-Postfix; connect to mx.example.org[192.0.2.9]:25: Connection refused", action="delayed")
        + "\nWill-Retry-Until: Sat,  7 Mar 2026 07:00:00 +0000 (UTC)",
        subject="Delayed Mail (still being retried)",
        verdict="soft",
        delayed=True,
    ),
    StatusReport(
        name="exim",
        fields=f"Reporting-MTA: dns; mx.example.net\n\nAction: failed\nFinal-Recipient: rfc822;{READER}\nStatus: 5.0.0\nRemote-MTA: dns; mx.example.org\nDiagnostic-Code: smtp; 550-5.1.1 no such user here\n 550 5.1.1 see the manual",
        subject="Mail delivery failed: returning message to sender",
        verdict="hard",
    ),
    StatusReport(
        name="exim-rejected-rcpt-local",
        fields=f"Reporting-MTA: dns; mx.example.net\n\nAction: failed\nFinal-Recipient: rfc822;{READER}\nStatus: 5.0.0",
        notice=f"This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  {READER}\n    Unrouteable address",
        verdict="hard",
    ),
    StatusReport(
        name="sendmail",
        fields=f"Reporting-MTA: dns; mx.example.net\nReceived-From-MTA: DNS; news.example.org\nArrival-Date: Mon, 2 Mar 2026 07:00:00 GMT\n\nFinal-Recipient: RFC822; {READER}\nAction: failed\nStatus: 5.1.1\nRemote-MTA: DNS; mx.example.org\nDiagnostic-Code: SMTP; 550 5.1.1 <jo@example.org>... User unknown\nLast-Attempt-Date: Mon, 2 Mar 2026 07:00:05 GMT",
        sender="Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>",
        subject="Returned mail: see transcript for details",
        verdict="hard",
    ),
    StatusReport(
        name="sendmail-fills-in-a-status",
        fields=_fields("5.1.1", "SMTP; 550 Message rejected by our content policy"),
        subject="Returned mail: see transcript for details",
        verdict="policy",
    ),
    StatusReport(
        name="sendmail-local-full",
        fields=f"Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: RFC822; {READER}\nX-Actual-Recipient: X-Unix; |/usr/bin/deliver jo\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: X-Unix; 69 mailbox over quota",
        verdict="soft",
    ),
    StatusReport(
        name="exchange-online",
        fields="Reporting-MTA: dns;AM0PR01MB0001.eurprd01.prod.example\nReceived-From-MTA: dns;news.example.org\nArrival-Date: Mon, 2 Mar 2026 07:00:00 +0000\n\n"
        f"Final-Recipient: rfc822;{READER}\nAction: failed\nStatus: 5.1.10\nDiagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup\nX-Display-Name: Jo",
        sender="postmaster@example.org",
        subject="Undeliverable: Issue 12",
        verdict="hard",
    ),
    StatusReport(
        name="exchange-online-tenant-policy",
        fields=f"Reporting-MTA: dns;AM0PR01MB0001.eurprd01.prod.example\n\nFinal-Recipient: rfc822;{READER}\nAction: failed\nStatus: 5.7.133\nDiagnostic-Code: smtp;550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required",
        sender="postmaster@example.org",
        subject="Undeliverable: Issue 12",
        verdict="policy",
    ),
    StatusReport(
        name="exchange-quota",
        fields=_fields("5.2.2", "smtp;554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded; Failed to process message"),
        subject="Unzustellbar: Ausgabe 12",
        verdict="soft",
    ),
    StatusReport(
        name="gmail",
        fields=f"Reporting-MTA: dns; googlemail.example\nArrival-Date: Mon, 02 Mar 2026 07:00:00 -0800 (PST)\n\nFinal-Recipient: rfc822; {READER}\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.org. (192.0.2.9, the server for the domain example.org.)\n"
        "Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try\n 550-5.1.1 double-checking the recipient's email address for typos or\n 550 5.1.1 unnecessary spaces.",
        sender="Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
        subject="Delivery Status Notification (Failure)",
        verdict="hard",
    ),
    StatusReport(
        name="gmail-unauthenticated",
        fields=_fields("5.7.26", "smtp; 550-5.7.26 This mail has been blocked because the sender is unauthenticated.\n 550-5.7.26 Gmail requires all senders to authenticate with either SPF or DKIM."),
        subject="Delivery Status Notification (Failure)",
        verdict="policy",
    ),
    StatusReport(
        name="gmail-over-quota",
        fields=_fields("4.2.2", "smtp; 452-4.2.2 The recipient's inbox is out of storage space. Please direct the\n 452-4.2.2 recipient to their help page."),
        subject="Delivery Status Notification (Failure)",
        verdict="soft",
    ),
    StatusReport(
        name="gmail-delay",
        fields=_fields("4.4.1", "smtp; The recipient server did not accept our requests to connect.", action="delayed") + "\nWill-Retry-Until: Wed, 04 Mar 2026 07:00:00 -0800 (PST)",
        subject="Delivery Status Notification (Delay)",
        verdict="soft",
        delayed=True,
    ),
    StatusReport(
        name="yahoo",
        fields=_fields("5.0.0", "smtp; 554 delivery error: dd This user doesn't have a yahoo.com account (jo@example.org) [0] - mta4001.mail.example"),
        sender="MAILER-DAEMON@yahoo.example",
        subject="Failure Notice",
        verdict="hard",
    ),
    StatusReport(
        name="yahoo-deferred-for-good",
        fields=_fields("4.7.0", "smtp; 421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints"),
        verdict="soft",
    ),
    StatusReport(
        name="gmx",
        fields=_fields("5.0.0", "smtp; 550 Requested action not taken: mailbox unavailable\n For explanation visit https://postmaster.gmx.example/en/error-messages"),
        verdict="hard",
    ),
    StatusReport(
        name="gmx-no-reverse-dns",
        fields=_fields("5.0.0", "smtp; 554-Bad DNS PTR resource record.\n 554 For explanation visit https://postmaster.gmx.example/c=rdns"),
        verdict="policy",
    ),
    StatusReport(
        name="t-online",
        fields=_fields("5.0.0", "smtp; 554 IP=192.0.2.1 - A problem occurred. (Ask your postmaster for help or to contact tosa@rx.example to clarify.) (BL)"),
        verdict="policy",
    ),
    StatusReport(
        name="orange",
        fields=_fields("5.1.1", "smtp; 550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR204_416 [416]"),
        verdict="hard",
    ),
    StatusReport(
        name="orange-reputation",
        fields=_fields("5.7.1", "smtp; 550 5.7.1 Service refuse. Veuillez essayer plus tard. Service refused, please try later. OFR_506 [506]"),
        verdict="policy",
    ),
    StatusReport(
        name="domino",
        fields=f"Reporting-MTA: dns;mail.example.net\n\nFinal-Recipient: rfc822;{READER}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: X-Notes; User Jo (jo@example.org) not listed in Domino Directory",
        subject="DELIVERY FAILURE: User Jo (jo@example.org) not listed in Domino Directory",
        verdict="hard",
    ),
    StatusReport(
        name="domino-restricted",
        fields=f"Reporting-MTA: dns;mail.example.net\n\nFinal-Recipient: rfc822;{READER}\nAction: failed\nStatus: 5.7.1\nDiagnostic-Code: X-Notes; Your message was rejected by the recipient domain's policy",
        subject="DELIVERY FAILURE: rejected",
        verdict="policy",
    ),
    StatusReport(
        name="courier",
        fields=f"Reporting-MTA: dns; mail.example.net\nArrival-Date: Mon, 02 Mar 2026 07:00:00 +0000\n\nFinal-Recipient: rfc822; {READER}\nAction: failed\nStatus: 5.0.0\nRemote-MTA: dns; mx.example.org [::ffff:192.0.2.9]\nDiagnostic-Code: smtp; 550 User <jo@example.org> unknown",
        subject='NOTICE: mail delivery status.',
        verdict="hard",
    ),
    StatusReport(
        name="courier-delay",
        fields=f"Reporting-MTA: dns; mail.example.net\n\nFinal-Recipient: rfc822; {READER}\nAction: delayed\nStatus: 4.0.0\nDiagnostic-Code: smtp; 450 Service temporarily unavailable",
        subject='WARNING: DELIVERY DELAYED',
        verdict="soft",
        delayed=True,
    ),
    StatusReport(
        name="zimbra",
        fields=_fields("5.2.2", "smtp; 552 5.2.2 Over quota"),
        verdict="soft",
    ),
    StatusReport(
        name="haraka",
        fields=f"Reporting-MTA: dns;mx.example.net\nArrival-Date: Mon, 02 Mar 2026 07:00:00 +0000\n\nOriginal-Recipient: rfc822;{READER}\nFinal-Recipient: rfc822;{READER}\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns;mx.example.org\nDiagnostic-Code: smtp;550 5.1.1 mailbox not found",
        sender="MAILER-DAEMON@mx.example.net",
        subject="failure notice",
        verdict="hard",
    ),
    StatusReport(
        name="mailenable",
        fields=f"Reporting-MTA: dns;mail.example.net\n\nFinal-Recipient: RFC822;<{READER}>\nAction: failed\nStatus: 5.1.2\nDiagnostic-Code: smtp;The remote server returned: 550 Requested action not taken: mailbox unavailable or not local",
        sender="Postmaster@example.net",
        subject="Message Delivery Failure",
        verdict="hard",
    ),
    StatusReport(
        name="opensmtpd",
        fields=f"Reporting-MTA: dns; mail.example.net\n\nFinal-Recipient: rfc822; {READER}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: 550 5.1.1 Invalid recipient: <jo@example.org>",
        subject="Delivery status notification: error",
        verdict="hard",
    ),
    StatusReport(
        name="proofpoint",
        fields=_fields("5.1.1", "smtp; 550 5.1.1 <jo@example.org>: Recipient address rejected: User email address is marked as invalid."),
        verdict="hard",
    ),
    StatusReport(
        name="proofpoint-blocked",
        fields=_fields("5.7.1", "smtp; 554 Blocked - see https://ipcheck.proofpoint.example/?ip=192.0.2.1"),
        verdict="policy",
    ),
    StatusReport(
        name="mimecast",
        fields=_fields("5.0.0", "smtp; 550 Invalid Recipient - https://community.mimecast.example/docs/DOC-1369#550"),
        verdict="hard",
    ),
    StatusReport(
        name="mimecast-policy",
        fields=_fields("5.0.0", "smtp; 550 Administrative prohibition - envelope blocked - https://community.mimecast.example/docs/DOC-1369#550"),
        verdict="policy",
    ),
    StatusReport(
        name="barracuda",
        fields=_fields("5.0.0", "smtp; 550 permanent failure for one or more recipients (jo@example.org:blocked)"),
        verdict="policy",
    ),
    StatusReport(
        name="yandex",
        fields=_fields("5.7.1", "smtp; 550 5.7.1 No such user!"),
        subject="Недоставленное сообщение",
        verdict="hard",
    ),
    StatusReport(
        name="mail-ru",
        fields=_fields("5.0.0", "smtp; 550 Message was not accepted -- invalid mailbox. Local mailbox jo@example.org is unavailable: user not found"),
        subject="Недоставленное сообщение",
        verdict="hard",
    ),
    StatusReport(
        name="qq",
        fields=_fields("5.0.0", "smtp; 550 Mailbox not found. http://service.mail.example/cgi-bin/help?subtype=1&&id=20022&&no=1000728"),
        subject="来自postmaster的退信",
        notice="很抱歉您发送的邮件被退回，以下是该邮件的相关信息：",
        verdict="hard",
    ),
    StatusReport(
        name="netease",
        fields=_fields("5.0.0", "smtp; 554 DT:SPM 163 smtp1,xxx Please see http://mail.example/help/help_spam_16.htm"),
        subject="系统退信",
        verdict="policy",
    ),
    StatusReport(
        name="naver",
        fields=_fields("5.1.1", "smtp; 550 5.1.1 user unknown (jo@example.org) - nsmtp"),
        subject="메일 전송 실패 : Issue 12",
        notice="메일 전송에 실패하였습니다. 수신자 메일 주소가 존재하지 않습니다.",
        verdict="hard",
    ),
    StatusReport(
        name="proton",
        fields=_fields("5.1.1", "smtp; 550 5.1.1 <jo@example.org>: Recipient address rejected: Address does not exist"),
        verdict="hard",
    ),
    StatusReport(
        name="icloud",
        fields=_fields("5.1.6", "smtp; 550 5.1.6 recipient no longer on server: jo@example.org"),
        verdict="hard",
    ),
    StatusReport(
        name="icloud-policy",
        fields=_fields("5.7.1", "smtp; 550 5.7.1 [CS01] Message rejected due to local policy. Please visit https://support.example/102322"),
        verdict="policy",
    ),
    StatusReport(
        name="ses-forwards-feedback",
        fields=f"Reporting-MTA: dns; a1-2.smtp-out.eu-west-1.example\n\nAction: failed\nFinal-Recipient: rfc822; {READER}\nDiagnostic-Code: smtp; 550 5.1.1 user unknown\nStatus: 5.1.1",
        sender="MAILER-DAEMON@eu-west-1.example",
        subject="Delivery Status Notification (Failure)",
        notice=f"An error occurred while trying to deliver the mail to the following recipients:\n{READER}",
        verdict="hard",
    ),
    StatusReport(
        name="x400",
        fields=f"Reporting-MTA: dns; gw.example.net\n\nFinal-Recipient: rfc822; {READER}\nAction: failed\nStatus: 5.1.1 (bad destination mailbox address)\nDiagnostic-Code: X.400; unrecognised-OR-name: no such user",
        verdict="hard",
    ),
    StatusReport(
        name="internationalised",
        fields="Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: utf-8; jürgen@例え.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 user unknown",
        kind="message/global-delivery-status",
        address="jürgen@例え.example",
        verdict="hard",
    ),
    StatusReport(
        name="xtext",
        fields="Reporting-MTA: dns; mx.example.net\n\nOriginal-Recipient: rfc822;jo+2Bnews@example.org\nFinal-Recipient: rfc822; jo@forwarded.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 user unknown",
        address="jo+news@example.org",
        verdict="hard",
    ),
    StatusReport(
        name="says-nothing",
        fields=_fields("5.0.0", "smtp; 554 Transaction failed"),
        verdict="soft",
    ),
    StatusReport(
        name="our-own-relays-limit",
        fields=_fields("5.1.90", "smtp; 550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients"),
        verdict="policy",
    ),
    StatusReport(
        name="our-own-relays-suspension",
        fields=_fields("5.0.0", "smtp; 552 Your account has been suspended. Please contact us"),
        verdict="policy",
    ),
    StatusReport(
        name="a-scanners-banner-below-the-notice",
        notice=f"Delivery to the following recipients failed.\n\n  {READER}\n\n{'_' * 60}\nThis mail was scanned for all known viruses.",
        fields=f"Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; {READER}\nAction: failed\nStatus: 5.1.1",
        verdict="hard",
    ),
    StatusReport(
        name="a-scanner-that-refuses",
        notice="Your message was scanned by our filter.\n\nIt was scanned for viruses and is infected.",
        fields=f"Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; {READER}\nAction: failed\nStatus: 5.1.1",
        verdict="policy",
    ),
)  # fmt: skip
