"""Words that any server may use, in the order in which they take precedence."""

from __future__ import annotations

import re
from collections.abc import Iterable

from subscribers.blame.blame import Blame

_USER = (
    r"(?:user|recipient|mailbox|mail ?box|account|e-?mail address|address|addressee|alias|person|member|customer|rcpt"
    r"|mail ?drop|mail ?address|user ?id)"
)
_SENDER = (
    r"(?:sender|envelope sender|from address|mail ?from|return[ -]?path|send(?:ing|er) domain)"
)
_MISSING = (
    r"(?:unknown(?!s)|not (?:be )?(?:found|exist\w*|known|listed|valid|present|recogni[sz]ed|local|accepted here|active)"
    r"|does ?n.?t exist|n.t exist|no longer (?:exists?|valid|available|active|in use|accept\w*)|non-?existent"
    r"|invalid|disabled|inactive|deactivated|suspended|discontinued|deleted|closed|expired|terminated|cancell?ed"
    r"|frozen|unallocated|unavailable|not available)"
)


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{phrase})" for phrase in phrases))


_ACCOUNT = _any_of(
    (
        r"(?:daily|hourly|monthly|weekly|relay|outbound|outgoing|submission|send(?:ing)?) (?:\w+ ){0,3}"
        r"(?:quota|limit|allowance|credit)s? .{0,30}(?:exceed|reach|exhaust|over\b|hit)",
        r"(?:exceeded|reached|over|hit) (?:[\w-]+ ){0,4}(?:daily|hourly|monthly|relay|outbound|outgoing|sending|submission|plan)"
        r" (?:\w+ ){0,3}(?:quota|limit|allowance|credit)|\bsender\b.{0,20}exceeded",
        r"(?:messages?|e-?mails?|recipients?)(?: limit)? per (?:day|hour|month) (?:is |was |has been |have been )?(?:exceeded|reached)",
        r"message (?:rate|count|limit)s? (?:limit )?(?:exceeded|reached)|(?:your|trial|free) (?:plan|account)\b.{0,30}(?:does not allow|not on|limited)",
        r"insufficient (?:balance|funds)|upgrade your (?:account|plan)|limite? (?:diario|mensual|quotidien)",
        r"\byour (?:\w+ ){0,3}(?:account|subscription|plan|trial|domain|server) (?:\w+ ){0,4}"
        r"(?:suspended|disabled|blocked|locked|expired|deactivated|terminated|restricted|on hold|paused|not (?:been )?(?:activated|verified))",
        r"(?:not|insufficient|out of|no) (?:enough |sufficient |remaining |more )*(?:e-?mail |sending )?credits",
        r"(?:sender|from|domain|identity|address)\b.{0,60}\b(?:not|isn.t|un) ?verified",
        r"exceeded (?:the |your )?(?:hour|day|minute|hourly|daily) limit|only (?:\d+ )?messages? (?:are allowed )?per (?:day|hour|month)|maximum number of messages? per (?:day|hour|month)",
        r"(?:please )?(?:contact (?:us|support|your provider)|log in|upgrade).{0,60}(?:reactivate|re-?enable|upgrade your|increase your|raise your)",
        r"\byou(?:.ve| have)? (?:\w+ )?(?:exceeded|reached|exhausted|used up) (?:your|the) (?:[\w-]+ ){0,4}(?<!storage )(?<!mailbox )(?<!disk )(?:quota|limit|allowance)",
        r"\bsend(?:ing)? (?:\w+ ){0,3}(?:for|from|by|on) (?:this|your) (?:\w+ )?(?:account|domain|user|mailbox|address|server) (?:is|was|has been)"
        r" (?:\w+ )?(?:disabled|blocked|suspended|restricted|paused)|\bsend(?:ing)? (?:\w+ )?quota\b",
        r"authentication (?:is )?(?:required|failed|unsuccessful|credentials|turned on)|(?:not|must be) authenticated|not logged in",
        r"sender address rejected: not owned by|\bsmtp auth (?:is )?required|\bauth failed"
        r"|(?:outgoing|outbound) (?:e-?)?(?:mail|messages?)\b.{0,40}(?:suspended|disabled|blocked)",
        r"outgoing (?:e-?)?mail suspension|account (?:is )?(?:still )?under review|smtp (?:access|service|relay) .{0,30}(?:disabled|suspended|blocked|not activated)",
    )
)
SESSION_IS_FULL = _any_of(
    (
        r"(?:mails?|messages?|recipients?|transactions?) (?:limit )?(?:per|in|on|for|over) (?:(?:this|one|a|each|single|same|smtp) )*(?:session|connection)",
        r"(?:session|connection) (?:\w+ ){0,3}(?:limit|maximum|quota).{0,20}(?:mail|message|exceed|reach)",
        r"max(?:imum)? (?:number of )?messages? per connection|message threshold exceeded|open a new (?:session|connection)|\b(?:mi|rp):(?:dmc|drc)\b",
    )
)
CONNECTIONS_ARE_FULL = _any_of(
    (
        r"too many (?:\w+ ){0,3}(?:connections?|sessions?|logins?|threads)\b",
        r"(?:concurrent|simultaneous|parallel) (?:\w+ ){0,3}(?:connections?|sessions?|logins?|deliveries)\b",
        r"(?:maximum|max|allowed) (?:number of )?(?:\w+ ){0,3}(?:connections|sessions)\b|(?:connections?|sessions?) (?:count )?limit (?:was |is |has been )?(?:exceeded|reached)",
        r"sender thread limit|并发连接|\bhl:icc\b",
    )
)
_SENDER_REFUSED = _any_of(
    (
        rf"\b{_SENDER}\b(?: (?:e-?mail )?(?:address|domain|name|mailbox|account))? ?(?::|is|was|has been|been|does)? ?(?:\w+ )?"
        rf"(?:rejected|refused|denied|unknown|blocked|not (?:allowed|permitted|verified|found|owned|exist)|invalid|unvalidated|disabled|suspended|verif\w+ fail|verify)",
        r"\bfrom your (?:e-?mail )?address|\byour (?:e-?mail )?address (?:is|was|has)\b|(?:fake|forged|denied|blocked|unknown) sender\b(?! (?:list|filter))|\b(?:den|refus|reject|block)\w* (?:the |this |your )sender|(?:resolve|look ?up|find|verify) (?:the )?(?:sender|envelope)|发[件信]人|mail ?from\b.{0,40}\bmismatch|\bsender e?mail is not",
        r"sender verif\w+|unroutable sender|(?:invalid|bad|bogus) (?:sender|mail from)|domain of sender",
        r"from: (?:address|domain)|sender not |address required for sender|not (?:own|allowed to use) .{0,30}sender|(?:client|relay) host rejected|spoof",
        r"\bsender.?s? (?:ip|host|server)\b.{0,40}(?:reject|refus|block|denied|listed|invalid|not found)",
        r"empty (?:envelope )?(?:sender|return[ -]?path)|badsender\w*|send(?:er|ing) domain is empty|badmailfrom|senderfilter\w*|purported responsible|different address or alias",
    )
)
_FULL = _any_of(
    (
        r"(?:mail ?box|inbox|folder|maildir|mailfolder|account|user|disk|store|box)\b.{0,40}\bfull\b",
        r"\bfull (?:mail ?box|inbox)|due to a full",
        r"over (?:\w+ ){0,2}quota|overquota|quota (?:is |was |has been )?(?:exceed\w*|full|violation|reached|usage)|(?:exceed\w*|excedido|reached|above) .{0,40}quota",
        r"(?:mail ?box|account|user|recipient|storage|disk|space)\b.{0,50}(?:exceed\w*|limit reached|used up|size limit)",
        r"exceed\w* .{0,40}(?:storage|disk space|mailbox|maximum (?:size|allowed))",
        r"(?:not|in)sufficient (?:\w+ )?(?:storage|space|disk)|not (?:have )?enough (?:\w+ )?(?:storage|space)|out of (?:\w+ )?space|no (?:disk )?space left",
        r"too many messages (?:on|in) the (?:server|mailbox)|number of messages in .{0,30}mailbox|would be over the allowed",
        r"too much mail data|exhausted .{0,30}(?:storage|space)|space (?:is )?not enough|quotaexceeded|receiving disabled|blocks limit",
    )
)
_TOO_LARGE = _any_of(
    (
        r"(?:message|mail|e-?mail|content|file|attachment|header)s?\b.{0,30}(?:too (?:large|big|long)|exceed\w* .{0,40}(?:size|limit|maximum))",
        r"\btoo (?:large|big|long)\b|size limit|max(?:imum)? (?:message|e-?mail) size|message size|message file too big",
    )
)
_MALFORMED = _any_of(
    (
        r"malformed (?:mime|header|message)|(?:invalid|bad) (?:mime|header)\b|mime (?:error|parse)",
        r"(?:duplicate|multiple) (?:[\w-]+ )?(?:headers?|addresses)\b|8-?bit data in (?:\w+ )*header"
        r"|headers? (?:is|are|was) not accepted|line (?:length )?limit exceeded|taille limite du message",
    )
)
_BLOCKED_FOR_NOW = _any_of(
    (
        r"(?:temporar\w+|currently) (?:blocked by (?:our|the|a) (?:\w+ )?(?:filter|policy)|black-?listed|block-?listed)",
        r"not currently accepting (?:e-?mail|mail|messages) from your",
        r"too (?:many|much) (?:\w+ )?spams?\b|too many (?:\w+ )?complaints",
    )
)
"""A filter's temporary judgement, which is still about us."""

