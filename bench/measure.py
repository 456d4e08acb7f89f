"""Runs one command and prints what it took, as JSON.

A process of its own, and a small one: Linux counts the memory of the process that starts a
command into that command's peak, so the starter must be smaller than what it measures.

Run: `python bench/measure.py LOG COMMAND…`.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def measure(log: Path, command: list[str]) -> dict[str, float]:
    """Return seconds on the clock, seconds of CPU, peak memory in MB, and the exit code."""
    with log.open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss / 1024,
        "code": process.returncode,
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), sys.argv[2:])))
