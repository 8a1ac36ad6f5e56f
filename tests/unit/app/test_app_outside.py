"""The program wired for real, against the embedded provider: commands as a person types them.

Each runs in a process of its own in which PySide6 cannot be imported: the command line must not
need Qt (the PDF of the sheet excepted).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit import posix
from wizard.app.demo import running
from wizard.demo import DemoMode, DemoProvider

ROOT = Path(__file__).parents[3]
START = """
import json, sys
sys.modules["PySide6"] = None
from wizard.cli import main as cli
from wizard.app.language import make_messages
from wizard.app.outside import Outside
ports = {(a, p): (b, q) for a, p, b, q in json.loads(sys.argv[1])}
sys.exit(cli.main(sys.argv[2:], lambda options: Outside(options, connect_map=ports), make_messages))
"""
OFF_THE_NET = """
import sys
def watch(event, args):
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg") or (
        event.startswith("socket.get")
    ):
        raise AssertionError(event)
sys.addaudithook(watch)
"""
ADDRESS = "anna@demo.example"


class Program:
    """`mail-wizard` in a process of its own, in an empty home, towards one provider."""

    def __init__(self, provider: DemoProvider, home: Path) -> None:
        self.provider = provider
        self.home = home
        folders = {f"XDG_{kind}_HOME": str(home / kind) for kind in ("CONFIG", "DATA", "STATE")}
        self.env: Mapping[str, str] = {
            **{key: value for key, value in os.environ.items() if not key.startswith("DBUS_")},
            **folders,
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "error",
        }

    def run(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Without the provider's network."""
        ports = [[*near, *far] for near, far in self.provider.network.port_map.items()]
        return subprocess.run(
            [sys.executable, "-c", START, json.dumps(ports), *words],
            input=stdin,
            env=self.env,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def json(self, *words: str, stdin: str = "") -> tuple[int, dict[str, Any]]:
        """With it; exit code and document."""
        network = self.provider.network
        host, port = network.resolver
        done = self.run(
            "--json",
            *("--resolver", f"{host}:{port}", "--ca", str(network.ca_file)),
            *words,
            stdin=stdin,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def provider() -> Iterator[DemoProvider]:
    with running(DemoProvider()) as provider:
        yield provider


@pytest.fixture
def program(provider: DemoProvider, tmp_path: Path) -> Program:
    return Program(provider, tmp_path)


def test_discover(program: Program) -> None:
    code, document = program.json("discover", ADDRESS)
    assert code == 0
    assert document["incoming"][0]["host"] == "imap.demo.example"
    assert document["provider"]["name"] == "Demo Mail"


@pytest.mark.parametrize("who", [ADDRESS, "anna@nowhere.example"])
@pytest.mark.parametrize("terms", [(), ("--source", "srv", "mx"), ("--all",)])
@posix.quiet_loops
def test_a_replay_prints_the_recorded_document_and_opens_no_socket(
    program: Program, tmp_path: Path, who: str, terms: tuple[str, ...]
) -> None:
    recording = tmp_path / "search.json"
    code, document = program.json("discover", *terms, who, "--record", str(recording))
    text = recording.read_text(encoding="utf-8")
    assert "anna" not in text
    replayed = subprocess.run(
        [
            *(sys.executable, "-c", OFF_THE_NET + START, "[]"),
            *("--json", "discover", who, "--replay", str(recording)),
        ],
        env=program.env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in replayed.stderr, replayed.stderr
    assert replayed.returncode == code
    assert json.loads(replayed.stdout) == document
    if terms[:1] == ("--source",):
        assert [row["name"] for row in document["sources"]] == ["srv", "mx"]


def test_a_recording_that_cannot_be_kept_or_read_is_a_sentence(
    program: Program, tmp_path: Path
) -> None:
    for words, option in (
        (("--record", str(tmp_path / "missing" / "x")), "--record"),
        (("--replay", str(tmp_path / "missing")), "--replay"),
        (("--replay", str(ROOT / "README.md")), "--replay"),
    ):
        code, document = program.json("discover", ADDRESS, *words)
        assert code == 2
        assert document["option"] == option
        assert document["detail"]
    code, document = program.json("discover", ADDRESS, "--record", "a", "--replay", "b")
    assert (code, document["reason"]) == (2, "usage")


def test_an_unknown_domain_is_exit_3(program: Program) -> None:
    code, document = program.json("discover", "anna@nowhere.example")
    assert code == 3
    assert document["problem"]["cause"] == 1


def test_verify_and_a_wrong_password(program: Program, provider: DemoProvider) -> None:
    password = provider.password.reveal()
    verify = ("verify", ADDRESS, "--password-stdin")
    code, document = program.json(*verify, stdin=f"{password}\n")
    assert (code, document["ok"]) == (0, True)
    provider.mode = DemoMode.WRONG_PASSWORD
    try:
        code, document = program.json(*verify, stdin=f"{password}\n")
    finally:
        provider.mode = DemoMode.NORMAL
    assert code == 4
    assert document["problem"]["cause"] == 19
    assert document["outgoing"] == {"ok": None, "reason": "receiving-failed"}


def test_setup_with_out_writes_files_and_touches_nothing_else(
    program: Program, provider: DemoProvider, tmp_path: Path
) -> None:
    out = tmp_path / "files"
    code, document = program.json(
        *("setup", ADDRESS, "--name", "Anna", "--apps", "all", "--out", str(out)),
        "--password-stdin",
        stdin=provider.password.reveal(),
    )
    assert code == 0, document
    assert "keychain" not in document
    written = {path for row in document["apps"] for path in row["files"]}
    assert written == {str(path) for path in out.rglob("*") if path.is_file()}
    assert {path.name for path in tmp_path.iterdir()} == {"files"}
    for path in out.rglob("*"):
        if path.is_file():
            assert provider.password.reveal().encode() not in path.read_bytes()


def test_what_discover_wrote_can_be_rendered_without_a_network(
    program: Program, tmp_path: Path
) -> None:
    _, document = program.json("discover", ADDRESS)
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps(document), encoding="utf-8")
    render = ("render", "--settings", str(settings), "--app", "apple", "--out", str(tmp_path))
    done = program.run("--json", *render, "--resolver", "127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    (profile,) = tmp_path.glob("*.mobileconfig")
    assert b"imap.demo.example" in profile.read_bytes()


def test_no_network_is_exit_5(program: Program) -> None:
    done = program.run("--json", "--resolver", "127.0.0.1:9", "discover", "anna@nowhere.example")
    assert done.returncode == 5, done.stdout
    assert json.loads(done.stdout)["problem"]["cause"] in {3, 4}


@pytest.mark.parametrize(
    "option", [("--resolver", "a:b:c"), ("--ca", "missing.pem"), ("--provider", "missing.toml")]
)
def test_an_option_that_cannot_be_used_is_a_sentence(
    program: Program, option: tuple[str, str]
) -> None:
    done = program.run("--json", *option, "discover", ADDRESS)
    assert done.returncode == 2
    assert json.loads(done.stdout)["option"] == option[0]
    assert "Traceback" not in done.stderr


def test_the_log_has_the_ladder_and_no_password(
    program: Program, provider: DemoProvider, tmp_path: Path
) -> None:
    log = tmp_path / "wizard.log"
    password = provider.password.reveal()
    words = ("--log-file", str(log), "verify", ADDRESS, "--password-stdin")
    assert program.json(*words, stdin=password)[0] == 0
    text = log.read_text(encoding="utf-8")
    assert "incoming login ok=True" in text
    assert password not in text


def test_where_qt_is_at_hand_the_sheet_is_a_pdf_too(program: Program, tmp_path: Path) -> None:
    _, document = program.json("discover", ADDRESS)
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps(document), encoding="utf-8")
    render = ("render", "--settings", str(settings), "--app", "sheet", "--out", str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "wizard", *render],
        env=program.env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    (pdf,) = tmp_path.glob("*.pdf")
    assert pdf.read_bytes().startswith(b"%PDF-")
    assert str(pdf) in done.stdout
