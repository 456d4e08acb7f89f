"""Runs mailbridge and adds up in which room its time goes.

A timer ticks every millisecond; each tick looks at the stack and books the time since the
tick before it to the innermost room there. Unlike a tracing profiler it makes code of
many small calls no dearer than it is, waiting counts (a POST is mostly that), and a long call
into C is booked in full when it returns. `python -m bench.run --profile` prints what the
ticks themselves cost.

Run: `python -m bench.shares OUTPUT ARGUMENTS-OF-MAILBRIDGE…`.
"""

import json
import runpy
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from types import FrameType

import mailbridge

PACKAGE = str(Path(mailbridge.__file__).parent) + "/"
TICK = 0.001
"""Seconds."""
STEPS = {
    "message": "parse",
    "rules": "rules",
    "leads": "leads",
    "delivery": "deliver",
    "ledger": "ledger",
}
OTHER = "other"


class Clock:
    """Seconds by step and, within a step, by the function through which it was entered."""

    def __init__(self) -> None:
        self.steps: Counter[str] = Counter()
        self.entries: Counter[str] = Counter()
        self._last = time.perf_counter()

    def start(self) -> None:
        """Tick until `stop`."""
        signal.signal(signal.SIGALRM, self._tick)
        signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
        self._last = time.perf_counter()

    def stop(self) -> None:
        """Book the rest and tick no more."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_IGN)

    def _tick(self, _number: int, frame: FrameType | None) -> None:
        now = time.perf_counter()
        step, entry = find_step(frame)
        self.steps[step] += now - self._last
        self.entries[f"{step}: {entry}"] += now - self._last
        self._last = now


def find_step(frame: FrameType | None) -> tuple[str, str]:
    """Return the step of the innermost room on the stack, and the function that led into it."""
    room = entry = ""
    while frame is not None:
        here = find_room(frame.f_code.co_filename)
        if here == "import":
            return "start", "import"
        if room and here and here != room:
            break
        if here:
            room, entry = here, frame.f_code.co_name
        frame = frame.f_back
    if room == "inbox":
        return ("mark" if "mark" in entry else "fetch"), entry
    return STEPS.get(room, OTHER), entry


def find_room(filename: str) -> str:
    """Return mailbridge's package or module that a source file belongs to, or nothing."""
    if filename.startswith("<frozen importlib"):
        return "import"
    if not filename.startswith(PACKAGE):
        return ""
    return filename.removeprefix(PACKAGE).split("/")[0].removesuffix(".py")


def main() -> None:
    """Run mailbridge's command line under the clock and save what was booked."""
    output = Path(sys.argv[1])
    sys.argv = ["mailbridge", *sys.argv[2:]]
    clock = Clock()
    clock.start()
    try:
        runpy.run_module("mailbridge", run_name="__main__", alter_sys=False)
    finally:
        clock.stop()
        output.write_text(json.dumps({"steps": clock.steps, "entries": clock.entries}))


if __name__ == "__main__":
    main()
