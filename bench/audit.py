"""What an audit of a mailbox costs: 1,000, 10,000 and 100,000 handled mails, as in `bench.poll`.

The time may grow with the mailbox, and no faster than it; the memory hardly. The CPU is the
client's own, TLS included; the peak is that of a process that does nothing else. The bare line
asks for the flags of every mail in one command, with the standard library: the least that has
to be done.

Run: `python -m bench.audit`.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.contestants import write_settings
from bench.job import Job
from bench.poll import COUNTS, connect, prepare, record_handled
from bench.stage import start_dovecot
from mailbridge.app import App
from mailbridge.ledger.ledger import Ledger

BARE = "bare"


def ask_flags(job: Job) -> None:
    """Fetch the flags of every mail, and look at none."""
    with connect(job) as inbox:
        kind, rows = inbox.uid("FETCH", "1:*", "(FLAGS)")
        if kind != "OK" or not rows:
            raise AssertionError(kind)


def measure(command: list[str]) -> str:
    """Run in a process of its own; CPU, time on the clock, peak of its memory."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    code = f"""
import pathlib, runpy, sys
sys.argv = {command!r}
try:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
finally:
    print(pathlib.Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{cpu:.1f} s / {wall:.1f} s / {int(done.stdout.split()[-1]) // 1024} MB"


def main() -> None:
    """Print the table; or, for one line of it, do the bare work."""
    if sys.argv[1:2] == [BARE]:
        ask_flags(Job.read(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, start_dovecot() as server:
        print("one audit: CPU / on the clock / peak")
        print(f"{'':12}" + "".join(f"{count:>26,}" for count in COUNTS))
        lines: dict[str, list[str]] = {BARE: [], "mailbridge": []}
        for count in COUNTS:
            job = prepare(server, count, Path(folder))
            place = Path(job.ledger).parent
            config = write_settings(job, place)
            with Ledger.open(App.load(config, secrets=True).ledger_url) as ledger:
                record_handled(job, ledger, "bench")
            bare = ["bench.audit", BARE, str(job.write(place / "job.json"))]
            lines[BARE].append(measure(bare))
            lines["mailbridge"].append(measure(["mailbridge", "audit", "--config", str(config)]))
        for name, cells in lines.items():
            print(f"{name:12}" + "".join(f"{cell:>26}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
