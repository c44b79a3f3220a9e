"""Boilerplate of article pages: the lines around an article that are not part of it.

The patterns match whole lines of a text dump, in several languages. They describe common wording,
never one site.
"""

from __future__ import annotations

import re
from enum import Enum

MAX_HEADING = 70
"""In characters; a longer line is always prose."""


class Boilerplate(Enum):
    """The kind of a line that is not part of the article."""

    END = "end"  # the article is over: comments, lists of other articles, sign-in, legal lines
    PERHAPS_END = "perhaps end"  # a heading that an article may also contain
    PLUG = "plug"  # asks the reader to subscribe
    LITTER = "litter"  # may be anywhere: advertisement, share buttons, picture credits


def boilerplate_of(line: str) -> Boilerplate | None:
    """The kind of boilerplate that the line is; None for a line of the article."""
    text = line.strip(" \t*#>–—-•|")
    if len(text) <= 400 and _ASKS.match(text) and _SUBSCRIPTION.search(text):
        return Boilerplate.PLUG
    if len(text) <= 160 and _OFFER.match(text):
        return Boilerplate.PLUG
    if len(text) <= MAX_HEADING:
        for kind, pattern in _HEADINGS.items():
            if pattern.fullmatch(text):
                return kind
    if len(text) <= 160 and _CREDIT.match(text):
        return Boilerplate.LITTER
    if len(text) <= 400 and _ASIDE.match(text) and text.count(",") >= 2 and text[-1] != ".":
        return Boilerplate.LITTER
    if len(text) <= 200 and (_ASIDE.match(text) or _FOLLOW.match(text)):
        return Boilerplate.LITTER
    if len(text) <= 400 and (_LEGAL.match(text) or _SIGN_IN.match(text)):
        return Boilerplate.END
    return None


def _whole(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{'|'.join(alternatives)})\s*[:.!?…»›>→]*", re.IGNORECASE)


