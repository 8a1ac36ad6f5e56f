#!/usr/bin/env python3
"""Everything one does with this repository: `python3 tasks.py COMMAND`.

Needs Python 3.11 or newer and nothing else. What a command needs beyond that it sets up first,
after saying what: Python packages, at the versions and hashes of requirements/, in `.venv`; on
Debian and Ubuntu the system packages that are missing, where it may install them.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

OLDEST_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.json"
LOCKS = ROOT / "requirements"
LAB_PACKAGES = ROOT / "tests" / "lab" / "packages.txt"
BUILD_PACKAGES = ROOT / "packaging" / "linux" / "packages.txt"
TRANSLATIONS = ROOT / "resources" / "translations"
BENCHMARKS = ROOT / "tests" / "bench"

HOLDS = {"run": ("run",), "build": ("build", "run"), "test": ("test", "build", "run")}
"""Which lock files each one contains, at the same versions."""

# What Qt's libraries and its xcb and Wayland plugins link to (ldd, Qt 6.12), as Debian packages,
# and one font, without which off-screen pages have no letters.
QT_PACKAGES = (
    "fonts-dejavu-core",
    "libdbus-1-3",
    "libegl1",
    "libfontconfig1",
    "libgl1",
    "libglib2.0-0",
    "libwayland-client0",
    "libwayland-cursor0",
    "libx11-6",
    "libx11-xcb1",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-keysyms1",
    "libxcb-randr0",
    "libxcb-shape0",
    "libxcb-sync1",
    "libxcb-xfixes0",
    "libxcb-xkb1",
    "libxkbcommon-x11-0",
    "libxkbcommon0",
)

# Where pip finds packages and how it reaches them is the machine's business; where it puts them
# and which it takes is ours.
PIP_SETTINGS_KEPT = (
    "PIP_CACHE_DIR",
    "PIP_CERT",
    "PIP_CLIENT_CERT",
    "PIP_CONFIG_FILE",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_INDEX_URL",
    "PIP_KEYRING_PROVIDER",
    "PIP_NO_CACHE_DIR",
    "PIP_NO_INDEX",
    "PIP_PROXY",
    "PIP_RETRIES",
    "PIP_TIMEOUT",
    "PIP_TRUSTED_HOST",
    "PIP_USE_FEATURE",
)


class Stop(Exception):
    """The task cannot go on; `str()` says why and what to do."""


# Steps ------------------------------------------------------------------------------------------


def say(text: str) -> None:
    """A line for the person at the terminal, at once."""
    print(text, flush=True)


def run(command: Sequence[str], env: Mapping[str, str], cwd: Path | None = None) -> int:
    """Runs a command with our terminal and returns its exit code. Ctrl-C reaches the command,
    which ends in its own way."""
    with subprocess.Popen(command, env=env, cwd=cwd) as child:
        while True:
            try:
                code = child.wait()
            except KeyboardInterrupt:
                continue
            return code if code >= 0 else 128 - code


def watched() -> bool:
    """Whether a person sees what we print as it comes."""
    return sys.stdout is not None and sys.stdout.isatty()


def run_aside(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Runs a command of the set-up, without input. Where nobody watches, its output shows only if
    it does not end well."""
    shown = watched()
    done = subprocess.run(
        command,
        env=env,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=None if shown else subprocess.PIPE,
        stderr=None if shown else subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode and done.stdout:
        say(done.stdout)
    return done.returncode


def run_or_stop(command: Sequence[str], env: Mapping[str, str], why: str) -> None:
    """Runs a command of the set-up. Raises `Stop` with `why` if it does not end well."""
    if run_aside(command, env):
        raise Stop(f"{why}\nThe command was: {' '.join(command)}")


def python_in(venv: Path, platform: str = sys.platform) -> Path:
    """The interpreter of a virtual environment."""
    return venv / ("Scripts/python.exe" if platform == "win32" else "bin/python")


def module(name: str, *words: str) -> list[str]:
    """The command that runs a module in our virtual environment."""
    return [str(python_in(VENV)), "-m", name, *words]


def pip_install(python: Path, *words: str) -> list[str]:
    """The command that installs into a virtual environment; isolated (-I), so that nothing of
    the user's own Python set-up comes in between."""
    always = ["--no-input", "--no-user", "--disable-pip-version-check"]
    return [str(python), "-I", "-m", "pip", "install", *always, *words]


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for our own commands: without what redirects Python or pip elsewhere."""
    return {
        name: value
        for name, value in environment.items()
        if name not in ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "__PYVENV_LAUNCHER__")
        and (not name.upper().startswith("PIP_") or name.upper() in PIP_SETTINGS_KEPT)
    }


def off_screen(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for tests: no windows, unless the caller chose a Qt platform."""
    return {"QT_QPA_PLATFORM": "offscreen", **environment}


# System packages --------------------------------------------------------------------------------


def missing_packages(wanted: Sequence[str], status: str) -> list[str]:
    """Those of `wanted` that are neither installed nor provided (`libglib2.0-0t64` provides
    `libglib2.0-0`).

    `status`: lines of "state<TAB>package<TAB>provided, provided (= version)".
    """
    present: set[str] = set()
    for line in status.splitlines():
        state, package, provides = line.split("\t")
        if state == "installed":
            present.add(package)
            present.update(item.split("(")[0].strip() for item in provides.split(","))
    return sorted(set(wanted) - present)


def read_packages(file: Path) -> list[str]:
    """One package per line, `#` begins a comment."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [name for line in lines if (name := line.partition("#")[0].strip())]


def venv_packages() -> list[str]:
    """Debian splits `ensurepip`, without which no virtual environment can be made, from Python."""
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    return [] if importlib.util.find_spec("ensurepip") else [f"python{minor}-venv"]


def provide_packages(wanted: Sequence[str], env: Mapping[str, str]) -> None:
    """Installs missing system packages where that is possible, else says how to. Where Debian's
    tools are not, the system is left to its owner."""
    if not (shutil.which("dpkg-query") and shutil.which("apt-get")):
        return
    form = "${db:Status-Status}\t${Package}\t${Provides}\n"
    asked = subprocess.run(["dpkg-query", "-W", "-f", form], capture_output=True, text=True)
    missing = missing_packages(wanted, asked.stdout)
    if not missing:
        return
    by_hand = f"sudo apt-get install {' '.join(missing)}"
    prefix = root_prefix(env)
    if prefix is None:
        say(
            f"These system packages are missing, and only an administrator can add them:\n\n"
            f"    {by_hand}\n"
        )
        return
    say(f"Installing system packages: {', '.join(missing)}")
    settings = ["DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_SUSPEND=1"]
    apt = [*prefix, "env", *settings, "apt-get", "-q"]
    apt += ["-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0"]
    run_aside([*apt, "update"], env)  # where one source of several is out of order, go on
    if run_aside([*apt, "install", "-y", "--no-install-recommends", *missing], env):
        say(f"That did not work (see above). By hand:\n\n    {by_hand}\n")


def root_prefix(env: Mapping[str, str]) -> list[str] | None:
    """What makes a command run as root: nothing, `sudo`, or None where it would need a password."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        asked = subprocess.run(["sudo", "-n", "true"], env=dict(env), capture_output=True)
        if asked.returncode == 0:
            return ["sudo", "-n"]
    return None


# The virtual environment ------------------------------------------------------------------------


def fingerprint(lock: Path) -> str:
    """Changes when what a lock file installs would change."""
    digest = hashlib.sha256(sys.version.encode())
    for file in (lock, ROOT / "pyproject.toml"):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def installed() -> dict[str, str]:
    """Fingerprints of the lock files that `.venv` is known to satisfy."""
    try:
        known = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def set_up(lock_name: str, packages: Sequence[str] = ()) -> dict[str, str]:
    """Makes `.venv` hold what `requirements/<lock_name>.txt` says, and the system `packages`.

    Returns the environment for commands. Raises `Stop`.
    """
    env = clean_environment(os.environ)
    provide_packages([*packages, *venv_packages()], env)
    lock = LOCKS / f"{lock_name}.txt"
    python = python_in(VENV)
    if installed().get(lock.name) != fingerprint(lock) or not same_python(python):
        say(f"Installing the Python packages of requirements/{lock.name} into {VENV.name}")
        STAMP.unlink(missing_ok=True)
        if not same_python(python):
            importlib.invalidate_caches()
            if venv_packages():
                raise Stop("Python's own `ensurepip` is missing here. Please add it first.")
            make = [sys.executable, "-m", "venv", "--clear", str(VENV)]
            run_or_stop(make, env, "No virtual environment could be made.")
        for words in (
            ("--require-hashes", "-r", str(lock)),
            ("--no-deps", "--no-build-isolation", "-e", str(ROOT)),
        ):
            why = "The packages could not be installed. Is there a network?"
            run_or_stop(pip_install(python, *words), env, why)
        check_qt(env)
        known = {f"{name}.txt": fingerprint(LOCKS / f"{name}.txt") for name in HOLDS[lock_name]}
        STAMP.write_text(json.dumps(known), encoding="utf-8")
    compile_translations(env)
    return env


def same_python(python: Path) -> bool:
    """Whether a virtual environment is there, works, and is of this Python version."""
    code = "import pip, sys; print(sys.version)"
    try:
        asked = subprocess.run([str(python), "-I", "-c", code], capture_output=True, text=True)
    except OSError:
        return False
    return asked.stdout.strip() == sys.version.strip()


def check_qt(env: Mapping[str, str]) -> None:
    """Raises `Stop` where Qt lacks a library of the system."""
    command = [str(python_in(VENV)), "-c", "import PySide6.QtWidgets"]
    asked = subprocess.run(command, env=off_screen(env), capture_output=True, text=True)
    if asked.returncode:
        reason = (asked.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Stop(
            f"Qt cannot start here: {reason}\n"
            "Please install the system package that holds this library, then try again."
        )


def compile_translations(env: Mapping[str, str]) -> None:
    """Brings the compiled catalogues up to date with the written ones."""
    for source in TRANSLATIONS.glob("*/LC_MESSAGES/*.po"):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            command = [str(python_in(VENV)), str(ROOT / "hatch_build.py")]
            run_or_stop(command, env, "The translations could not be compiled.")
            return


# Commands ---------------------------------------------------------------------------------------


def set_up_tests() -> dict[str, str]:
    """Everything for tests with real windows, servers, mail programs and finished builds."""
    return set_up("test", [*build_packages(), *read_packages(LAB_PACKAGES)])


def setup_command(arguments: Sequence[str]) -> int:
    set_up_tests()
    say("All set up.")
    return 0


def run_command(arguments: Sequence[str]) -> int:
    env = set_up("run", QT_PACKAGES)
    return run(module("wizard", *arguments), env)


def demo_command(arguments: Sequence[str]) -> int:
    return run_command(["demo", *arguments])


def run_checks(env: Mapping[str, str]) -> list[str]:
    """Checks everything that can be checked without running the program; returns the names of
    the checks that did not pass."""
    lint_imports = "lint-imports.exe" if sys.platform == "win32" else "lint-imports"
    checks = (
        ("ruff check", module("ruff", "check", ".")),
        ("ruff format", module("ruff", "format", "--check", ".")),
        ("mypy --strict", module("mypy", "--strict")),
        ("import directions", [str(python_in(VENV).with_name(lint_imports)), "--no-logo"]),
    )
    failed = []
    for name, command in checks:
        say(f"── {name}")
        if run(command, env, ROOT):
            failed.append(name)
    return failed


def check_command(arguments: Sequence[str]) -> int:
    failed = run_checks(set_up("test", QT_PACKAGES))
    if failed:
        say(f"Not passed: {', '.join(failed)}")
    return 1 if failed else 0


def test_command(arguments: Sequence[str]) -> int:
    """pytest's own closing line comes last; failed checks show in the exit code and above it."""
    env = set_up_tests()
    failed = run_checks(env)
    say(f"── tests{' (not passed so far: ' + ', '.join(failed) + ')' if failed else ''}")
    code = run(module("pytest", *arguments), off_screen(env), ROOT)
    return code or (1 if failed else 0)


def lab_command(arguments: Sequence[str]) -> int:
    return run(module("pytest", "tests/lab", *arguments), off_screen(set_up_tests()), ROOT)


def bench_command(arguments: Sequence[str]) -> int:
    known = sorted(f.stem for f in BENCHMARKS.glob("*.py") if not f.stem.startswith("_"))
    names = list(arguments[:1]) or known
    if not set(names) <= set(known):
        raise Stop(f"There is no benchmark {names[0]}. There are: {', '.join(known)}")
    env = {**off_screen(set_up_tests()), "PYTHONPATH": str(ROOT / "packaging")}
    return max(run(module(f"tests.bench.{name}", *arguments[1:]), env, ROOT) for name in names)


def fuzz_command(arguments: Sequence[str]) -> int:
    """With atheris where it can be had: what it is guided by finds more than chance does."""
    env = set_up("test", QT_PACKAGES)
    lock = ("--require-hashes", "-r", str(LOCKS / "fuzz.txt"))
    if run_aside(pip_install(python_in(VENV), *lock), env):
        say("Going on without atheris.")
    return run(module("tests.fuzz", *arguments), env, ROOT)


def build_packages() -> list[str]:
    """What a build on Linux needs of the system besides Python packages. PyInstaller takes Python's
    shared library along, which Debian's own Python keeps in a package of its own."""
    found = [*QT_PACKAGES, *read_packages(BUILD_PACKAGES)]
    if sys.executable.startswith("/usr/bin/"):
        found.append(f"libpython{sys.version_info.major}.{sys.version_info.minor}")
    return found


def build_command(arguments: Sequence[str]) -> int:
    """`windows` is the word for this system's own build there, and elsewhere for Wine's."""
    if arguments[:1] == ["windows"]:
        arguments = arguments[1:]
        if sys.platform != "win32":
            env = {**off_screen(set_up_tests()), "PYTHONPATH": str(ROOT / "packaging")}
            return run(module("tests.lab.winbuild", *arguments), env, ROOT)
    env = set_up("build", build_packages())
    return run([str(python_in(VENV)), str(ROOT / "packaging" / "build.py"), *arguments], env)


def smoke_command(arguments: Sequence[str]) -> int:
    """`windows` tries what `build windows` made, under Wine."""
    if arguments == ["windows"] and sys.platform != "win32":
        env = {**off_screen(set_up_tests()), "PYTHONPATH": str(ROOT / "packaging")}
        return run(module("tests.lab.winbuild", "smoke"), env, ROOT)
    env = set_up("build", build_packages())
    return run([str(python_in(VENV)), str(ROOT / "packaging" / "smoke.py"), *arguments], env)


def screens_command(arguments: Sequence[str]) -> int:
    return run(
        module("tests.gui.screens", *arguments), off_screen(set_up("test", QT_PACKAGES)), ROOT
    )


def docs_command(arguments: Sequence[str]) -> int:
    return run(module("tests.causes", *arguments), set_up("test"), ROOT)


def lock_command(arguments: Sequence[str]) -> int:
    """Resolves for every platform and Python version at once, which pip cannot: uv can.

    run.txt also holds what builds the project, which is installed from this folder.
    """
    import tomllib  # not in the older Python that may only hand over to a newer one

    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)
    build = "\n".join(project["build-system"]["requires"])
    fuzz = "\n".join(project["project"]["optional-dependencies"]["fuzz"])
    env = clean_environment(os.environ)
    env["UV_CUSTOM_COMPILE_COMMAND"] = "python3 tasks.py lock"
    options = ["--quiet", "--universal", "--generate-hashes"]
    options += ["--no-emit-index-url", "--no-emit-find-links"]
    options += ["--python-version", ".".join(map(str, OLDEST_PYTHON))]
    constrained = ["-c", "requirements/run.txt"]
    with tempfile.TemporaryDirectory() as folder:
        uv = find_uv(Path(folder), env)
        whole = ["pyproject.toml", "-"]
        for name, more, asked in (
            ("run", whole, build),
            ("test", ["--extra", "test", "--extra", "build", *constrained, *whole], build),
            ("build", ["--extra", "build", "-c", "requirements/test.txt", *whole], build),
            ("fuzz", ["-"], fuzz),
        ):
            output = f"requirements/{name}.txt"
            say(f"Resolving {output}")
            command = [uv, "pip", "compile", *options, *arguments, *more, "-o", output]
            if subprocess.run(command, env=env, cwd=ROOT, input=asked, text=True).returncode:
                raise Stop("The versions could not be resolved.")
    return 0


def find_uv(folder: Path, env: Mapping[str, str]) -> str:
    """uv of this machine, else one installed for this run only."""
    found = shutil.which("uv")
    if found is not None:
        return found
    say("Installing uv for this run")
    run_or_stop([sys.executable, "-m", "venv", str(folder)], env, "No virtual environment.")
    run_or_stop(pip_install(python_in(folder), "uv"), env, "uv could not be installed.")
    return str(python_in(folder).with_name("uv"))


class Command(NamedTuple):
    """A word of the command line."""

    name: str
    does: str
    call: Callable[[Sequence[str]], int]


COMMANDS = (
    Command("demo", "the main job on a built-in mail provider: [--out DIR] …", demo_command),
    Command("run", "open the wizard", run_command),
    Command("test", "all checks, then all tests: [pytest options]", test_command),
    Command("check", "the checks alone: style, types, import directions", check_command),
    Command("lab", "the tests with real servers and mail programs alone", lab_command),
    Command("bench", "benchmarks: [name]", bench_command),
    Command("fuzz", "random fire on all parsers: [minutes] [target …]", fuzz_command),
    Command("build", "finished programs: [what …]; windows: by Wine", build_command),
    Command("smoke", "try a finished build: [file or folder …]; windows: by Wine", smoke_command),
    Command("screens", "a picture of every page, language and look: [--out DIR]", screens_command),
    Command("docs", "write the pages that come from the code: docs/causes.*.md", docs_command),
    Command("setup", "set up what the other commands need, and do nothing else", setup_command),
    Command("lock", "for maintainers: resolve requirements/ anew: [--upgrade]", lock_command),
)


def main(arguments: Sequence[str]) -> int:
    """Runs one command; returns the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # Windows' own encodings lack our letters
        sys.stdout.reconfigure(errors="replace")
    if sys.version_info < OLDEST_PYTHON:
        return run_newer_python(arguments)
    name = arguments[0] if arguments else "--help"
    for command in COMMANDS:
        if command.name == name:
            try:
                return command.call(arguments[1:])
            except Stop as stop:
                say(str(stop))
                return 1
            except KeyboardInterrupt:
                return 130
    say("python3 tasks.py COMMAND\n")
    for command in COMMANDS:
        say(f"  {command.name:7} {command.does}")
    return 0 if name in ("-h", "--help", "help") else 2


def run_newer_python(arguments: Sequence[str]) -> int:
    """Hands over to a Python that is new enough, where the machine has one."""
    for minor in range(OLDEST_PYTHON[1] + 6, OLDEST_PYTHON[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer is not None:
            return run([newer, __file__, *arguments], os.environ)
    say("Python 3.11 or newer is needed, and this is {}.{}.".format(*sys.version_info[:2]))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
