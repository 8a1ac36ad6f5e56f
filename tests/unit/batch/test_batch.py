"""Many people: the list read row by row, folders that cannot clash, providers treated politely."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.outside import FOUND, IMAP, SMTP
from tests.unit import posix
from wizard.batch import (
    ListFault,
    Manners,
    Outcome,
    PasswordsFault,
    Person,
    Record,
    Roster,
    State,
    folder_name,
    read_passwords,
    read_roster,
    run,
)
from wizard.batch.runner import AT_ONCE, retarget
from wizard.model import (
    DiscoveryResult,
    EmailAddress,
    Evidence,
    Failed,
    Found,
    NothingFound,
    Offline,
    PasswordKind,
    Problem,
    ProblemKind,
    Provider,
    Secret,
    ServerSettings,
    SideFailed,
    SideUntested,
    SideVerified,
    Source,
    Stage,
    Trust,
    Verification,
)


def roster(tmp_path: Path, content: str | bytes) -> Roster | ListFault:
    path = tmp_path / "people.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_roster(path)


def read(tmp_path: Path, content: str | bytes) -> Roster:
    found = roster(tmp_path, content)
    assert isinstance(found, Roster), found
    return found


# --- the list ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "address,name\nada@shop.example,Ada Lovelace\nben@shop.example,Ben\n",
        "Name;E-Mail\nAda Lovelace;ada@shop.example\nBen;ben@shop.example\n",
        "name\temail\tphone\nAda Lovelace\tada@shop.example\t1\nBen\tben@shop.example\t2\n",
        "ada@shop.example,Ada Lovelace\nben@shop.example,Ben\n",
        "\ufeffaddress,name\r\n\r\nada@shop.example,Ada Lovelace\r\nben@shop.example,Ben\r\n",
        'address,name\n"ada@shop.example","Ada Lovelace"\n"Ben <ben@shop.example>",Ben\n',
    ],
)
def test_the_lists_that_spreadsheets_write_are_understood(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    assert [str(person.address) for person in found.people] == [
        "ada@shop.example",
        "ben@shop.example",
    ]
    assert [person.name for person in found.people] == ["Ada Lovelace", "Ben"]
    assert found.faults == ()


def test_bad_rows_are_named_by_their_line_and_do_not_stop_the_others(tmp_path: Path) -> None:
    text = (
        "address,name\n"  # 1
        "ada@shop.example,Ada\n"  # 2
        "nonsense,Nobody\n"  # 3
        "\n"  # 4
        '"Two\nlines",odd\n'  # 5, 6
        "ADA@Shop.example,Ada again\n"  # 7
        "ben@shop.example,B\x01n\n"  # 8
        "cleo@shop.example\n"  # 9
        ",nobody\n"  # 10
    )
    found = read(tmp_path, text)
    assert [(person.line, person.name) for person in found.people] == [(2, "Ada"), (9, "cleo")]
    assert [(fault.line, fault.reason) for fault in found.faults] == [
        (3, "no-at"),
        (5, "no-at"),
        (7, "duplicate"),
        (8, "control-characters"),
        (10, "empty"),
    ]
    assert found.faults[2].first_line == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("surname,phone\nx,1\n", "no-address-column"),
        ("address,name,Password\na@b.example,A,secret\n", "holds-passwords"),
        (b"a" * (16 * 1024 * 1024 + 1), "too-large"),
    ],
)
def test_lists_that_cannot_be_used_say_why(
    tmp_path: Path, content: str | bytes, reason: str
) -> None:
    found = roster(tmp_path, content)
    assert isinstance(found, ListFault)
    assert found.reason == reason
    assert read_roster(tmp_path / "absent.csv") == ListFault("unreadable")


def test_excels_old_encoding_is_understood(tmp_path: Path) -> None:
    found = read(tmp_path, "address;name\nada@shop.example;Zoë Müller\n".encode("cp1252"))
    assert found.people[0].name == "Zoë Müller"


@given(st.binary(max_size=200))
def test_no_bytes_whatever_break_the_reader(content: bytes) -> None:
    from wizard.batch.people import _roster

    found = _roster(content.decode("cp1252", errors="replace"))
    assert isinstance(found, Roster | ListFault)


@posix.rights
def test_passwords_are_read_only_from_a_file_that_is_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "passwords.csv"
    path.write_text('address,password\nAda@shop.example,"a, ""b"" ü"\nben@shop.example, x \n')
    path.chmod(0o644)
    assert read_passwords(path) == PasswordsFault("open-to-others")
    path.chmod(0o640)
    assert read_passwords(path) == PasswordsFault("open-to-others")
    path.chmod(0o600)
    found = read_passwords(path)
    assert not isinstance(found, PasswordsFault)
    revealed = {address: secret.reveal() for address, secret in found.items()}
    assert revealed == {"ada@shop.example": 'a, "b" ü', "ben@shop.example": " x "}
    path.write_text("ada@shop.example,x\nnonsense,y\n")
    assert read_passwords(path) == PasswordsFault("not-an-address", 2)
    path.write_text("ada@shop.example\n")
    assert read_passwords(path) == PasswordsFault("two-columns", 1)
    assert read_passwords(tmp_path / "absent") == PasswordsFault("unreadable")


# --- folder names -----------------------------------------------------------------------------


def test_an_ordinary_address_is_its_own_folder_name() -> None:
    assert folder_name(EmailAddress("anna.b+c", "shop.example")) == "anna.b+c@shop.example"


LOCALS = st.text(st.sampled_from("aAbB.-_/\\:*?\"<>|%&'{}#~ß日"), min_size=1, max_size=70).filter(
    lambda text: text.strip()
)


@given(st.lists(LOCALS, min_size=2, max_size=6, unique=True))
def test_folder_names_are_safe_on_every_file_system_and_never_clash(locals_: list[str]) -> None:
    addresses = [EmailAddress(local, "shop.example") for local in locals_]
    names = [folder_name(address) for address in addresses]
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert name.isascii()
        assert not set(name) & set('/\\:*?"<>|% ')
        assert len(name) < 110
        assert not name.startswith(".")
        assert not name.endswith((".", " "))


@pytest.mark.parametrize("local", ["con", "COM1", "nul.x", "..", "aux"])
def test_names_that_windows_keeps_for_itself_are_avoided(local: str) -> None:
    name = folder_name(EmailAddress(local, "x.example"))
    assert name.partition(".")[0].casefold() not in {"con", "com1", "nul", "aux", ""}
    assert "@" not in name


# --- the run ----------------------------------------------------------------------------------

WRONG = Problem(ProblemKind.WRONG_PASSWORD, Stage.LOGIN, host=IMAP.host)
REFUSED = Verification(SideFailed(WRONG), SideUntested("receiving-failed"))
GOOD = Verification(SideVerified(IMAP, 1, ()), SideVerified(SMTP, 1, ()))


class FakeWorker:
    """Counts what is asked, and how much of it at once."""

    def __init__(self) -> None:
        self.searches: list[str] = []
        self.logins: list[str] = []
        self.written: list[str] = []
        self.results: dict[str, DiscoveryResult] = {}
        self.verdicts: dict[str, Verification] = {}
        self.passwords = True
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.naps: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)

    async def _busy(self, *names: str) -> None:
        for name in names:
            self.now[name] += 1
            self.most[name] = max(self.most[name], self.now[name])
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for name in names:
            self.now[name] -= 1

    async def discover(self, address: EmailAddress) -> DiscoveryResult:
        self.searches.append(str(address))
        await self._busy("all")
        if address.domain in self.results:
            return self.results[address.domain]
        host = f"imap.{address.domain}"
        servers = tuple(
            replace(server, host=host, username=str(address)) for server in (IMAP, SMTP)
        )
        return Found(address, Provider(""), servers[:1], servers[1:])

    async def password(self, address: EmailAddress) -> Secret | None:
        return Secret("x") if self.passwords else None

    async def verify(
        self,
        address: EmailAddress,
        secret: Secret,
        incoming: ServerSettings,
        outgoing: ServerSettings,
        provider: Provider,
    ) -> Verification:
        assert incoming.username == outgoing.username == str(address)
        self.logins.append(str(address))
        await self._busy("all", provider.id or incoming.host)
        return self.verdicts.get(address.local, GOOD)

    async def write(
        self, person: Person, found: Found, verification: Verification | None
    ) -> tuple[tuple[str, ...], tuple[tuple[str, Problem], ...]] | Problem:
        self.written.append(str(person.address))
        await self._busy("all")
        return ("sheet.html",), ()


def people(count: int, domains: int = 1, local: str = "p") -> list[Person]:
    return [
        Person(n + 2, EmailAddress(f"{local}{n}", f"d{n % domains}.example"), f"P {n}")
        for n in range(count)
    ]


def worked(
    worker: FakeWorker, who: list[Person], *, consent: bool = False
) -> tuple[list[Outcome], Problem | None]:
    outcomes: list[Outcome] = []
    offline = asyncio.run(
        run(who, worker, outcomes.append, consent=consent, manners=Manners(), sleep=worker.sleep)
    )
    return outcomes, offline


def test_a_thousand_people_eight_at_a_time_two_per_provider() -> None:
    worker = FakeWorker()
    outcomes, offline = worked(worker, people(1000, domains=7))
    assert offline is None
    assert Counter(outcome.state for outcome in outcomes) == {State.DONE: 1000}
    assert len(worker.searches) == 7  # once per domain
    assert len(worker.logins) == len(set(worker.logins)) == 1000
    assert worker.most["all"] <= AT_ONCE
    assert max(worker.most[f"imap.d{n}.example"] for n in range(7)) <= 2
    assert worker.most["all"] == AT_ONCE  # and no slower than allowed
    assert worker.naps == []


def test_after_some_refusals_a_pause_and_then_an_end() -> None:
    worker = FakeWorker()
    who = people(30)
    worker.verdicts = {person.address.local: REFUSED for person in who}
    others = people(5, local="good")
    others = [replace(p, address=EmailAddress(p.address.local, "other.example")) for p in others]
    outcomes, _ = worked(worker, [*who, *others])
    states = Counter(outcome.state for outcome in outcomes)
    # Two at a time: one more may be under way when it is enough.
    assert 6 <= states[State.PROBLEM] <= 7
    assert states[State.HELD] == 30 - states[State.PROBLEM]
    assert states[State.DONE] == 5  # another provider goes on
    assert worker.naps
    assert set(worker.naps) == {Manners().pause}


def test_now_and_then_a_typo_stops_nobody() -> None:
    worker = FakeWorker()
    who = people(100)
    worker.verdicts = {person.address.local: REFUSED for person in who[::5]}
    outcomes, _ = worked(worker, who)
    states = Counter(outcome.state for outcome in outcomes)
    assert states == {State.DONE: 80, State.PROBLEM: 20}


@pytest.mark.parametrize("kind", [ProblemKind.NETWORK_BANNED, ProblemKind.TOO_MANY_ATTEMPTS])
def test_a_ban_ends_it_at_once_for_that_provider(kind: ProblemKind) -> None:
    worker = FakeWorker()
    banned = Verification(SideFailed(Problem(kind, Stage.LOGIN)), SideUntested("receiving-failed"))
    worker.verdicts = {"p3": banned}
    outcomes, _ = worked(worker, people(50))
    held = [outcome for outcome in outcomes if outcome.state is State.HELD]
    assert len(held) >= 44
    assert all(outcome.problem is not None and outcome.problem.kind is kind for outcome in held)
    assert len(worker.logins) <= 6


def test_throttling_is_answered_with_patience() -> None:
    worker = FakeWorker()
    slower = Problem(ProblemKind.THROTTLED, Stage.LOGIN)
    worker.verdicts = {"p3": Verification(SideFailed(slower), SideUntested("receiving-failed"))}
    outcomes, _ = worked(worker, people(20))
    assert Counter(o.state for o in outcomes) == {State.DONE: 19, State.PROBLEM: 1}
    assert worker.naps == [Manners().pause]


def test_what_rests_on_doubtful_servers_waits_for_consent() -> None:
    worker = FakeWorker()
    said = Evidence(Source.MX, ("host",), "mx.example", Trust.CONSENT)
    doubtful = replace(IMAP, host="imap.other.example", username="p0@d0.example", evidence=(said,))
    outgoing = replace(SMTP, username="p0@d0.example")
    address = EmailAddress("p0", "d0.example")
    worker.results["d0.example"] = Found(address, Provider(""), (doubtful,), (outgoing,))
    outcomes, _ = worked(worker, people(2))
    assert {outcome.state for outcome in outcomes} == {State.CONSENT}
    assert outcomes[0].hosts == ("imap.other.example",)
    assert worker.logins == []
    outcomes, _ = worked(worker, people(2), consent=True)
    assert {outcome.state for outcome in outcomes} == {State.DONE}


def test_special_providers_end_honestly() -> None:
    worker = FakeWorker()
    address = EmailAddress("p0", "d0.example")
    servers = [replace(s, username=str(address)) for s in (IMAP, SMTP)]
    for kind, state, reason in (
        (PasswordKind.OAUTH_IN_CLIENT, State.UNTESTED, "oauth-only"),
        (PasswordKind.BRIDGE, State.UNTESTED, "bridge"),
        (PasswordKind.NOT_POSSIBLE, State.PROBLEM, ""),
        (PasswordKind.EXCHANGE, State.PROBLEM, ""),
        (PasswordKind.APP_PASSWORD, State.DONE, ""),
    ):
        provider = Provider("X", "x", kind)
        worker.results["d0.example"] = Found(address, provider, (servers[0],), (servers[1],))
        (outcome,), _ = worked(worker, people(1))
        assert (outcome.state, outcome.reason) == (state, reason)


def test_without_a_password_the_files_are_made_untested() -> None:
    worker = FakeWorker()
    worker.passwords = False
    (outcome,), _ = worked(worker, people(1))
    assert (outcome.state, outcome.reason) == (State.UNTESTED, "no-password")
    assert outcome.files


def test_domains_that_have_no_mail_are_asked_once() -> None:
    worker = FakeWorker()
    address = EmailAddress("p0", "d0.example")
    worker.results["d0.example"] = NothingFound(address, ())
    mistyped = Problem(ProblemKind.DOMAIN_MISTYPED, Stage.DISCOVER)
    worker.results["d1.example"] = Failed(address, mistyped)
    outcomes, offline = worked(worker, people(10, domains=2))
    assert offline is None
    kinds = Counter(outcome.problem.kind for outcome in outcomes if outcome.problem)
    assert kinds == {ProblemKind.NOTHING_FOUND: 5, ProblemKind.DOMAIN_MISTYPED: 5}
    assert len(worker.searches) == 2


def test_without_a_network_nothing_is_hammered() -> None:
    worker = FakeWorker()
    gone = Problem(ProblemKind.NO_INTERNET, Stage.DISCOVER)
    worker.results["d0.example"] = Offline(EmailAddress("p0", "d0.example"), gone)
    outcomes, offline = worked(worker, people(20))
    assert offline == gone
    assert len(worker.searches) == 1
    assert {outcome.state for outcome in outcomes} == {State.PROBLEM}


def test_settings_are_handed_on_only_where_the_user_name_says_how() -> None:
    ben = EmailAddress("ben", "shop.example")
    moved = retarget(FOUND, ben)
    assert moved is not None
    assert moved.incoming[0].username == "ben@shop.example"
    local = replace(FOUND, incoming=(replace(IMAP, username="anna"),))
    moved = retarget(local, ben)
    assert moved is not None
    assert moved.incoming[0].username == "ben"
    odd = replace(FOUND, incoming=(replace(IMAP, username="u4711"),))
    assert retarget(odd, ben) is None


# --- the record -------------------------------------------------------------------------------


def test_a_torn_line_is_passed_over_and_closed(tmp_path: Path) -> None:
    record = Record.open(tmp_path)
    record.add("ada", {"state": "done"})
    with record.path.open("ab") as file:
        file.write(b'{"schema": 1, "key": "ben", "sta')
    again = Record.open(tmp_path)
    assert set(again.known) == {"ada"}
    again.add("cleo", {"state": "problem"})
    lines = record.path.read_bytes().splitlines()
    assert json.loads(lines[-1])["key"] == "cleo"
    assert set(Record.open(tmp_path).known) == {"ada", "cleo"}
