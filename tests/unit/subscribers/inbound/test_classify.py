from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from subscribers.inbound.classify import Inbound, MailKind, classify
from subscribers.inbound.command_words import Verb
from subscribers.inbound.commands import Command
from subscribers.inbound.complaints import Complaint
from subscribers.inbound.list_addresses import AddressRole, ListAddress
from subscribers.inbound.returned_mail import ReturnedMail
from tests.factories.ordinary import ordinary_mails
from tests.sampling import sampled

DATA = Path(__file__).parents[3] / "data" / "subscribers" / "inbound"


def mail(text: str = "Hello", **headers: str) -> bytes:
    """A mail from a person, with these headers besides."""
    message = EmailMessage()
    given = {"From": "Jo Doe <jo@example.org>", "Subject": "Re: Issue 12"}
    for name, value in {**given, **{n.replace("_", "-"): v for n, v in headers.items()}}.items():
        if value:
            message[name] = value
    message.set_content(text)
    return message.as_bytes()


def read(
    raw: bytes,
    role: AddressRole = AddressRole.LIST,
    *,
    detail: str = "",
    envelope_sender: str | None = None,
) -> Inbound:
    """What a mail to `weekly-ROLE@` is."""
    return classify(raw, ListAddress(list_slug="weekly", role=role, detail=detail), envelope_sender)


def test_letters_commands_and_answers_are_told_apart() -> None:
    """A reader's letter goes to the editor, a command is carried out, an answer confirms."""
    assert read(mail()).kind is MailKind.REPLY
    assert read(mail()).sender == "jo@example.org"
    assert read(mail("unsubscribe")).kind is MailKind.COMMAND
    assert read(mail("help"), AddressRole.REQUEST).kind is MailKind.COMMAND
    assert read(mail("Yes!"), AddressRole.CONFIRM, detail="token").kind is MailKind.CONFIRMATION
    assert read(b"").kind is MailKind.UNREADABLE


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("https://a.example/1", ("https://a.example/1", "")),
        ("Read (https://a.example/1)!\nIt is old.", ("https://a.example/1", "Read ! It is old.")),
        ("<https://a.example/1?b=c>\n\n> https://quoted.example", ("https://a.example/1?b=c", "")),
        ("HTTP://a.example/x and https://b.example", ("HTTP://a.example/x", "and https://b.example")),
    ],
)  # fmt: skip
def test_a_suggestion_is_the_first_link_and_the_words_around_it(
    text: str, words: tuple[str, ...]
) -> None:
    """Of what the writer wrote; what they quote or sign with is not read."""
    found = read(mail(text), AddressRole.SUGGEST)
    assert found.kind is MailKind.COMMAND
    assert found.command == Command(verb=Verb.SUGGEST, words=words)


def test_a_suggestion_may_stand_in_the_subject_and_one_without_a_link_is_a_letter() -> None:
    """What is no web address is no link, and a program suggests nothing."""
    subject = mail("Look!", Subject="https://a.example/1")
    assert read(subject, AddressRole.SUGGEST).command == Command(
        verb=Verb.SUGGEST, words=("https://a.example/1", "Look!")
    )
    assert read(mail("file:///etc/passwd"), AddressRole.SUGGEST).kind is MailKind.REPLY
    machine = mail("https://a.example/1", Precedence="bulk")
    assert read(machine, AddressRole.SUGGEST).kind is MailKind.AUTOMATIC


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated (rejected)"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"List_Id": "<weekly.news.example.org>"},
        {"From": "no-reply@example.org"},
        {"From": "other-request@lists.example.org"},
        {"Sender": "owner-news@example.org"},
        {"Sender": "Words <words@listserv.example.org>"},
        {"Errors_To": "errors@shop.example.org"},
        {"Mailing_List": "contact other-help@example.org; run by ezmlm"},
        {"X_Mailing_List": "other@example.org"},
        {"X_BeenThere": "other@example.org"},
        {"List_Help": "<mailto:other-request@example.org>"},
        {"From": ""},
        {"Return_Path": "<>"},
        {"Subject": "Out of Office: Re: Issue 12"},
        {"Subject": "Automatische Antwort: Issue 12"},
        {"Subject": "自动回复: Issue 12"},
    ],
)
@pytest.mark.parametrize(
    "role", [AddressRole.REQUEST, AddressRole.CONFIRM, AddressRole.UNSUBSCRIBE, AddressRole.LIST]
)
def test_no_machine_gives_commands(headers: dict[str, str], role: AddressRole) -> None:
    """Autoresponders, lists and robots neither confirm nor leave, and get no answer (RFC 3834)."""
    assert read(mail("unsubscribe", **headers), role, detail="token").kind is MailKind.AUTOMATIC


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: Please confirm [verification required]", "I do not know you."),
        ("Your mail to Jo", "Please prove that you are human: example.org/captcha"),
        ("Re: Please confirm", "Your message is held until you answer this one."),
        ("Re: Please confirm", "Click the link below, and your message will be delivered."),
    ],
)
def test_a_challenge_is_no_yes(subject: str, text: str) -> None:
    """A filter that asks who we are confirms nothing; at the editors' address it is a letter."""
    raw = mail(text, Subject=subject)
    assert read(raw, AddressRole.CONFIRM, detail="token").kind is MailKind.AUTOMATIC
    assert read(raw, AddressRole.OWNER).kind is MailKind.REPLY


