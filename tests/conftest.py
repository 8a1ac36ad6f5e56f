"""What holds for every test.

Garbage is collected between tests, in the main thread. Tests with windows leave cycles that hold
widgets. Collected in a thread of a later test, they would be destroyed there, and Qt ends the
process (see `wizard.gui.collector`).

What hypothesis makes up is the same for the same tree: an example that nobody has seen yet is to
be met by who looks for it, not by who changed something else. `-m hypothesis
--hypothesis-profile=explore` looks: other examples each time, and fifty times as many.
"""

from __future__ import annotations

import gc

from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable",
    settings.get_profile("default"),
    derandomize=True,
    deadline=None,  # how long an example takes is up to the machine
    suppress_health_check=[HealthCheck.too_slow],  # and so is this
    print_blob=True,
)
settings.register_profile(
    "explore",
    settings.get_profile("repeatable"),
    derandomize=False,
    max_examples=50 * settings.get_profile("repeatable").max_examples,
)
settings.load_profile("repeatable")


def pytest_configure() -> None:
    gc.disable()


def pytest_runtest_logfinish() -> None:
    for generation in (2, 1, 0):
        if gc.get_count()[generation] > gc.get_threshold()[generation]:
            gc.collect(generation)
            return
