"""The window's whole journey with a canary for a password, in the real program: found nowhere.

The demo's provider is told to take it; log, pictures, files handed over, the programs' folders and
the crash report of a bug that names it are searched.
"""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from PySide6.QtCore import qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from tests.lab.canary import forms, leaks, leaks_in_files
from wizard.app.demo import DemoOutside, _places, running
from wizard.cli.options import Options
from wizard.demo import DemoMode, DemoProvider
from wizard.gui.walk import walk
from wizard.model import EmailAddress, Secret
from wizard.system.log import LOGGER, close_log
from wizard.system.resources import resources

CANARY = 'K4narien/vögel "q" \\ %7&+=ß'


@pytest.mark.parametrize("mode", [DemoMode.NORMAL, DemoMode.WRONG_PASSWORD])
def test_no_journey_shows_the_password(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: DemoMode
) -> None:
    monkeypatch.setattr("wizard.demo.provider.PASSWORD", CANARY)
    folder, log = tmp_path / "out", tmp_path / "wizard.log"
    folder.mkdir()
    with running(DemoProvider(mode)) as provider:
        network = provider.network
        host, port = network.resolver
        outside = DemoOutside(
            Options(resolver=f"{host}:{port}", ca_file=network.ca_file, log_file=log),
            connect_map=network.port_map,
            places=_places(folder),
        )
        outside.listen()
        # Before the password is typed it is no password; from then on it is in no line, whoever
        # writes it in whatever form.
        typed = outside.vault.put

        def put(address: EmailAddress, secret: Secret) -> None:
            typed(address, secret)
            plain = f"\0{address}\0{CANARY}".encode()
            whole = {  # `forms` leaves out the ends, to find them anywhere
                "base64 of PLAIN": base64.b64encode(plain),
                "base64 of LOGIN": base64.b64encode(CANARY.encode()),
            }
            for form in (forms(CANARY, str(address)) | whole).values():
                LOGGER.warning("a library says %s", form.decode("latin-1"))
                LOGGER.warning("a library says %s", form.decode(errors="replace"))

        monkeypatch.setattr(outside.vault, "put", put)
        try:
            walked = walk(
                outside,
                outside.messages,
                resources(),
                name=provider.name,
                address=provider.address,
                password=Secret(CANARY),
                folder=folder,
            )
            report = outside.report_crash(RuntimeError(f"a bug that tells {CANARY}"))
        finally:
            qInstallMessageHandler(None)
            close_log()
    assert bool(walked) is (mode is DemoMode.NORMAL)
    assert "a bug that tells ***" in report
    assert not leaks(report.encode(), CANARY, provider.address)
    assert not leaks(log.read_bytes(), CANARY, provider.address)
    assert not leaks_in_files(tmp_path, CANARY, provider.address)
    assert list(folder.rglob("*.png"))
    told = "\n".join(outside.log())
    assert not leaks(told.encode(), CANARY, provider.address)
    assert told.count("a library says") >= 16
    for line in ("address ", "dns MX", "GET https://", "connect ", "page password", "receiving: "):
        assert line in told