_NUMBER = r"(?:\s*[(\[]?\d[\d,.]*[)\]]?)?"
_HEADINGS = {
    Boilerplate.END: _whole(
        rf"(?:\d[\d,.]*\s+)?(?:(?:reader|user|show|view|read|see|hide|load|all|latest|post|add)\s+)*"
        rf"(?:your\s+|a\s+|more\s+)?comments?{_NUMBER}(?:\s+(?:section|policy|closed|feed))?",
        r"comments (?:are|have been) (?:now |currently )?(?:closed|disabled|off|open).*",
        r"(?:leave|post|write|add) (?:a|your) (?:comment|reply|response)",
        r"(?:join|start) the (?:conversation|discussion|debate)",
        r"no comments(?: yet)?|be the first to comment.*|what do you think",
        r"(?:most|more) (?:popular|read|viewed|shared|discussed|commented|emailed|watched|recent)(?: .*)?",
        r"(?:latest|recent|related|recommended|similar|popular|trending|featured|other|more) "
        r"(?:\w+ )?(?:articles?|stories|story|posts?|news|jobs|reviews?|videos?|content|coverage|reading"
        r"|links?|headlines|products|deals|whitepapers?|resources|events|searches|topics)",
        r"you (?:may|might) (?:also )?(?:like|enjoy|be interested in).*",
        r"(?:recommended|picked|suggested) for you|read next|up next|what to read next|next article.*",
        r"previous article.*|trending(?: now)?|top (?:stories|news|posts|reads)|editors?['’]?s? picks?",
        r"more from .*|from (?:around|across) the web|(?:sponsored|partner|promoted) (?:content|links?|stories)",
        r"(?:white\s?papers|best deals|special offers|shop now|compare prices|buyers? guides?)(?: .*)?",
        r"follow us(?: .*)?|connect with us.*|find us on.*|like us on.*|stay connected",
        r"about (?:the |this )?(?:author|writer|us)|contact us|advertise with us|our team|meet the team",
        r"\w+(?: \w+)? (?:evaluation|review) team|write for us|site ?map|back to (?:top|home)",
        r"sign (?:in|up|out)(?: .{0,40})?|log ?[io]n(?: .{0,40})?|log ?out|register(?: (?:now|here))?|my account"
        r"|create (?:an|your) account|forgot(?:ten)? (?:your )?password|remember me|reset password",
        r"subscribe(?: (?:now|today|here))?|newsletters?|get our newsletter|your email(?: address)?",
        r"privacy (?:policy|notice|statement)|cookie (?:policy|settings|preferences)"
        r"|terms (?:of (?:use|service)|and conditions|& conditions)",
        rf"(?:\d+ )?(?:kommentare?|commentaires?|comentarios?|comentários?|commenti|reacties){_NUMBER}",
        rf"(?:评论|評論|留言|コメント|комментари[ий]|التعليقات|댓글){_NUMBER}",
        r"(?:mehr zum thema|das könnte sie auch interessieren|meistgelesen|ähnliche artikel|weitere artikel"
        r"|neueste artikel|lesen sie auch|folgen sie uns|anmelden|registrieren|passwort vergessen|impressum)",
        r"(?:à lire aussi|sur le même sujet|les plus lus|articles liés|suivez-nous|se connecter"
        r"|mot de passe oublié|mentions légales)",
        r"(?:lo más leído|noticias relacionadas|artículos relacionados|te puede interesar|síguenos"
        r"|iniciar sesión|articoli correlati|i più letti|seguici|accedi|lees ook|meest gelezen|volg ons)",
        r"(?:相关文章|相關文章|相关阅读|延伸阅读|热门文章|关注我们|登录|注册|関連記事|読まれている記事"
        r"|читайте также|похожие статьи|самое читаемое|войти|مواضيع ذات صلة|اقرأ أيضا|الأكثر قراءة|تابعنا)",
    ),
    Boilerplate.PERHAPS_END: _whole(
        r"resources|events|jobs|reviews|videos?|deals|discussion|featured|sponsored|promoted|popular|related"
        r"|recommended|more|latest|links|references|further reading|see also|also read|read more|feedback"
        r"|careers|marketplace|shop|services|products|galleries|galerie|slideshows?|webcasts?|podcasts?"
        r"|topics|sections|channels|archives?|top|home|search|menu|help|support|polls?|survey"
    ),
    Boilerplate.LITTER: _whole(
        r"advertisements?|advert|ad|anzeige|werbung|publicité|publicidad|pubblicità|advertentie|广告|реклама|إعلان",
        r"(?:story|article|content) continues (?:below|after)(?: .*)?|continue reading(?: below)?|scroll (?:down )?to continue.*",
        r"(?:share|print|e-?mail|save|bookmark|listen|copy link|facebook|twitter|x|linkedin|reddit|whatsapp"
        r"|telegram|pinterest|mastodon|bluesky|mixx|digg|delicious|stumbleupon|myspace|google\+?|tweet|pin it|like|teilen|drucken|partager|imprimer|compartir"
        r"|condividi|delen|分享|打印|поделиться|شارك)(?:\W+(?:share|print|e-?mail|save|facebook|twitter|x"
        r"|linkedin|reddit|whatsapp|digg|delicious|stumbleupon|myspace|google\+?|tweet|like|this|on|via|article|story|link|copy link))*",
        r"share (?:this|on) .*|(?:e-?mail|print) this(?: .*)?|\d+ shares?",
        r"\d+[ -]?(?:min(?:ute)?s?)\.?(?: read| reading time)?|reading time:? .*|estimated reading time.*"
        r"|lesezeit:? .*|temps de lecture:? .*|tiempo de lectura:? .*|\d+ min de lecture",
        r"skip to (?:main )?content|skip (?:navigation|advertisement).*|toggle navigation|open menu|close",
        r"listen to this (?:article|story).*|play (?:audio|video)|(?:enlarge|view) (?:this )?image|click to enlarge",
        r"image|photo|picture|caption|gallery|\d+ of \d+|\d+/\d+",
        r"(?:e-?mail|message|link) (?:sent|copied)|(?:you have |you['’]ve |your \w+ (?:was|has been) )successfully (?:e-?mailed|shared|sent)\b.*"
        r"|what['’]s this\??|check out more .*",
        r"error:? please (?:check|enter) .*|(?:read |see )?more (?:about|on) .*",
    ),
}

