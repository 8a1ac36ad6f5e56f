"""The command line as its contract says: JSON, exit codes, consent, passwords, no traceback."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.outside import ADDRESS, FOUND, IMAP, PASSWORD, SMTP, WORKS, FakeOutside
from wizard import messages
from wizard.cli import main as cli
from wizard.cli.arguments import APPS, LANGUAGES, UsageFault, parser, understand
from wizard.cli.exits import Exit, worst
from wizard.clients.journal import own_folder_problem
from wizard.messages import Messages
from wizard.model import (
    AuthMethod,
    ClientPlan,
    EmailAddress,
    Evidence,
    Failed,
    HelpLink,
    How,
    NothingFound,
    Offline,
    PasswordKind,
    Problem,
    ProblemKind,
    Provider,
    Secret,
    ServerType,
    SideFailed,
    SideUntested,
    Source,
    Stage,
    Trust,
    Verification,
)
from wizard.model.document import found_json

ROOT = Path(__file__).parents[3]
WRONG = Problem(
    ProblemKind.WRONG_PASSWORD,
    Stage.LOGIN,
    ServerType.IMAP,
    IMAP.host,
    993,
    server_said="NO [AUTHENTICATIONFAILED] \x1b[31mno",
)


class Line:
    """Runs commands against one fake outside."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self.outside = FakeOutside(make_messages(""))
        self.err = ""

    def run(self, *words: str, stdin: str = "") -> tuple[int, str]:
        """Exit code and standard output."""
        self._monkeypatch.setattr(
            sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
        )
        code = cli.main(words, lambda options: self.outside, make_messages)
        captured = self._capsys.readouterr()
        self.err = captured.err
        return code, captured.out

    def json(self, *words: str, stdin: str = "") -> tuple[int, dict[str, Any]]:
        """Exit code and the one JSON object."""
        code, out = self.run("--json", *words, stdin=stdin)
        document = json.loads(out)
        assert document["schema"] == 1
        assert isinstance(document["ok"], bool)
        return code, document


def make_messages(language: str) -> Messages:
    return Messages(language or "en", ROOT / "resources" / "translations")


@pytest.fixture
def line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Line:
    return Line(capsys, monkeypatch)


SETUP = ("setup", str(ADDRESS), "--name", "Anna", "--apps", "thunderbird", "--password-stdin")


def test_discover_prints_servers_sources_and_evidence(line: Line) -> None:
    code, document = line.json("discover", str(ADDRESS))
    assert code == Exit.DONE
    assert document["ok"] is True
    assert document["incoming"][0]["host"] == IMAP.host
    assert document["incoming"][0]["evidence"][0]["source"] == "autoconfig"
    assert document["sources"][0]["state"] == "found"
    assert IMAP.host not in line.err
    _, text = line.run("discover", str(ADDRESS))
    assert f"{IMAP.host}, port 993" in text


@pytest.mark.parametrize(
    ("result", "code", "kind"),
    [
        (NothingFound(ADDRESS, (IMAP, SMTP)), 3, "nothing-found"),
        (NothingFound(ADDRESS, (IMAP, SMTP), unencrypted_only=True), 3, "unencrypted-only"),
        (
            Failed(
                ADDRESS,
                Problem(ProblemKind.DOMAIN_MISTYPED, Stage.DISCOVER, host=ADDRESS.domain),
                (IMAP, SMTP),
                "shop.test",
            ),
            3,
            "domain-mistyped",
        ),
        (Offline(ADDRESS, Problem(ProblemKind.NO_INTERNET, Stage.DISCOVER)), 5, "no-internet"),
        (
            Offline(ADDRESS, Problem(ProblemKind.NO_INTERNET, Stage.DISCOVER), FOUND),
            5,
            "no-internet",
        ),
    ],
)
def test_discover_that_finds_nothing_names_the_problem(
    line: Line, result: NothingFound | Failed | Offline, code: int, kind: str
) -> None:
    line.outside.result = result
    exit_code, document = line.json("discover", str(ADDRESS))
    assert exit_code == code
    assert document["ok"] is False
    assert document["problem"]["kind"] == kind
    assert document["problem"]["action"]
    for command in (("verify", str(ADDRESS), "--password-stdin"), SETUP):
        line.outside.asked.clear()
        assert line.json(*command, stdin=PASSWORD)[0] == code
        assert line.outside.asked == [f"search {ADDRESS}", "close"]


