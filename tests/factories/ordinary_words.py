"""What ordinary mail says, in many languages and in the words of bounces and commands."""

from __future__ import annotations

from dataclasses import dataclass

SUBJECTS = (
    "Re: help with my order",
    "help with my order",
    "Help needed: the third article",
    "Undelivered parcel 4711",
    "Mail failure at work yesterday",
    "Delivery problems in the Alps",
    "Your delivery has been delayed",
    "My letter was returned",
    "Message rejected by the jury",
    "Unsubscribe links: an idea for an article",
    "How do I subscribe my mother?",
    "Please confirm the date of the interview",
    "Confirm your speakers",
    "Stop the presses!",
    "Which keyboard would you buy?",
    "Tags and topics",
    "Pause button of the player",
    "A status update on the review",
    "Failure to launch",
    "The mailbox on our street is full of snow",
    "Returned books",
    "User unknown: a novel",
    "Bounce houses for children",
    "Warning: contains spoilers",
    "Join us on Saturday",
    "Leave of absence",
    "Question about issue 12",
    "Great issue",
    "",
    "(no subject)",
    "Frage zur letzten Ausgabe",
    "Abmelden vom Turnverein",
    "Nicht zugestelltes Paket",
    "Unzustellbare Briefe im Museum",
    "Question sur le numéro 12",
    "Échec et mat",
    "Désabonnement : comment faites-vous ?",
    "Pregunta sobre el boletín",
    "Baja laboral",
    "Ayuda con mi pedido",
    "Вопрос о выпуске",
    "关于第12期",
    "退货问题",
    "سؤال عن العدد",
    "第12号について",
    "질문이 있습니다",
    "Vraag over uw nieuwsbrief",
    "Domanda sul numero 12",
)

LETTERS = (
    "Dear editors,\nI could not deliver the manuscript in time; the post office returned it to me.",
    "Hi,\nplease help me to understand the third article.",
    "Hello, I tried to unsubscribe my late father and could not find the link. What should I do?",
    "I would like to subscribe my mother to the paper edition.",
    "Could you confirm that the interview is on Tuesday?",
    "Stop blaming the readers. They did not design the thing.",
    "Stop!\nBefore you print the next issue, look at the second table once more: the prices are old.",
    "Leave it as it is, I would say: the new layout is fine, whatever people write to you.",
    "Leave\nor stay? Your article did not answer the question, and I am none the wiser now.",
    'My mail was returned with "550 user unknown" when I wrote to the author at old@example.com. '
    "Do you know a newer address?",
    "At work we had a mail failure: all mail was rejected as spam for three days, mailbox full everywhere.",
    "The parcel could not be delivered. The delivery service says the address is unknown.",
    "Your delivery status notification made me laugh.",
    "Which of the two would you buy? The status of the first one is unclear.",
    "The tags on the website are wrong: two topics are missing.",
    "Pause for a moment and think of the people who have to maintain this.",
    "The out of office replies of my colleagues are works of art.",
    "I am out of the country until May and read you from there.",
    "Mailer daemons are older than I am. Nice piece of history!",
    "Thanks!",
    "👍",
    "Yes.",
    "No, thank you.",
    "I moved to another flat; the doormat is delivered to the wrong address, failed twice.",
    "Please remove me from the photograph in issue 9, I do not want to be seen there.",
    "Resume attached. I saw that you look for a writer.",
    "Erase the board, they said. A lovely story about my school.",
    "Topics I would love to read about: gardens, locks, trains.",
    "Subscribe buttons are everywhere, and nobody explains them. Write about that, please.",
    "unsubscribe is a strange word, is it not? Etymology would be a good column.",
    "Confirm with your accountant before you print this number: it is off by ten.",
    "Liebe Redaktion,\nich wollte mich beim Sportverein abmelden, und die Mail kam als unzustellbar zurück.",
    "Können Sie mir helfen? Das Paket wurde nicht zugestellt.",
    "Bitte schreiben Sie mehr über Schlösser. Abbestellen werde ich Sie nie.",
    "Bonjour,\nje n'arrive pas à me désabonner d'un autre journal, pouvez-vous m'aider ?",
    "Le colis n'a pas été remis, échec de la livraison. Drôle d'histoire.",
    "Hola:\nquerría darme de baja del gimnasio y su artículo me dio la idea.",
    "No se pudo entregar el paquete, pero la carta llegó.",
    "Здравствуйте! Письмо не может быть доставлено, сказала почта. Спасибо за выпуск.",
    "您好，我想取消订阅另一份报纸，请问怎么办？包裹被退回了。",
    "谢谢，这一期很好。",
    "مرحبا، أردت إلغاء الاشتراك في صحيفة أخرى ولم أجد الرابط.",
    "こんにちは。荷物が届きませんでした。配信停止の方法を記事にしてください。",
    "안녕하세요. 수신거부에 관한 기사를 읽었습니다.",
    "Beste redactie,\nmijn pakket was onbestelbaar. Mooi artikel over afmelden!",
    "Buongiorno,\nla mancata consegna del pacco mi ha fatto ridere.",
    "Prezada redação,\na encomenda não foi entregue. Gostei do texto.",
    "Hej!\nPaketet kunde inte levereras. Tack för ett fint nummer.",
    "Merhaba, abonelikten çıkmak isteyen komşum size yazacak.",
    "שלום, קראתי את הגיליון. תודה!",
    "The committee rejected my proposal, the mail system failed, and I could not send it to "
    "chair@example.com. What a week.",
    "Is there a list of all issues? The archive stops in 2024.",
    'I read: "host mx.example.com said: 452 mailbox full (in reply to RCPT TO command)". What does it mean?',
    "Two corrections.\n1. The lock is older.\n2. help is spelt with one l.",
    "help\nis what I would have needed, but the hotline was closed; your guide did the rest.",
)