_UNAVAILABLE_TO_US = _any_of(
    (
        r"(?:mail ?box|account|user|recipient) (?:is )?(?:currently )?(?:unavailable|not available)\b"
        r".{0,80}(?:\bpolic(?:y|ies)\b|\bspam\b|reputation|black-?list|block-?list|\bblocked\b)",
    )
)
"""RFC 5321 words a refusal by policy like that of an address; what follows tells them apart."""

_WE_ARE_UNKNOWN = _any_of(
    (
        r"\b(?:helo|ehlo)\b.{0,40}\b(?:rejected|refused|denied|invalid|unknown|not (?:found|valid)|does ?n.t (?:exist|resolve)|does not (?:exist|resolve))",
        r"\brelay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:allowed|permitted))\b.{0,20}\b(?:domain|host|sender)\b",
    )
)
"""The host or domain that is unknown is ours, not the reader's."""

_PASSING = _any_of(
    (
        r"(?<!non-)(?<!non)temporar(?:y|il)|try (?:again|later|back)|try this again|again later|\bdeferred\b|gr[ae]y-?list|postgrey",
        r"rate[ -]?limit|throttl|too (?:many|fast|quickly|frequent)|slow down|slower|frequency|unusual rate|exceeded .{0,30}rate"
        r"|(?:per|this) (?:hour|minute|day)\b",
        r"timed? ?-?out|connection (?:refused|reset|dropped|closed|lost|failed)|could not connect|connection\b.{0,40}\bbroken|did not (?:respond|answer)|no answer"
        r"|unable to connect|connect to .{0,60}:|network (?:error|is unreachable)|not reachable|unreachable|no route",
        r"loops? back|mail loop|too many hops|hop count|(?:rout|forward)ing loop|looping|loop (?:was )?(?:found|broken|count)",
        r"dns records? .{0,40}could not be found|(?:resolve|find) (?:the |a )?(?:route|gateway)|after \d+ (?:tries|attempts)|numerous attempts"
        r"|(?:delivered|collected|reached) (?:for|after) (?:more than )?\d+ (?:hours|days)\b",
        r"(?:message|mail|envelope|delivery|queue|time)\b.{0,30}expired|expired after|retry time|retry timeout|in the queue too long|has been delayed|still (?:be )?(?:retr|tr)y|(?:will|would) (?:keep|continue) trying",
        r"insufficient system|out of memory|system (?:is )?(?:busy|full)|service (?:is )?(?:currently |temporarily )?(?:unavailable|not available)(?!.{0,60}\bbl(?:ock|ack))"
        r"|configuration error|configuration problem|misconfigured|local error|internal (?:server )?error|server error|lookup failure|name server(?!.{0,60}\b(?:not found|no data))|\bbusy\b|\bload (?:is |average )*too high",
        r"(?:database|table|map|directory|backend)s? (?:is |are )?(?:currently )?(?:unavailable|not available|error)",
        r"not currently (?:being )?accept|currently (?:not|suspended|disabled|unavailable)|temporar\w* (?:inactive|locked|limited)",
    )
)
_NOBODY = _any_of(
    (
        rf"\b{_USER}s?\b(?!.{{0,30}}\bsender\b)[^.;]{{0,60}}?\b{_MISSING}",
        rf"\b(?:no|unknown|invalid|bad|illegal|undeliverable|wrong|nonexistent|non-existent|inactive|disabled|deactivated|archived)"
        rf"[ -](?:such |known |active |valid |local |virtual |or unknown )?(?:\w+ )?{_USER}\b(?! policy)",
        r"no (?:one|body|mail ?box) (?:here|at|by|found|with)|no (?:mail ?box|account) by that name|no such (?:person|domain|host|name)|no (?:valid|correct) recipients?|unavailable (?:mail )?(?:user|mailbox|recipient)\b(?! auth)",
        r"\b(?:user|recipient|addressee|person)\b.{0,30}\b(?:do(?:es)?|has|have)(?: not|n.t) (?:have|got) (?:an? |any )?(?:\w+ )?(?:account|mailbox)\b"
        r"|\b(?:server|system|host|domain|we)\b.{0,20}\bdo(?:es)?(?: not|n.t) (?:exists?|know|have) (?:that|this|such|any such|the) (?:user|recipient|mailbox|address)\b"
        r"|(?<!you are )\bnot (?:an? )?(?:user|mailbox|recipient|account) (?:of|on|at) (?:this|the|our|my)\b(?!.{0,60}relay)",
        r"(?:recipient|user)\b.{0,40}\b(?:is|was|been) suppressed|(?:recipient|user)\b.{0,40}\bon (?:the|our|your) (?:\w+ )?suppression list",
        r"(?:user|address|recipient|person|mailbox|name|account)s? .{0,40}(?:not|n.t) (?:listed|found|exist|our customer|in (?:the |my |our )?(?:directory|list|recipient list|public))",
        r"not in recipient list|invalid-recipient|unknown in .{0,40}table|not a (?:valid|known) (?:user|mailbox|recipient|e-?mail|address)",
        r"is not (?:a )?(?:known|valid|local|registered) (?:user|mailbox|recipient|address)|couldn.t be found|could not be found|can(?:no|.)t find",
        r"addresses? (?:were|was) unknown|not an active (?:address|user)|not a local|unavaiable|missing home directory|unknown local[ -]?part"
        r"|bad destination|this \w+ (?:does not|doesn.t) exist|(?:can.t|cannot) accept user|(?:recipient|user) not ok\b|not found recipient"
        r"|\b(?:user|mailbox|recip(?:ient)?|address|account)not(?:found|known|exist\w*)|\b(?:nosuch|unknown|invalid|bad)(?:user|mailbox|recipient|address)\b"
        r"|\A(?:smtp)?\W*+(?:5\d\d\W*+)?(?:5\.\d+\.\d+\W*+)?not (?:found|known)\W*\Z"
        r"|non-? ?existent (?:user|mailbox|address)|\bno \S+ in (?:the )?(?:name )?directory|addressee unknown|unrout(?:e)?able address|\bunrouteable mail domain|not our (?:user|customer)|badrcptto|badrecipientto|validrcptto|is now disabled with mta service"
        r"|(?:not found|unknown) in (?:the )?(?:ldap|directory|database|user ?list)|unable to find (?!your)(?:\w+ ){0,3}(?:user|alias|recipient|mailbox)|user path no exist"
        rf"|\b{_USER}s?\b.{{0,40}}(?:due to inactivity|not activated|not a member of (?:this |the |our )?domain)"
        r"|(?:recipient|user|mailbox)s? (?:cannot|can.t|could not) be verified|(?:not|n.t) handle mail for (?:that|this) user|not have an account (?:here|on|at|with)|no longer an? employee"
        r"|validrcptto|recipientnotfound|recipnotfound|notindirectory",
        r"(?:has|have) (?:left|moved|been replaced)|moved to a new address|no longer (?:with|at|works|employed|on server|exists?)",
        r"(?:host|domain)(?: or domain)?(?: name)?\b.{0,60}(?:not found|(?<!from )unknown|n.t exist|not exist|nonexistent|not valid|lookup fail)"
        r"|unknown (?:host|domain)\b(?! ?\[)|nxdomain|couldn.t find any host|name or service not known|domain must exist|does not accept (?:any )?(?:e-?mail|mail|messages)\b(?! from)|no mx\b|null mx",
        r"did not (?:exactly )?match an? .{0,20}address|no match(?:es)? (?:to|for|in) .{0,20}(?:query|directory)"
        r"|(?:does not|doesn.t) have a final (?:e-?mail )?delivery point|invalid final delivery userid",
        r"\b(?:account|mailbox) is locked\b.{0,20}\bbounced|recipient suspend\w* the service",
        r"doesn.t have (?:an? |any )|rejected address|does not like recipient.{0,60}(?:no such|unknown)|mailbox not found|mailbox unavailable",
    )
)
_AGAINST_US = _any_of(
    (
        r"spam|junk|unsolicited|bulk (?:e?-?mail|mail)|mass mail|\bube\b|phish|virus|malware|trojan|infected",
        r"block ?-?list|black ?-?list|deny ?-?list|\brbl\b|\bdnsbl|listed (?:at|in|on|by)|\bblocklist\b",
        r"\b(?:spf|dkim|dmarc|arc|batv)\b|sender policy framework|unauthenticated|fails? (?:to pass )?(?:authentication|verification) checks",
        r"polic(?:y|ies)|reputation|not (?:been )?authori[sz]ed|unauthori[sz]ed|prohibited|\bbanned\b|\bblocked\b|low priority",
        r"relay(?:ing)? (?:is |access )?(?:denied|prohibited|not (?:allowed|permitted))|unable to relay|not permitted to relay|cannot relay"
        r"|not allowed to relay|rcpthosts|no relay|do(?:es)? not relay|open relay|third-?party relay",
        r"content (?:was |is |has been )?(?:rejected|filter\w*|denied|refused|not (?:accepted|allowed))|(?:rejected|refused|denied|blocked|filtered) .{0,60}(?:content|filter|rule)|rejecting mail",
        r"reverse[ -]?(?:dns|lookup)|\brdns\b|\bptr\b|\bhelo\b|\behlo\b|hostname (?:lookup|verification)|fcrdns|dynamic ip",
        r"(?:message|mail|e-?mail|connection)s? (?:was |were |is |has been |have been )?(?:not allowed|not accepted|refused|rejected|blocked|filtered|quarantined)(?: (?:by|due|because|for|as|from)\b)",
        r"access denied|not (?:allowed|permitted) to (?:send|connect|submit|post)|illegal attachment|executable|attachment (?:is |type |extension )?(?:not allowed|forbidden)"
        r"|members-only|not a member of|non-?member|closed (?:mailing )?list|not subscribed to this|backscatter|organi[sz]ational settings|message filtered|reject bulk|recipient preferences|mass ?mail|requires authentication"
        r"|insecure (?:mail )?relay|open proxy|unresolvable|cannot resolve your|mismatches client|from mail server|mail from your|smtp server of your|your (?:ip|host|server|network|domain)\b|sending (?:ip|host|server)|go away|not accept(?:ing)? (?:e-?mail|mail|connections|messages) (?:from|with)"
        r"|(?:e-?mail|mail|message|connection)s? from \S+ (?:was |is |has been )?(?:refused|rejected|denied|blocked)|(?:refused|rejected) - see\b|invalid ip\b"
        r"|\bblack(?:ed)? ip\b|\bip (?:is |was )?(?:rejected|refused|denied|banned|hangup)|\b(?:remote|client|source) (?:ip|host)\b.{0,20}\b(?:check|error|mismatch)"
        r"|(?:account|mailbox|recipient|address) is protected by|confirm this mail server|access to submit|authentication failure"
        r"|detected that this message is|pattern detection|\bcontent reject|bad ip\b|no access for this (?:ip|domain|host)|no(?:t allowed)? access from your|(?:not|n.t) pass domainkeys|mismatched with|not local host|not a gateway|password.protected|refused to receive"
        r"|(?:recipient|user) (?:is )?only accept|do(?:es)? not (?:want|wish)|refuses? (?:to (?:accept|receive) )?(?:your |this )?(?:mail|e-?mail|messages?)|mail is rejected by recipients"
        r"|(?:not|n.t) accept delivery of (?:this|your)\b|tls (?:is )?required|encryption|certificate|complaint|abus(?:e|ive)|score",
        r"dead domain|(?:reject|not member) (?:mail|article) from|bulk\.advertising|(?:to|as a) relay\b|verification failure|restricted sms"
        r"|not accepting any (?:e-?mail|mail)|not a registered gateway|mail not accepted here|captcha|fully qualified e-?mail",
    )
)
REFUSED_ADDRESS = _any_of(
    (
        rf"\b{_USER}s?(?: address)?\b.{{0,20}}\b(?:rejected|refused(?! to)|denied|blocked)|rejected recipient|rejects? (?:the )?(?:recipient|address)",
        r"undeliverable address|address not accepted|mailbox problem",
    )
)
"""Words that only say that this address was refused; the code may say why."""

