"""Somebody without a mouse who sees nothing: keys go in by XTEST, what is there comes by AT-SPI.

A program of its own, run by the system's Python (which has `gi`) inside a session that has an X
server and a bus: `blind_person.py < task.json > report.json`. It starts the wizard, walks from the
address to the last page by keyboard alone, mistyping the password once, and notes on each page
what a screen reader finds there: role, name, description, states, focus, announcements.

task     {"argv", "name", "address", "wrong", "password"}
report   {"pages": [{"title", "objects": [...]}], "heard": [...], "stuck": "" or why}
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, Gio, GLib  # noqa: E402 - gi wants the version first

PATIENCE = 60.0
_STATES = ("FOCUSED", "FOCUSABLE", "SHOWING", "CHECKED", "SENSITIVE", "EDITABLE")


class Stuck(Exception):
    """Nothing came of a key."""


class Person:
    """Keys in, accessibility tree out."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.pages: list[dict[str, Any]] = []
        switch_on_accessibility()
        Atspi.init()
        self._listener = Atspi.EventListener.new(self._hear)
        self._listener.register("object:announcement")

    def _hear(self, event: Any) -> None:
        self.heard.append(str(event.any_data))

    def keys(self, *names: str) -> None:
        """Presses keys, one after the other."""
        for name in names:
            subprocess.run(["xdotool", "key", "--clearmodifiers", name], check=True)
            self.wait(0.05)

    def types(self, text: str) -> None:
        """Types text where the focus is; slowly, as letters may have to go onto the keyboard."""
        subprocess.run(["xdotool", "type", "--delay", "60", "--file", "-"], input=text.encode())
        self.wait(0.2)

    def wait(self, seconds: float) -> None:
        """Lets events of the bus arrive meanwhile."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            GLib.MainContext.default().iteration(False)
            time.sleep(0.01)

    def until(self, seen: Callable[[], bool], what: str) -> None:
        """Waits for something that is bound to come."""
        deadline = time.monotonic() + PATIENCE
        while not seen():
            if time.monotonic() > deadline:
                focus = self.focused()
                raise Stuck(f"waited for {what}; window {self.title()!r}, focus {focus}")
            self.wait(0.1)

    def frame(self) -> Any:
        """The wizard's window."""
        desktop = Atspi.get_desktop(0)
        for number in range(desktop.get_child_count()):
            program = desktop.get_child_at_index(number)
            for index in range(program.get_child_count() if program is not None else 0):
                frame = program.get_child_at_index(index)
                if frame is not None and str(frame.get_name()).endswith("Mail Setup"):
                    return frame
        return None

    def title(self) -> str:
        """What the window is called: the page."""
        frame = self.frame()
        return "" if frame is None else str(frame.get_name())

    def sees(self, title: str) -> None:
        """Waits for a page by its title."""
        self.until(lambda: self.title().startswith(title), title)
        self.wait(0.3)

    def look(self) -> None:
        """Notes all that is on this page."""
        self.pages.append({"title": self.title(), "objects": list(showing(self.frame()))})

    def focused(self) -> dict[str, Any] | None:
        """What has the focus."""
        frame = self.frame()
        found = showing(frame) if frame is not None else iter(())
        return next((item for item in found if "FOCUSED" in item["states"]), None)

    def expects_focus(self, name: str) -> None:
        """Waits until the focus is on what has this name (or begins with it)."""

        def there() -> bool:
            focus = self.focused()
            return focus is not None and focus["name"].startswith(name)

        self.until(there, f"the focus on {name!r}")


def switch_on_accessibility() -> None:
    """What a screen reader does at its start."""
    Gio.bus_get_sync(Gio.BusType.SESSION).call_sync(
        "org.a11y.Bus",
        "/org/a11y/bus",
        "org.freedesktop.DBus.Properties",
        "Set",
        GLib.Variant("(ssv)", ("org.a11y.Status", "IsEnabled", GLib.Variant("b", True))),
        None,
        Gio.DBusCallFlags.NONE,
        -1,
    )


def showing(accessible: Any) -> Iterator[dict[str, Any]]:
    """An object and all in it, as far as they are on the screen."""
    accessible.clear_cache()
    states = accessible.get_state_set()
    if not states.contains(Atspi.StateType.SHOWING):
        return
    yield {
        "role": str(accessible.get_role_name()),
        "name": str(accessible.get_name() or ""),
        "description": str(accessible.get_description() or ""),
        "states": [state for state in _STATES if states.contains(getattr(Atspi.StateType, state))],
    }
    for index in range(accessible.get_child_count()):
        child = accessible.get_child_at_index(index)
        if child is not None:
            yield from showing(child)


def journey(person: Person, task: dict[str, Any]) -> None:
    """From the address to the last page."""
    person.sees("Set up your e-mail")
    # What a window manager does: the X server here has none.
    window = ["xdotool", "search", "--onlyvisible", "--name", "Mail Setup", "windowfocus", "--sync"]
    subprocess.run(window, check=True)
    person.expects_focus("Your name")
    person.look()
    person.types(task["name"])
    person.keys("Tab")
    person.expects_focus("Your e-mail address")
    person.types(task["address"])
    person.keys("Return")
    person.sees("We found your settings")
    person.expects_focus("Continue")
    person.look()
    person.keys("Return")
    person.sees("Your password")
    person.expects_focus("Password of")
    person.look()
    person.types(task["wrong"])
    person.keys("Return")
    person.until(lambda: "did not accept" in str(person.focused()), "the focus on the problem")
    person.look()
    person.keys("Tab")
    person.expects_focus("Check the password")
    person.keys("Return")
    person.expects_focus("Password of")
    person.types(task["password"])
    person.keys("Return")
    person.sees("It works")
    person.expects_focus("Choose my programs")
    person.look()
    person.keys("Return")
    person.sees("Where do you read your mail?")
    person.expects_focus("Thunderbird")
    person.look()
    person.keys("Return")
    person.sees("This is what will change")
    person.expects_focus("Set up")
    person.look()
    person.keys("Return")
    person.sees("Your programs are ready")
    person.expects_focus("Continue")
    person.look()
    person.keys("Return")
    person.sees("All set")
    person.expects_focus("Done")
    person.look()


def main() -> int:
    """Exit code 0 once the last page was reached."""
    task_file, report_file = map(Path, sys.argv[1:])
    task = json.loads(task_file.read_text(encoding="utf-8"))
    person = Person()
    stuck = ""
    wizard = subprocess.Popen(task["argv"], stdin=subprocess.DEVNULL, stdout=sys.stderr)
    try:
        journey(person, task)
        person.keys("Return")  # Done: the window closes itself
        person.until(lambda: wizard.poll() is not None, "the window to close")
    except Stuck as reason:
        stuck = str(reason)
        if person.frame() is not None:
            person.look()
    finally:
        wizard.kill()
        wizard.wait()
    report = {"pages": person.pages, "heard": person.heard, "stuck": stuck}
    report_file.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 1 if stuck else 0


if __name__ == "__main__":
    sys.exit(main())