_CREDIT = re.compile(
    r"(?:photos?|images?|pictures?|illustration|graphic|credits?|video|foto|bild|crédit(?:o|s)?(?: photo)?"
    r"|图片(?:来源)?|摄影|фото)(?:\s+(?:credit|courtesy(?: of)?|by|source|via))?\s*[:：/]",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"(?:read more|read also|also read|see also|related|more|watch|listen|don['’]t miss|lesen sie auch|mehr"
    r"|lire aussi|à lire aussi|lea también|leggi anche|lees ook|читайте также)\s*[:：→»]\s*\S",
    re.IGNORECASE,
)
_FOLLOW = re.compile(
    r"(?:please )?(?:follow|find|like|join|tweet|become a fan|folgen sie|suivez|síguenos|segui)\b.{0,60}"
    r"\b(?:on|auf|sur|en|su) (?:twitter|facebook|instagram|mastodon|bluesky|linkedin|google)\b"
    r"|(?:read or )?share this story\b|@\w+ on twitter\b|what['’]s your reaction",
    re.IGNORECASE,
)
_LEGAL = re.compile(
    r"(?:.{0,80}?\b(?:content|text|site|portions)\b.{0,60}?)??(?:©|\(c\)|copyright\b)\s*(?:\d{4}|©|\(c\)|by\b)"
    r"|(?:.{0,80}\b)?available under (?:an? |the )?(?:creative commons|cc)\b|all rights reserved|alle rechte vorbehalten"
    r"|tous droits réservés|todos los derechos reservados|版权所有",
    re.IGNORECASE,
)
_SIGN_IN = re.compile(
    r"(?:don['’]?t|do not) have an account|already (?:have an account|a member|a subscriber|registered)"
    r"|not (?:yet )?a member|(?:sign|log) in (?:to|with|using|or)\b|(?:please )?(?:sign|log) in\b"
    r"|you must be (?:logged|signed) in|noch kein konto|pas encore inscrit"
    r"|(?:follow|contact|e-?mail|tweet) (?:the author|@\w+|\w+(?: \w+)? on (?:twitter|x|mastodon|facebook|linkedin))"
    r"|(?:send|got) (?:a |us |your )*(?:news )?tips?\b",
    re.IGNORECASE,
)
_OFFER = re.compile(
    r"(?:try|get|start|subscribe|enjoy|testez|profitez|essayez|abonnez|découvrez|jetzt|testen sie|lesen sie"
    r"|prueba|pruébalo|suscríbete|disfruta|prova|abbonati|experimente|assine)\b.{0,200}?"
    r"\b(?:(?:free|for \$?€?£?\d+|gratuit\w*|gratis|kostenlos|grátis) .{0,40}(?:days?|weeks?|months?|mois|jours"
    r"|tage|wochen|monate?|días|mes|mesi|meses|trial)|free trial|abonnements? (?:papier|numérique)|offres? 100 ?%"
    r"|(?:pendant|für|durante|per) (?:\d+|un|einen|eine|one) (?:mois|monate?|mes|mese|wochen?|semaines?))\b",
    re.IGNORECASE,
)
"""Offers to try something for some time, beside articles."""
_ASKS = re.compile(
    r"(?:keep up|stay|sign up|signup|subscribe|join|get|receive|want|wish|do you want|would you like|don['’]t miss"
    r"|never miss|like (?:this|what)|enjoy(?:ed|ing)?|follow|register|enter your|be the first|for more|our (?:free )?"
    r"(?:daily|weekly|newsletter)|the best of|thank you for|thanks for|start your day|delivered|click here|to (?:get|receive)"
    r"|abonnieren|melden sie sich|jetzt|erhalten sie|bleiben sie|unser newsletter|abonnez|inscrivez|recevez|suscr[ií]b"
    r"|recib[ae]|apúntate|inscreva|assine|receba|iscriviti|ricevi|abbonati|meld je|schrijf je|ontvang|abonneer"
    r"|订阅|訂閱|欢迎订阅|подпи(?:шитесь|сывайтесь)|получайте|اشترك|سجل)",
    re.IGNORECASE,
)
_SUBSCRIPTION = re.compile(
    r"news\s?letter|mailing list|inbox|e-?mail (?:alerts?|updates?)|subscri(?:be|bing|ption)|sign up|daily (?:digest|briefing)"
    r"|weekly (?:digest|briefing)|infolettre|bolet[ií]n|posteingang|boîte|correo|подписк|рассылк|电子报|电子邮件|邮件|البريد|النشرة",
    re.IGNORECASE,
)
