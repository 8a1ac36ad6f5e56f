"""The table of signs: how servers word their refusals, and what each wording means.

Order decides; the first sign that fits gives the cause. Codes are what the standards made for
programs, so they come before texts; but some are misused in known ways, some say only "no", and
the one thing we must not do is call a password wrong that nobody looked at. Hence:

NOT_JUDGED   texts that say the password was not looked at, whatever the code beside them
CODES        codes that name one cause (RFC 5530, 2449, 3206, 3463, 4954, 5248)
TEXTS        texts that name one cause, though the code only says "no"
PLAIN_NO     codes and texts that say no more than "no"

Wordings were collected from the sources of the servers and from reports about the large
providers, checked 2026-11.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from wizard.model import ProblemKind, ServerType, Stage
from wizard.verify.reply import Reply

_K = ProblemKind
_IMAP = frozenset({ServerType.IMAP})
_POP3 = frozenset({ServerType.POP3})
_SMTP = frozenset({ServerType.SMTP})
_LOGIN = frozenset({Stage.LOGIN})
_MESSAGE = frozenset({Stage.MESSAGE})
_BEFORE_LOGIN = frozenset({Stage.CONNECT, Stage.GREETING, Stage.CAPABILITY})
_UNTIL_LOGIN = _BEFORE_LOGIN | _LOGIN

_MAX_TEXT = 2000
"""Characters of a refusal that are looked at."""

VOCABULARY = {
    "secret": "passwords? passwd passphrase credentials? passwort kennwort mot.de.passe contraseña",
    "name": r"user.?names? users? log.?ins? mailbox account e-?mail identifiant benutzer\w* utente",
    "auth": r"auth\w* log.?[io]n\w* sign.?[io]n\w* logins? access anmeld\w* connexion accesso"
    r" autentica\w* autenticación",
    "connections": "connections sessions",
    "off": r"disabled blocked not.enabled not.allowed not.permitted not.activated not.active"
    r" not.available not.open switched.off turned.off deaktiviert nicht.aktiviert gesperrt"
    r" désactivé disattivat[oa] desactivad[oa]",
    "locked": r"locked suspended disabled deactivated blocked inactive closed frozen terminated"
    r" banned restricted expired gesperrt bloqué suspendu bloqueada bloccat[oa] not.active"
    r" not.activated",
    "forbidden": r"disallowed not.allowed not.permitted not.supported disabled forbidden prohibited"
    r" refused not.available",
    "wrong": r"fail\w* incorrect\w* unsuccessful invalid\w* den(?:y|ied) reject\w* error wrong bad"
    r" refused unknown mismatch not.accepted not.match\w* not.found not.valid does.?n.?t.exist"
    r" does.not.exist not.known fehlgeschlagen falsch\w* ungültig\w* échou\w* échec incorrecte?"
    r" errat\w* fallit\w* fallid\w* inválid\w* no.válid\w*",
    "account": "account user mailbox log.?in domain konto postfach zugang compte cuenta",
    "unreachable": r"unavailable not.available down fail\w* not.respond\w* unreachable error"
    r" timed?.?out time.?out",
    "backend": r"auth\w* saslauthd ldap database sql directory backend password",
    "imap": r"imap\d? pop\d?",
    "mail": r"e?-?mails? messages? recipients?",
}
"""Words that stand for each other, as patterns; `.` between words matches a space."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One way a cause shows. All that is given must hold.

    `texts`: any of these is in the text, without regard to case. They are patterns in which
    `<word>` stands for any word of the vocabulary's entry and ` … ` for up to 40 characters.
    `codes`: response codes or enhanced status codes. `statuses`: reply codes or status words.
    """

    kind: ProblemKind
    texts: tuple[str, ...] = ()
    codes: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    services: frozenset[ServerType] = frozenset(ServerType)
    stages: frozenset[Stage] = frozenset(Stage)
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pattern", _compiled(self.texts))

    def fits(self, reply: Reply, stage: Stage) -> bool:
        """True where this refusal shows this sign."""
        return (
            stage in self.stages
            and reply.service in self.services
            and (not self.codes or reply.code in self.codes)
            and (not self.statuses or reply.status in self.statuses)
            and self._pattern.search(reply.text[:_MAX_TEXT]) is not None
        )


def _compiled(texts: tuple[str, ...]) -> re.Pattern[str]:
    def entry(match: re.Match[str]) -> str:
        return rf"\b(?:{'|'.join(VOCABULARY[match.group(1)].split())})\b"

    patterns = (re.sub("<([a-z]+)>", entry, text.replace(" … ", ".{1,40}")) for text in texts)
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


NOT_JUDGED: tuple[Sign, ...] = (
    Sign(_K.STARTTLS_MISSING, (r"\btls (is )?((currently|temporarily) )?(not available|unavail)",)),
    # The provider's own ban for bad logins comes before lists of junk mail senders.
    Sign(
        _K.NETWORK_BANNED,
        (
            r"(banned|blocked|black.?listed|refused)\b.{0,60}(fail|attempts|logins?|auth)",
            r"brute.?force",
            r"(you|host|address|network)( are| is|r)? (have |has )?(been |\w+ )?(banned|blocked)",
            r"not allowed to connect|connections? from your … (not|refused|denied)",
        ),
        stages=_BEFORE_LOGIN,
    ),
    Sign(
        _K.BLOCK_LISTED,
        (
            r"blocked using",
            r"\blisted (at|in|on|by) ",
            r"spamhaus|spamcop|\bdnsbl\b|\brbl\b",
            r"(block|black) ?list",
            r"(poor|bad|your) reputation",
        ),
        services=_SMTP,
    ),
    Sign(
        _K.NO_REVERSE_DNS,
        (
            r"reverse (host ?name|dns|lookup|resol)",
            r"\brdns\b",
            r"\bptr\b",
            r"cannot find your host ?name",
        ),
        services=_SMTP,
    ),
    # Microsoft keeps 5.7.606 to 5.7.649 for banned sending addresses.
    Sign(_K.NETWORK_BANNED, codes=frozenset(f"5.7.{number}" for number in range(606, 650))),
    Sign(
        _K.NETWORK_BANNED,
        (
            r"banned sending ip",
            r"not accepting (connections|messages)",
            r"too many connections from",
            r"(your|client|remote) host … \b(banned|blocked)\b",
        ),
        services=_SMTP,
    ),
    Sign(
        _K.NETWORK_BANNED,
        (
            r"(your|client|remote|source) (ip|network|address)\b … \b(banned|blocked|denied)\b",
            r"\bip( address)? [0-9a-f.:]* ?((is|has been|was) )?(\w+ )?(banned|blocked)",
        ),
    ),
    Sign(_K.NETWORK_BANNED, (r"access (is )?denied",), stages=_BEFORE_LOGIN),
    Sign(
        _K.TOO_MANY_CONNECTIONS,
        (
            r"too many (\w+ ){0,3}(<connections>|clients|users)",
            r"maximum (number of )?(\w+ ){0,3}<connections>",
            r"number of (\w+ ){0,3}(<connections>|clients)|simultaneous log[io]ns?",
            r"(max|no more) <connections>",
            r"(connections?|sessions?|threads?)( count)? (limit|exceed)",
        ),
    ),
    Sign(
        _K.THROTTLED,
        (
            r"throttl",
            r"suggested backoff",
            r"command or bandwidth limits",
            r"(bandwidth|traffic|download)\b … (limit|quota|exceeded)",
            r"(bandwidth|traffic|download) (limit|quota|exceeded)",
            r"connection (is )?closed\. 1[34]\b",
        ),
    ),
    Sign(
        _K.TOO_MANY_ATTEMPTS,
        (
            r"rate.?limit",
            r"too many (\w+ ){0,4}(auth\w*|log[io]n\w*|passwords?|attempts?|failures|errors|tries"
            r"|credentials|retries|requests)\b",
            r"(attempts?|tries|auth\w*|logins?) (limit|exceeded)",
            r"exceeded … (attempts|logins|auth)",
            r"limit of … (attempts|logins)",
            r"(auth\w*|log[io]ns?) (frequency|rate)",
            r"retry limit|log[io]n\w* delayed",
            r"\btoo (often|frequent)|wait \d+ (s|m)\w+ before",
        ),
        stages=_UNTIL_LOGIN,
    ),
    Sign(
        _K.BROWSER_SIGN_IN_NEEDED, (r"#mbr1240", r"accept (the |our )?(eula|terms)"), stages=_LOGIN
    ),
    Sign(
        _K.ACCOUNT_LOCKED,
        (r"(account|user|mailbox) (is |has been )?(temporarily|currently) <locked>",),
        stages=_LOGIN,
    ),
    Sign(
        _K.ENCRYPTION_REQUIRED,
        (r"without (ssl|tls|encryption)", r"(unencrypted|insecure) … <forbidden>"),
        stages=_LOGIN,
    ),
    Sign(
        _K.LOGIN_SERVICE_FAULT,
        (
            r"temporar(y|ily) (\w+ ){0,3}(auth|log.?in|problem|fail|error|issue)",
            r"temporarily <off>|(currently|temporarily) … (unavailable|not available)",
            r"(at|for) (this|the) (time|moment)\b|right now",
            r"(technical|system) problem",
            r"unknown error|processing error|lookup fail",
            r"temporar(y|ily) (\w+ ){0,3}(unable|reject|unavail)",
            r"unable to authenticate at present",
            r"generic failure",
            r"connection lost to auth",
            r"(internal|system|server) (\w+ )?(error|failure)",
            r"chdir|child crashed|no such file|\bmaildir\b",
            r"request info until later|another step is needed",
            r"auth\w* (server|service|backend|daemon|system|process)e?s?\b … <unreachable>",
            r"(log.?in|directory|ldap|database|sql|backend|service) … \btimed? ?out",
            r"auth\w* process … broken",
            r"(saslauthd|ldap|database|sql|directory|backend) (server )?(is )?<unreachable>",
            r"refused by … <backend>|fail\w* to (connect|contact|reach)",
            r"(can.?t|cannot|could not|unable to) (connect|contact|reach|talk) … <backend>",
        ),
        stages=_LOGIN,
    ),
    Sign(
        _K.SERVER_DISK_FULL,
        (
            r"space shortage",
            r"insufficient (system )?(storage|disk)",
            r"disk (is )?full|queue (is )?full",
            r"(no|out of|lack of|not enough) (disk )?space",
        ),
    ),
    Sign(_K.GREYLISTED, (r"gr[ae]y-?list", r"postgrey")),
    Sign(
        _K.SERVER_DOWN,
        (
            r"all server ports are busy",
            r"service (is )?((currently|temporarily) )?(not available|unavailable)",
            r"(server|system|service) (is )?((currently|temporarily|too) )?"
            r"(down|shutting down|going down|overloaded|busy|unavailable|not available|offline)",
            r"shutdown in progress|\bshutting down\b",
            r"\bmaintenance\b",
            r"too busy|load too high|(high|heavy) load",
        ),
    ),
    Sign(
        _K.SERVER_DOWN,
        (
            r"temporar(y|ily) (\w+ ){0,3}(problem|error|fail|unavail)",
            r"(internal|system|server|fatal) (\w+ )?(error|failure)",
            r"idle for too long|out of memory|system resources|(come|try) (back|again)? ?later",
            r"backend … unavailable|backend unavailable|cannot (start|connect)",
        ),
        stages=_BEFORE_LOGIN,
    ),
)

CODES: tuple[Sign, ...] = (
    Sign(
        _K.ACCOUNT_LOCKED,
        (r"suspend|locked|disabled|deactivated",),
        codes=_set("UNAVAILABLE CONTACTADMIN"),
        stages=_LOGIN,
    ),
    Sign(
        _K.ACCOUNT_LOCKED,
        (r"log.?in (is )?disabled for",),
        codes=_set("AUTHORIZATIONFAILED AUTHENTICATIONFAILED"),
        stages=_LOGIN,
    ),
    Sign(
        _K.IMAP_OFF,
        (r"<imap> … <off>",),
        codes=_set("CONTACTADMIN AUTHORIZATIONFAILED NOPERM"),
        stages=_LOGIN,
    ),
    Sign(_K.LOGIN_SERVICE_FAULT, (r"auth|log.?in|user",), codes=_set("UNAVAILABLE"), stages=_LOGIN),
    Sign(_K.SERVER_DOWN, codes=_set("UNAVAILABLE")),
    Sign(_K.LOGIN_SERVICE_FAULT, codes=_set("CONTACTADMIN SERVERBUG CORRUPTION")),
    Sign(_K.LOGIN_SERVICE_FAULT, (r"auth",), codes=_set("SYS/TEMP")),
    Sign(_K.TOO_MANY_CONNECTIONS, codes=_set("INUSE"), services=_IMAP),
    Sign(_K.POP_MAILBOX_IN_USE, codes=_set("IN-USE SYS/TEMP LOGIN-DELAY"), services=_POP3),
    Sign(_K.TOO_MANY_ATTEMPTS, codes=_set("LIMIT")),
    Sign(_K.THROTTLED, codes=_set("THROTTLED")),
    Sign(_K.PASSWORD_EXPIRED, codes=_set("EXPIRED")),
    Sign(_K.ENCRYPTION_REQUIRED, codes=_set("PRIVACYREQUIRED")),
    Sign(_K.BROWSER_SIGN_IN_NEEDED, codes=_set("WEBALERT")),
    # Yahoo and AOL say this of a plainly wrong password.
    Sign(_K.WRONG_PASSWORD, (r"#MBR1212",), codes=_set("AUTHORIZATIONFAILED"), stages=_LOGIN),
    Sign(_K.NOT_AUTHORISED, codes=_set("AUTHORIZATIONFAILED NOPERM")),
    Sign(_K.MAILBOX_FULL, codes=_set("OVERQUOTA 5.2.2 4.2.2")),
    Sign(_K.SERVER_DISK_FULL, codes=_set("4.3.1")),
    Sign(_K.SERVER_DOWN, codes=_set("4.3.2")),
    Sign(_K.NO_REVERSE_DNS, codes=_set("4.7.25 5.7.25")),
    Sign(_K.SENDER_NOT_ALLOWED, codes=_set("5.7.60")),
    Sign(_K.RELAY_DENIED, codes=_set("5.7.57 5.7.64")),
    Sign(
        _K.SENDING_SUSPENDED,
        codes=_set("5.1.8 5.4.5 5.7.501 5.7.502 5.7.503 5.7.705 5.7.708"),
        stages=_MESSAGE,
    ),
    Sign(_K.MESSAGE_REFUSED, codes=_set("5.1.1 5.1.2 5.1.3 5.1.10 5.2.3 5.3.4")),
    # RFC 4954 means a weak mechanism by 5.7.9, Gmail an app password.
    Sign(_K.PASSWORD_LOGIN_OFF, (r"mechanism|less secure",), codes=_set("5.7.9"), stages=_LOGIN),
    Sign(_K.APP_PASSWORD_NEEDED, codes=_set("5.7.9"), statuses=_set("534 535"), stages=_LOGIN),
    Sign(_K.BROWSER_SIGN_IN_NEEDED, codes=_set("5.7.14"), statuses=_set("534 535"), stages=_LOGIN),
    Sign(_K.ENCRYPTION_REQUIRED, codes=_set("5.7.10 5.7.11")),
    Sign(_K.ENCRYPTION_REQUIRED, statuses=_set("538")),
    Sign(_K.ACCOUNT_LOCKED, codes=_set("5.7.13"), stages=_LOGIN),
    Sign(_K.PASSWORD_LOGIN_OFF, codes=_set("5.7.4"), stages=_LOGIN),
)

TEXTS: tuple[Sign, ...] = (
    Sign(
        _K.WRONG_PASSWORD_OR_IMAP_OFF,
        (
            r"(<secret>|log.?in failure) … \bor (<imap>|smtp|access) … (<off>|\boff\b)",
            r"(<secret>|log.?in failure) or <imap> (is )?<off>",
        ),
        stages=_LOGIN,
    ),
    Sign(
        _K.SENDING_WITH_PASSWORD_OFF,
        (
            r"smtpclientauthentication is disabled",
            r"smtp_auth_disabled",
            r"smtp auth\w* (is |has been )?(disabled|not enabled) for",
        ),
    ),
    Sign(
        _K.ADMINISTRATOR_POLICY,
        (
            r"security defaults",
            r"did not meet the criteria",
            r"conditional access",
            r"organi[sz]ation('s)?\b … \bpolicy",
        ),
    ),
    Sign(
        _K.PASSWORD_LOGIN_OFF,
        (
            r"basic.?auth\w* ?(is |has been )?(disabled|blocked|not)",
            r"legacy auth|less secure app",
            r"(un|not )recogni[sz]ed auth\w* type|unsupported auth",
            r"(oauth\w*|modern auth\w*) … \b(required|only|must|instead)",
            r"(use|requires?|needs?) (x?oauth|modern auth)",
            r"mechanisms? (is |are )?(too weak|<off>|(un|not )(supported|available))",
            r"(invalid|unsupported|unknown|no) (auth\w* |sasl )?mechanism",
            r"auth\w* (method|type)s? … (un|not )(supported|allowed|recogni|enabled)",
            r"password (auth\w*|log[io]ns?) (is |are |has been )?(no longer|<off>)",
        ),
        stages=_LOGIN,
    ),
    Sign(
        _K.APP_PASSWORD_NEEDED,
        (
            r"\bapp(lication)?s?[- ]?(specific )?[- ]?(password|passwort|passcode)",
            r"authori[sz](ation|ed) code",
            r"parol[a-z]* prilozheni",
            r"\b2fa\b|two[- ](factor|step)",
            r"mot de passe d.application",
            r"(device|client)[- ]?(specific )?password",
            r"special password",
        ),
        stages=_LOGIN,
    ),
    Sign(
        _K.BROWSER_SIGN_IN_NEEDED,
        (
            r"(log|sign) ?(in|on) (via|with|through|using|to|in) (\w+ ){0,2}(browser|web)",
            r"web ?log ?in required",
            r"signin/continue",
            r"captcha",
            r"verify (your (identity|account)|(that )?it.?s you|it on the web)",
            r"confirm (your account|on the web)|\bto webmail\b",
        ),
    ),
    Sign(
        _K.IMAP_OFF,
        (
            r"not enabled for <imap>",
            r"yet to enable <imap>",
            r"(enable|activate) <imap>",
            r"(<imap>|smtp) … <off>",
            r"(disabled|blocked|denied) (the )?<imap>",
            r"(use|access to) <imap>( (is )?(denied|<off>)|$)",
            r"aktivieren sie … <imap>",
            r"(protocol|service) (is )?<off>",
            r"not allowed to use … (<imap>|service)",
            r"authenticated but not connected",
            r"access rights to this service",
            r"user has no permission",
            r"not include <imap>|no <imap> access|external access <off>",
            r"<imap>.{1,20}nicht freigeschaltet",
        ),
    ),
    Sign(
        _K.ADMINISTRATOR_POLICY,
        (
            r"(blocked|disabled|restricted|denied|prohibited) by … (admin|policy)",
            r"admin\w* (has |have )(disabled|blocked|restricted)",
            r"administrative prohibition",
            r"not (allowed|permitted) from (this|your) (location|country|network|ip)",
            r"from (this|your) (location|country|ip)\b … not (allowed|permitted)",
            r"from (this|your) (location|country|ip)( address)? (is )?not (allowed|permitted)",
        ),
    ),
    Sign(
        _K.PASSWORD_EXPIRED,
        (
            r"<secret> … (expired|abgelaufen|expiré|scadut|caducad)",
            r"expired <secret>",
            r"(must|need to|have to|please) (change|reset|renew) (your |the )?<secret>",
            r"<secret> (must|needs to|has to) be (changed|reset|renewed)",
            r"<secret> change required|<secret> no longer valid",
        ),
    ),
    Sign(
        _K.ENCRYPTION_REQUIRED,
        (
            r"must issue a starttls",
            r"starttls … (first|required|needed)",
            r"(encryption|secure connection|ssl|tls)([- ]connection)? (is )?(required|needed)",
            r"must use (starttls|tls|ssl)|after entering tls",
            r"(clear|plain)[- ]?text (auth\w*|log[io]ns?|passwords?) … <forbidden>",
            r"(over|on) (the |a )?(clear|plain)[- ]?text",
            r"under a layer",
            r"requires? (a )?(secure|encrypted|ssl|tls)",
        ),
    ),
    Sign(
        _K.NO_LOGIN_HERE,
        (
            r"auth\w* (is )?not (enabled|available|advertised|implemented|offered|supported)",
            r"auth command used when not advertised",
        ),
        services=_SMTP,
    ),
    Sign(
        _K.POP_MAILBOX_IN_USE,
        (
            r"(mailbox|maildrop|mail drop|mailfile|folder) … (in use|lock|busy)",
            r"unable to (\w+ )?lock|lock (failed|busy)",
            r"another (pop3? )?(session|client)|concurrent access",
            r"(cannot|can.t|could not) lock",
            r"already (logged|open)",
        ),
        services=_POP3,
    ),
    Sign(
        _K.SENDER_NOT_ALLOWED,
        (
            r"not owned by",
            r"sender … (must|not|n.t) match",
            r"(credentials|account) (do|does) not match",
            r"relaying disallowed as",
            r"sender address rejected: .{0,60}not (logged in|owned|allowed|author)",
            r"send as this sender",
            r"sender (address |domain )?(is |does )?not (allowed|permitted|authori[sz]ed|belong)",
            r"sender domain is not",
            r"sender (address )?(rejected|mismatch|unknown)|not your address",
            r"(may|must|can) ?not send (as|from)",
            r"not (allowed|permitted|authori[sz]ed) to (send|use) (as|from|this|the) ",
            r"\bfrom( address)?\b.{0,40}\b(not|must)\b",
        ),
        services=_SMTP,
        stages=_MESSAGE,
    ),
    Sign(
        _K.SENDING_SUSPENDED,
        (
            r"(outgoing|outbound|sending)( of)?( <mail>| access| service)? … (<locked>|limit)",
            r"<locked> (from|for) sending",
            r"bad outbound sender",
            r"(message|mail|outgoing|hourly|daily)\b.{0,30} (limit|quota) (exceeded|reached)",
            r"(daily|hourly) (\w+ )?limit",
            r"unusual sending|submissionquota",
            r"rate.?limit|too (many|much) <mail>",
            r"exceeded … <mail>",
        ),
        services=_SMTP,
    ),
    Sign(_K.SENDING_SUSPENDED, (r"<account> … <locked>",), services=_SMTP, stages=_MESSAGE),
    Sign(
        _K.RELAY_DENIED,
        (
            r"relay(ing)?( access)? (is )?(denied|prohibited|rejected|<forbidden>)",
            r"(unable|allowed|permitted|permissions|cannot|can.?t) (to )?(be )?relay",
            r"allowed rcpthosts|not a gateway|client host rejected: access denied",
            r"(authentication|auth|login) (is )?required",
            r"(must|need to|please) (be )?(first )?(authenticated?|log ?in|check mail)\b",
            r"user not local",
            r"not authenticated",
        ),
        services=_SMTP,
        stages=_BEFORE_LOGIN | _MESSAGE,
    ),
    Sign(
        _K.MAILBOX_FULL,
        (r"(quota|storage|mailbox) … (exceeded|full)\b", r"over ?quota|exceed\w* … quota"),
    ),
    Sign(
        _K.ACCOUNT_LOCKED,
        (r"<account> … <locked>", r"<account> <locked>", r"<locked> (user|account|mailbox)"),
        stages=_LOGIN,
    ),
    Sign(
        _K.NOT_AUTHORISED,
        (
            r"not authori[sz]ed (to|for) … (mailbox|account|act)",
            r"no access to … mailbox|proxy auth",
            r"not allowed to act as",
            r"authori[sz]ation failure",
        ),
        stages=_LOGIN,
    ),
    Sign(
        _K.USERNAME_FORM,
        (
            r"(full|complete|entire|whole|vollständige) e-?mail[- ]?address",
            r"user ?name (must|should|has to) (be|contain|include)",
            r"e-?mail[- ]?ad\w+ (as|als) ",
            r"(domain|@) (is )?missing|missing domain|no domain (given|specified)",
        ),
        stages=_LOGIN,
    ),
)

PLAIN_NO: tuple[Sign, ...] = (
    # Whoever is asked to come back later has not been told that the password is wrong.
    Sign(
        _K.LOGIN_SERVICE_FAULT,
        (r"\b(try|retry|come back)( it)?( again)? later", r"unknown error … try again"),
        stages=_LOGIN,
    ),
    Sign(
        _K.WRONG_PASSWORD,
        codes=_set("AUTHENTICATIONFAILED AUTH BADCREDENTIALS 5.7.8"),
        stages=_LOGIN,
    ),
    Sign(_K.WRONG_PASSWORD, statuses=_set("515 526 535"), stages=_LOGIN),
    Sign(_K.ACCOUNT_LOCKED, statuses=_set("525"), stages=_LOGIN),
    Sign(_K.PASSWORD_LOGIN_OFF, statuses=_set("504 534"), stages=_LOGIN),
    Sign(_K.NO_LOGIN_HERE, statuses=_set("500 502 503"), stages=_LOGIN),
    Sign(
        _K.GREYLISTED,
        (r"try (again )?later",),
        codes=_set("4.2.0 4.7.1"),
        stages=_MESSAGE,
    ),
    Sign(
        _K.GREYLISTED,
        (r"try (again )?(later|in)|temporarily (deferred|rejected)|come back|please retry",),
        statuses=_set("421 450 451"),
        stages=_MESSAGE,
    ),
    Sign(_K.RELAY_DENIED, statuses=_set("530"), stages=_MESSAGE),
    Sign(_K.MESSAGE_REFUSED, statuses=_set("523 552"), stages=_MESSAGE),
    Sign(
        _K.MESSAGE_REFUSED,
        (
            r"(user|mailbox|recipient|account|address)\b … (unavailable|unknown|not (exist|found))",
            r"(user|mailbox|recipient|account) (is )?(unknown|unavailable)",
            r"(unknown|invalid|no such) (user|mailbox|recipient|account|address)",
            r"unrouteable|no mailbox here|error in address|recipient rejected|t have an? account",
        ),
        services=_SMTP,
        stages=_MESSAGE,
    ),
    Sign(_K.SERVER_DOWN, statuses=_set("421")),
    Sign(
        _K.SERVER_DOWN,
        (r"try (again )?later",),
        services=_SMTP,
        stages=_BEFORE_LOGIN,
    ),
    # RFC 4954 section 6: a 4yz answer to AUTH is about the server, not about the password.
    Sign(_K.LOGIN_SERVICE_FAULT, statuses=_set("432 435 450 451 452 454"), stages=_LOGIN),
    Sign(
        _K.WRONG_PASSWORD,
        (
            r"<auth> (\w+ ){0,2}<wrong>",
            r"<wrong> (\w+ |\w+, ){0,3}(<secret>|<name>|<auth>)",
            r"(<secret>|<name>) … <wrong>",
            r"(<secret>|<name>|<auth>) <wrong>",
            r"no such (user|account|mailbox)|échec de l.authentification",
            r"not authenticated|permission denied|try logging in again",
            r"(unable to|could not|cannot) (log ?(in|on)|authenticate)|not a valid log.?in",
            r"credenciales inv|acc?es[so] denega[dt]o|non valid[eoi]|mot de passe erron",
            r"zugangsdaten",
        ),
        statuses=_set("NO BAD BYE -ERR 500 501 530 550 553 554"),
        stages=_LOGIN,
    ),
    # A bare "no" to a login: the name or the password was rejected (RFC 3501 section 6.2.3).
    Sign(_K.WRONG_PASSWORD, (r"\A\W*\Z",), statuses=_set("NO -ERR"), stages=_LOGIN),
)

SIGNS: tuple[Sign, ...] = (*NOT_JUDGED, *CODES, *TEXTS, *PLAIN_NO)
