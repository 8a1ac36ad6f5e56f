"""`publish` and `render --app fleet`, with the real rooms behind them."""

from __future__ import annotations

import json
import os
import plistlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.outside import ADDRESS, FakeOutside
from tests.lab.requirements import need_programs
from tests.unit.cli.test_cli_contract import Line, make_messages
from tests.unit.clients.test_clients_apple import certificates
from wizard.app.files import apple_files
from wizard.app.outside import Outside
from wizard.cli import main as cli
from wizard.cli.exits import Exit
from wizard.clients import registry
from wizard.model import Account, ClientPlan, Problem

SERVER = {"security": "tls"}


def settings(folder: Path, **more: object) -> Path:
    path = folder / "settings.json"
    document = {
        "incoming": [{"type": "imap", "host": "imap.shop.example", "port": 993, **SERVER}],
        "outgoing": [{"type": "smtp", "host": "smtp.shop.example", "port": 465, **SERVER}],
        **more,
    }
    path.write_text(json.dumps(document))
    return path


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, dict[str, Any]]:
    code = cli.main(["--json", *map(str, words)], Outside, make_messages)
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    return code, document


def test_publish_writes_every_file_and_names_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    code, document = run(
        capsys, "publish", "Shop.example", "--settings", settings(tmp_path), "--out", out
    )
    assert (code, document["domain"]) == (Exit.DONE, "shop.example")
    assert len(document["files"]) == 4
    for row in document["files"]:
        assert Path(row["path"]).is_file()
        assert row["url"].startswith("https://")
        if os.name == "posix":
            assert Path(row["path"]).stat().st_mode & 0o044
    types = {(row["name"], row["type"]) for row in document["records"]}
    assert ("_imaps._tcp.shop.example.", "SRV") in types
    assert ("_ua-auto-config.shop.example.", "TXT") in types
    autoconfig = (out / "autoconfig.shop.example/mail/config-v1.1.xml").read_text()
    assert autoconfig.count("%EMAILADDRESS%") == 2
    assert (out / "README.txt").is_file()


def test_the_user_names_of_one_person_stand_for_everybodys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = settings(tmp_path, address="boss@shop.example")
    code, _ = run(capsys, "publish", "shop.example", "--settings", path, "--out", tmp_path / "o")
    assert code == Exit.DONE
    assert (
        "boss"
        not in (tmp_path / "o/shop.example/.well-known/autoconfig/mail/config-v1.1.xml").read_text()
    )


@pytest.mark.parametrize(
    ("domain", "more"),
    [
        ("no domain", {}),
        ("shop.example", {"incoming": []}),
        (
            "shop.example",
            {"incoming": [{"type": "imap", "host": "h.example", "port": 143, "security": "plain"}]},
        ),
        (
            "shop.example",
            {
                "address": "boss@shop.example",
                "incoming": [
                    {
                        "type": "imap",
                        "host": "h.example",
                        "port": 993,
                        "security": "tls",
                        "username": "u4711",
                    }
                ],
            },
        ),
    ],
)
def test_what_cannot_be_published_is_a_matter_of_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], domain: str, more: dict[str, object]
) -> None:
    path = settings(tmp_path, **more)
    code, document = run(capsys, "publish", domain, "--settings", path, "--out", tmp_path / "o")
    assert (code, document["ok"]) == (Exit.USAGE, False)
    assert not (tmp_path / "o").exists()


