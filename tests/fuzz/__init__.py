"""Fuzzing of everything that reads what strangers send: `python3 tasks.py fuzz [minutes] [target]`.

targets    what is fuzzed: a function from bytes that raises where a promise is broken, and seeds
one        fuzzes one target for a while, with atheris where it is installed, else hypothesis
__main__   shares the time between the targets, each in a process of its own

The same promises are kept in every test run by `tests/unit/discovery/test_discovery_fuzz.py`.
"""
