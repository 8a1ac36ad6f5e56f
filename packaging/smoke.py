"""Tries a finished build, on any system: does it open, is everything in it, and nothing else?

    python3 tasks.py smoke [program …] [--keychain]
    python3 tasks.py smoke windows

`program`: the frozen folder, the one file, or `installed` (what a package installed; on Windows the
installer itself is tried); without one, what `tasks.py build` left in dist/. Each runs with a home
of its own and, where the system has namespaces for it, in one without any network. `--keychain`:
there has to be a keychain that works (on Windows and macOS there always has to be). `windows`: what
`tasks.py build windows` left, with its installer, under Wine.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PyInstaller.archive.readers import CArchiveReader, NotAnArchiveError, ZlibArchiveReader

import build
import facts
import parts

LIMIT_S = 120
"""For one start; only a program that hangs comes near it."""

DEMO_PASSWORD = "sunflower"  # the embedded provider's, the same in every build
PAGES = 9
STRANGE = Path(os.sep).resolve().as_posix()
"""Plug-ins for another Qt, as the environment has it on some computers; a folder there always is,
since Qt leaves out others."""
KEYRING_SESSION = """
printf smoke | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 &
daemon=$!
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  dbus-send --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus \\
    org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets | grep -q true && break
  sleep 0.5
