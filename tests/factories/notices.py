"""Bounces in the manner of many mail servers, in our own words: the layout is theirs, the mail ours."""

from __future__ import annotations

from dataclasses import dataclass

READER = "jo@example.org"
DAEMON = "Mail Delivery System <mailer-daemon@mx.example.net>"

RETURNED = f"""Received: from news.example.org by mx.example.net; Mon, 2 Mar 2026 07:00:00 +0000
From: Weekly <weekly@news.example.org>
To: {READER}
Subject: Issue 12
Message-ID: <12.7@news.example.org>

The news of the week.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """A bounce without the fields of RFC 3464, whom it is about, and what it should be taken for."""

    name: str
    text: str
    verdict: str
    sender: str = DAEMON
    subject: str = "Undelivered Mail Returned to Sender"
    headers: str = ""
    address: str = READER
    returned: bool = True

    @property
    def raw(self) -> bytes:
        """The mail, its lines ended by LF."""
        original = f"\n{RETURNED}" if self.returned else ""
        charset = "Content-Type: text/plain; charset=utf-8\n" * ("Content-Type" not in self.headers)
        return (
            f"From: {self.sender}\nTo: weekly-bounces@news.example.org\nSubject: {self.subject}\n"
            f"Message-ID: <{self.name}@mx.example.net>\nMIME-Version: 1.0\n{charset}{self.headers}"
            f"\n{self.text}\n{original}"
        ).encode()


_EXIM = """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

"""
_COPY = "\n------ This is a copy of the message, including all the headers. ------\n"
_SENDMAIL = """The original message was received at Mon, 2 Mar 2026 07:00:00 GMT
from news.example.org [192.0.2.1]

