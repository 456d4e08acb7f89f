"""Runs mailbridge and adds up in which room its time goes.

A timer ticks every millisecond; at each tick every thread's time since the tick before is
booked to the innermost room on its stack: its CPU time, and the time on the clock, waiting
included. Threads run side by side, so that the latter adds up to more than the run. A
tracing profiler would make code of many small calls look dearer than it is; here a step is
uncertain by a few ticks, and a thread in the background is met mostly where it waits, which
shifts a little between what it does in turn (sending and recording).
`python -m bench.run --profile` prints the shares, and what the ticks themselves cost.

Run: `python -m bench.shares OUTPUT ARGUMENTS-OF-MAILBRIDGE…`.
"""

import json
import runpy
import signal
import sys
import threading
import time
from collections import defaultdict
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
"""From room to step; the inbox's is `fetch` or `mark`."""


class Clock:
    """Seconds by step and, within a step, by the function through which it was entered."""

    def __init__(self) -> None:
        self.cpu: defaultdict[str, float] = defaultdict(float)
        self.wall: defaultdict[str, float] = defaultdict(float)
        self.entries: defaultdict[str, float] = defaultdict(float)
        """CPU seconds."""
        self._cpu_before: defaultdict[int | None, float] = defaultdict(float)
        self._cpu_before[threading.get_native_id()] = time.thread_time()
        self._before = time.perf_counter()

    def start(self) -> None:
        """Tick until `stop`."""
        signal.signal(signal.SIGALRM, self._tick)
        signal.setitimer(signal.ITIMER_REAL, TICK, TICK)

    def stop(self) -> None:
        """Tick no more."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_IGN)

    def _tick(self, _number: int, interrupted: FrameType | None) -> None:
        now = time.perf_counter()
        frames = sys._current_frames()  # noqa: SLF001
        # The handler's own frame is no part of what it interrupted.
        frames[threading.get_ident()] = interrupted or frames[threading.get_ident()]
        for thread in threading.enumerate():
            if thread.ident not in frames:
                continue
            step, entry = find_step(frames[thread.ident])
            spent = time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
            # By the kernel's number: Python's own is soon another thread's. Read from another
            # CPU, the clock of a running thread may stand a moment back.
            cpu = max(spent - self._cpu_before[thread.native_id], 0.0)
            self.cpu[step] += cpu
            self.entries[f"{step}: {entry}"] += cpu
            self.wall[step] += now - self._before
            self._cpu_before[thread.native_id] = spent
        self._before = now


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
    return STEPS.get(room, "other"), f"{room} {entry}"


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
        booked = {"cpu": clock.cpu, "wall": clock.wall, "entries": clock.entries}
        output.write_text(json.dumps(booked), encoding="utf-8")


if __name__ == "__main__":
    main()
