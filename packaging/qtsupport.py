"""Qt for Python's own Python part, compiled once here instead of at every start.

It lies inside Qt for Python's library as packed source, and is compiled whenever a program starts,
which takes some fifteenth of a bare window's start. Its own switch SBK_EMBED=0 unpacks it into
`files.dir` beside `shiboken6`, and from there it is preferred (signature_bootstrap.py in the
library, "find_incarnated_files").
"""

from __future__ import annotations

import compileall
import os
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

FOLDER = "shiboken6/files.dir"


def compiled(scratch: Path) -> Iterator[tuple[str, str, str]]:
    """(name in the bundle, compiled file, file of shiboken6 it comes out of), for each module.

    `scratch`: a folder to work in, emptied first. Raises OSError or CalledProcessError.
    """
    spec = find_spec("shiboken6")
    assert spec is not None and spec.origin is not None
    package = Path(spec.origin).parent
    shutil.rmtree(scratch, ignore_errors=True)
    copy = scratch / "shiboken6"  # the installed one stays as it is
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("files.dir", "__pycache__"))
    # Libraries of the same folder on Linux and macOS, of the one above on none.
    environment = {**os.environ, "SBK_EMBED": "0", "PYTHONPATH": str(scratch)}
    command = [sys.executable, "-c", "import shiboken6; shiboken6.Shiboken"]
    subprocess.run(command, env=environment, check=True)
    folder = copy / "files.dir"
    compileall.compile_dir(
        folder,
        quiet=1,
        legacy=True,  # beside the source, and used without it
        stripdir=str(folder),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,  # no dates inside
    )
    modules = sorted(folder.rglob("*.pyc"))
    assert modules, f"{FOLDER} was not written"
    for module in modules:
        if "__pycache__" not in module.parts:
            name = f"{FOLDER}/{module.relative_to(folder).as_posix()}"
            yield name, str(module), spec.origin
