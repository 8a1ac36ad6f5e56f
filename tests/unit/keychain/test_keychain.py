"""Passwords go into a trusted store or nowhere, whatever the store does."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.keychain import stores
from wizard import keychain
from wizard.keychain import Keychain, KeychainUnavailable, Reason, Stored
from wizard.keychain.backends import ALLOWED, allowed, open_backend
from wizard.keychain.patience import Watch
from wizard.model import EmailAddress, ProblemKind, Secret, Stage

ROOT = Path(__file__).parents[3]
ANNA = EmailAddress("anna", "example.net")
BEN = EmailAddress("ben", "example.net")
SERVICE = "mail-setup-wizard:anna@example.net"


@pytest.fixture(autouse=True)
def empty_stores() -> Iterator[None]:
    stores.Good.kept.clear()
    yield
    stores.Good.kept.clear()


def chain(*kinds: type, patience: float = 10.0) -> Keychain:
    return Keychain([f"{kind.__module__}:{kind.__name__}" for kind in kinds], patience)


def stored(keychain: Keychain, password: str, address: EmailAddress = ANNA) -> object:
    return asyncio.run(keychain.store(address, Secret(password)))


def fetched(keychain: Keychain, address: EmailAddress = ANNA) -> str | None:
    secret = asyncio.run(keychain.fetch(address))
    assert not isinstance(secret, KeychainUnavailable)
    return secret.reveal() if secret else None


def test_a_password_comes_back_and_goes_away() -> None:
    here = chain(stores.Good)
    assert isinstance(stored(here, "s3crét"), Stored)
    assert fetched(here) == "s3crét"
    assert fetched(here, BEN) is None
    assert asyncio.run(here.delete(ANNA)) is None
    assert fetched(here) is None
    assert asyncio.run(here.delete(ANNA)) is None


def test_every_account_has_a_name_of_its_own_and_no_probe_stays() -> None:
    here = chain(stores.Good)
    stored(here, "one")
    stored(here, "two", BEN)
    assert stores.Good.kept == {
        (SERVICE, "anna@example.net"): "one",
        ("mail-setup-wizard:ben@example.net", "ben@example.net"): "two",
    }


def test_a_new_password_replaces_the_old_one() -> None:
    here = chain(stores.Good)
    stored(here, "old")
    stored(here, "new")
    assert fetched(here) == "new"
    assert len(stores.Good.kept) == 1


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (stores.Null, Reason.UNTRUSTED),
        (stores.Upper, Reason.UNTRUSTED),
        (stores.Sticky, Reason.UNTRUSTED),
        (stores.Refusing, Reason.UNTRUSTED),
        (stores.Locked, Reason.LOCKED),
        (stores.Dismissed, Reason.LOCKED),
        (stores.NoCollection, Reason.ABSENT),
        (stores.NoLogon, Reason.ABSENT),
        (stores.NotHere, Reason.ABSENT),
    ],
)
def test_a_store_that_cannot_be_trusted_gets_nothing(kind: type, reason: Reason) -> None:
    outcome = stored(chain(kind), "CanaryPassword")
    assert isinstance(outcome, KeychainUnavailable)
    assert outcome.reason is reason
    assert "canary" not in str(stores.Good.kept).lower()
    assert "canary" not in repr(outcome).lower()
    problem = outcome.problem
    assert (problem.kind, problem.stage) == (ProblemKind.KEYCHAIN_UNAVAILABLE, Stage.KEYCHAIN)
    assert problem.fact("reason") == reason.value


def test_the_next_store_is_taken_where_one_is_not_for_this_system() -> None:
    here = chain(stores.NotHere, stores.Good)
    assert isinstance(stored(here, "x"), Stored)
    missing = Keychain(["no.such.module:Keyring"])
    assert stored(missing, "x") == KeychainUnavailable(Reason.ABSENT)


def test_a_prompt_that_nobody_answers_is_waited_for_in_vain_but_without_effect() -> None:
    stores.Prompting.answered.clear()
    stores.Prompting.seen.clear()
    here = chain(stores.Prompting, patience=0.05)
    outcome = stored(here, "CanaryPassword")
    assert outcome == KeychainUnavailable(Reason.SLOW)
    stores.Prompting.answered.set()
    assert stores.Prompting.seen.wait(10)
    assert stores.Good.kept == {}


def test_the_time_to_load_our_own_libraries_is_not_the_store_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under Wine on a busy machine keyring took 20 seconds to import, and its store 0.02 to answer:
    a store that works was called slow."""
    (tmp_path / "late_store.py").write_text("from tests.unit.keychain.stores import Good\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    loading: list[float] = []

    async def in_thread(work: Callable[[Watch], object], seconds: float) -> object:
        before = "late_store" in sys.modules
        outcome = work(Watch())
        if before is not ("late_store" in sys.modules):
            loading.append(seconds)
        return outcome

    monkeypatch.setattr(keychain, "in_thread", in_thread)
    here = Keychain(["no_such_module:Store", f"late_store:{stores.Good.__name__}"], patience=0.5)
    assert isinstance(stored(here, "x"), Stored)
    assert loading == [keychain._LOADING]


def test_fetching_from_a_locked_store_says_so() -> None:
    outcome = asyncio.run(chain(stores.Locked).fetch(ANNA))
    assert isinstance(outcome, KeychainUnavailable)
    assert outcome.reason is Reason.LOCKED


def test_the_windows_store_and_its_habits() -> None:
    here = chain(stores.WinVaultKeyring)
    assert isinstance(stored(here, "x" * 1280), Stored)
    assert stored(here, "x" * 1281) == KeychainUnavailable(Reason.TOO_LONG)
    assert stored(here, "𝄞" * 641) == KeychainUnavailable(Reason.TOO_LONG)
    assert stores.WinVaultKeyring.last.persist == "local machine"
    stored(here, "new")
    assert list(stores.Good.kept.values()) == ["new"]


@pytest.mark.parametrize("platform", ["darwin", "win32", "linux", "freebsd14"])
def test_only_the_systems_own_stores_are_allowed(platform: str) -> None:
    names = allowed(platform)
    assert names
    for name in names:
        module, _, _ = name.partition(":")
        assert module.removeprefix("keyring.backends.") in {
            "macOS",
            "Windows",
            "SecretService",
            "libsecret",
            "kwallet",
        }


def test_the_allowed_names_exist() -> None:
    import importlib

    for name in {*allowed("linux"), *(item for names in ALLOWED.values() for item in names)}:
        module, _, kind = name.partition(":")
        assert hasattr(importlib.import_module(module), kind)


def test_importing_this_room_loads_no_keyring() -> None:
    script = "import sys, wizard.keychain; sys.exit('keyring' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
    assert done.returncode == 0


@pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="Windows and macOS always have a store"
)
@pytest.mark.parametrize("backend", ["null.Keyring", "fail.Keyring", "chainer.ChainerBackend"])
def test_neither_environment_nor_configuration_choose_the_store(
    backend: str, tmp_path: Path
) -> None:
    """Without a desktop there is no store, and nothing else may step in."""
    config = tmp_path / "python_keyring"
    config.mkdir()
    (config / "keyringrc.cfg").write_text(
        f"[backend]\ndefault-keyring=keyring.backends.{backend}\n"
    )
    environment = {
        **os.environ,
        "PYTHON_KEYRING_BACKEND": f"keyring.backends.{backend}",
        "XDG_CONFIG_HOME": str(tmp_path),
        "HOME": str(tmp_path),
    }
    for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "DISPLAY"):
        environment.pop(name, None)
    assert _session(environment, "refused:absent") == 0