def test_what_is_known_all_the_same_is_told_to_people_too(line: Line) -> None:
    """A form would be filled in with it; here there is none."""
    line.outside.result = NothingFound(ADDRESS, (IMAP, SMTP))
    text = line.run("discover", str(ADDRESS))[1]
    assert f"Best guess, not tried: {IMAP.host}, port 993" in text
    assert f"Best guess, not tried: {SMTP.host}, port {SMTP.port}" in text
    offline = Problem(ProblemKind.NO_INTERNET, Stage.DISCOVER)
    line.outside.result = Offline(ADDRESS, offline, FOUND, (IMAP, SMTP))
    text = line.run("discover", str(ADDRESS))[1]
    assert f"Receiving: {IMAP.host}, port 993" in text
    assert "Best guess" not in text


def test_a_domain_that_looks_mistyped_is_named_also_where_servers_were_found(line: Line) -> None:
    """Whoever registered the mistyped name may have published settings there."""
    line.outside.result = replace(FOUND, address=EmailAddress("anna", "gmial.com"))
    code, document = line.json("discover", "anna@gmial.com")
    assert (code, document["suggestion"]) == (Exit.DONE, "anna@gmail.com")
    assert "Did you mean anna@gmail.com?" in line.run("discover", "anna@gmial.com")[1]
    line.outside.result = FOUND
    assert "suggestion" not in line.json("discover", str(ADDRESS))[1]


def test_what_to_do_first_stands_beside_the_servers(line: Line) -> None:
    steps = {"en": {"app-password": "Make one."}, "de": {"app-password": "Machen Sie eins."}}
    links = tuple(HelpLink(f"https://help.example/{code}", language=code) for code in ("de", "fr"))
    line.outside.result = replace(FOUND, provider=Provider("Big", "big", help=links, steps=steps))
    text = line.run("discover", str(ADDRESS))[1]
    assert "Make one." in text
    assert "help.example" not in text


def test_a_mistyped_address_is_a_sentence(line: Line) -> None:
    code, document = line.json("discover", "anna.shop.example")
    assert code == Exit.USAGE
    assert document["problem"]["kind"] == "address-not-understood"
    assert line.outside.asked == ["close"]


def test_sources_may_be_named_in_a_row_or_one_by_one(line: Line) -> None:
    for words in (
        ("--source", "srv", "mx", str(ADDRESS)),
        (str(ADDRESS), "--source", "srv", "mx"),
        ("--source", "srv", str(ADDRESS), "--source", "mx"),
    ):
        assert understand(["discover", *words]).source == ["srv", "mx"]
        assert line.run("discover", *words)[0] == Exit.DONE
    assert line.run("discover", str(ADDRESS), "--source", "srv", "dns")[0] == Exit.USAGE


def test_usage_is_answered_in_json_too(line: Line) -> None:
    code, document = line.json("discover")
    assert code == Exit.USAGE
    assert document["ok"] is False
    code, _ = line.run("setup", str(ADDRESS), "--name", "A", "--apps", "pine")
    assert code == Exit.USAGE
    assert "pine" in line.err