"""
_MULTIPART = 'Content-Type: multipart/mixed; boundary="b"\n'

NOTICES = (
    Notice(
        name="exim-rcpt",
        text=f"{_EXIM}  {READER}\n    SMTP error from remote mail server after RCPT TO:<{READER}>:\n"
        f"    host mx.example.org [192.0.2.5]: 550 5.1.1 <{READER}>: no such mailbox\n{_COPY}",
        verdict="hard",
    ),
    Notice(
        name="sendmail-reply-of-another-server",
        text=f"{_SENDMAIL}   ----- The following addresses had permanent fatal errors -----\n{READER}\n"
        "    (reason: 553 Sender Policy Framework (SPF) fail)\n\n   ----- Transcript of session follows -----\n"
        "... while talking to mx.example.org.:\n>>> DATA\n<<< 553 Sender Policy Framework (SPF) fail\n"
        f"550 5.1.1 {READER}... User unknown\n<<< 503 RCPT first\n",
        verdict="policy",
    ),
    Notice(
        name="sendmail-reply-that-says-nothing",
        text=f"{_SENDMAIL}   ----- The following addresses had permanent fatal errors -----\n{READER}\n"
        "    (reason: 550 Requested action not taken)\n\n   ----- Transcript of session follows -----\n"
        "... while talking to mx.example.org.:\n>>> RCPT To:<" + READER + ">\n"
        f"<<< 550 Requested action not taken\n550 5.1.1 {READER}... User unknown\n",
        verdict="hard",
    ),
    Notice(
        name="exim-unroutable",
        text=f"{_EXIM}  {READER}\n    Unrouteable address\n{_COPY}",
        verdict="hard",
    ),
    Notice(
        name="exim-retry-timeout",
        text=f"{_EXIM}  {READER}\n    retry timeout exceeded\n{_COPY}",
        verdict="soft",
    ),
    Notice(
        name="exim-delayed",
        subject="Warning: message 1abc-2 delayed 24 hours",
        text="This message was created automatically by mail delivery software.\nA message that you "
        "sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours "
        f"on the queue on mx.example.net.\n\nThe address to which the message has not yet been "
        f"delivered is:\n\n  {READER}\n\nNo action is required on your part. Delivery attempts will "
        "continue for\nsome time, and this warning may be repeated at intervals.\n",
        verdict="soft",
        returned=False,
    ),
    Notice(
        name="quoted-address",
        subject="Mail delivery failed: returning message to sender",
        text=f'{_EXIM}"{READER}":\nSMTP error from remote server after RCPT command:\nhost: '
        f"mx.example.org\n5.1.1 <{READER}>... User unknown\n\n--- The header of the original "
        "message is following. ---\n",
        verdict="hard",
    ),
    Notice(
        name="qmail-unknown",
        sender="MAILER-DAEMON@mx.example.net",
        subject="failure notice",
        text="Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to "
        "deliver your message to the following addresses.\nThis is a permanent error; I've given "
        f"up. Sorry it didn't work out.\n\n<{READER}>:\n192.0.2.5 does not like recipient.\nRemote "
        "host said: 550 5.1.1 no such account\nGiving up on 192.0.2.5.\n\n--- Below this line is a "
        "copy of the message.\n",
        verdict="hard",
    ),
    Notice(
        name="qmail-full",
        sender="MAILER-DAEMON@mx.example.net",
        subject="failure notice",
        text="Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to "
        f"deliver your message to the following addresses.\n\n<{READER}>:\nThe users mailfolder is "
        "over the allowed quota (size). (#5.2.2)\n\n--- Below this line is a copy of the message.\n",
        verdict="soft",
    ),
    Notice(
        name="qmail-no-host",
        sender="MAILER-DAEMON@mx.example.net",
        subject="failure notice",
        text=f"Hi. This is the qmail-send program.\n\n<{READER}>:\nSorry, I couldn't find any host "
        "named example.org. (#5.1.2)\n\n--- Below this line is a copy of the message.\n",
        verdict="hard",
    ),
    Notice(
        name="sendmail-old",
        subject="Returned mail: User unknown",
        text=f"{_SENDMAIL}   ----- The following addresses had permanent fatal errors -----\n{READER}"
        "\n\n   ----- Transcript of session follows -----\n... while talking to mx.example.org.:\n"
        f">>> RCPT To:<{READER}>\n<<< 550 <{READER}>... User unknown\n550 {READER}... User unknown\n"
        "\n   ----- Original message follows -----\n",
        verdict="hard",
    ),
    Notice(
        name="sendmail-warning",
        subject="Warning: could not send message for past 4 hours",
        text="    **********************************************\n    **      THIS IS A WARNING MESSAGE "
        "ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n"
        f"    **********************************************\n\n{_SENDMAIL}   ----- The following "
        f"addresses had transient non-fatal errors -----\n<{READER}>\n\n   ----- Transcript of "
        f"session follows -----\n{READER}... Deferred: Connection timed out with mx.example.org.\n"
        "Warning: message still undelivered after 4 hours\nWill keep trying until message is 5 days "
        "old\n\n   ----- Original message follows -----\n",
        verdict="soft",
    ),
    Notice(
        name="arrows",
        subject="failure notice",
        headers="X-AHMailID: 1\n",
        text=f"  ----- The following addresses had permanent fatal errors -----\n\n>>> {READER} "
        f"<{READER}>\n\n  ----- Transcript of session follows -----\n550 sorry, no mailbox here by "
        "that name (#5.1.1 - chkusr)\n",
        verdict="hard",
    ),
    Notice(
        name="delivery-problems",
        subject="Returned mail: see transcript for details",
        text=f"{_SENDMAIL}   ----- The following addresses had delivery problems -----\n{READER}\n\n   "
        "----- Non-delivered information -----\nThe number of messages in recipient's mailbox "
        "exceeded the local limit.\n\n   ----- Original message follows -----\n",
        verdict="soft",
    ),
    Notice(
        name="delivery-errors-brackets",
        sender='"Mail Deliver System" <system@mx.example.net>',
        subject="Returned Mail: Issue 12",
        text=f"{_SENDMAIL}---The following addresses had delivery errors---\n\n{READER} [User unknown]\n",
        verdict="hard",
    ),
    Notice(
        name="not-in-directory",
        sender="<postmaster@mx.example.net>",
        subject="DELIVERY FAILURE: User jo (jo@example.org) not listed in Domino Directory",
        text=f"Your message\n\n  Subject: Issue 12\n\nwas not delivered to:\n\n  {READER}\n\nbecause:\n\n"
        f"  User jo ({READER}) not listed in Domino Directory\n",
        verdict="hard",
    ),
    Notice(
        name="notes-reasons",
        sender="Postmaster <postmaster@notes.example.net>",
        subject="Issue 12",
        text="------- Failure Reasons  --------\n\nUser not listed in public Name & Address Book\n"
        f"{READER}\n\n------- Returned Message --------\n",
        verdict="hard",
    ),
    Notice(
        name="dma",
        subject="Mail delivery failed",
        text="This is the DragonFly Mail Agent v0.13 at mx.example.net.\n\nThere was an error delivering "
        f"your mail to <{READER}>.\n\nmx.example.org [192.0.2.5] did not like our RCPT TO:\n550 5.7.1 "
        "rejected: SPF check failed\n\nMessage headers follow.\n",
        verdict="policy",
    ),
    Notice(
        name="exchange-on-date",
        sender="System Administrator <postmaster@mx.example.net>",
        subject="Undeliverable: Issue 12",
        text=f"Your message\n\n  To:      {READER}\n  Subject: Issue 12\n  Sent:    Mon, 2 Mar 2026 "
        f"07:00:00 +0000\n\ndid not reach the following recipient(s):\n\n{READER} on Mon, 2 Mar 2026 "
        "07:00:02 +0000\n    The recipient name is not recognized\n\tThe MTS-ID of the original "
        "message is: c=us;a= ;p=x;l=MX-1\n    MSEXCH:IMS:X:X:MX 0 (000C05A6) Unknown Recipient\n",
        verdict="hard",
        returned=False,
    ),
    Notice(
        name="exchange-generating-server",
        sender="Microsoft Exchange <postmaster@mx.example.net>",
        subject="Undeliverable: Issue 12",
        text="Delivery has failed to these recipients or groups:\n\nJo Doe<mailto:jo@example.org>\nThe "
        "e-mail address you entered couldn't be found.\n\nDiagnostic information for administrators:"
        f"\n\nGenerating server: mx.example.net\n\n{READER}\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; "
        "not found ##\n\nOriginal message headers:\n",
        verdict="hard",
    ),
    Notice(
        name="exchange-french",
        sender="Microsoft Outlook <postmaster@mx.example.net>",
        subject="=?utf-8?q?Non_remis_:_Issue_12?=",
        text="Échec de la remise pour ces destinataires ou groupes :\n\nJo Doe (jo@example.org)\nLa boîte "
        "aux lettres du destinataire est pleine et ne peut pas accepter de messages.\n\nInformations "
        f"de diagnostic pour les administrateurs :\n\nServeur de génération : mx.example.net\n\n{READER}"
        "\nRemote Server returned '554 5.2.2 mailbox full'\n\nEn-têtes de message d'origine :\n",
        verdict="soft",
    ),
    Notice(
        name="exchange-german",
        sender="Microsoft Outlook <postmaster@mx.example.net>",
        subject="Unzustellbar: Issue 12",
        text="Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\n"
        f"{READER}\nDie eingegebene E-Mail-Adresse konnte nicht gefunden werden.\n\nDiagnoseinformationen "
        f"für Administratoren:\n\nGenerierender Server: mx.example.net\n\n{READER}\nRemote Server "
        "returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'\n\nUrsprüngliche Nachrichtenköpfe:\n",
        verdict="hard",
    ),
    Notice(
        name="exchange-spanish",
        sender="Microsoft Outlook <postmaster@mx.example.net>",
        subject="No se puede entregar: Issue 12",
        text=f"No se pudo entregar el mensaje a:\n\n{READER}\nNo se encontró la dirección de correo "
        f"electrónico.\n\nInformación de diagnóstico para los administradores:\n\n{READER}\n550 5.1.1 "
        "RESOLVER.ADR.RecipNotFound\n",
        verdict="hard",
    ),
    Notice(
        name="phone-account-disabled",
        sender="Postmaster@phone.example.net",
        subject="Mail System Error - Returned Mail",
        text=f"The user(s) account is disabled.\n\n<{READER}>: 550 user unknown (in reply to RCPT TO "
        "command)\n\n",
        verdict="hard",
    ),
    Notice(
        name="phone-limited",
        sender="Postmaster@phone.example.net",
        subject="Mail System Error - Returned Mail",
        text=f"The user(s) account is temporarily limited.\n\n<{READER}>\n\n",
        verdict="soft",
    ),
    Notice(
        name="phone-box-full",
        sender="no-reply@phone.example.net",
        subject="Mail could not be delivered",
        text="Your mail sent on: Mon, 2 Mar 2026 07:00:00 +0000\n    Could not be delivered to: "
        f"<{READER}>\n    As their mailbox is full.\n",
        verdict="soft",
    ),
    Notice(
        name="phone-details",
        sender="post_master@phone.example.net",
        subject="Undeliverable Message",
        text="Error: 550 - Requested action not taken: no such user here\n\nMessage details:\n  Subject: "
        f"Issue 12\n  Sent date: Mon Mar 02 07:00:00 GMT 2026\n  MAIL FROM: weekly@news.example.org\n  "
        f"RCPT TO: {READER}\n  From: weekly@news.example.org\n  Size (in bytes): 1024\n",
        verdict="hard",
        returned=False,
    ),
    Notice(
        name="phone-original-only",
        sender="sysadmin@phone.example.net",
        subject="Undeliverable Message",
        text="Message could not be delivered to mobile.\nError: No valid recipients for this MM\n\nOriginal "
        f"Message:\nDate: Mon, 2 Mar 2026 07:00:00 +0000\nTo: {READER}\nFrom: weekly@news.example.org\n",
        verdict="hard",
        returned=False,
    ),
    Notice(
        name="rcpt-to-field",
        sender="postmaster@mx.example.net",
        subject="[BOUNCE]",
        text="This message could not be delivered.\nError message below:\n550 5.1.1 user unknown\n\nMessage "
        "details:\n  Subject: Issue 12\n  MAIL FROM: weekly-bounces@news.example.org\n  RCPT TO: "
        f"{READER}\n  From: weekly@news.example.org\n  To: {READER}\n  Size (in bytes): 1024\n",
        verdict="hard",
        returned=False,
    ),
    Notice(
        name="unknown-user-line",
        sender="Postmaster <postmaster@mx.example.net>",
        subject="Undeliverable Mail",
        headers="X-Mailer: <SMTP32 v8.22>\n",
        text=f"Unknown user: {READER}\n\nOriginal message follows.\n\n",
        verdict="hard",
    ),
    Notice(
        name="numbered-failure",
        sender="<postmaster@mx.example.net>",
        subject="Message delivery has failed",
        text=f"Unable to deliver message to: <{READER}>\nDelivery failed for the following reason:\nServer "
        f"mx.example.org[192.0.2.5] failed with: 550 <{READER}> No such user here\n\nThis has been a "
        "permanent failure.  No further delivery attempts will be made.\n",
        verdict="hard",
    ),
    Notice(
        name="marshal",
        sender="<postmaster@mx.example.net>",
        subject='Undeliverable Mail: "Issue 12"',
        text="Your message:\n   From:    weekly-bounces@news.example.org\n   Subject: Issue 12\nCould not be "
        "delivered because of\n\n550 5.1.1 User unknown\n\nThe following recipients were affected:\n    "
        f"{READER}\n\nAdditional Information\n======================\n",
        verdict="hard",
    ),
    Notice(
        name="recipient-reason-lines",
        sender="Internet Mail Delivery <postmaster@mx.example.net>",
        subject="Delivery Notification: Delivery has failed",
        text="Your message cannot be delivered to the following recipients:\n\n  Recipient address: "
        f"{READER}\n  Reason: Remote SMTP server has rejected address\n  Diagnostic code: smtp;550 5.1.1 "
        f"<{READER}>... User Unknown\n  Remote system: dns;mx.example.org\n",
        verdict="hard",
    ),
    Notice(
        name="messaging-server-quota",
        sender="Internet Mail Delivery <postmaster@mx.example.net>",
        subject="Delivery Notification: Delivery has failed",
        text="This report relates to a message you sent with the following header fields:\n\n  Message-id: "
        "<12.7@news.example.org>\n  Subject: Issue 12\n\nYour message cannot be delivered to the "
        f"following recipients:\n\n  Recipient address: {READER}\n  Reason: Over quota\n",
        verdict="soft",
    ),
    Notice(
        name="japanese-gateway",
        sender="<postmaster@mx.example.net>",
        subject="failure notice",
        headers="X-Mailer: m-FILTER\n",
        text="このメールは自動的に生成して送信しています。\n下記の理由によりこのメールは送信できませんでした。\n\n"
        f"以下のメールアドレスへの送信に失敗しました。\n{READER}\n\n\n-------server message\n550 5.1.1 unknown "
        f"user <{READER}>\n\n-------SMTP command\nDATA\n\n-------original message\n",
        verdict="hard",
    ),
    Notice(
        name="rcpt-received",
        subject="Mail delivery failure",
        sender='"Mail gateway" <postmaster@mx.example.net>',
        text=f"Unable to deliver message.\n\nSent <<< RCPT TO:<{READER}>\nReceived >>> 550 5.1.1 <{READER}>... "
        "user unknown\n",
        verdict="hard",
    ),
    Notice(
        name="star-list",
        subject="Delivery status notification",
        text="============================================================================\n     This is an "
        "automatically generated Delivery Status Notification.\n\nDelivery to the following recipients "
        f"failed permanently:\n\n  * {READER}\n\n"
        "============================================================================\n"
        "                            Technical details:\n\nSMTP:RCPT host 192.0.2.8: 553 5.3.0 "
        f"<{READER}>... No such user here\n\n",
        verdict="hard",
    ),
    Notice(
        name="does-not-have-account",
        sender="MAILER-DAEMON@mx.example.net",
        subject="Delivery failure",
        text=f"Unable to deliver message to the following address(es).\n\n<{READER}>:\nThis user doesn't have "
        f"an example.org account ({READER}) [0]\n\n--- Original message follows.\n",
        verdict="hard",
    ),
    Notice(
        name="errors-counted",
        subject="There was an error sending your mail",
        text="We had trouble delivering your message. Full details follow:\n\nSubject: 'Issue 12'\nDate: 'Mon, 2 "
        f"Mar 2026 07:00:00 +0000'\n\n1 error(s):\n\nSMTP Server <mx.example.org> rejected recipient <{READER}>"
        " (Error following RCPT command). It responded as follows: [550 5.1.1 User unknown]\n",
        verdict="hard",
    ),
    Notice(
        name="error-code-tail",
        subject="Undelivered Mail Returned to Sender",
        text="This message was created automatically by mail delivery software.\n A message that you sent could "
        "not be delivered to one or more of its recipients. This is a permanent error.\n\n"
        f"{READER} Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 mailbox unavailable\n\n",
        verdict="hard",
    ),
    Notice(
        name="temporary-tail",
        subject="Delivery delayed",
        text="This message was created automatically by mail delivery software. A message that you sent could "
        "not be delivered yet to one or more of its recipients.\n\nThis is a temporary delay; we will "
        f"keep trying for 3 days.\n\n{READER} Host not reachable, ERROR_CODE :451\n\n",
        verdict="soft",
    ),
    Notice(
        name="google-permanent",
        sender="Mail Delivery Subsystem <mailer-daemon@mail.example.net>",
        subject="Delivery Status Notification (Failure)",
        text=f"Delivery to the following recipient failed permanently:\n\n     {READER}\n\nTechnical details of "
        "permanent failure:\nWe tried to deliver your message, but it was rejected by the server for the "
        "recipient domain example.org by mx.example.org. [192.0.2.5].\n\nThe error that the other server "
        "returned was:\n550 5.1.1 The email account that you tried to reach does not exist.\n\n----- "
        "Original message -----\n",
        verdict="hard",
    ),
    Notice(
        name="google-delay",
        sender="Mail Delivery Subsystem <mailer-daemon@mail.example.net>",
        subject="Delivery Status Notification (Delay)",
        text="This is an automatically generated Delivery Status Notification\n\nTHIS IS A WARNING MESSAGE ONLY."
        f"\n\nYOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\nDelivery to the following recipient has been delayed:"
        f"\n\n     {READER}\n\nMessage will be retried for 2 more day(s)\n\n----- Original message -----\n",
        verdict="soft",
    ),
    Notice(
        name="group-permission",
        sender="Mail Delivery Subsystem <mailer-daemon@mail.example.net>",
        subject="Delivery Status Notification (Failure)",
        text="Hello weekly,\n\nWe're writing to let you know that the group you tried to contact (jo) may not "
        "exist, or you may not have permission to post messages to the group.\n\n----- Original message "
        "-----\n",
        verdict="hard",
    ),
    Notice(
        name="attempts-made",
        subject="NOTIFICATION: Delivery failure",
        sender="Mail gateway <postmaster@mx.example.net>",
        text="Your message could not be sent.\nA transcript of the attempts to send the message follows.\nThe "
        f"number of attempts made: 1\nAddressed To: {READER}\n\nMon, 2 Mar 2026 07:00:00 +0000\nFailed to "
        f"send to identified host,\n{READER}: [192.0.2.5], 550 {READER}... No such user\n--- Message "
        "non-deliverable.\n",
        verdict="hard",
    ),
    Notice(
        name="opensmtpd",
        sender="Mailer Daemon <MAILER-DAEMON@mx.example.net>",
        subject="Delivery status notification",
        text="    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.\n\n    An error has "
        "occurred while attempting to deliver a message for\n    the following list of recipients:\n\n"
        f"{READER}: 550 5.2.2 <{READER}>... Mailbox Full\n\n    Below is a copy of the original message:\n",
        verdict="soft",
    ),
    Notice(
        name="opensmtpd-delay",
        sender="Mailer Daemon <MAILER-DAEMON@mx.example.net>",
        subject="Delivery status notification",
        text="    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.\n\n    A message is "
        "delayed for more than 4 hours for the following\n    list of recipients:\n\n"
        f"{READER}: 450 4.2.1 try later\n\n    Please note that this is only a temporary failure report.\n"
        "    The message is kept in the queue for up to 4 days.\n    You DO NOT NEED to re-send the message "
        "to these recipients.\n\n    Below is a copy of the original message:\n",
        verdict="soft",
    ),
    Notice(
        name="affected-list",
        sender="<postmaster@mx.example.net>",
        subject="Delivery report",
        text="Hello, this is the mail server on mx.example.net.\n\nI am sending you this message to inform you on "
        "the delivery status of a\nmessage you previously sent.  Immediately below you will find a list of\n"
        f"the affected recipients.\n\nDelivery to the following recipients failed:\n\n   <{READER}>\n\n"
        "Message rejected as spam by content filter (state 18).\n",
        verdict="policy",
    ),
    Notice(
        name="problems-parenthesis",
        sender="<postmaster@mx.example.net>",
        subject="Undeliverable message",
        text=f"--- The following addresses had delivery problems ---\n\n<{READER}>   (User unknown {READER})\n\n",
        verdict="hard",
    ),
    Notice(
        name="pipe-bars",
        subject="mail failed, returning to sender",
        text=f"|------------------------- Message log follows: -------------------------|\n no valid recipients "
        "were found for this message\n|------------------------- Failed addresses follow: "
        f"---------------------|\n <{READER}>\n   552 5.2.2 <{READER}> Quota exceeded (mailbox for user is "
        "full)\n\n|------------------------- Message header follows: ----------------------|\n",
        verdict="soft",
    ),
    Notice(
        name="russian",
        subject="=?utf-8?b?0J3QtSDQtNC+0YHRgtCw0LLQu9C10L3Qvg==?=",
        text="Это письмо создано автоматически сервером, отвечать на него не нужно.\n\nК сожалению, Ваше письмо "
        f"не может быть доставлено одному или нескольким получателям:\n\n**********************\n\n{READER}\n"
        "user not found\n\n**********************\n",
        verdict="hard",
    ),
    Notice(
        name="chinese",
        sender="<postmaster@mx.example.net>",
        subject="=?utf-8?b?57O757uf6YCA5L+h?=",
        text=f"抱歉，您的邮件被退回来了……\n\n无法发送到 {READER}\n\n退信原因：收件人邮件地址（{READER}）不存在，邮件无法送达。\n"
        "SMTP error, RCPT TO: Host mx.example.org said: 550 Mailbox not found\n",
        verdict="hard",
    ),
    Notice(
        name="italian",
        subject="Mancata consegna: Issue 12",
        sender="<postmaster@mx.example.net>",
        text=f"Il messaggio non ha potuto essere consegnato al seguente destinatario:\n\n{READER}\n\nMotivo: casella "
        "di posta piena (552 mailbox full)\n",
        verdict="soft",
    ),
    Notice(
        name="portuguese",
        subject="Mensagem não entregue",
        sender="Sistema de correio <mailer-daemon@mx.example.net>",
        text=f"Não foi possível entregar sua mensagem ao destinatário:\n\n<{READER}>: usuário desconhecido (550 "
        "5.1.1)\n",
        verdict="hard",
    ),
    Notice(
        name="html-only",
        headers="Content-Type: text/html; charset=utf-8\n",
        text=f"<html><body><p>Your message to <b>{READER}</b> couldn't be delivered.</p><p>jo wasn't found at "
        "example.org.</p><p>550 5.1.1 recipient not found</p></body></html>",
        subject="Undeliverable: Issue 12",
        verdict="hard",
        returned=False,
    ),
    Notice(
        name="multipart-mixed",
        headers=_MULTIPART,
        text=f"--b\nContent-Type: text/plain\n\nThe following message could not be delivered:\n\n<{READER}>: host "
        "mx.example.org said: 550-5.7.26 unauthenticated mail is refused\n\n--b\nContent-Type: "
        f"message/rfc822\n\n{RETURNED}\n--b--\n",
        verdict="policy",
        returned=False,
    ),
    Notice(
        name="greylisted-too-long",
        text="This is the mail system at host mx.example.net.\n\nI'm sorry to have to inform you that your message "
        f"could not\nbe delivered to one or more recipients.\n\n<{READER}>: host mx.example.org[192.0.2.5] said: "
        "450 4.2.0 Greylisted (in reply to RCPT TO command)\n",
        verdict="soft",
    ),
    Notice(
        name="blocked-address",
        text="This is the mail system at host mx.example.net.\n\nYour message could not be delivered.\n\n"
        f"<{READER}>: host mx.example.org[192.0.2.5] said: 554 Service unavailable; Client host [192.0.2.1] "
        "blocked using a blocklist (in reply to RCPT TO command)\n",
        verdict="policy",
    ),
    Notice(
        name="too-large",
        text="This is the mail system at host mx.example.net.\n\nYour message could not be delivered.\n\n"
        f"<{READER}>: message size 95000 exceeds size limit 50000 of server mx.example.org[192.0.2.5]\n",
        verdict="soft",
    ),
    Notice(
        name="network",
        text="This is the mail system at host mx.example.net.\n\nYour message could not be delivered.\n\n"
        f"<{READER}>: connect to mx.example.org[192.0.2.5]:25: Connection timed out\n",
        verdict="soft",
    ),
    Notice(
        name="domain-gone",
        text="This is the mail system at host mx.example.net.\n\nYour message could not be delivered.\n\n"
        f"<{READER}>: Host or domain name not found. Name service error for name=example.org type=AAAA: Host "
        "not found\n",
        verdict="hard",
    ),
    Notice(
        name="old-message-quoted",
        text=f"The mail below could not be delivered to:\n\n  <{READER}>\n\nOld message:\n\n"
        "The list is members-only, and the mailbox of the list is full of spam.\n",
        verdict="soft",
        returned=False,
    ),
    Notice(
        name="undeliverable-to",
        text=f"undeliverable to {READER}\n\nOriginal message follows.\n",
        verdict="soft",
    ),
    Notice(
        name="mail-loop",
        text="This is the mail system at host mx.example.net.\n\nYour message could not be delivered.\n\n"
        f"<{READER}>: mail for example.org loops back to myself\n",
        verdict="soft",
    ),
    Notice(
        name="envelope-expired",
        text="An error has occurred while attempting to deliver a message for\nthe following list of recipients:\n\n"
        f"{READER}: Envelope expired\n",
        verdict="soft",
    ),
    Notice(
        name="local-mailer",
        text="   ----- The following addresses had permanent fatal errors -----\n"
        f"<{READER}>\n\n   ----- Transcript of session follows -----\nmail.local: unknown user: jo\n"
        f"554 <{READER}>... Service unavailable\n",
        verdict="hard",
    ),
    Notice(
        name="not-in-the-directory-in-japanese",
        text=f"------- Failure Reasons  --------\n\nディレクトリのリストにありません\n{READER}\n",
        verdict="hard",
    ),
    Notice(
        name="reply-that-names-the-sender",
        text=f"{_EXIM}  {READER}\n    553 5.1.8 <weekly@news.example.org>... Domain of sender address\n"
        f"    weekly@news.example.org does not exist\n{_COPY}",
        verdict="policy",
    ),
    Notice(
        name="sender-refused-by-an-access-list",
        text="This is the mail system at host mx.example.net.\n\nYour message could not be delivered.\n\n"
        f"<{READER}>: host mx.example.org[192.0.2.9] said: 554 5.7.1\n"
        "    <weekly@news.example.org>: Sender address rejected: Access denied (in reply to RCPT TO command)\n",
        verdict="policy",
    ),
)