def test_a_person_s_mail_program_may_forbid_robots_to_answer_it() -> None:
    """Auto-Submitted: no, and Exchange's header about automatic answers, are a person's mail."""
    raw = mail("unsubscribe", Auto_Submitted="no", X_Auto_Response_Suppress="All")
    assert read(raw).kind is MailKind.COMMAND


OPT_OUT = {"Auto_Submitted": "auto-replied", "X_Apple_Unsubscribe": "true"}
APPLE_SAYS = 'Apple Mail sent this email to unsubscribe from the message "Weekly 12".'


@pytest.mark.parametrize("envelope_sender", ["jo@icloud.example", "", None])
def test_a_mail_program_s_opt_out_is_a_command(envelope_sender: str | None) -> None:
    """iCloud marks it as an automatic reply; the token in its subject proves whose wish it is."""
    raw = mail(APPLE_SAYS, Subject=f"unsubscribe {TOKEN}", **OPT_OUT)
    found = read(raw, AddressRole.UNSUBSCRIBE, envelope_sender=envelope_sender)
    assert (found.kind, found.automatic) == (MailKind.COMMAND, True)
    assert found.command == Command(verb=Verb.UNSUBSCRIBE, words=(TOKEN,))


def test_an_opt_out_may_come_without_our_subject() -> None:
    """Apple's program leaves it empty on some devices; then its own words say what it is."""
    for headers in ({"X_Apple_Unsubscribe": "true"}, {}):
        raw = mail(APPLE_SAYS, Subject="", Auto_Submitted="auto-replied", **headers)
        found = read(raw, AddressRole.UNSUBSCRIBE)
        assert (found.kind, found.automatic) == (MailKind.COMMAND, True)
        assert read(raw, AddressRole.LIST).kind is MailKind.AUTOMATIC


def test_the_null_sender_is_a_machine() -> None:
    """RFC 5321 4.5.5: nothing is sent in answer to it."""
    assert read(mail("unsubscribe"), envelope_sender="").kind is MailKind.AUTOMATIC


def test_bounces_are_read_and_success_is_none() -> None:
    """A report that the mail arrived needs no attention; a mute bounce goes to the operator."""
    bounce = read((DATA / "report-unknown-user.eml").read_bytes(), AddressRole.BOUNCES)
    assert (bounce.kind, bounce.failures[0].address) == (MailKind.BOUNCE, "jo@example.org")
    assert read((DATA / "report-success.eml").read_bytes()).kind is MailKind.AUTOMATIC
    mute = read((DATA / "prose-mute.eml").read_bytes(), AddressRole.BOUNCES)
    assert (mute.kind, mute.failures) == (MailKind.BOUNCE, ())


def test_a_bounce_about_a_bounce_is_not_answered() -> None:
    """It is a bounce at any of our addresses, also where a command would be read."""
    raw = (DATA / "prose-qmail.eml").read_bytes()
    assert read(raw, AddressRole.UNSUBSCRIBE).kind is MailKind.BOUNCE