SIGNATURES = (
    "",
    "Jo",
    "Kind regards,\nJo Doe",
    "-- \nJo Doe\nhelp desk, Example Ltd",
    "Mit freundlichen Grüßen\nJo Doe",
    "Cordialement,\nJo Doe",
    "Sent from my phone",
    "Von meinem iPhone gesendet",
    "Get the app: unsubscribe from noise",
    "_______________\nJo Doe\nThis e-mail is confidential. If you are not the intended recipient, delete it.",
    "Un saludo,\nJo",
    "此致\n敬礼",
    "تحياتي،\nجو",
)

CLIENTS = (
    "On Mon, 2 Mar 2026 at 09:30, {sender} wrote:\n> {text}",
    "On 02/03/2026 09:30, {sender} wrote:\n\n{text}",
    "Am 02.03.26 um 09:30 schrieb {sender}:\n> {text}",
    "Le lun. 2 mars 2026 à 09:30, {sender} a écrit :\n> {text}",
    "El lun, 2 mar 2026 a las 9:30, {sender} escribió:\n> {text}",
    "在 2026年3月2日，09:30，{sender} 写道：\n\n{text}",
    "2026年3月2日(月) 9:30 {sender}:\n> {text}",
    "في الاثنين، 2 مارس 2026، كتب {sender}:\n> {text}",
    "-----Original Message-----\nFrom: {sender}\nSent: Monday, March 2, 2026 9:30 AM\nSubject: Issue 12\n\n{text}",
    "-----Ursprüngliche Nachricht-----\nVon: {sender}\nGesendet: Montag, 2. März 2026 09:30\n\n{text}",
    "________________________________\nDe : {sender}\nEnvoyé : lundi 2 mars 2026 09:30\nObjet : Issue 12\n\n{text}",
    "---- {sender} schrieb ----\n{text}",
    "=== {sender}\n{text}",
    "> {text}\n\nI agree with that.",
    "",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """A program's mail, with the envelope sender such programs use."""

    sender: str
    subject: str
    text: str
    envelope: str = "robot@robot.example.com"
    headers: tuple[tuple[str, str], ...] = ()
    attached: tuple[str, str] | None = None


MACHINES = (
    Machine(
        sender="Parcel Delivery Service <service@parcel.example.com>",
        subject="Delivery notification: your parcel NUMBER could not be delivered",
        text="We could not deliver your parcel NUMBER today. Questions? Write to help@parcel.example.com "
        "or visit a parcel shop.",
    ),
    Machine(
        sender="Parcels <no-reply@parcel.example.com>",
        subject="Delivery attempt failed",
        text="Delivery failed: nobody was at home. The parcel has been returned to the sender.",
    ),
    Machine(
        sender="Postmaster of the village <postmaster@village.example>",
        subject="Failed to deliver the minutes",
        text="I failed to bring you the minutes. Call me.\n\nThe postmaster (the one with the stamps)",
        envelope="postmaster@village.example",
    ),
    Machine(
        sender="Shop <orders@shop.example.com>",
        subject="Receipt for order NUMBER",
        text="Thank you. Your order NUMBER: 2 locks, 1 key. Not delivered yet. Help: help@shop.example.com",
    ),
    Machine(
        sender="Shop <orders@shop.example.com>",
        subject="Order NUMBER: payment rejected",
        text="Your card was refused. Please try again within 3 days.",
    ),
    Machine(
        sender="Bank <info@bank.example.com>",
        subject="Returned direct debit",
        text="A direct debit of EUR 12 was returned: account unknown.",
    ),
    Machine(
        sender="Calendar <calendar@example.org>",
        subject="Declined: editorial meeting",
        text="Jo Doe has declined this invitation.",
        attached=("calendar", "BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR\n"),
    ),
    Machine(
        sender="Jo Doe <jo@example.org>",
        subject="Invitation: please confirm",
        text="You are invited. Confirm in your calendar.",
        attached=("calendar", "BEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR\n"),
    ),
    Machine(
        sender="dev <dev@lists.example.org>",
        subject="[dev] unsubscribe",
        text="Please unsubscribe me from this list, I get too much mail\n_______\ndev mailing list",
        headers=(("List-Id", "<dev.lists.example.org>"), ("Precedence", "list")),
    ),
    Machine(
        sender="dev-request@lists.example.org",
        subject="dev Digest, Vol 3, Issue 12",
        text="unsubscribe\n\nToday's Topics:\n\n  1. Mail delivery failed: returning message to sender",
        headers=(("List-Id", "<dev.lists.example.org>"),),
    ),
    Machine(
        sender="Another Newsletter <news@other.example.com>",
        subject="Undeliverable? How to clean your list",
        text="unsubscribe\n\nToday: hard bounces, soft bounces and user unknown.",
        headers=(("List-Unsubscribe", "<mailto:leave@other.example.com>"),),
    ),
    Machine(
        sender="Another Newsletter <news@other.example.com>",
        subject="You are unsubscribed",
        text="You will get no more mail from us. Changed your mind? subscribe",
        headers=(("Auto-Submitted", "auto-generated"),),
    ),
    Machine(
        sender="Help Desk <help@tickets.example.com>",
        subject="[#NUMBER] We got your request",
        text="help\n\nYour ticket NUMBER was opened. Please confirm by a reply.",
        headers=(("Auto-Submitted", "auto-replied"),),
    ),
    Machine(
        sender="Jo Doe <jo@example.org>",
        subject="Out of office: Issue 12",
        text="I am away until Monday. Mail is not read. In urgent cases: other@example.org",
        envelope="",
        headers=(("Auto-Submitted", "auto-replied"),),
    ),
    Machine(
        sender="Jo Doe <jo@example.org>",
        subject="Automatische Antwort: Ausgabe 12",
        text="Ich bin nicht im Büro. Ihre Nachricht wird nicht weitergeleitet.",
        envelope="",
    ),
    Machine(
        sender="Jo Doe <jo@example.org>",
        subject="Not read: Undelivered Mail Returned to Sender",
        text="Your message was deleted without being read on Monday.",
        envelope="",
        headers=(
            ("Auto-Submitted", "auto-replied"),
            ("X-MS-Exchange-Inbox-Rules-Loop", "jo@example.org"),
        ),
    ),
    Machine(
        sender="Cron Daemon <root@server.example.com>",
        subject="Cron <root@server> backup",
        text="backup failed: disk full\nmail queue: 3 undelivered",
        envelope="root@server.example.com",
        headers=(("X-Cron-Env", "<SHELL=/bin/sh>"),),
    ),
    Machine(
        sender="System Administrator <admin@firma.example>",
        subject="Mail system maintenance on Saturday",
        text="The mail system will be down. Mail that is not delivered then is delivered on Sunday. "
        "Questions to admin@firma.example",
        envelope="admin@firma.example",
    ),
    Machine(
        sender="Internet Mail GmbH <info@internetmail.example.com>",
        subject="Your mailbox is full of offers",
        text="Buy now. Unknown users get 10 %.",
    ),
    Machine(
        sender="Social <notify@social.example.com>",
        subject="Jo Doe wants to confirm you as a friend",
        text="confirm\n\nClick to confirm.",
    ),
    Machine(
        sender="Complaints <complaints@tenants.example.org>",
        subject="Message blocked stairs",
        text="The message board blocks the stairs. Tenants complain.",
        envelope="complaints@tenants.example.org",
    ),
    Machine(
        sender="Newsroom <desk@agency.example.com>",
        subject="Mail delivery failed in half of the country",
        text="AGENCY. Mail delivery failed on Monday in half of the country, the post said. Letters were "
        "returned to senders. Contact: desk@agency.example.com",
    ),
    Machine(
        sender="Accounts <no-reply@accounts.example.com>",
        subject="Please confirm your e-mail address",
        text="confirm\n\nEnter the code 123456.",
    ),
    Machine(
        sender="Gateway Hotel <gateway@hotel.example.com>",
        subject="Your booking request was rejected",
        text="We are fully booked. We could not reserve a room for you. gateway@hotel.example.com",
        envelope="gateway@hotel.example.com",
    ),
)