def test_the_modules_functions_give_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keychain, "_keychain", chain(stores.Locked))
    problem = asyncio.run(keychain.store(ANNA, Secret("x")))
    assert problem is not None
    assert problem.fact("reason") == "locked"
    assert asyncio.run(keychain.fetch(ANNA)) is None
    assert asyncio.run(keychain.delete(ANNA)) is not None
    monkeypatch.setattr(keychain, "_keychain", chain(stores.Good))
    assert asyncio.run(keychain.store(ANNA, Secret("x"))) is None
    assert asyncio.run(keychain.delete(ANNA)) is None


def test_no_backend_without_names() -> None:
    assert open_backend(()) is None


NEEDED = ("dbus-run-session", "gnome-keyring-daemon")
with_secret_service = pytest.mark.skipif(
    any(shutil.which(name) is None for name in NEEDED),
    reason="needs the Debian packages dbus and gnome-keyring",
)


def _session(environment: dict[str, str], *words: str) -> int:
    command = [sys.executable, "-m", "tests.unit.keychain.session", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, timeout=120, check=False).returncode


def _secret_service(home: Path, daemon: str, *words: str) -> int:
    """Runs `session` on a bus of its own with a Secret Service of its own."""
    script = f"""
        {daemon} --foreground --components=secrets >/dev/null 2>&1 <<< password &
        daemon=$!
        {sys.executable} -m tests.unit.keychain.session {" ".join(words)}
        result=$?
        kill $daemon
        exit $result
    """
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "LANG": "C.UTF-8",
        # What must not make a difference:
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
    home.chmod(0o700)
    return subprocess.run(
        ["dbus-run-session", "--", "bash", "-c", script],
        cwd=ROOT,
        env=environment,
        timeout=120,
        check=False,
    ).returncode


@with_secret_service
def test_the_real_secret_service(tmp_path: Path) -> None:
    daemon = "gnome-keyring-daemon --unlock"
    assert _secret_service(tmp_path, daemon, "wait", "store", "fetch", "replace", "delete") == 0


@with_secret_service
def test_a_real_secret_service_without_anybody_to_unlock_it(tmp_path: Path) -> None:
    daemon = "gnome-keyring-daemon"
    assert _secret_service(tmp_path, daemon, "wait", "refused:locked,slow,absent") == 0
