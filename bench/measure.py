"""Runs one command and prints what it took, as JSON.

Memory is that of the command and all that it starts, what they share counted once (PSS),
looked at four times a second; CPU is that of those that it waited for as well.

Run: `python bench/measure.py LOG COMMAND…`.
"""

import json
import os
import select
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

LOOK = 0.25
"""Seconds between two looks at the memory."""


def measure(log: Path, command: list[str]) -> dict[str, float]:
    """Return seconds on the clock, seconds of CPU, peak memory in MB, and the exit code."""
    peak = 0.0
    with log.open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603
        descriptor = os.pidfd_open(process.pid)
        while not select.select([descriptor], [], [], LOOK)[0]:
            peak = max(peak, sum(map(weigh, family(process.pid))))
        wall = time.perf_counter() - started
        _, status, usage = os.wait4(process.pid, 0)
    os.close(descriptor)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": peak,
        "code": process.returncode,
    }


def family(pid: int) -> list[int]:
    """Return the process and all that descend from it."""
    found = [pid]
    with suppress(OSError):  # ended meanwhile
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                found += family(int(child))
    return found


def weigh(pid: int) -> float:
    """Return the memory of a process in MB, its part of what it shares; 0 if it is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), sys.argv[2:])))