def test_a_program_without_streams_still_ends_with_its_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A windowed program on Windows, started with words it does not understand."""
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    words = make_messages("en")
    outside = FakeOutside(words)
    codes: list[object] = []
    for line in (["discover"], ["--help"], ["undo", "1"], ["verify", str(ADDRESS)]):
        try:
            codes.append(cli.main(line, lambda options: outside, lambda language: words))
        except SystemExit as end:
            codes.append(end.code)
    streams = [getattr(sys, name) for name in ("stdin", "stdout", "stderr")]
    monkeypatch.undo()
    for stream in streams:
        stream.close()
    assert codes == [Exit.USAGE, 0, Exit.USAGE, Exit.USAGE]


def test_no_option_takes_a_password() -> None:
    assert "password_stdin" in vars(parser().parse_args(["verify", "a@b.example"]))
    with pytest.raises(UsageFault):
        parser().parse_args(["verify", "a@b.example", "--password", "x"])


def test_verify_tells_both_sides(line: Line) -> None:
    code, document = line.json("verify", str(ADDRESS), "--password-stdin", stdin=f"{PASSWORD}\n")
    assert code == Exit.DONE
    assert document["incoming"] == {"ok": True, "ms": 10, "capabilities": ["IMAP4rev1"]}
    assert document["outgoing"]["ok"] is True
    assert [secret.reveal() for secret in line.outside.seen_passwords] == [PASSWORD]


def test_a_wrong_password_is_cause_19_and_exit_4(line: Line) -> None:
    line.outside.verification = Verification(SideFailed(WRONG), SideUntested("receiving-failed"))
    code, document = line.json("verify", str(ADDRESS), "--password-stdin", stdin=PASSWORD)
    assert code == Exit.REFUSED
    assert document["problem"]["cause"] == 19
    assert document["incoming"]["problem"]["stage"] == "login"
    assert document["outgoing"] == {"ok": None, "reason": "receiving-failed"}
    _, text = line.run("verify", str(ADDRESS), "--password-stdin", stdin=PASSWORD)
    assert "\x1b" not in text
    assert "\\x1b" in text


def test_one_side_unknown_is_exit_1(line: Line) -> None:
    line.outside.verification = replace(WORKS, outgoing=SideUntested("not-found"))
    code, document = line.json("verify", str(ADDRESS), "--password-stdin", stdin=PASSWORD)
    assert code == Exit.PROBLEMS
    assert document["outgoing"] == {"ok": None, "reason": "not-found"}


def test_browser_sign_in_asks_for_no_password(line: Line) -> None:
    line.outside.result = replace(
        FOUND, provider=Provider("Big", "big", PasswordKind.OAUTH_IN_CLIENT)
    )
    code, document = line.json("verify", str(ADDRESS))
    assert code == Exit.PROBLEMS
    assert document["incoming"] == {"ok": None, "reason": "oauth-only"}
    line.outside.result = replace(
        FOUND,
        incoming=(replace(IMAP, auth=(AuthMethod.OAUTH2,)),),
        outgoing=(replace(SMTP, auth=(AuthMethod.OAUTH2,)),),
    )
    assert line.json("verify", str(ADDRESS))[1]["incoming"]["reason"] == "oauth-only"
    assert "verify" not in line.outside.asked


def test_the_keychain_is_asked_before_the_person(line: Line) -> None:
    line.outside.stored = Secret("from the keychain")
    assert line.json("verify", str(ADDRESS))[0] == Exit.DONE
    assert line.outside.seen_passwords[0].reveal() == "from the keychain"


def test_without_any_password_it_stops_before_the_servers(line: Line) -> None:
    code, document = line.json("verify", str(ADDRESS))
    assert code == Exit.USAGE
    assert document["reason"] == "no-password"
    assert "verify" not in line.outside.asked


def test_untrusted_settings_stop_before_a_password_is_read(line: Line) -> None:
    said = Evidence(Source.MX, ("host", "port"), "mx.other.example", Trust.CONSENT)
    line.outside.result = replace(FOUND, incoming=(replace(IMAP, evidence=(said,)),))
    stdin = f"{PASSWORD}\n"
    code, document = line.json("verify", str(ADDRESS), "--password-stdin", stdin=stdin)
    assert code == Exit.PROBLEMS
    assert document["needs_consent"][0]["host"] == IMAP.host
    assert sys.stdin.buffer.read() == stdin.encode()
    code, document = line.json("verify", str(ADDRESS), "--password-stdin", "--yes", stdin=stdin)
    assert code == Exit.DONE


def test_setup_verifies_plans_applies_and_stores(line: Line) -> None:
    code, document = line.json(*SETUP, stdin=PASSWORD)
    assert code == Exit.DONE
    assert line.outside.asked[1:] == [
        "verify", "plan thunderbird", "apply thunderbird", "store", "close",
    ]  # fmt: skip
    assert document["apps"][0]["state"] == "applied"
    assert document["apps"][0]["what"][0]["key"] == "mail.smtpservers"
    assert document["apps"][0]["change_id"] == "c1"
    assert document["keychain"] == {"ok": True}
    assert PASSWORD not in json.dumps(document) + line.err


def test_setup_stops_at_a_wrong_password(line: Line) -> None:
    line.outside.verification = Verification(SideFailed(WRONG), SideUntested("receiving-failed"))
    code, document = line.json(*SETUP, stdin=PASSWORD)
    assert code == Exit.REFUSED
    assert document["problem"]["cause"] == 19
    assert line.outside.asked[-2:] == ["verify", "close"]


def test_setup_without_a_keychain_says_so_and_is_done(line: Line) -> None:
    line.outside.keychain_problem = Problem(ProblemKind.KEYCHAIN_UNAVAILABLE, Stage.KEYCHAIN)
    code, document = line.json(*SETUP, stdin=PASSWORD)
    assert code == Exit.PROBLEMS
    assert document["ok"] is True
    assert document["apps"][0]["state"] == "applied"
    assert document["keychain"]["problem"]["cause"] == 47


def test_setup_a_second_time_changes_nothing(line: Line) -> None:
    same = ClientPlan("thunderbird", "Thunderbird", How.CHANGE, str(ADDRESS), unchanged=True)
    line.outside.plans["thunderbird"] = same
    code, document = line.json(*SETUP, stdin=PASSWORD)
    assert code == Exit.DONE
    assert document["apps"][0]["state"] == "unchanged"
    assert "apply thunderbird" not in line.outside.asked


def test_a_running_program_is_named_and_the_rest_goes_on(line: Line) -> None:
    line.outside.plans["thunderbird"] = Problem(ProblemKind.PROGRAM_RUNNING, Stage.CLIENT)
    words = [word if word != "thunderbird" else "thunderbird,sheet" for word in SETUP]
    code, document = line.json(*words, stdin=PASSWORD)
    assert code == Exit.PROBLEMS
    assert document["problem"]["kind"] == "program-running"
    assert [row["state"] for row in document["apps"]] == ["problem", "applied"]


def test_setup_with_out_touches_neither_programs_nor_keychain(line: Line, tmp_path: Path) -> None:
    code, document = line.json(*SETUP, "--out", str(tmp_path), stdin=PASSWORD)
    assert code == Exit.DONE
    assert line.outside.asked[1:] == ["verify", "files thunderbird", "write thunderbird", "close"]
    assert document["apps"][0]["files"] == [str(tmp_path / "thunderbird.txt")]
    assert "keychain" not in document


def test_render_reads_what_discover_wrote(line: Line, tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps(found_json(FOUND)), encoding="utf-8")
    render = ("render", "--settings", str(settings), "--app", "outlook", "--out", str(tmp_path))
    code, document = line.json(*render)
    assert code == Exit.DONE
    assert document["files"] == [str(tmp_path / "outlook.txt")]
    assert not any(word.startswith("search") for word in line.outside.asked)


def test_a_bad_settings_file_is_named_with_line_and_field(line: Line, tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    document = found_json(FOUND)
    document["outgoing"][0]["security"] = "plain"
    settings.write_text(json.dumps(document, indent=1), encoding="utf-8")
    render = ("render", "--settings", str(settings), "--app", "outlook", "--out", str(tmp_path))
    code, answer = line.json(*render)
    assert code == Exit.USAGE
    assert answer["fault"]["field"] == "outgoing[0].security"
    lines = settings.read_text(encoding="utf-8").splitlines()
    assert '"plain"' in lines[answer["fault"]["line"] - 1]
    settings.unlink()
    assert line.json(*render)[0] == Exit.USAGE


def test_parse_autoconfig(line: Line, tmp_path: Path) -> None:
    file = tmp_path / "config.xml"
    parse = ("parse-autoconfig", str(file), "--address", str(ADDRESS))
    assert line.json(*parse)[0] == Exit.USAGE
    file.write_bytes(b"<clientConfig/>")
    assert line.json(*parse)[1]["outgoing"][0]["port"] == 465
    line.outside.autoconfig = Problem(ProblemKind.SETTINGS_UNREADABLE, Stage.DISCOVER)
    assert line.json(*parse)[0] == Exit.NOTHING_FOUND


def test_apps(line: Line) -> None:
    _, document = line.json("apps")
    assert document["apps"][0]["id"] == "thunderbird"
    assert document["apps"][0]["profiles"][0]["default"] is True
    line.outside.detected = ()
    assert line.json("apps")[1]["apps"] == []


def test_undo(line: Line) -> None:
    _, document = line.json("undo")
    assert document["changes"][0]["id"] == "c1"
    assert document["changes"][0]["what"] == ["p"]
    assert line.json("undo", "c1")[0] == Exit.USAGE
    assert "undo c1" not in line.outside.asked
    code, document = line.json("undo", "c1", "--yes")
    assert code == Exit.DONE
    assert document["restored"] == ["p"]
    assert line.json("undo", "c9", "--yes")[1]["problem"]["kind"] == "change-unknown"
    line.outside.undone = Problem(ProblemKind.PROGRAM_RUNNING, Stage.CLIENT)
    assert line.json("undo", "c1", "--yes")[0] == Exit.PROBLEMS


def test_nothing_but_the_window_without_a_command(line: Line) -> None:
    assert line.run()[0] == Exit.DONE
    assert line.outside.asked == ["window"]


def test_ctrl_c_ends_cleanly(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    async def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(line.outside, "search", interrupted)
    code, document = line.json("discover", str(ADDRESS))
    assert code == Exit.INTERRUPTED
    assert document["ok"] is False


def test_options_stand_before_or_after_the_command() -> None:
    before = parser().parse_args(["--json", "--lang", "de", "apps"])
    after = parser().parse_args(["apps", "--json", "--lang", "de"])
    assert before == after


def test_exit_codes_in_the_order_of_the_contract() -> None:
    assert worst() == Exit.DONE
    assert worst(Exit.PROBLEMS, Exit.REFUSED) == Exit.REFUSED
    assert worst(Exit.REFUSED, Exit.NOTHING_FOUND) == Exit.NOTHING_FOUND
    assert worst(Exit.NOTHING_FOUND, Exit.NO_NETWORK, Exit.USAGE) == Exit.USAGE


def test_every_program_of_the_registry_has_its_word() -> None:
    from wizard.clients.registry import EXPORTERS

    assert {exporter.id for exporter in EXPORTERS} <= set(APPS)


def test_a_bug_ends_calmly_and_without_its_raw_text(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> object:
        raise RuntimeError("tells a secret")

    monkeypatch.setitem(cli.COMMANDS, "apps", broken)
    code, document = line.json("apps")
    assert (code, document["ok"], document["reason"]) == (1, False, "crash")
    assert "secret" not in json.dumps(document) + line.err
    assert "RuntimeError" in line.err


@pytest.mark.parametrize("yes", [True, False])
def test_the_test_message_is_deleted_only_with_consent(line: Line, yes: bool) -> None:
    words = ["verify", str(ADDRESS), "--test-message", "--password-stdin"]
    code, document = line.json(*words, *(["--yes"] if yes else []), stdin=PASSWORD + "\n")
    assert code == 0
    assert document["test_message"] == {
        "ok": True,
        "seconds": 1.0,
        "authentication_results": "",
        "deleted": yes,
    }


@pytest.mark.parametrize(
    ("words", "said", "command"),
    [
        (("discovr",), "There is no command discovr; there are: discover", "mail-wizard"),
        (("discover",), "This is missing: ADDRESS", "mail-wizard discover"),
        (("apps", "--lang", "xx"), "--lang cannot be xx; it can be: en, fr,", "mail-wizard apps"),
        (("apps", "more"), "This has no meaning here: more", "mail-wizard"),
        (("undo", "1", "--ca"), "Something has to follow --ca", "mail-wizard undo"),
        (
            ("discover", str(ADDRESS), "--record", "a", "--replay", "b"),
            "--replay and --record do not go together",
            "mail-wizard discover",
        ),
        (
            ("discover", str(ADDRESS), "--timeout", "soon"),
            "--timeout cannot be soon; it can be: 1 – 60",
            "mail-wizard discover",
        ),
        (("demo", "--mode", "slwo"), "--mode cannot be slwo; it can be: slow", "mail-wizard demo"),
        (("newer", "--notice", "http://x"), "it can be: https://…", "mail-wizard newer"),
        (("setup", str(ADDRESS), "--alias", "x"), "it can be: name@", "mail-wizard setup"),
        (
            ("render", "--settings", "a", "--app", "apple", "--out", "b", "--certificate", "c"),
            "This is missing: --key",
            "mail-wizard",
        ),
    ],
)
def test_what_was_not_understood_is_said_in_plain_words(
    line: Line, words: tuple[str, ...], said: str, command: str
) -> None:
    assert line.run(*words)[0] == Exit.USAGE
    first, second = line.err.splitlines()
    assert said in first
    assert second == f"Next: {command} --help"
    assert "invalid" not in line.err and "argument" not in line.err


def test_what_was_not_understood_is_said_in_the_language_asked_for(line: Line) -> None:
    line.run("--lang", "de", "verify")
    assert "Als Nächstes: mail-wizard verify --help" in line.err
    line.run("verify", "--lang")
    assert "Next: mail-wizard verify --help" in line.err


def test_the_languages_are_those_of_the_sentences() -> None:
    assert LANGUAGES == messages.LANGUAGES
    assert understand(["apps", "--lang", "de_CH.UTF-8"]).lang == "de_CH.UTF-8"


@pytest.mark.parametrize(
    "words",
    [
        ("render", "--app", "apple", "--out", "out", "--settings"),
        ("publish", "shop.test", "--out", "out", "--settings"),
        ("verify", str(ADDRESS), "--settings"),
        ("parse-autoconfig", "--address", str(ADDRESS)),
        ("batch", "--out", "out"),
    ],
)
def test_a_file_that_is_not_there_is_called_that(
    line: Line, words: tuple[str, ...], tmp_path: Path
) -> None:
    absent = str(tmp_path / "absent")
    code, text = line.run(*words, absent)
    assert code == Exit.USAGE
    assert text.splitlines() == [f"There is no file {absent}.", "Next: Choose another file"]
    code, document = line.json(*words, absent)
    assert code == Exit.USAGE and document["ok"] is False


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is Linux's")
@pytest.mark.parametrize("words", [("apps",), ("--json", "apps")])
def test_an_answer_that_cannot_be_written_is_said_and_is_no_crash(
    line: Line, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        code, _ = line.run(*words)
        monkeypatch.undo()
        with contextlib.suppress(OSError):
            full.close()
    assert code == Exit.PROBLEMS
    assert line.err == "The answer could not be written: No space left on device\n"


def test_a_folder_of_ours_that_is_closed_is_no_crash_and_no_empty_list(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def changes() -> Problem:
        return own_folder_problem(
            PermissionError(13, "Permission denied"), Path("/home/anna/state")
        )

    monkeypatch.setattr(line.outside, "changes", changes)
    code, text = line.run("undo")
    assert code == Exit.PROBLEMS
    assert "folder is closed to you" in text and "In /home/anna/state it keeps" in text
    assert line.json("undo")[1]["problem"]["kind"] == "folder-not-writable"
