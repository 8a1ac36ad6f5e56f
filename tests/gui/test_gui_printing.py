"""PDF of the sheet: with and without a window, in any thread, fetching nothing."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from wizard.gui.printing import PageSize, render_pdf, usual_page

SHEET = "<h1>Settings</h1><table><tr><td>Server</td><td>mail.example.net</td></tr></table>"


@pytest.mark.parametrize(("page", "box"), [("A4", b"595"), ("Letter", b"612")])
def test_a_sheet_becomes_a_pdf_of_the_right_size(
    qapp: QApplication, page: PageSize, box: bytes
) -> None:
    pdf = render_pdf(SHEET, page, "Settings")
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
    (media_box,) = {line for line in pdf.splitlines() if b"/MediaBox" in line}
    assert box in media_box


@pytest.mark.parametrize(
    ("name", "page"), [("en_US", "Letter"), ("fr_CA", "Letter"), ("en_GB", "A4"), ("de_CH", "A4")]
)
def test_paper_is_that_of_the_country(name: str, page: PageSize) -> None:
    assert usual_page(QLocale(name)) == page


def test_a_long_sheet_gets_more_pages(qapp: QApplication) -> None:
    assert render_pdf("<p>line</p>" * 400).count(b"/Type /Page\n") > 3


def test_it_works_outside_the_main_thread(qapp: QApplication) -> None:
    with ThreadPoolExecutor(1) as threads:
        made = threads.submit(render_pdf, SHEET).result()
    assert made.startswith(b"%PDF-")


def test_no_file_of_this_computer_gets_into_a_sheet(qapp: QApplication, tmp_path: Path) -> None:
    picture = tmp_path / "private.png"
    image = QImage(300, 300, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    assert image.save(str(picture))

    def sheet(source: str) -> bytes:
        return render_pdf(f'<p>x</p><img src="{source}" width="300" height="300">')

    data = base64.b64encode(picture.read_bytes()).decode()
    absent = len(sheet("file:///nothing.png"))
    for source in (picture.as_uri(), str(picture), "https://tracker.example/x.png"):
        assert abs(len(sheet(source)) - absent) < 100, source
    assert len(sheet(f"data:image/png;base64,{data}")) > absent + 1000


def test_a_program_without_a_window_can_print() -> None:
    code = (
        "import sys; from wizard.gui.printing import render_pdf;"
        "sys.stdout.buffer.write(render_pdf('<p>x</p>'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"%PDF-")


def test_what_is_printed_can_be_copied_and_searched(qapp: QApplication) -> None:
    """Whatever signs the font takes for it, the file says which letters they stand for."""
    text = "C:\\Users, K-9 2026-11-26 » : A"
    pdf = render_pdf(f"<p>{text}</p>")
    meanings = b"".join(re.findall(rb"begincmap(.+?)endcmap", pdf, re.DOTALL))
    told = {chr(int(code, 16)) for code in re.findall(rb"<([0-9A-Fa-f]{4})>", meanings)}
    assert set(text) - {" "} <= told