done
"$@"
status=$?
kill $daemon
exit $status
"""


@dataclass(frozen=True, slots=True)
class Program:
    """A finished program and how it is started.

    `command`: the words that start it. `before`: words before them (`chroot …`). `root`: where its
    `/` is for us. `keychain`: one has to be there.
    """

    command: tuple[str, ...]
    before: tuple[str, ...] = ()
    root: Path = Path("/")
    keychain: bool = False

    @property
    def file(self) -> Path:
        """The executable, as we see it."""
        return self.root / self.command[0].lstrip("/") if self.before else Path(self.command[0])


@dataclass(frozen=True, slots=True)
class Ended:
    """How a start ended."""

    code: int
    out: str
    err: str


def find(path: Path) -> Path:
    """The executable of a folder, a macOS bundle, or the file itself."""
    names = (f"{facts.PROGRAM}.exe", facts.PROGRAM, f"Contents/MacOS/{facts.PROGRAM}")
    if path.is_dir():
        return next((path / name for name in names if (path / name).is_file()), path / names[1])
    return path


def environment(home: str) -> dict[str, str]:
    """A person's first start: an empty home, no Python or Qt of the builder's around."""
    ours = ("PYTHON", "QT_", "SSL_CERT", "REQUESTS_", "LD_LIBRARY", "VIRTUAL_ENV", "XDG_", "DBUS_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    places = {"HOME": home, "USERPROFILE": home, "APPDATA": home, "LOCALAPPDATA": home}
    if sys.platform == "linux":
        places["XDG_RUNTIME_DIR"] = home
    strange = {"QT_PLUGIN_PATH": STRANGE}
    return {**kept, **places, **strange, "LANG": "C.UTF-8", "QT_QPA_PLATFORM": "offscreen"}


def without_network() -> tuple[str, ...]:
    """Words before a command that leave it loopback alone; none where that can't be done."""
    if sys.platform != "linux" or not (shutil.which("unshare") and shutil.which("ip")):
        return ()
    words = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--net", "--map-root-user")
    inside = (*words, "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
    works = subprocess.run([*inside, "true"], capture_output=True).returncode == 0
    return inside if works else ()


def start(
    program: Program,
    words: Sequence[str],
    home: str,
    *,
    around: Sequence[str] = (),
    more: Mapping[str, str] | None = None,
) -> Ended:
    """Starts it once and waits for its end. `around`: words before everything. `home`: as it sees
    it. `more`: environment."""
    command = [*around, *program.before, *program.command, *words]
    env = {**environment(home), **(more or {})}
    try:
        done = subprocess.run(
            command, env=env, capture_output=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as late:
        return Ended(-1, _text(late.stdout), f"{_text(late.stderr)}still running after {LIMIT_S} s")
    return Ended(done.returncode, _text(done.stdout), _text(done.stderr))


def _text(said: bytes | None) -> str:
    return (said or b"").decode("utf-8", "replace")


# What is looked at -------------------------------------------------------------------------------

Faults = Iterator[str]


def opens(program: Program, home: str) -> Faults:
    """The window is painted, without a network, and nothing is said meanwhile."""
    ended = start(program, ["--exit-after-first-paint"], home, around=without_network())
    if ended.code:
        yield f"the window ended with {ended.code}"
    if ended.out or ended.err:
        yield f"the window said: {ended.out}{ended.err}"


def is_whole(program: Program, home: str) -> Faults:
    """Trust store, keychain, translations, providers, PDF and QR, as the program itself sees it."""
    around: tuple[str, ...] = ()
    if program.keychain and sys.platform == "linux":
        session = ("dbus-run-session", "--", "sh", "-c", KEYRING_SESSION, "sh")
        program = Program(program.command, (*program.before, *session), program.root, True)
    ended = start(program, ["--self-check"], home, around=around)
    try:
        told = json.loads(ended.out)
    except ValueError:
        yield f"--self-check ended with {ended.code}: {ended.out}{ended.err}"
        return
    if ended.code or not told["ok"]:
        missing = [name for name, value in told.items() if not value]
        languages = [name for name, there in told["translations"].items() if not there]
        yield f"missing: {', '.join((*missing, *languages))}"
    if ended.err and not program.keychain:  # a session bus and its daemons talk too
        yield f"--self-check said: {ended.err}"
    if not told["frozen"]:
        yield "this is not a frozen program"
    if not told["qt_support"].endswith(".pyc"):
        yield f"Qt for Python compiles {told['qt_support']} at every start"
    if not told["qt_waits"]:
        yield "Qt was loaded before anything asked for it"
    if not told["others_load_their_own"]:
        yield "programs it starts would load its libraries"
    if STRANGE in told["qt_plugins"]:
        yield f"Qt looks for plug-ins in {STRANGE}"
    if told["version"] != facts.version():
        yield f"version {told['version']} instead of {facts.version()}"
    if program.keychain and not told["keychain"]["works"]:
        yield f"no keychain: {told['keychain']}"


def walks(program: Program, home: str) -> Faults:
    """The whole journey against the provider inside, without a network."""
    out = f"{home}/demo"
    ended = start(program, ["demo", "--out", out], home, around=without_network())
    if ended.code:
        yield f"the demo ended with {ended.code}: {ended.err}"
    if bad := [line for line in ended.err.splitlines() if _alarming(line)]:
        yield f"the demo said: {' / '.join(bad)}"
    folder = program.root / out.lstrip("/") if program.before else Path(out)
    pictures = list((folder / "screens").glob("*.png"))
    if len(pictures) != PAGES:
        yield f"{len(pictures)} pages were drawn instead of {PAGES}"
    for pattern, magic in (
        ("*.pdf", b"%PDF-"),
        ("phone-*.png", b"\x89PNG"),
        ("*.mobileconfig", b"<?xml"),
        ("settings-*.html", b"<!"),
        ("thunderbird-*.zip", b"PK"),
    ):
        made = list(folder.glob(pattern))
        if not made or not all(file.read_bytes().startswith(magic) for file in made):
            yield f"the demo made no proper {pattern}"
    for file in sorted(folder.rglob("*")):
        if file.is_file() and any(form in file.read_bytes() for form in _forms(DEMO_PASSWORD)):
            yield f"the password is in {file.relative_to(folder)}"


def _alarming(line: str) -> bool:
    words = ("traceback", "warning", "error", "qt.", "could not", "cannot")
    return any(word in line.lower() for word in words)


def _forms(password: str) -> tuple[bytes, ...]:
    raw = password.encode()
    return raw, base64.b64encode(raw), raw.hex().encode(), password.encode("utf-16-le")


def holds_nothing_of_its_builder(program: Program, home: str) -> Faults:
    """No path of the source tree and no secret of the build's environment in any file."""
    paths = {str(facts.ROOT), str(Path(sys.prefix)), str(Path.home())} - {"/", "/root", "/usr"}
    unwanted = {name: name.encode() for name in paths}
    unwanted |= {
        f"the value of {name}": value.encode()
        for name, value in os.environ.items()
        if name.startswith("WIZARD_") and name.endswith(("PASSWORD", "SECRET", "TOKEN")) and value
    }
    for name, content in everything_in(program.file):
        for what, needle in unwanted.items():
            if needle in content and not published_so(name, needle):
                yield f"{what} is in {name}"


def published_so(name: str, needle: bytes) -> bool:
    """Whether a file of Python or of a package came here with these words in it. All runners of a
    public CI have the same home, and wheels made there have its path in them.

    `name`: a file's, or a module's with dots.
    """
    return any(needle in path.read_bytes() for path in parts.published(name))


def everything_in(file: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a build, those packed into its executable too."""
    file = file.resolve()
    beside = file.parent / "_internal"
    for path in sorted(beside.rglob("*")) if beside.is_dir() else ():
        if path.is_file() and not path.is_symlink():
            yield path.name, path.read_bytes()
    archive = CArchiveReader(str(file))
    for name in archive.toc:
        try:
            inner = archive.open_embedded_archive(name)
        except (NotAnArchiveError, KeyError):
            content = archive.extract(name)
            yield name, content if isinstance(content, bytes) else b""
            continue
        assert isinstance(inner, ZlibArchiveReader)
        for module in inner.toc:
            code = inner.extract(module, raw=True)
            yield module, code if isinstance(code, bytes) else b""


Check = Callable[[Program, str], Faults]
CHECKS: Sequence[tuple[str, Check]] = (
    ("opens without a network", opens),
    ("has everything that belongs to it", is_whole),
    ("walks the demo", walks),
    ("holds nothing of its builder", holds_nothing_of_its_builder),
)


def smoke(program: Program) -> bool:
    """Runs every check and prints what it found; True if there was nothing to find."""
    good = True
    inside = program.root if program.before else None
    scratch = inside / "tmp" if inside else None
    with tempfile.TemporaryDirectory(prefix="smoke-", dir=scratch) as place:
        home = f"/{Path(place).relative_to(inside)}" if inside else place
        for name, check in CHECKS:
            found = list(check(program, home))
            print(f"{'BAD' if found else 'ok ':4}{name}", flush=True)
            for fault in found:
                print(f"      {fault}", flush=True)
            good = good and not found
    return good


def main(words: Sequence[str]) -> int:
    """Tries each program; 0 if nothing was found."""
    parser = argparse.ArgumentParser(prog="tasks.py smoke")
    parser.add_argument("program", nargs="*", type=Path)
    parser.add_argument("--keychain", action="store_true")
    options = parser.parse_args(words)
    here = [build.DIST / facts.PROGRAM]
    if sys.platform != "win32":  # there the one file has no console to say anything on
        here.append(build.DIST / build.portable_name())
    if sys.platform == "darwin":
        here.append(build.DIST / f"{facts.TITLE}.app")
    if options.program == [Path("installed")]:
        if sys.platform == "win32":  # tries the installer, what it installs, and its going
            import installer

            trial = [sys.executable, str(build.PACKAGING / "trial.py")]
            return subprocess.run([*trial, str(build.DIST / installer.name())]).returncode
        options.program = [Path(shutil.which(facts.PROGRAM) or f"/usr/bin/{facts.PROGRAM}")]
    programs = options.program or [path for path in here if path.exists()]
    if not programs:
        print("There is no build in dist/. python3 tasks.py build makes one.")
        return 2
    if not without_network():
        print("(No namespace without a network can be made here: started with one.)")
    keychain = options.keychain or sys.platform in ("win32", "darwin")
    good = True
    for path in programs:
        print(f"── {path}", flush=True)
        program = Program((str(find(path.absolute())),), keychain=keychain)
        good = smoke(program) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
