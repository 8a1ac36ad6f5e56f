"""An X server without a monitor, for windows that have to be really there."""

import os
import subprocess
import time
from types import TracebackType
from typing import Self

from tests.lab.requirements import need_programs


class Screen:
    """A context manager; `name` is its `DISPLAY`."""

    def __init__(self) -> None:
        self.name = ""
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        need_programs("Xvfb", "xdotool")
        read, write = os.pipe()
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24"]
        quiet = subprocess.DEVNULL
        self._server = subprocess.Popen(
            [*command, "-nolisten", "tcp"], pass_fds=(write,), stdout=quiet, stderr=quiet
        )
        os.close(write)
        with os.fdopen(read) as told:  # its number, once it is ready; nothing if it could not start
            number = told.readline().strip()
        assert number, "Xvfb did not start"
        self.name = f":{number}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.terminate()
        self._server.wait(30)

    def wait_for(self, title: str, seconds: float = 60) -> bool:
        """Whether a window with this in its title is shown within so many seconds."""
        command = ["xdotool", "search", "--onlyvisible", "--name", title]
        env = {**os.environ, "DISPLAY": self.name}
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if subprocess.run(command, env=env, capture_output=True).stdout.strip():
                return True
            time.sleep(0.3)
        return False