@pytest.mark.sampled
def test_ordinary_mail_is_neither_bounce_nor_command() -> None:
    """4,000 letters, replies, forwards and programs' mails, full of the words of both."""
    count, expected = 0, sampled(whole=4_000, sample=400)
    for count, mail_in in enumerate(ordinary_mails(expected), 1):
        role = (AddressRole.LIST, AddressRole.OWNER)[count % 2]
        found = read(mail_in.raw, role, envelope_sender=mail_in.envelope_sender)
        assert found.kind in (MailKind.REPLY, MailKind.AUTOMATIC), mail_in.raw.decode(
            "utf-8", "replace"
        )
    assert count == expected


TOKEN = "WzFd." + "a" * 43
LINK = f"https://news.example.org/u/{TOKEN}"
SIGNED = "weekly-bounces+7-12-0123456789abcdef0123@news.example.org"


def report(
    feedback_type: str = "abuse", *, redacted: bool = False, headers_only: bool = False
) -> bytes:
    """A feedback report (RFC 5965 B.1), written for this test."""
    kind = "text/rfc822-headers" if headers_only else "message/rfc822"
    to = "redacted" if redacted else "jo@example.org"
    rcpt = "" if redacted else "Original-Rcpt-To: <jo@example.org>\n"
    return f"""From: <feedback@isp.example.net>
To: weekly-bounces@news.example.org
Subject: FW: Issue 12
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b1"

--b1
Content-Type: text/plain

This is an email abuse report.

--b1
Content-Type: message/feedback-report

Feedback-Type: {feedback_type}
User-Agent: SomeGenerator/1.0
Version: 1
{rcpt}Original-Mail-From: <{SIGNED}>

--b1
Content-Type: {kind}

From: Weekly <weekly@news.example.org>
To: {to}
Subject: Issue 12
Message-ID: <12.7@news.example.org>
List-Unsubscribe: <mailto:weekly-unsubscribe@news.example.org>,
 <{LINK}>

News.
--b1--
""".encode()


@pytest.mark.parametrize("redacted", [False, True])
@pytest.mark.parametrize("headers_only", [False, True])
def test_a_complaint_names_its_reader(redacted: bool, headers_only: bool) -> None:
    """By address where the provider tells it, and always by the link in our returned mail."""
    found = read(report(redacted=redacted, headers_only=headers_only), AddressRole.BOUNCES)
    assert found.kind is MailKind.COMPLAINT
    assert found.complaint == Complaint(
        feedback_type="abuse", addresses=() if redacted else ("jo@example.org",)
    )
    assert found.returned == ReturnedMail(
        tokens=(TOKEN,),
        signed=(SIGNED,),
        message_ids=found.returned.message_ids,
        recipients=() if redacted else ("jo@example.org",),
    )
    assert "<12.7@news.example.org>" in found.returned.message_ids


def test_a_complaint_of_outlook_com_has_no_report() -> None:
    """Its program marks the returned mail, and leaves our link in it."""
    raw = report().replace(b"multipart/report; report-type=feedback-report", b"multipart/mixed")
    raw = raw.replace(b"message/feedback-report", b"text/plain")
    assert read(raw).kind is MailKind.REPLY
    found = read(
        raw.replace(b"From: Weekly", b"X-HmXmrOriginalRecipient: jo@example.org\nFrom: Weekly")
    )
    assert found.complaint is not None
    assert found.complaint.addresses == ("jo@example.org",)
    assert found.returned.tokens == (TOKEN,)
    assert found.complaint.ends_the_subscription


@pytest.mark.parametrize(
    ("feedback_type", "ends"),
    [
        ("abuse", True),
        ("Fraud", True),
        ("opt-out", True),
        ("not-spam", False),
        ("virus", False),
        ("auth-failure", False),
    ],
)
def test_only_a_wish_ends_a_subscription(feedback_type: str, ends: bool) -> None:
    """`not-spam` takes a complaint back, and reports about authentication are not about readers."""
    complaint = read(report(feedback_type)).complaint
    assert complaint is not None
    assert complaint.ends_the_subscription is ends
