"""What the command line needs beyond the journey's services; built in `app`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from wizard.cli.options import SearchOptions
from wizard.flow import Services
from wizard.messages import Messages
from wizard.model import (
    Account,
    ClientPlan,
    DiscoveryResult,
    EmailAddress,
    Found,
    Problem,
    Publication,
    Secret,
    SourceReport,
)
from wizard.model.document import SettingsFile
from wizard.model.update import UpdateAnswer


class Backend(Services, Protocol):
    """The outside as the command line sees it."""

    @property
    def messages(self) -> Messages:
        """The words, in the chosen language."""
        ...

    @property
    def clients(self) -> tuple[str, ...]:
        """The words of `--apps`, in the order they are set up."""
        ...

    async def search(
        self,
        address: EmailAddress,
        options: SearchOptions,
        progress: Callable[[SourceReport], None],
    ) -> DiscoveryResult:
        """`discover` with its options."""
        ...

    def parse_autoconfig(self, document: bytes, address: EmailAddress) -> Found | Problem:
        """The servers an autoconfig document yields."""
        ...

    async def stored_password(self, address: EmailAddress) -> Secret | None:
        """The keychain's password for an address; None where there is none or no keychain."""
        ...

    def files(
        self, client: str, account: Account, programs: tuple[str, ...] = ()
    ) -> ClientPlan | Problem:
        """One program's files to carry elsewhere; looks at nothing here. `programs`: whose steps
        the settings sheet shall have."""
        ...

    def fleet(
        self, account: Account, certificate: Path | None, key: Path | None, chain: Path | None
    ) -> ClientPlan | Problem:
        """The forms that fleet managers deploy. Raises `Unusable` for files that can't sign."""
        ...

    def apple(
        self,
        account: Account,
        device: str,
        certificate: Path | None,
        key: Path | None,
        chain: Path | None,
    ) -> ClientPlan | Problem:
        """The Apple profile for one kind of device. Raises `Unusable` for files that can't sign."""
        ...

    def publication(
        self, domain: str, settings: SettingsFile, address: EmailAddress
    ) -> Publication | Problem:
        """What to publish for a domain. `address`: whose user names `settings` has."""
        ...

    def write(self, plan: ClientPlan, folder: Path) -> tuple[Path, ...] | Problem:
        """Writes a plan's files."""
        ...

    async def newer_version(self, notice: str) -> UpdateAnswer:
        """Whether there is a newer version of this program. `notice`: where that is announced,
        empty for the publisher's own place."""
        ...

    def demo(self, out: Path | None, mode: str) -> int:
        """The main journey against the embedded provider; returns the exit code."""
        ...

    def report_crash(self, crash: BaseException) -> str:
        """What can be read and sent of a bug, without passwords."""
        ...

    def window(self, exit_after_first_paint: bool) -> int:
        """Opens the window; returns the exit code."""
        ...

    async def aclose(self) -> None:
        """Closes connections."""
        ...
