"""The receiving server of the demo: IMAP4rev1 (RFC 3501) over one mailbox.

Extensions: LITERAL+ (7888), SASL-IR (4959), ID (2971), IDLE (2177), NAMESPACE (2342), UIDPLUS
(4315), UNSELECT (3691), MOVE (6851), SPECIAL-USE (6154).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto

from wizard.demo.imap_fetch import parse_fetch, render_flags, render_uid
from wizard.demo.imap_search import Numbered, parse_search
from wizard.demo.imap_syntax import (
    Atom,
    BadSyntax,
    Node,
    String,
    atom_of,
    literal_size,
    parse_internal_date,
    parse_nodes,
    parse_numbers,
    quote,
    text_of,
    without_literal_size,
)
from wizard.demo.journal import Happening, Journal, Service
from wizard.demo.mailbox import (
    DELETED,
    DELIMITER,
    DRAFT,
    SEEN,
    Folder,
    Mailbox,
    StoredMessage,
)
from wizard.demo.wire import ConnectionLost, Pause, Wire

Authenticate = Callable[[str, str], bool]

SYSTEM_FLAGS = ("\\Answered", "\\Flagged", DELETED, SEEN, DRAFT)
MAX_LOGINS = 3
MAX_LITERAL = 25 * 1024 * 1024
MAX_LITERAL_BEFORE_LOGIN = 8 * 1024
IDLE_LIMIT_S = 30 * 60  # RFC 3501 section 5.4

_BASE = "IMAP4rev1 LITERAL+ SASL-IR ID"
_AFTER_LOGIN = f"{_BASE} IDLE NAMESPACE UIDPLUS UNSELECT MOVE SPECIAL-USE"


class _Stage(Enum):
    ANY = auto()
    BEFORE_LOGIN = auto()
    LOGGED_IN = auto()
    SELECTED = auto()


class _No(Exception):
    """The command is refused; `str()` is the text of the NO answer."""


@dataclass(frozen=True, slots=True)
class ImapServer:
    """Serves connections with TLS from the first byte as well as those that begin in the clear:
    these are offered STARTTLS with the context `tls`."""

    mailbox: Mailbox
    authenticate: Authenticate
    journal: Journal
    pause: Pause
    tls: ssl.SSLContext

    async def serve(self, wire: Wire) -> None:
        """One session."""
        await _Session(self, wire).run()


@dataclass(slots=True)
class _View:
    """What one session has been told about its folder: messages keep their numbers until it is
    told otherwise (RFC 3501 section 5.5)."""

    folder: Folder
    read_only: bool
    uids: list[int] = field(default_factory=list)
    flags: dict[int, frozenset[str]] = field(default_factory=dict)

    def messages(self) -> list[Numbered]:
        """Those still there."""
        return [
            Numbered(number, self.folder.messages[uid])
            for number, uid in enumerate(self.uids, 1)
            if uid in self.folder.messages
        ]


@dataclass(slots=True)
class _Session:
    server: ImapServer
    wire: Wire
    user: str | None = None
    view: _View | None = None
    failed_logins: int = 0
    ended: bool = False
    tag: str = ""  # of the command being answered
    by_uid: bool = False  # it came with UID before it
    out: bytearray = field(default_factory=bytearray)

    async def run(self) -> None:
        await self.server.pause()
        self.say(f"* OK [CAPABILITY {self.capabilities()}] Demo mailbox ready.")
        await self.flush()
        try:
            while not self.ended:
                async with asyncio.timeout(IDLE_LIMIT_S):
                    await self.answer(await self.read_command())
                await self.flush()
        except TimeoutError:
            self.say("* BYE Nothing said for too long.")
        if self.failed_logins >= MAX_LOGINS:
            self.say("* BYE Too many attempts.")
        await self.flush()

    # Reading and writing ------------------------------------------------------------------------

    def say(self, line: str | bytes) -> None:
        self.out += (line.encode() if isinstance(line, str) else line) + b"\r\n"

    async def flush(self) -> None:
        data = bytes(self.out)
        self.out.clear()
        if data:
            await self.wire.write(data)

    async def read_command(self) -> list[bytes]:
        """Text, literal, text … text."""
        limit = MAX_LITERAL_BEFORE_LOGIN if self.user is None else MAX_LITERAL
        pieces: list[bytes] = []
        total = 0
        while True:
            line = (await self.wire.read_line()).rstrip(b"\r\n")
            announced = literal_size(line)
            if announced is None:
                return [*pieces, line]
            size, waits = announced
            total += size
            if total > limit:
                self.say("* BYE [TOOBIG] That is too much.")
                await self.flush()
                raise ConnectionLost("literal too large")
            if waits:
                self.say("+ Go ahead.")
                await self.flush()
            pieces += [without_literal_size(line), await self.wire.read_exactly(size)]

    async def answer(self, pieces: list[bytes]) -> None:
        tag, _, rest = pieces[0].partition(b" ")
        name, _, arguments = rest.partition(b" ")
        label = tag.decode("ascii", "replace")
        if not re.fullmatch(r"[^\s(){%*\"\\\x00-\x1f\x7f-\uffff]+", label) or not name:
            self.say("* BAD A tag and a command were expected.")
            return
        self.tag = label
        await self.server.pause()
        try:
            nodes = parse_nodes([arguments, *pieces[1:]])
            done = await self.dispatch(name.decode("ascii", "replace").upper(), nodes)
        except BadSyntax as fault:
            self.say(f"{label} BAD {fault}.")
        except _No as refusal:
            self.say(f"{label} NO {refusal}")
        else:
            if done:
                self.say(f"{label} OK {done}")

    async def dispatch(self, name: str, nodes: tuple[Node, ...]) -> str:
        """Carries a command out; returns the text of the OK answer, empty if it was sent."""
        self.by_uid = name == "UID"
        if self.by_uid and nodes:
            name, nodes = atom_of(nodes[0]), nodes[1:]
        known = _COMMANDS.get(name)
        if known is None or (self.by_uid and name not in _WITH_UIDS):
            raise BadSyntax("Unknown command")
        stage, handler = known
        if stage is _Stage.BEFORE_LOGIN and self.user is not None:
            raise BadSyntax("Already logged in")
        if stage in (_Stage.LOGGED_IN, _Stage.SELECTED) and self.user is None:
            raise BadSyntax("Log in first")
        if stage is _Stage.SELECTED and self.view is None:
            raise BadSyntax("Select a folder first")
        done = await handler(self, nodes)
        # Numbers must not shift under the commands that use them (RFC 3501 section 7.4.1).
        self.catch_up(expunge=self.by_uid or name not in ("FETCH", "STORE", "SEARCH"))
        return done

    def catch_up(self, *, expunge: bool) -> None:
        """Tells what changed in the selected folder."""
        view = self.view
        if view is None:
            return
        messages = view.folder.messages
        if expunge:
            for index in range(len(view.uids) - 1, -1, -1):
                if view.uids[index] not in messages:
                    view.flags.pop(view.uids.pop(index), None)
                    self.say(f"* {index + 1} EXPUNGE")
        last = view.uids[-1] if view.uids else 0
        new = [uid for uid in messages if uid > last]
        if new:
            view.uids += new
            view.flags.update((uid, messages[uid].flags) for uid in new)
            self.say(f"* {len(view.uids)} EXISTS")
            self.say("* 0 RECENT")
        for item in view.messages():
            if view.flags[item.message.uid] != item.message.flags:
                self.tell(item, [render_uid(item.message), self.told_flags(item.message)])

    def tell(self, item: Numbered, values: list[bytes]) -> None:
        self.say(b"* %d FETCH (%s)" % (item.number, b" ".join(values)))

    def told_flags(self, message: StoredMessage) -> bytes:
        assert self.view is not None
        self.view.flags[message.uid] = message.flags
        return render_flags(message)

    # In every state -----------------------------------------------------------------------------

    def capabilities(self) -> str:
        if self.user is not None:
            return _AFTER_LOGIN
        if self.clear:
            return f"{_BASE} STARTTLS LOGINDISABLED"
        return f"{_BASE} AUTH=PLAIN"

    @property
    def clear(self) -> bool:
        return not self.wire.encrypted

    async def capability(self, nodes: tuple[Node, ...]) -> str:
        self.say(f"* CAPABILITY {self.capabilities()}")
        return "Done."

    async def noop(self, nodes: tuple[Node, ...]) -> str:
        return "Done."

    async def logout(self, nodes: tuple[Node, ...]) -> str:
        self.say("* BYE Good-bye.")
        self.ended = True
        self.view = None
        return "Logged out."

    async def id_(self, nodes: tuple[Node, ...]) -> str:
        self.say('* ID ("name" "mail-wizard demo")')
        return "Done."

    # Before login -------------------------------------------------------------------------------

    async def starttls(self, nodes: tuple[Node, ...]) -> str:
        if not self.clear:
            raise BadSyntax("TLS runs already")
        await self.flush()
        await self.wire.start_tls(self.server.tls, f"{self.tag} OK Begin TLS now.\r\n".encode())
        return ""

    async def login(self, nodes: tuple[Node, ...]) -> str:
        self.require_tls()
        if len(nodes) != 2:
            raise BadSyntax("LOGIN takes a user name and a password")
        return self.admit(text_of(nodes[0]), text_of(nodes[1]))

    async def authenticate(self, nodes: tuple[Node, ...]) -> str:
        self.require_tls()
        if not nodes or len(nodes) > 2:
            raise BadSyntax("AUTHENTICATE takes a mechanism")
        if atom_of(nodes[0]) != "PLAIN":
            raise _No("[CANNOT] Only PLAIN is spoken here.")
        if len(nodes) == 2:
            answer = text_of(nodes[1])
        else:
            self.say("+ ")
            await self.flush()
            answer = (await self.wire.read_line()).strip().decode("ascii", "replace")
        if answer == "*":
            raise BadSyntax("Given up")
        try:
            parts = base64.b64decode(answer, validate=True).decode().split("\0")
        except (binascii.Error, UnicodeDecodeError):
            raise BadSyntax("That is no base64 of UTF-8") from None
        if len(parts) != 3 or parts[0] not in ("", parts[1]):
            raise _No("[AUTHORIZATIONFAILED] Nobody can act for somebody else here.")
        return self.admit(parts[1], parts[2])

    def require_tls(self) -> None:
        if self.clear:
            raise _No("[PRIVACYREQUIRED] Passwords are taken after STARTTLS only.")

    def admit(self, user: str, password: str) -> str:
        if not self.server.authenticate(user, password):
            self.server.journal.note(Service.IMAP, Happening.LOGIN_REFUSED, user)
            self.failed_logins += 1
            self.ended = self.failed_logins >= MAX_LOGINS
            raise _No("[AUTHENTICATIONFAILED] Authentication failed.")
        self.server.journal.note(Service.IMAP, Happening.LOGIN, user)
        self.user = user
        return f"[CAPABILITY {self.capabilities()}] Logged in."

    # Folders ------------------------------------------------------------------------------------

    def folder(self, node: Node, code: str = "NONEXISTENT") -> Folder:
        found = self.server.mailbox.find(text_of(node))
        if found is None:
            raise _No(f"[{code}] There is no such folder.")
        return found

    async def select(self, nodes: tuple[Node, ...]) -> str:
        return self.open(nodes, read_only=False)

    async def examine(self, nodes: tuple[Node, ...]) -> str:
        return self.open(nodes, read_only=True)

    def open(self, nodes: tuple[Node, ...], *, read_only: bool) -> str:
        self.view = None
        folder = self.folder(_only(nodes))
        view = _View(folder, read_only, list(folder.messages))
        view.flags.update((uid, message.flags) for uid, message in folder.messages.items())
        self.view = view
        unseen = [n.number for n in view.messages() if SEEN not in n.message.flags]
        flags = " ".join(SYSTEM_FLAGS)
        kept = "" if read_only else f"{flags} \\*"
        self.say(f"* FLAGS ({flags})")
        self.say(f"* OK [PERMANENTFLAGS ({kept})] Flags that are kept.")
        self.say(f"* {len(view.uids)} EXISTS")
        self.say("* 0 RECENT")
        if unseen:
            self.say(f"* OK [UNSEEN {unseen[0]}] First unread message.")
        self.say(f"* OK [UIDVALIDITY {folder.uid_validity}] Numbers are good.")
        self.say(f"* OK [UIDNEXT {folder.uid_next}] Next number.")
        return "[READ-ONLY] Opened." if read_only else "[READ-WRITE] Opened."

    async def create(self, nodes: tuple[Node, ...]) -> str:
        if self.server.mailbox.create(text_of(_only(nodes))) is None:
            raise _No("[ALREADYEXISTS] That name is taken.")
        return "Created."

    async def delete(self, nodes: tuple[Node, ...]) -> str:
        folder = self.folder(_only(nodes))
        if not self.server.mailbox.delete(folder.name):
            raise _No("[CANNOT] INBOX stays.")
        if self.view is not None and self.view.folder is folder:
            self.view = None
        return "Deleted."

    async def rename(self, nodes: tuple[Node, ...]) -> str:
        old, new = _exactly(2, nodes)
        if not self.server.mailbox.rename(self.folder(old).name, text_of(new)):
            raise _No("[CANNOT] That cannot be renamed so.")
        return "Renamed."

    async def subscribe(self, nodes: tuple[Node, ...]) -> str:
        self.server.mailbox.subscribed.add(self.folder(_only(nodes)).name)
        return "Subscribed."

    async def unsubscribe(self, nodes: tuple[Node, ...]) -> str:
        self.server.mailbox.subscribed.discard(text_of(_only(nodes)))
        return "Unsubscribed."

    async def list_(self, nodes: tuple[Node, ...]) -> str:
        return self.list_folders("LIST", nodes, self.server.mailbox.folders)

    async def lsub(self, nodes: tuple[Node, ...]) -> str:
        mailbox = self.server.mailbox
        chosen = tuple(f for f in mailbox.folders if f.name in mailbox.subscribed)
        return self.list_folders("LSUB", nodes, chosen)

    def list_folders(self, name: str, nodes: tuple[Node, ...], folders: tuple[Folder, ...]) -> str:
        reference, pattern = (text_of(node) for node in _exactly(2, nodes))
        if not pattern:
            self.say(f'* {name} (\\Noselect) "{DELIMITER}" ""')
            return "Done."
        wanted = _list_pattern(reference + pattern)
        for folder in folders:
            if wanted.fullmatch(folder.name):
                below = any(f.name.startswith(folder.name + DELIMITER) for f in folders)
                marks = ["\\HasChildren" if below else "\\HasNoChildren"]
                marks += [folder.role] if folder.role else []
                head = f'* {name} ({" ".join(marks)}) "{DELIMITER}" '
                self.say(head.encode() + quote(folder.name))
        return "Done."

    async def namespace(self, nodes: tuple[Node, ...]) -> str:
        self.say(f'* NAMESPACE (("" "{DELIMITER}")) NIL NIL')
        return "Done."

    async def status(self, nodes: tuple[Node, ...]) -> str:
        name, wanted = _exactly(2, nodes)
        folder = self.folder(name)
        messages = folder.messages.values()
        known = {
            "MESSAGES": len(messages),
            "RECENT": 0,
            "UIDNEXT": folder.uid_next,
            "UIDVALIDITY": folder.uid_validity,
            "UNSEEN": sum(SEEN not in message.flags for message in messages),
        }
        if not isinstance(wanted, tuple):
            raise BadSyntax("A list of status items was expected")
        items = [atom_of(node) for node in wanted]
        if not items or any(item not in known for item in items):
            raise BadSyntax("Unknown status item")
        values = " ".join(f"{item} {known[item]}" for item in items)
        self.say(b"* STATUS " + quote(folder.name) + f" ({values})".encode())
        return "Done."

    async def append(self, nodes: tuple[Node, ...]) -> str:
        if len(nodes) < 2 or not isinstance(nodes[-1], String):
            raise BadSyntax("APPEND takes a folder and a message")
        folder = self.folder(nodes[0], "TRYCREATE")
        flags: frozenset[str] = frozenset()
        arrived = datetime.now(UTC)
        for node in nodes[1:-1]:
            if isinstance(node, tuple):
                flags = _flags(node)
            else:
                arrived = parse_internal_date(text_of(node))
        message = self.server.mailbox.add(folder, nodes[-1].value, arrived, flags)
        self.server.journal.note(Service.IMAP, Happening.STORED, folder.name, str(message.uid))
        return f"[APPENDUID {folder.uid_validity} {message.uid}] Stored."

    async def idle(self, nodes: tuple[Node, ...]) -> str:
        self.say("+ Waiting for mail.")
        with self.server.mailbox.listening() as changed:
            reading = asyncio.ensure_future(self.wire.read_line())
            try:
                while not reading.done():
                    self.catch_up(expunge=True)
                    await self.flush()
                    changed.clear()
                    waking = asyncio.ensure_future(changed.wait())
                    try:
                        await asyncio.wait((reading, waking), return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        waking.cancel()
            finally:
                reading.cancel()
        if (await reading).strip().upper() != b"DONE":
            raise BadSyntax("DONE was expected")
        return "Done."

    # Messages -----------------------------------------------------------------------------------

    @property
    def selected(self) -> _View:
        assert self.view is not None  # dispatch has made sure
        return self.view

    def writable(self) -> _View:
        if self.selected.read_only:
            raise _No("[READ-ONLY] This folder was opened for reading only.")
        return self.selected

    def chosen(self, node: Node) -> list[Numbered]:
        view = self.selected
        largest = (view.uids[-1] if view.uids else 0) if self.by_uid else len(view.uids)
        numbers = parse_numbers(text_of(node), largest)
        return [
            item
            for item in view.messages()
            if (item.message.uid if self.by_uid else item.number) in numbers
        ]

    async def check(self, nodes: tuple[Node, ...]) -> str:
        return "Done."

    async def close(self, nodes: tuple[Node, ...]) -> str:
        if not self.selected.read_only:
            self.remove(self.deleted())
        self.view = None
        return "Closed."

    async def unselect(self, nodes: tuple[Node, ...]) -> str:
        self.view = None
        return "Closed."

    async def expunge(self, nodes: tuple[Node, ...]) -> str:
        self.writable()
        deleted = self.deleted()
        if self.by_uid:
            chosen = self.chosen(_only(nodes))
            deleted = [item for item in deleted if item in chosen]
        self.remove(deleted)
        return "Done."

    def deleted(self) -> list[Numbered]:
        return [item for item in self.selected.messages() if DELETED in item.message.flags]

    def remove(self, items: list[Numbered]) -> None:
        for item in items:
            self.server.mailbox.remove(self.selected.folder, item.message.uid)

    async def search(self, nodes: tuple[Node, ...]) -> str:
        view = self.selected
        try:
            wanted = parse_search(nodes, len(view.uids), view.uids[-1] if view.uids else 0)
        except LookupError:
            raise _No("[BADCHARSET (UTF-8)] That charset is not spoken here.") from None
        found = [item for item in view.messages() if wanted(item)]
        numbers = [str(item.message.uid if self.by_uid else item.number) for item in found]
        self.say(" ".join(["* SEARCH", *numbers]))
        return "Done."

    async def fetch(self, nodes: tuple[Node, ...]) -> str:
        which, what = _exactly(2, nodes)
        items = parse_fetch(what)
        marks_seen = any(item.marks_seen for item in items) and not self.selected.read_only
        for chosen in self.chosen(which):
            message = chosen.message
            values = [item.render(message) for item in items]
            if self.by_uid and render_uid(message) not in values:
                values.insert(0, render_uid(message))
            if marks_seen and SEEN not in message.flags:
                self.server.mailbox.set_flags(message, message.flags | {SEEN})
                values = [v for v in values if not v.startswith(b"FLAGS ")]
                values.append(self.told_flags(message))
            self.tell(chosen, values)
            if any(item.is_content for item in items):
                self.server.journal.note(
                    Service.IMAP, Happening.FETCHED, self.selected.folder.name, str(message.uid)
                )
            await self.flush()
        return "Done."

    async def store(self, nodes: tuple[Node, ...]) -> str:
        self.writable()
        if len(nodes) < 3:
            raise BadSyntax("STORE takes messages, a change and flags")
        change = atom_of(nodes[1])
        if change.removesuffix(".SILENT") not in ("FLAGS", "+FLAGS", "-FLAGS"):
            raise BadSyntax("Unknown change")
        group = nodes[2] if isinstance(nodes[2], tuple) else nodes[2:]
        flags = _flags(group)
        for item in self.chosen(nodes[0]):
            old = item.message.flags
            match change[0]:
                case "+":
                    new = old | flags
                case "-":
                    new = old - flags
                case _:
                    new = flags
            self.server.mailbox.set_flags(item.message, new)
            told = self.told_flags(item.message)
            if not change.endswith(".SILENT"):
                self.tell(item, [render_uid(item.message), told] if self.by_uid else [told])
        return "Done."

    async def copy(self, nodes: tuple[Node, ...]) -> str:
        code, _ = self.copy_messages(nodes)
        return f"{code}Copied."

    async def move(self, nodes: tuple[Node, ...]) -> str:
        self.writable()
        code, moved = self.copy_messages(nodes)
        if code:
            self.say(f"* OK {code}Moved.")  # RFC 6851 section 4.3: before the EXPUNGE answers
        self.remove(moved)
        return "Done."

    def copy_messages(self, nodes: tuple[Node, ...]) -> tuple[str, list[Numbered]]:
        which, where = _exactly(2, nodes)
        target = self.folder(where, "TRYCREATE")
        items = self.chosen(which)
        copies = [
            self.server.mailbox.add(target, i.message.raw, i.message.arrived, i.message.flags)
            for i in items
        ]
        if not items:
            return "", items
        old = ",".join(str(item.message.uid) for item in items)
        new = ",".join(str(copy.uid) for copy in copies)
        return f"[COPYUID {target.uid_validity} {old} {new}] ", items


_Handler = Callable[[_Session, "tuple[Node, ...]"], Awaitable[str]]

_WITH_UIDS = ("COPY", "EXPUNGE", "FETCH", "MOVE", "SEARCH", "STORE")

_COMMANDS: dict[str, tuple[_Stage, _Handler]] = {
    "CAPABILITY": (_Stage.ANY, _Session.capability),
    "NOOP": (_Stage.ANY, _Session.noop),
    "LOGOUT": (_Stage.ANY, _Session.logout),
    "ID": (_Stage.ANY, _Session.id_),
    "STARTTLS": (_Stage.BEFORE_LOGIN, _Session.starttls),
    "LOGIN": (_Stage.BEFORE_LOGIN, _Session.login),
    "AUTHENTICATE": (_Stage.BEFORE_LOGIN, _Session.authenticate),
    "SELECT": (_Stage.LOGGED_IN, _Session.select),
    "EXAMINE": (_Stage.LOGGED_IN, _Session.examine),
    "CREATE": (_Stage.LOGGED_IN, _Session.create),
    "DELETE": (_Stage.LOGGED_IN, _Session.delete),
    "RENAME": (_Stage.LOGGED_IN, _Session.rename),
    "SUBSCRIBE": (_Stage.LOGGED_IN, _Session.subscribe),
    "UNSUBSCRIBE": (_Stage.LOGGED_IN, _Session.unsubscribe),
    "LIST": (_Stage.LOGGED_IN, _Session.list_),
    "LSUB": (_Stage.LOGGED_IN, _Session.lsub),
    "NAMESPACE": (_Stage.LOGGED_IN, _Session.namespace),
    "STATUS": (_Stage.LOGGED_IN, _Session.status),
    "APPEND": (_Stage.LOGGED_IN, _Session.append),
    "IDLE": (_Stage.LOGGED_IN, _Session.idle),
    "CHECK": (_Stage.SELECTED, _Session.check),
    "CLOSE": (_Stage.SELECTED, _Session.close),
    "UNSELECT": (_Stage.SELECTED, _Session.unselect),
    "EXPUNGE": (_Stage.SELECTED, _Session.expunge),
    "SEARCH": (_Stage.SELECTED, _Session.search),
    "FETCH": (_Stage.SELECTED, _Session.fetch),
    "STORE": (_Stage.SELECTED, _Session.store),
    "COPY": (_Stage.SELECTED, _Session.copy),
    "MOVE": (_Stage.SELECTED, _Session.move),
}


def _exactly(count: int, nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    if len(nodes) != count:
        raise BadSyntax("Wrong number of arguments")
    return nodes


def _only(nodes: tuple[Node, ...]) -> Node:
    return _exactly(1, nodes)[0]


def _flags(nodes: tuple[Node, ...]) -> frozenset[str]:
    known = {flag.casefold(): flag for flag in SYSTEM_FLAGS}
    flags = [node.text for node in nodes if isinstance(node, Atom)]
    if len(flags) != len(nodes):
        raise BadSyntax("Flags were expected")
    return frozenset(
        known.get(flag.casefold(), flag) for flag in flags if flag.casefold() != "\\recent"
    )


def _list_pattern(pattern: str) -> re.Pattern[str]:
    wild = {"*": ".*", "%": f"[^{re.escape(DELIMITER)}]*"}
    text = "".join(wild.get(char, re.escape(char)) for char in pattern)
    # INBOX is the one name whose case does not matter.
    return re.compile(text, re.IGNORECASE if pattern.upper() == "INBOX" else 0)
