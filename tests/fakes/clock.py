"""An event loop whose clock jumps, for tests on the fake network: the one that replays run on."""

from wizard.discovery.replay import JumpingLoop, run_jumping

__all__ = ["JumpingLoop", "run_jumping"]
