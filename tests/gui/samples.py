"""One state for each thing a page can show: what the page tests open and the screenshots draw."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import segno

from wizard.app.publishing import publication_like
from wizard.flow import Delivered, Journey, Kept, Page, ProgramRow, RowState, State
from wizard.messages import Messages
from wizard.model import (
    Account,
    AddressFault,
    Applied,
    AuthMethod,
    ChangeRecord,
    Check,
    CheckState,
    ClientPlan,
    ClientProfile,
    Clue,
    ClueKind,
    DavCollection,
    DetectedClient,
    Diagnosis,
    EmailAddress,
    Evidence,
    FileChange,
    Found,
    HelpLink,
    How,
    KnownAccount,
    OAuthClient,
    Offline,
    PasswordKind,
    PasswordUse,
    Problem,
    ProblemKind,
    Produced,
    Provider,
    Publication,
    Rung,
    Security,
    ServerSettings,
    ServerType,
    Service,
    ServiceResult,
    ServiceType,
    Setting,
    SideFailed,
    SideUntested,
    SideVerified,
    Source,
    SourceReport,
    SourceState,
    Stage,
    Step,
    Subject,
    Trust,
    Undone,
    Verification,
)

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ADDRESS = EmailAddress("info", "my-shop.example")
PROVIDER = Provider(
    "Example Mail",
    "example-mail",
    help=(HelpLink("https://help.example.net/password", "password"),),
)


def evidence(source: Source, trust: Trust, transport: str, detail: str = "") -> Evidence:
    return Evidence(source, ("host", "port", "security"), detail, trust, transport, 180)


IMAP = ServerSettings(
    ServerType.IMAP,
    "mail.example.net",
    993,
    Security.TLS,
    (AuthMethod.PLAIN,),
    str(ADDRESS),
    evidence=(
        evidence(
            Source.AUTOCONFIG,
            Trust.TRUSTED,
            "https",
            "https://autoconfig.my-shop.example/mail/config-v1.1.xml",
        ),
        evidence(Source.GUESS, Trust.CONSENT, "tls-handshake"),
    ),
)
SMTP = replace(IMAP, type=ServerType.SMTP, port=465)
LONG_HOST = "imap-incoming-mailbox-cluster-0042.customers.some-very-long-provider-name.example.net"
UNTRUSTED = replace(
    IMAP,
    host=LONG_HOST,
    evidence=(evidence(Source.MX, Trust.CONSENT, "dns", "mx1.example.net"),),
)
SERVICES = (Service(ServiceType.CARDDAV, "https://sync.example.net/", str(ADDRESS)),)
REPORTS = (
    SourceReport(Source.AUTOCONFIG, SourceState.FOUND, 220, "autoconfig.my-shop.example"),
    SourceReport(Source.PACC, SourceState.NOTHING, 110),
    SourceReport(Source.DATABASE, SourceState.RUNNING),
    SourceReport(Source.MX, SourceState.FOUND, 310, "mx.example.net"),
    SourceReport(Source.AUTODISCOVER, SourceState.TIMEOUT, 4000),
    SourceReport(Source.SRV, SourceState.REJECTED, 90),
    SourceReport(Source.GUESS, SourceState.WAITING),
)
FOUND = Found(ADDRESS, PROVIDER, (IMAP,), (SMTP,), SERVICES, REPORTS, 420)
CONSENT = Found(
    ADDRESS,
    Provider("Example Hosting"),
    (UNTRUSTED,),
    (replace(UNTRUSTED, type=ServerType.SMTP, port=465),),
)
DETECTED = (
    DetectedClient(
        "thunderbird",
        "Thunderbird",
        "153.0",
        Path("/usr/bin/env"),
        True,
        (
            ClientProfile("a", "default-release", Path("/a"), True, ("anna@old.example",)),
            ClientProfile("b", "work", Path("/b"), False),
        ),
    ),
    DetectedClient("evolution", "Evolution", "3.46", Path("/usr/bin/env"), False),
)


def code() -> bytes:
    picture = BytesIO()
    segno.make("a code to scan", error="l").save(picture, kind="png", scale=6)
    return picture.getvalue()


PLAN = ClientPlan(
    "thunderbird",
    "Thunderbird",
    How.CHANGE,
    str(ADDRESS),
    changes=(
        FileChange(
            Path("/home/anna/.thunderbird/abcd.default-release/prefs.js"),
            b"after",
            b"before",
            (
                Setting("mail.server.server3.hostname", "mail.example.net"),
                Setting("mail.identity.id2.fullName", "My Shop", "Shop"),
            ),
        ),
    ),
    profile=DETECTED[0].profiles[0],
    notes=("Thunderbird asks for the password once, when you start it.",),
)
PHONE = ClientPlan(
    "thunderbird-mobile",
    "Thunderbird for Android",
    How.FILES,
    str(ADDRESS),
    files=(Produced("code.png", code(), "Scan this code with the phone", "image/png"),),
    steps=(Step("Install Thunderbird."), Step("Choose “Import settings”, then “Scan code”.")),
)
GUIDED = ClientPlan(
    "outlook",
    "Outlook",
    How.STEPS,
    str(ADDRESS),
    steps=(
        Step("Choose File, then Add account."),
        Step("Type your address.", copy=str(ADDRESS)),
        Step("Server for incoming mail", copy=LONG_HOST, group="Server settings"),
    ),
)
WRONG = Problem(
    ProblemKind.WRONG_PASSWORD,
    Stage.LOGIN,
    ServerType.IMAP,
    IMAP.host,
    993,
    server_said="NO [AUTHENTICATIONFAILED] <b>Authentication</b> failed.",
)
GOOD = Verification(SideVerified(IMAP, 310, ("IMAP4rev1",)), SideVerified(SMTP, 280, ()))
BESIDE = replace(
    GOOD,
    services=(
        ServiceResult(
            replace(
                SERVICES[0],
                verified=True,
                collections=(DavCollection("https://sync.example.net/anna/office/", "Work"),),
            ),
            ms=190,
        ),
        ServiceResult(
            Service(ServiceType.CALDAV, "https://sync.example.net/", str(ADDRESS)),
            Problem(ProblemKind.NO_ANSWER, Stage.CONNECT, host="sync.example.net", port=443),
            4000,
        ),
    ),
)
BAD = Verification(SideFailed(WRONG, 310), SideUntested("receiving-failed"))
HALF = Verification(
    SideVerified(IMAP, 310, ("IMAP4rev1",)),
    SideFailed(
        Problem(ProblemKind.SENDING_SUSPENDED, Stage.LOGIN, ServerType.SMTP, SMTP.host, 465), 90
    ),
)
RUNS = Problem(ProblemKind.PROGRAM_RUNNING, Stage.CLIENT, facts=(("program", "Thunderbird"),))
ROWS = (
    ProgramRow("thunderbird", RowState.READY, PLAN),
    ProgramRow("thunderbird-mobile", RowState.READY, PHONE),
    ProgramRow("outlook", RowState.READY, GUIDED),
)
ROWS_DONE = (
    ProgramRow("thunderbird", RowState.DONE, PLAN, Applied(PLAN, "c1")),
    ProgramRow(
        "thunderbird-mobile",
        RowState.DONE,
        PHONE,
        Applied(PHONE, written=(Path("/home/anna/Documents/Mail Setup/code.png"),)),
    ),
    ProgramRow("outlook", RowState.READY, GUIDED),
)
TRANSLATIONS = Path(__file__).resolve().parents[2] / "resources" / "translations"


def published() -> Publication:
    """What the real one makes of the account of these pages."""
    account = Account(ADDRESS, "", PROVIDER, IMAP, SMTP, SERVICES)
    made = publication_like(account, Messages("en", TRANSLATIONS))
    assert isinstance(made, Publication)
    return made


PUBLICATION = published()
PERSONAL = Problem(ProblemKind.SETTINGS_UNREADABLE, Stage.INPUT, detail="u1234567")
BAN = Problem(ProblemKind.NETWORK_BANNED, Stage.CONNECT, ServerType.IMAP, IMAP.host, 993)


def _check(
    subject: Subject, state: CheckState, host: str, port: int = 0, said: str = "", ms: int = 120
) -> Check:
    return Check(subject, state, host, port, "IPv4", "192.0.2.7", said=said, ms=ms)


def _dead(subject: Subject, server: ServerSettings, family: str) -> Check:
    return Check(
        subject,
        CheckState.BAD,
        server.host,
        server.port,
        family,
        "192.0.2.7",
        server.type,
        server.security,
        (Rung("connect", False, 5000, "timeout"),),
        ms=5000,
    )


CHECKS = (
    _check(Subject.SETTINGS, CheckState.GOOD, ADDRESS.domain, said="Example Mail", ms=400),
    _check(Subject.NAMES, CheckState.GOOD, IMAP.host, said="192.0.2.7", ms=20),
    _check(Subject.INTERNET, CheckState.GOOD, "detectportal.example", 80, "HTTP/1.1 200 OK"),
    _check(Subject.ELSEWHERE, CheckState.GOOD, "imap.other.example", 993),
    _check(Subject.PUBLIC_ADDRESS, CheckState.GOOD, "whoami.example", said="198.51.100.7"),
    _dead(Subject.RECEIVING, IMAP, "IPv4"),
    _dead(Subject.RECEIVING, IMAP, "IPv6"),
    _dead(Subject.SENDING, SMTP, "IPv4"),
    _check(Subject.OTHER_PORT, CheckState.UNSURE, IMAP.host, 143, "timeout", 4000),
    _check(Subject.WEBSITE, CheckState.GOOD, "www.example.net", 443),
)
PROXY_CHECK = _check(Subject.PROXY, CheckState.GOOD, "proxy.example.net", 3128)
CLUES = (
    Clue(ClueKind.CERTIFICATE_EXPIRES_SOON, IMAP.host, "2026-12-01"),
    Clue(ClueKind.SIGN_IN_UNTESTED),
)
BANNED = Diagnosis(ADDRESS, NOW, 6200, BAN, CHECKS, CLUES, "198.51.100.7", "2001:db8::7", PROVIDER)
WELL = Diagnosis(
    ADDRESS, NOW + timedelta(minutes=5), 1200, None, CHECKS[:5], (), "198.51.100.7", "", PROVIDER
)
BASE = State(
    name="My Shop",
    text=str(ADDRESS),
    address=ADDRESS,
    result=FOUND,
    provider=PROVIDER,
    incoming=IMAP,
    outgoing=SMTP,
    services=SERVICES,
    reports=REPORTS,
    history=(Page.ADDRESS,),
)
_PASSWORD = replace(BASE, page=Page.PASSWORD, history=(Page.ADDRESS, Page.FOUND))
_OFFLINE = Problem(ProblemKind.NO_INTERNET, Stage.DISCOVER)


def _with_kind(kind: PasswordKind) -> State:
    provider = Provider(
        "Example Mail",
        "example-mail",
        kind,
        (HelpLink("https://help.example.net/app-passwords?lang=en&section=make", "app-password"),),
        {"en": {"app-password": "Open your account.\nChoose Security.\nMake an app password."}},
    )
    return replace(_PASSWORD, provider=provider)


SIGNS_IN = Provider(
    "Example Mail",
    "example-mail",
    PasswordKind.OAUTH_IN_CLIENT,
    oauth=OAuthClient(
        "an-organisation", "https://id.example.net/authorize", "https://id.example.net/token"
    ),
)
KNOWN = (
    KnownAccount(ADDRESS, ("thunderbird", "evolution"), ours=True),
    KnownAccount(EmailAddress("anna.with-a-rather-long-name", "another-shop.example")),
)
_DIAGNOSIS = State(
    page=Page.DIAGNOSIS,
    history=(Page.ADDRESS, Page.ACCOUNT),
    journey=Journey.DIAGNOSE,
    diagnosed=ADDRESS,
)
_PUBLISH = replace(
    BASE,
    page=Page.PUBLISH,
    history=(Page.ADDRESS, Page.ACCOUNT, Page.FOUND),
    journey=Journey.PUBLISH,
    text=ADDRESS.domain,
)

ACCOUNT = Account(ADDRESS, "My Shop", PROVIDER, IMAP, SMTP, SERVICES)
STATES: dict[str, State] = {
    "address-empty": State(),
    "address-cut-off": State(kept=Kept(ADDRESS, "My Shop", ACCOUNT)),
    "address-suggestion": State(name="My Shop", text="info@gmial.com", suggestion="gmail.com"),
    "address-fault": State(name="My Shop", text="info.gmail.com", fault=AddressFault.NO_AT),
    "address-international": State(name="My Shop", text="info@bücher.example"),
    "address-problem": State(
        name="My Shop",
        text="info@gmial.con",
        address=ADDRESS,
        problem=Problem(ProblemKind.DOMAIN_MISTYPED, Stage.RESOLVE, host="gmial.con"),
    ),
    "searching": replace(BASE, page=Page.SEARCHING, running=frozenset({1}), revision=1),
    "found": replace(BASE, page=Page.FOUND),
    "found-consent": replace(
        BASE,
        page=Page.FOUND,
        result=CONSENT,
        provider=CONSENT.provider,
        incoming=CONSENT.incoming[0],
        outgoing=CONSENT.outgoing[0],
        services=(),
    ),
    "found-pop": replace(
        BASE, page=Page.FOUND, incoming=replace(IMAP, type=ServerType.POP3, port=995)
    ),
    "found-half": replace(BASE, page=Page.FOUND, outgoing=None),
    "found-offline": replace(
        BASE, page=Page.FOUND, result=Offline(ADDRESS, _OFFLINE, FOUND), problem=_OFFLINE
    ),
    "found-impossible": replace(
        BASE,
        page=Page.FOUND,
        incoming=None,
        outgoing=None,
        provider=Provider("Example Mail", password_kind=PasswordKind.NOT_POSSIBLE),
    ),
    "manual-nothing-found": replace(
        BASE,
        page=Page.MANUAL,
        problem=Problem(ProblemKind.NOTHING_FOUND, Stage.DISCOVER, host=ADDRESS.domain),
    ),
    "manual-pop": replace(
        BASE, page=Page.MANUAL, incoming=replace(IMAP, type=ServerType.POP3, port=995)
    ),
    "password": _PASSWORD,
    "password-app": _with_kind(PasswordKind.APP_PASSWORD),
    "password-bridge": _with_kind(PasswordKind.BRIDGE),
    "password-oauth": _with_kind(PasswordKind.OAUTH_IN_CLIENT),
    "password-browser": replace(
        _with_kind(PasswordKind.OAUTH_IN_CLIENT), provider=SIGNS_IN, services=()
    ),
    "password-browser-open": replace(
        _with_kind(PasswordKind.OAUTH_IN_CLIENT), provider=SIGNS_IN, running=frozenset({3})
    ),
    "password-browser-left": replace(
        _with_kind(PasswordKind.OAUTH_IN_CLIENT),
        provider=SIGNS_IN,
        problem=Problem(
            ProblemKind.BROWSER_SIGN_IN_NEEDED,
            Stage.LOGIN,
            host="id.example.net",
            facts=(("sign_in", "open"),),
            server_said="access_denied",
        ),
    ),
    "password-testing": replace(
        _PASSWORD,
        running=frozenset({3}),
        incoming_rungs=(Rung("connect", True, 40), Rung("tls", True, 80)),
    ),
    "password-wrong": replace(_PASSWORD, verification=BAD, problem=WRONG),
    "password-half": replace(_PASSWORD, verification=HALF, problem=HALF.problem),
    "password-works": replace(
        _PASSWORD,
        verification=GOOD,
        tested_at=NOW,
        keychain_problem=Problem(ProblemKind.KEYCHAIN_UNAVAILABLE, Stage.KEYCHAIN),
    ),
    "password-message": replace(
        _PASSWORD, verification=BESIDE, tested_at=NOW, test_message=Delivered(1.23)
    ),
    "programs-looking": replace(BASE, page=Page.PROGRAMS, running=frozenset({4})),
    "programs": replace(BASE, page=Page.PROGRAMS, detected=DETECTED),
    "programs-none": replace(BASE, page=Page.PROGRAMS, detected=()),
    "applying-preview": replace(
        BASE,
        page=Page.APPLYING,
        detected=DETECTED,
        rows=(replace(ROWS[0], plan=replace(PLAN, can_keep_password=True)), *ROWS[1:]),
    ),
    "applying-repair": replace(
        BASE,
        page=Page.APPLYING,
        detected=DETECTED,
        rows=(
            replace(ROWS[0], plan=replace(PLAN, repairs=PLAN.settings)),
            replace(ROWS[0], client="evolution", plan=replace(PLAN, unchanged=True)),
        ),
    ),
    "applying-now": replace(
        BASE,
        page=Page.APPLYING,
        detected=DETECTED,
        running=frozenset({6}),
        rows=(replace(ROWS[0], state=RowState.APPLYING), ROWS[2]),
    ),
    "applying-problem": replace(
        BASE,
        page=Page.APPLYING,
        detected=DETECTED,
        rows=(ProgramRow("thunderbird", RowState.PROBLEM, problem=RUNS), ROWS[1]),
    ),
    "applying-done": replace(BASE, page=Page.APPLYING, detected=DETECTED, rows=ROWS_DONE),
    "applying-not-kept": replace(
        BASE,
        page=Page.APPLYING,
        detected=DETECTED,
        rows=(
            replace(ROWS_DONE[0], keeps_password=True, not_kept="primary-password"),
            *ROWS_DONE[1:],
        ),
    ),
    "applying-undone": replace(
        BASE,
        page=Page.APPLYING,
        detected=DETECTED,
        rows=(
            replace(
                ROWS[0],
                state=RowState.UNDONE,
                undone=Undone("c1", kept=(Setting("mail.identity.id2.fullName", "Anna"),)),
            ),
        ),
    ),
    "done": replace(
        BASE,
        page=Page.DONE,
        detected=DETECTED,
        rows=ROWS_DONE,
        tested_at=NOW,
        verification=GOOD,
        test_message=Delivered(1.23),
    ),
    "done-untested": replace(
        BASE, page=Page.DONE, detected=DETECTED, rows=ROWS_DONE[:1], untested=True
    ),
    "done-saved": replace(
        BASE,
        page=Page.DONE,
        rows=ROWS_DONE[:2],
        tested_at=NOW,
        saved=(Path("/home/anna/Mail/sheet.pdf"), Path("/home/anna/Mail/sheet.html")),
    ),
    "diagnosis-account": replace(
        State(page=Page.ACCOUNT, history=(Page.ADDRESS,)), journey=Journey.DIAGNOSE
    ),
    "diagnosis-running": replace(
        _DIAGNOSIS,
        running=frozenset({7}),
        checks=(*CHECKS[:4], replace(CHECKS[5], state=CheckState.RUNNING, rungs=())),
    ),
    "diagnosis-stopped": replace(
        _DIAGNOSIS, checks=(*CHECKS[:4], replace(CHECKS[5], state=CheckState.RUNNING, rungs=()))
    ),
    "diagnosis-banned": replace(_DIAGNOSIS, checks=CHECKS, diagnosis=BANNED),
    "diagnosis-proxy": replace(
        _DIAGNOSIS,
        checks=(*CHECKS, PROXY_CHECK),
        diagnosis=replace(
            BANNED,
            verdict=Problem(
                ProblemKind.PORT_BLOCKED,
                Stage.CONNECT,
                IMAP.type,
                IMAP.host,
                IMAP.port,
                facts=(("proxy", "proxy.example.net:3128"),),
            ),
            checks=(*CHECKS, PROXY_CHECK),
            clues=(Clue(ClueKind.PROXY_AUTOMATIC, value="proxy.example.net:3128"),),
        ),
    ),
    "diagnosis-retry": replace(
        _DIAGNOSIS,
        checks=CHECKS,
        diagnosis=replace(BANNED, verdict=Problem(ProblemKind.CAPTIVE_PORTAL, Stage.CONNECT)),
    ),
    "diagnosis-well": replace(
        _DIAGNOSIS, checks=WELL.checks, diagnosis=WELL, note=Path("/home/anna/mail-test.txt")
    ),
    "changes": replace(
        State(page=Page.CHANGES, history=(Page.ADDRESS,)),
        changes=(
            ChangeRecord(
                "c1",
                "thunderbird",
                str(ADDRESS),
                "2026-11-23T10:00:00+01:00",
                ("/home/anna/.thunderbird/abcd.default-release/prefs.js",),
            ),
        ),
        taken_back=Undone("c0", kept=(Setting("mail.identity.id2.fullName", "Anna"),)),
    ),
    "changes-cut-off": replace(
        State(page=Page.CHANGES, history=(Page.ADDRESS,)),
        changes=(
            ChangeRecord(
                "c2",
                "thunderbird",
                str(ADDRESS),
                "2026-11-24T10:00:00+01:00",
                ("/home/anna/.thunderbird/x.default/prefs.js",),
                "applying",
            ),
            ChangeRecord(
                "c1", "evolution", str(ADDRESS), "2026-11-23T10:00:00+01:00", (), "undoing"
            ),
        ),
    ),
    "changes-none": replace(State(page=Page.CHANGES, history=(Page.ADDRESS,)), changes=()),
    "changes-problem": replace(
        State(page=Page.CHANGES, history=(Page.ADDRESS,)),
        changes=(ChangeRecord("c1", "thunderbird", str(ADDRESS), "2026-11-23T10:00:00+01:00", ()),),
        problem=RUNS,
    ),
    "changes-closed": replace(
        State(page=Page.CHANGES, history=(Page.ADDRESS,)),
        problem=Problem(
            ProblemKind.FOLDER_NOT_WRITABLE,
            Stage.CLIENT,
            facts=(("path", "/home/anna/.local/state/mail-setup-wizard"), ("ours", "yes")),
        ),
    ),
    "account-publish": replace(
        State(page=Page.ACCOUNT, history=(Page.ADDRESS,), journey=Journey.PUBLISH),
        text="my-shop",
        fault=AddressFault.NO_DOT,
    ),
    "publish": replace(_PUBLISH, publication=PUBLICATION),
    "publish-saved": replace(
        _PUBLISH,
        publication=PUBLICATION,
        saved=(
            Path("/home/anna/publish/autoconfig.my-shop.example/mail/config-v1.1.xml"),
            Path("/home/anna/publish/README.txt"),
        ),
    ),
    "publish-unsaved": replace(
        _PUBLISH,
        publication=PUBLICATION,
        saved=Problem(
            ProblemKind.FOLDER_NOT_WRITABLE, Stage.CLIENT, facts=(("path", "/media/stick"),)
        ),
    ),
    "publish-personal": replace(
        _PUBLISH, incoming=replace(IMAP, username="u1234567"), publication=PERSONAL
    ),
    "account-password": replace(
        State(page=Page.ACCOUNT, history=(Page.ADDRESS,), journey=Journey.PASSWORD), known=KNOWN
    ),
    "account-move": replace(
        State(page=Page.ACCOUNT, history=(Page.ADDRESS,), journey=Journey.MOVE),
        known=KNOWN,
        text="anna@new.example",
        old_text="anna@old",
        old_fault=AddressFault.BAD_DOMAIN,
    ),
    "account-same": replace(
        State(page=Page.ACCOUNT, history=(Page.ADDRESS,), journey=Journey.MOVE),
        text="anna@old.example",
        old_text="anna@old.example",
        same_address=True,
    ),
    "account-diagnose": replace(
        State(page=Page.ACCOUNT, history=(Page.ADDRESS,), journey=Journey.DIAGNOSE),
        text="anna@gmial.com",
        suggestion="gmail.com",
    ),
    "found-exchange": replace(
        BASE,
        page=Page.FOUND,
        provider=Provider("Exchange", "exchange", PasswordKind.EXCHANGE),
        incoming=None,
        outgoing=None,
    ),
    "password-proton": replace(
        _PASSWORD,
        provider=Provider(
            "Proton Mail",
            "proton",
            PasswordKind.BRIDGE,
            help=(HelpLink("https://proton.me/mail/bridge", "bridge"),),
            steps={"en": {"bridge": "Install Bridge.\nSign in there."}},
        ),
    ),
    "password-or-sign-in": replace(
        _PASSWORD,
        provider=Provider("Gmail", "gmail", PasswordKind.APP_PASSWORD),
        incoming=replace(IMAP, auth=(AuthMethod.OAUTH2, AuthMethod.PLAIN)),
        outgoing=replace(SMTP, auth=(AuthMethod.OAUTH2, AuthMethod.PLAIN)),
    ),
    "password-new": replace(_PASSWORD, journey=Journey.PASSWORD),
    "applying-move": replace(
        BASE, page=Page.APPLYING, journey=Journey.MOVE, detected=DETECTED, rows=ROWS
    ),
    "updated": replace(
        BASE,
        page=Page.UPDATED,
        journey=Journey.PASSWORD,
        tested_at=NOW,
        verification=GOOD,
        uses=(
            PasswordUse("evolution", "Evolution", True, "has the new password"),
            PasswordUse("thunderbird", "Thunderbird", False, "It asks for the new password."),
            PasswordUse("claws", "Claws Mail", False, "", RUNS),
        ),
    ),
    "updated-none": replace(
        BASE, page=Page.UPDATED, journey=Journey.PASSWORD, tested_at=None, untested=True, uses=()
    ),
    "updated-open": replace(
        BASE,
        page=Page.UPDATED,
        journey=Journey.PASSWORD,
        tested_at=NOW,
        verification=GOOD,
        uses=(
            PasswordUse(
                "thunderbird",
                "Thunderbird",
                False,
                "When it says that the login did not work, choose “Enter new password” and type "
                "it once.",
                RUNS,
            ),
        ),
    ),
    "updated-looking": replace(
        BASE, page=Page.UPDATED, journey=Journey.PASSWORD, running=frozenset({9}), tested_at=NOW
    ),
}
