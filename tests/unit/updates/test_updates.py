"""Which notices of a newer version are believed, and that nobody is asked without need."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import notice as publishing
from tests.fakes.network import FakeHttp
from wizard import __version__
from wizard.model.update import Managed, Newer, NotKnown, Unanswered, UpdateAnswer, UpToDate
from wizard.updates import managed_by, newer_version
from wizard.updates.notice import judge, order

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
KEYS = (publishing.public(KEY),)
PAGE = "https://example.net/mail-setup"
NOW = datetime(2027, 1, 31, 12, tzinfo=UTC)


def signed(version: str = "9.0.0", page: str = PAGE, key: Ed25519PrivateKey = KEY) -> bytes:
    return publishing.sign(key, version, page, NOW.date()).encode()


def judged(document: bytes, ours: str = "1.0.0", now: datetime = NOW) -> UpdateAnswer:
    return judge(document, KEYS, ours, now)


def test_a_good_notice_names_the_newer_version() -> None:
    assert judged(signed()) == Newer("9.0.0", PAGE)
    assert judged(signed("1.0.0")) == UpToDate("1.0.0")


def test_an_older_version_is_never_offered() -> None:
    assert judged(signed("0.9.9")) == UpToDate("0.9.9")
    assert judged(signed("1.0.0rc1")) == UpToDate("1.0.0rc1")


@pytest.mark.parametrize("what", ["9.0.0", "example.net", "2027", "schema"])
def test_a_tampered_notice_is_not_believed(what: str) -> None:
    document = signed().decode()
    assert what in document
    changed = document.replace(what, what[:-1] + "x").encode()
    assert judged(changed) == NotKnown(Unanswered.FORGED)


def test_the_signature_of_somebody_else_is_not_believed() -> None:
    assert judged(signed(key=OTHER)) == NotKnown(Unanswered.FORGED)
    keys = (publishing.public(OTHER), *KEYS)
    assert judge(signed(), keys, "1.0.0", NOW) == Newer("9.0.0", PAGE)


def test_an_expired_notice_says_nothing() -> None:
    late = NOW.replace(month=2, day=1)
    assert judged(signed(), now=late) == NotKnown(Unanswered.EXPIRED, "2027-01-31")


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"notice": 1, "signature": ""}',
        b'{"notice": "{}", "signature": "not base64!"}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_what_is_no_notice_is_told_apart(document: bytes) -> None:
    answer = judged(document)
    assert isinstance(answer, NotKnown)
    assert answer.reason is Unanswered.UNREADABLE


@pytest.mark.parametrize(
    "page",
    [
        "http://example.net/",
        "https://",
        "javascript:alert(1)",
        "https://a@example.net/",
        "https://exämple.net/",
        "https://example.net/\n",
        "https://example.net/" + "a" * 500,
    ],
)
def test_even_signed_only_a_plain_https_page_is_shown(page: str) -> None:
    answer = judged(signed(page=page))
    assert isinstance(answer, NotKnown)
    assert answer.reason is Unanswered.UNREADABLE


def test_versions_are_ordered_as_people_mean_them() -> None:
    names = ["0.9.9", "0.10.0a2", "0.10.0b1", "0.10.0rc1", "0.10.0rc2", "0.10.0", "1.0.0"]
    assert sorted(sorted(names), key=order) == names
    with pytest.raises(ValueError, match="no version"):
        order("1.0")


def test_the_notice_is_read_once_and_only_when_asked() -> None:
    http = FakeHttp({"https://example.org/notice.json": signed()})
    asking = newer_version(
        http, url="https://example.org/notice.json", keys=KEYS, manager="", now=NOW
    )
    answer = asyncio.run(asking)
    assert answer == Newer("9.0.0", PAGE)
    assert http.asked == ["https://example.org/notice.json"]


def test_where_a_package_manager_rules_nobody_is_asked() -> None:
    http = FakeHttp({})
    asking = newer_version(http, keys=KEYS, manager="apt")
    assert asyncio.run(asking) == Managed("apt")
    asking = newer_version(http, keys=(), manager="")
    assert asyncio.run(asking) == NotKnown(Unanswered.NO_PUBLISHER)
    assert http.asked == []


def test_the_package_manager_says_so_beside_the_program(tmp_path: Path) -> None:
    program = tmp_path / "mail-wizard"
    assert managed_by(program) == ""
    (tmp_path / "managed-by").write_text("apt\n")
    assert managed_by(program) == "apt"
    if os.name != "posix":  # where only administrators make links
        return
    link = tmp_path / "bin" / "mail-wizard"
    link.parent.mkdir()
    program.touch()
    link.symlink_to(program)
    assert managed_by(link) == "apt"


def test_the_publisher_s_key_is_for_its_owner_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "key.pem"
    assert publishing.main(["key", str(file)]) == 0
    if os.name == "posix":
        assert file.stat().st_mode & 0o077 == 0
    assert publishing.public(publishing.read_key(file)) in capsys.readouterr().out
    with pytest.raises(FileExistsError):
        publishing.make_key(file)
    assert publishing.main(["key", str(file)]) == 1
    assert "stays as it is" in capsys.readouterr().out
    assert publishing.main(["sign", str(file), PAGE]) == 1
    assert "believe" in capsys.readouterr().out


def test_a_release_signs_its_own_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key.pem"
    key = publishing.make_key(file)
    monkeypatch.setattr(publishing, "PUBLIC_KEYS", (key,))
    monkeypatch.setattr("notice.facts.ROOT", tmp_path)
    monkeypatch.setattr("notice.facts.version", lambda: __version__)
    monkeypatch.setattr("notice.build.DIST", tmp_path / "dist")
    assert publishing.main(["sign", str(file), PAGE, "--days", "1"]) == 0
    document = (tmp_path / "dist" / "notice.json").read_bytes()
    assert json.loads(document)["notice"]
    assert judge(document, (key,), "0.0.1", datetime.now(UTC)) == Newer(__version__, PAGE)
    assert date.fromisoformat(json.loads(json.loads(document)["notice"])["expires"])


@pytest.mark.parametrize("status", [404, 500])
def test_a_place_that_does_not_answer_is_said(status: int) -> None:
    for http in (FakeHttp({"https://example.org/n": status}), FakeHttp(offline=True)):
        answer = asyncio.run(
            newer_version(http, url="https://example.org/n", keys=KEYS, manager="")
        )
        assert isinstance(answer, NotKnown)
        assert answer.reason is Unanswered.UNREACHABLE