def test_fleet_files_come_from_render(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = settings(tmp_path, address="ada@shop.example", name="Ada")
    words = ("render", "--settings", path, "--app", "fleet", "--out", tmp_path / "o")
    code, document = run(capsys, *words)
    assert (code, document["state"]) == (Exit.DONE, "files")
    names = {Path(name).relative_to(tmp_path / "o").as_posix() for name in document["files"]}
    assert {"policies.json", "isp/shop.example.xml", "outlook-add.reg"} <= names
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    code, document = run(capsys, *words, "--certificate", bad, "--key", bad)
    assert (code, document["option"]) == (Exit.USAGE, "--certificate")


def test_an_apple_profile_for_one_device_is_signed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    need_programs("openssl")
    path = settings(tmp_path, address="ada@shop.example", name="Ada")
    root, leaf, key = certificates()
    for name, content in (("root", root), ("leaf", leaf), ("key", key)):
        (tmp_path / f"{name}.pem").write_bytes(content)
    words = ("render", "--settings", path, "--app", "apple", "--out", tmp_path / "o")
    signing = (
        *("--certificate", tmp_path / "leaf.pem"),
        *("--key", tmp_path / "key.pem"),
        *("--chain", tmp_path / "root.pem"),
    )
    code, document = run(capsys, *words, "--device", "iphone", *signing)
    assert (code, document["state"]) == (Exit.DONE, "files")
    assert not any("Not signed" in note for note in document["notes"])
    argv = ["openssl", "cms", "-verify", "-inform", "DER", "-in", document["files"][0]]
    argv += ["-CAfile", str(tmp_path / "root.pem"), "-purpose", "any"]
    verified = subprocess.run(argv, capture_output=True, check=False)
    assert verified.returncode == 0, verified.stderr
    assert plistlib.loads(verified.stdout)["TargetDeviceType"] == 1

    code, document = run(capsys, *words, "--device", "mac")
    assert code == Exit.DONE
    unsigned = plistlib.loads(Path(document["files"][0]).read_bytes())
    assert unsigned["TargetDeviceType"] == 5
    assert any("Not signed" in note for note in document["notes"])
    code, document = run(capsys, *words, "--certificate", path, "--key", path)
    assert (code, document["option"]) == (Exit.USAGE, "--certificate")


def test_setup_signs_the_apple_profile_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    need_programs("openssl")

    def apple(
        _self: FakeOutside, account: Account, device: str, *signing: Path | None
    ) -> ClientPlan | Problem:
        certificate, key, chain = signing
        return apple_files(account, make_messages("en"), device, certificate, key, chain)

    def write(_self: FakeOutside, plan: ClientPlan, folder: Path) -> tuple[Path, ...] | Problem:
        return registry.write_files(plan, folder)

    monkeypatch.setattr(FakeOutside, "apple", apple)
    monkeypatch.setattr(FakeOutside, "write", write)
    line = Line(capsys, monkeypatch)
    root, leaf, key = certificates()
    for name, content in (("root", root), ("leaf", leaf), ("key", key)):
        (tmp_path / f"{name}.pem").write_bytes(content)
    words = ("setup", str(ADDRESS), "--name", "Anna", "--yes", "--password-stdin")
    files = (*words, "--apps", "apple", "--out", str(tmp_path / "o"), "--device", "iphone")
    signing = (
        *("--certificate", str(tmp_path / "leaf.pem"), "--key", str(tmp_path / "key.pem")),
        *("--chain", str(tmp_path / "root.pem")),
    )
    code, document = line.json(*files, *signing, stdin="secret")
    assert (code, document["apps"][0]["state"]) == (Exit.DONE, "files")
    argv = ["openssl", "cms", "-verify", "-inform", "DER", "-in"]
    argv += [str(next((tmp_path / "o").glob("*.mobileconfig")))]
    argv += ["-CAfile", str(tmp_path / "root.pem"), "-purpose", "any"]
    verified = subprocess.run(argv, capture_output=True, check=False)
    assert verified.returncode == 0, verified.stderr
    assert plistlib.loads(verified.stdout)["TargetDeviceType"] == 1

    # A file that can't sign is found out before any program is touched.
    bad = ("--certificate", str(tmp_path / "key.pem"), "--key", str(tmp_path / "key.pem"))
    line.outside.asked.clear()
    code, document = line.json(*words, "--apps", "thunderbird,apple", *bad, stdin="secret")
    assert (code, document["option"]) == (Exit.USAGE, "--certificate")
    assert "apply thunderbird" not in line.outside.asked
    code, document = line.json(*words, "--apps", "apple", *bad[:2], stdin="secret")
    assert (code, document["reason"]) == (Exit.USAGE, "usage")
