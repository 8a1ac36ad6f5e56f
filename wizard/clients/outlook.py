"""Classic Outlook for Windows: settings it reads by itself, a profile file, and the click path.

Three ways, because none works everywhere:
    local Autodiscover   an XML file and a registry entry that points to it; Outlook then finds
                         the servers when the address is typed
    PRF                  a profile file for `outlook.exe /importprf`
    by hand              per version, every value with a Copy button

Sources: MS-OXDSCLI (Autodiscover `Protocol` elements), Microsoft's "Customize an Outlook profile
by using a PRF file". Made on any system; nothing here was tried on a real Windows.
New Outlook, and Outlook for Mac, iOS and Android have no import: steps, and a plain warning.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from wizard.clients import journal, windows_registry
from wizard.clients.guide import (
    file_stem,
    one_line,
    same_login,
    signs_in_inside,
    steps,
    summary,
    unsuitable,
    values,
)
from wizard.model import (
    N_,
    Account,
    Applied,
    AuthMethod,
    ClientPlan,
    ClientProfile,
    DetectedClient,
    FileChange,
    How,
    Places,
    Problem,
    ProblemKind,
    Produced,
    Security,
    ServerSettings,
    ServerType,
    Setting,
    Stage,
    Step,
    Words,
)

FOLDER = "C:\\Users\\Public\\Documents\\Mail Setup"
"""Where the XML file is to lie: a folder every user of every Windows may write to."""

_OUTLOOK = "HKEY_CURRENT_USER\\Software\\Microsoft\\Office\\16.0\\Outlook"

_NOTE_UNTRIED = N_(
    "Made after Microsoft's documentation; not tried on a real Windows by us. If a step looks "
    "different on your computer, the values of your account are what counts."
)
_NOTE_CLOUD = N_(
    "The new Outlook for Windows and Outlook for Mac, iPhone and Android copy your mailbox, and "
    "your password with it, to Microsoft's servers. Classic Outlook, Thunderbird and Apple Mail "
    "do not."
)
_NOTE_NO_PRF_STARTTLS = N_(
    "A profile file can't express STARTTLS for receiving, so none was made; use the other ways."
)
_NOTE_NO_PRF_LETTERS = N_(
    "The name has letters that a profile file can't hold, so none was made; use the other ways."
)


@dataclass(frozen=True, slots=True)
class Outlook:
    """The exporter (`ClientExporter`)."""

    id = "outlook"
    name = "Outlook"

    def detect(self, places: Places) -> DetectedClient | None:
        """Classic Outlook, from what `system` read in the registry."""
        facts = dict(places.facts)
        path = facts.get("outlook.path", "")
        if places.system != "windows" or not path:
            return None
        version = " ".join(filter(None, (facts.get("outlook.version"), facts.get("outlook.bits"))))
        folder = places.home / path
        accounts = tuple(value for name, value in places.facts if name == "outlook.account")
        profile = ClientProfile(self.id, self.name, folder, is_default=True, accounts=accounts)
        return DetectedClient(self.id, self.name, version, folder, False, (profile,))

    def plan(
        self,
        account: Account,
        detected: DetectedClient | None,
        places: Places,
        words: Words,
        profile: str | None = None,
    ) -> ClientPlan | Problem:
        """On a Windows with Outlook: the file it reads by itself and the entries that point to it.

        Everywhere else the files and the steps.
        """
        if detected is None or unsuitable(account) or signs_in_inside(account):
            return self.files(account, words)
        edition = dict(places.facts).get("outlook.product", "")
        known = {item.casefold() for found in detected.profiles for item in found.accounts}
        if str(account.address).casefold() in known:
            return ClientPlan(
                client=self.id,
                name=self.name,
                how=How.CHANGE,
                account=str(account.address),
                steps=(*_check_steps(words), *values(account, words)),
                unchanged=True,
                summary=summary(account, words),
            )
        try:
            changes, repairs = _changes(account, places, words)
        except OSError as exc:
            return Problem(
                ProblemKind.PROGRAM_FILE_UNREADABLE,
                Stage.CLIENT,
                detail=exc.strerror or "",
                facts=(("program", self.name),),
            )
        return ClientPlan(
            client=self.id,
            name=self.name,
            how=How.CHANGE,
            account=str(account.address),
            changes=changes,
            steps=_guide(account, words, "", edition),
            repairs=repairs,
            unchanged=not changes,
            notes=(words.text(_NOTE_UNTRIED), words.text(_NOTE_CLOUD)),
            profile=detected.profiles[0],
            summary=summary(account, words),
        )

    def files(self, account: Account, words: Words) -> ClientPlan | Problem:
        """XML, `.reg` with its undo, PRF where it can say it, steps per version."""
        if refusal := unsuitable(account):
            return refusal
        if signs_in_inside(account):
            return ClientPlan(
                client=self.id,
                name=self.name,
                how=How.STEPS,
                account=str(account.address),
                steps=_sign_in_steps(account, words),
                notes=(words.text(_NOTE_CLOUD),),
            )
        xml_name = f"outlook-{account.address.domain}.xml"
        entries = registry_entries(account, f"{FOLDER}\\{xml_name}")
        made = [
            Produced(
                xml_name,
                autodiscover_xml(account),
                words.text(N_("The servers, in the form that Outlook reads by itself.")),
                "application/xml",
            ),
            Produced(
                "outlook-add.reg",
                reg_file(entries),
                words.text(N_("Tells Outlook where to find that file. Open it on the computer.")),
                "text/plain",
            ),
            Produced(
                "outlook-undo.reg",
                reg_file(undo_entries(entries)),
                words.text(N_("Takes that back. Open it once the account is set up.")),
                "text/plain",
            ),
        ]
        notes = [words.text(_NOTE_UNTRIED), words.text(_NOTE_CLOUD)]
        document = prf(account)
        if isinstance(document, bytes):
            made.append(
                Produced(
                    f"outlook-{file_stem(account)}.prf",
                    document,
                    words.text(N_("A new Outlook profile, for those who set up many computers.")),
                    "text/plain",
                )
            )
        else:
            notes.insert(0, words.text(document))
        return ClientPlan(
            client=self.id,
            name=self.name,
            how=How.FILES,
            account=str(account.address),
            files=tuple(made),
            steps=_guide(account, words, xml_name),
            notes=tuple(notes),
            summary=summary(account, words),
        )

    def apply(self, plan: ClientPlan, places: Places) -> Applied | Problem:
        """By the journal. Files to carry elsewhere change nothing here: the person opens the
        `.reg` file there, which Windows shows and asks about."""
        return journal.apply(plan, places, self)

    @contextlib.contextmanager
    def hold(self, paths: Sequence[Path]) -> Iterator[bool]:
        """Always free: Outlook looks at these only while an account is being added."""
        yield True

    def take_back(
        self, path: Path, now: bytes, before: bytes | None, after: bytes, ours: Sequence[Path]
    ) -> journal.Reversal:
        """What somebody else set meanwhile stays: each value is one thing."""
        return journal.Reversal(now, (Setting(str(path), now.decode("utf-8", "replace")),))


def _changes(
    account: Account, places: Places, words: Words
) -> tuple[tuple[FileChange, ...], tuple[Setting, ...]]:
    """What is not there yet: the XML file, the registration files that show what will be set and
    what was before, and the values themselves, last. Raises OSError."""
    folder = places.data / "Mail Setup Wizard" / "Outlook"
    xml_path = folder / f"{account.address.domain}.xml"
    entries = registry_entries(account, str(xml_path))
    paths = {entry: windows_registry.value_path(entry.key, entry.name) for entry in entries}
    known = {entry: windows_registry.read(path) for entry, path in paths.items()}
    wanted = {entry: _data(entry.data).encode() for entry in entries}
    todo = [entry for entry in entries if known[entry] != wanted[entry]]
    before = {(entry.key, entry.name): known[entry] for entry in entries}
    files = {xml_path: autodiscover_xml(account)}
    if todo:
        files |= {
            folder / f"{account.address.domain}-add.reg": reg_file(todo),
            folder / f"{account.address.domain}-undo.reg": reg_file(undo_entries(todo, before)),
        }
    changes = []
    for path, content in files.items():
        now = path.read_bytes() if path.is_file() else None
        if now != content:
            settings = (Setting(path.name, str(path)),)
            changes.append(FileChange(path, content, now, settings))
    repairs = tuple(
        Setting(words.text(N_("Settings file for Outlook")), account.incoming.host)
        for change in changes
        if change.path == xml_path and change.before is not None
    )
    for entry in todo:
        now, text = known[entry], wanted[entry].decode()
        shown = Setting(f"{entry.key}\\{entry.name}", text, now.decode() if now else "")
        changes.append(FileChange(paths[entry], wanted[entry], now, (shown,)))
    return tuple(changes), repairs


# --- local Autodiscover -----------------------------------------------------------------------


def autodiscover_xml(account: Account) -> bytes:
    """The Autodiscover answer for the account's domain.

    `LoginName` is left out where it equals the address: Outlook then takes whatever address is
    typed, and the file serves everybody of that domain.
    """
    protocols = _protocol(account, account.incoming) + _protocol(account, account.outgoing)
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/'
        'responseschema/2006">\n'
        '  <Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/'
        'responseschema/2006a">\n'
        "    <Account>\n"
        "      <AccountType>email</AccountType>\n"
        "      <Action>settings</Action>\n"
        f"{protocols}"
        "    </Account>\n"
        "  </Response>\n"
        "</Autodiscover>\n"
    )
    return text.encode()


def _protocol(account: Account, server: ServerSettings) -> str:
    rows = [
        ("Type", server.type.value.upper()),
        ("Server", server.host),
        ("Port", str(server.port)),
        ("DomainRequired", "off"),
        ("SPA", "off"),
        ("SSL", "on"),
        ("Encryption", "SSL" if server.security is Security.TLS else "TLS"),
        ("AuthRequired", "off" if server.auth == (AuthMethod.NONE,) else "on"),
    ]
    if server.username != str(account.address):
        rows.insert(3, ("LoginName", one_line(server.username)))
    if server.type is ServerType.SMTP:
        rows.append(("UsePOPAuth", "on" if same_login(account) else "off"))
        rows.append(("SMTPLast", "off"))
    lines = "".join(f"        <{name}>{escape(value)}</{name}>\n" for name, value in rows)
    return f"      <Protocol>\n{lines}      </Protocol>\n"


@dataclass(frozen=True, slots=True)
class RegistryEntry:
    """One value: text (REG_SZ), number (REG_DWORD), bytes as a registration file has them, or
    None: the value is removed."""

    key: str
    name: str
    data: str | int | bytes | None


def registry_entries(account: Account, xml_path: str) -> tuple[RegistryEntry, ...]:
    """What makes Outlook read the file: per user, per domain, no administrator rights.

    The last one brings the classic account dialog, the only one that looks at local files
    (reported not to help with Office 2024).
    """
    autodiscover = f"{_OUTLOOK}\\AutoDiscover"
    return (
        RegistryEntry(autodiscover, "PreferLocalXML", 1),
        RegistryEntry(autodiscover, account.address.domain, xml_path),
        RegistryEntry(f"{_OUTLOOK}\\setup", "DisableOffice365SimplifiedAccountCreation", 1),
    )


def undo_entries(
    entries: Sequence[RegistryEntry],
    before: Mapping[tuple[str, str], str | int | bytes | None] | None = None,
) -> tuple[RegistryEntry, ...]:
    """The way back: `before` gives what stood there, by key and name; unknown means nothing."""
    known = before or {}
    return tuple(
        RegistryEntry(entry.key, entry.name, known.get((entry.key, entry.name)))
        for entry in entries
    )


def reg_file(entries: Sequence[RegistryEntry]) -> bytes:
    """A registration file as regedit exports it: UTF-16LE with BOM, CRLF."""
    lines = ["Windows Registry Editor Version 5.00", ""]
    for key in dict.fromkeys(entry.key for entry in entries):
        lines.append(f"[{key}]")
        lines.extend(
            f"{_quoted(entry.name)}={_data(entry.data)}" for entry in entries if entry.key == key
        )
        lines.append("")
    return b"\xff\xfe" + "".join(line + "\r\n" for line in lines).encode("utf-16-le")


def _data(data: str | int | bytes | None) -> str:
    match data:
        case None:
            return "-"
        case bytes():
            return data.decode()
        case int():
            return f"dword:{data:08x}"
        case str():
            return _quoted(data)


def _quoted(text: str) -> str:
    escaped = one_line(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# --- PRF --------------------------------------------------------------------------------------

# Sections 6 and 7: how keys become MAPI properties. A key that is not mapped here is dropped.
_SERVICE_MAPPING = (
    "[Unicode Personal Folders]",
    "ServiceName=MSUPST MS",
    "Name=PT_UNICODE,0x3001",
    "PathToPersonalFolders=PT_STRING8,0x6700",
    "EncryptionType=PT_LONG,0x6702",
    "",
    "[Outlook Address Book]",
    "ServiceName=CONTAB",
)
_COMMON_MAPPING = (
    "AccountName=PT_UNICODE,0x0002",
    "DisplayName=PT_UNICODE,0x000B",
    "EmailAddress=PT_UNICODE,0x000C",
    "Organization=PT_UNICODE,0x0107",
    "ReplyEmailAddress=PT_UNICODE,0x0103",
)
_SMTP_MAPPING = (
    "SMTPServer=PT_UNICODE,0x0200",
    "SMTPPort=PT_LONG,0x0201",
    "SMTPUseAuth=PT_LONG,0x0203",
    "SMTPUserName=PT_UNICODE,0x0204",
    "SMTPUseSPA=PT_LONG,0x0207",
    "SMTPAuthMethod=PT_LONG,0x0208",
    "ServerTimeOut=PT_LONG,0x0209",
    "SMTPSecureConnection=PT_LONG,0x020A",
    "ConnectionType=PT_LONG,0x000F",
    "ConnectionOID=PT_UNICODE,0x0010",
)
_IMAP_MAPPING = (
    "[IMAP_I_Mail]",
    "AccountType=IMAP",
    *_COMMON_MAPPING,
    "IMAPServer=PT_UNICODE,0x0100",
    "IMAPUserName=PT_UNICODE,0x0101",
    "IMAPPort=PT_LONG,0x0104",
    "IMAPUseSSL=PT_LONG,0x0105",
    "IMAPUseSPA=PT_LONG,0x0108",
    *_SMTP_MAPPING,
    "CheckNewImap=PT_LONG,0x1100",
    "RootFolder=PT_UNICODE,0x1101",
)
_POP_MAPPING = (
    "[I_Mail]",
    "AccountType=POP3",
    *_COMMON_MAPPING,
    "POP3Server=PT_UNICODE,0x0100",
    "POP3UserName=PT_UNICODE,0x0101",
    "POP3Port=PT_LONG,0x0104",
    "POP3UseSSL=PT_LONG,0x0105",
    "POP3UseSPA=PT_LONG,0x0108",
    *_SMTP_MAPPING,
    "LeaveOnServer=PT_LONG,0x1000",
)


def prf(account: Account) -> bytes | str:
    """A new profile, ANSI with CRLF, without password; or the sentence why there is none."""
    if account.incoming.security is not Security.TLS:
        return _NOTE_NO_PRF_STARTTLS
    pop = account.incoming.type is ServerType.POP3
    kind, protocol = ("I_Mail", "POP3") if pop else ("IMAP_I_Mail", "IMAP")
    incoming, outgoing = account.incoming, account.outgoing
    rows: dict[str, str | int] = {
        "AccountName": str(account.address),
        "DisplayName": one_line(account.name) or str(account.address),
        "EmailAddress": str(account.address),
        "ReplyEmailAddress": str(account.address),
        f"{protocol}Server": incoming.host,
        f"{protocol}UserName": one_line(incoming.username),
        f"{protocol}Port": incoming.port,
        f"{protocol}UseSSL": 1,
        f"{protocol}UseSPA": 0,
        "SMTPServer": outgoing.host,
        "SMTPPort": outgoing.port,
        "SMTPSecureConnection": 1 if outgoing.security is Security.TLS else 2,
        "SMTPUseAuth": 0 if outgoing.auth == (AuthMethod.NONE,) else 1,
        "SMTPAuthMethod": 0 if same_login(account) else 1,
        "SMTPUseSPA": 0,
        "ConnectionType": 0,
    }
    if not same_login(account):
        rows["SMTPUserName"] = one_line(outgoing.username)
    if pop:
        rows["LeaveOnServer"] = 1
    services = ("Unicode Personal Folders", "Outlook Address Book")
    lines = (
        "; Section 1: the profile. Nothing that exists is overwritten.",
        "[General]",
        "Custom=1",
        f"ProfileName={account.address}",
        "DefaultProfile=No",
        "OverwriteProfile=No",
        "ModifyDefaultProfileIfPresent=FALSE",
        "BackupProfile=No",
        "",
        "; Section 2: services",
        "[Service List]",
        *(f"Service{number}={name}" for number, name in enumerate(services, 1)),
        "",
        "; Section 3: accounts",
        "[Internet Account List]",
        f"Account1={kind}",
        "",
        "; Section 4: values of the services",
        "[Service1]",
        "UniqueService=No",
        f"Name={account.address}",
        f"PathToPersonalFolders=%USERPROFILE%\\Documents\\{file_stem(account)}.pst",
        "EncryptionType=0x40000000",
        "",
        "[Service2]",
        "UniqueService=Yes",
        "",
        "; Section 5: values of the account. The password is typed in Outlook.",
        "[Account1]",
        *(f"{name}={value}" for name, value in rows.items()),
        "",
        "; Section 6: mapping of the services",
        *_SERVICE_MAPPING,
        "",
        "; Section 7: mapping of the account",
        *(_POP_MAPPING if pop else _IMAP_MAPPING),
    )
    try:
        return "".join(line + "\r\n" for line in lines).encode("cp1252")
    except UnicodeEncodeError:
        return _NOTE_NO_PRF_LETTERS


# --- the steps --------------------------------------------------------------------------------


def _guide(account: Account, words: Words, xml_name: str, edition: str = "") -> tuple[Step, ...]:
    """Every way; of the ways by hand only that of the edition, where it is known.

    `xml_name`: the file to carry; empty where everything is in place on this computer.
    """
    return (
        *(_with_files(account, words, xml_name) if xml_name else _prepared(account, words)),
        *_by_hand(account, words, edition),
        *(_import_steps(account, words) if xml_name else ()),
        *values(account, words),
    )


def _prepared(account: Account, words: Words) -> tuple[Step, ...]:
    return steps(
        words,
        N_("Classic Outlook, prepared on this computer"),
        N_("Open Outlook and choose File › Add Account."),
        (N_("Type the e-mail address and choose Connect or Next."), str(account.address)),
        N_("Type the password when Outlook asks for it."),
        N_(
            "When the mail is there, you are done: what was prepared goes when you next open this "
            "program, or with Undo."
        ),
    )


def _check_steps(words: Words) -> tuple[Step, ...]:
    return steps(
        words,
        N_("If it does not work in Outlook"),
        N_("Choose File › Account Settings › Account Settings and select the account."),
        N_(
            "Choose Repair, open “Advanced options”, tick “Let me repair my account manually” and "
            "choose Repair."
        ),
        N_("Compare every field with the values of your account and correct what differs."),
    )


def _with_files(account: Account, words: Words, xml_name: str) -> tuple[Step, ...]:
    address = str(account.address)
    return (
        *steps(
            words,
            N_("Classic Outlook, with the files"),
            (
                N_("On the Windows computer create the folder {folder} and put {file} into it."),
                FOLDER,
            ),
            N_("Open outlook-add.reg and confirm that Windows may add it."),
            N_("Open Outlook and choose File › Add Account."),
            (N_("Type the e-mail address and choose Connect or Next."), address),
            N_("Type the password when Outlook asks for it."),
            N_("When the mail is there, open outlook-undo.reg: the entry is no longer needed."),
            folder=FOLDER,
            file=xml_name,
        ),
    )


def _by_hand(account: Account, words: Words, edition: str) -> tuple[Step, ...]:
    address = str(account.address)
    kind = account.incoming.type.value.upper().replace("POP3", "POP")
    ways = (
        steps(
            words,
            N_("Outlook 2019 and 2021, by hand"),
            N_("Open Outlook and choose File."),
            N_("Choose Account Settings › Account Settings (“Add and remove accounts”)."),
            N_("Choose New."),
            (N_("Type the e-mail address."), address),
            N_("Open “Advanced options” and tick “Let me set up my account manually”."),
            N_("Choose Connect."),
            N_("Choose {kind}."),
            N_("Type the password of this address and choose Connect."),
            N_(
                "Untick the box about Outlook on your phone if you do not want it, and choose Done."
            ),
            N_(
                "Select the new account in the list and choose Repair: Outlook often guesses "
                "values of its own."
            ),
            N_(
                "Open “Advanced options”, tick “Let me repair my account manually” and choose "
                "Repair."
            ),
            N_(
                "Compare “Incoming mail” with the values of your account and correct what "
                "differs; scroll down to see all."
            ),
            N_(
                "Open “Outgoing mail” and do the same. Sending needs a login: leave “My outgoing "
                "server requires authentication” ticked."
            ),
            N_("Choose Next, then Done, then Close."),
            kind=kind,
        ),
        steps(
            words,
            N_("Outlook for Microsoft 365, by hand"),
            N_("Open Outlook and choose File › Add Account."),
            (N_("Type the e-mail address."), address),
            N_(
                "Open “Advanced options”, tick “Let me set up my account manually” and choose "
                "Connect."
            ),
            N_("Choose {kind}."),
            N_(
                "Compare the fields with the values of your account and fill in what is "
                "missing; scroll down to see all."
            ),
            N_("Choose Next."),
            N_("Type the password of this address and choose Connect, then Done."),
            kind=kind,
        ),
        steps(
            words,
            N_("New Outlook for Windows"),
            N_("Think first: this program copies your mailbox to Microsoft's servers."),
            N_("Open Outlook and choose View › View settings › Accounts › Add account."),
            (N_("Type the e-mail address and choose Continue."), address),
            N_("Choose {kind}, type the password and open “Show more”."),
            N_("Fill in the values of your account and choose Continue."),
            kind=kind,
        ),
    )
    if not edition:
        return tuple(step for way in ways for step in way)
    return ways[1] if "365" in edition else ways[0]


def _import_steps(account: Account, words: Words) -> tuple[Step, ...]:
    if not isinstance(prf(account), bytes):
        return ()
    name = f"outlook-{file_stem(account)}.prf"
    return steps(
        words,
        N_("With the profile file, for administrators"),
        N_("Close Outlook and put the file {file} into the Downloads folder."),
        (
            N_("Press Windows+R, type this line and press Enter."),
            f'outlook.exe /importprf "%USERPROFILE%\\Downloads\\{name}"',
        ),
        N_("Open Control Panel › Mail › Show Profiles and choose the profile {address}."),
        file=name,
        address=str(account.address),
    )


def _sign_in_steps(account: Account, words: Words) -> tuple[Step, ...]:
    return steps(
        words,
        "",
        N_(
            "Open Outlook and choose File › Add Account (new Outlook: View › View settings › "
            "Accounts › Add account)."
        ),
        (N_("Type the e-mail address and choose Connect or Continue."), str(account.address)),
        N_(
            "Sign in in the window of your provider that opens. Outlook finds the servers by "
            "itself."
        ),
        N_("Choose Done."),
    )