_SOME_ACCOUNT = _any_of(
    (
        r"(?<!mail )\baccount (?:has been |is |was )?(?:suspended|locked|blocked|on hold|restricted)"
        r"(?!.{0,30}(?:inactivity|bounced))",
    )
)
"""The account may be the reader's or ours, and the words alone do not tell."""

_PROGRAM_FAILED = _any_of(
    (
        r"command (?:died|failed|output)|mailer error|pipe to ?\||\bprocmail\b|\bmaildrop\b",
        r"write error|system call|output file|system config|could not load|error while being processed",
    )
)
"""A program of the reader's server ended with an error, which says nothing of the address."""

IN_ORDER: tuple[tuple[re.Pattern[str], Blame], ...] = (
    (SESSION_IS_FULL, Blame.NOW),
    (CONNECTIONS_ARE_FULL, Blame.NOW),
    (_ACCOUNT, Blame.ACCOUNT),
    (_SENDER_REFUSED, Blame.POLICY),
    (_UNAVAILABLE_TO_US, Blame.POLICY),
    (_WE_ARE_UNKNOWN, Blame.POLICY),
    (_BLOCKED_FOR_NOW, Blame.POLICY),
    (_FULL, Blame.MAILBOX),
    (_TOO_LARGE, Blame.MESSAGE),
    (_MALFORMED, Blame.MESSAGE),
    (_PASSING, Blame.NOW),
    (_SOME_ACCOUNT, Blame.UNKNOWN),
    (_NOBODY, Blame.READER),
    (_AGAINST_US, Blame.POLICY),
    (_PROGRAM_FAILED, Blame.NOW),
)
