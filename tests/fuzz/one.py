"""Fuzzes one target: `python -m tests.fuzz.one TARGET SECONDS FOLDER`.

Exit code 0: nothing was found. What was found lies in FOLDER as `crash-…`, and the trace on
standard error says what it broke.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fuzz.targets import Target

LONGEST = 8192
"""Bytes of an input: what small inputs do not break, larger ones seldom do, and slowly."""


def main(arguments: Sequence[str]) -> int:
    """Entry point; with atheris it ends the process itself."""
    name, seconds, folder = arguments
    guided = importlib.util.find_spec("atheris") is not None
    if guided:
        import atheris

        with atheris.instrument_imports(include=["wizard"]):
            from tests.fuzz.targets import TARGETS
    else:
        from tests.fuzz.targets import TARGETS
    target = next(target for target in TARGETS if target.name == name)
    run = with_atheris if guided else with_hypothesis
    return run(target, int(seconds), Path(folder))


def with_atheris(target: Target, seconds: int, folder: Path) -> int:
    """Guided by what code each input reaches (libFuzzer)."""
    import atheris

    corpus = folder / "corpus" / target.name
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds:
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    words = folder / f"{target.name}.dict"
    words.write_text("".join(f'"{_escaped(token)}"\n' for token in target.tokens), encoding="ascii")
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={LONGEST}",
        "-timeout=10",
        f"-artifact_prefix={folder}/crash-{target.name}-",
        "-print_final_stats=1",
    ]
    if target.tokens:
        options.append(f"-dict={words}")
    atheris.Setup([sys.argv[0], *options, str(corpus)], target.check)
    atheris.Fuzz()
    return 0


def _escaped(token: bytes) -> str:
    return "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}" for byte in token
    )


def with_hypothesis(target: Target, seconds: int, folder: Path) -> int:
    """Damages the seeds at random and makes what breaks a promise as small as it can."""
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st

    pieces = st.one_of(st.binary(max_size=12), st.sampled_from(target.tokens or (b"",)))
    edits = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 40), pieces), max_size=6)
    broken: list[bytes] = []
    tried = 0

    @settings(
        max_examples=2000,
        derandomize=False,  # as it would be by itself where `CI` is set: the same each time
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(st.sampled_from(target.seeds), st.binary(max_size=200)), edits)
    def attempt(seed: bytes, changes: list[tuple[int, int, bytes]]) -> None:
        nonlocal tried
        data = seed
        for at, dropped, piece in changes:
            at %= len(data) + 1
            data = data[:at] + piece + data[at + dropped :]
        tried += 1
        broken[:] = [data]
        target.check(data)

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            attempt()
        except Exception:  # noqa: BLE001  whatever it is, it is what was looked for
            traceback.print_exc()
            mark = hashlib.sha256(broken[0]).hexdigest()[:16]
            path = folder / f"crash-{target.name}-{mark}"
            path.write_bytes(broken[0])
            print(f"{target.name}: kept as {path}", file=sys.stderr)
            return 77
    print(f"Done {tried} runs", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
