"""From the server's word that a mail has arrived to its lead at the API, mail by mail.

The clock starts when `* n EXISTS` passes a proxy before Dovecot, and ends when the sandbox has
stored the lead; how long Dovecot takes to notice a mail (half a second) is no part of it. TLS,
the durable commits and the proxy's own time are. mailbridge looks for new mail once an hour in
this, so that nothing but push can have found a mail. The median must stay under 100 ms.

Run: `python -m bench.push`, with `--mails` for another number than 60.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles

import yaml

from bench.contestants import write_settings
from bench.corpus import make_corpus
from bench.job import Job
from bench.stage import API_KEY, make_job, start_dovecot
from mailbridge.sandbox.server import Sandbox
from tests.servers.dovecot import Dovecot
from tests.servers.proxy import Call, Proxy, Side, before_dovecot

SECONDS = 60.0
"""That a mail may take before the bench gives up."""
ALLOWED = 0.1
"""Seconds for mailbridge, at the median."""


def command_of_mailbridge(job: Job, folder: Path) -> list[str]:
    path = write_settings(job, folder)
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["inboxes"][0]["every"] = "1h"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return [sys.executable, "-m", "mailbridge", "run", "--config", str(path)]


def command_of_floor(job: Job, folder: Path) -> list[str]:
    return [sys.executable, "-m", "bench.idle_floor", str(job.write(folder / "job.json"))]


CONTESTANTS: dict[str, Callable[[Job, Path], list[str]]] = {
    "floor": command_of_floor,
    "mailbridge": command_of_mailbridge,
}


def measure(name: str, server: Dovecot, folder: Path, mails: list[bytes]) -> list[float]:
    """Deliver one mail after the other to a contestant in IDLE; give the seconds for each."""
    folder.mkdir()
    told: list[float] = []
    with before_dovecot(server) as proxy, Sandbox(key=API_KEY) as api:
        user = f"push-{name}"
        job = replace(make_job(server, user, api.url, folder), port=proxy.port)
        command = CONTESTANTS[name](job, folder)
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(command, stdout=log, stderr=log) as process,  # noqa: S603
        ):
            try:
                for number, mail in enumerate(mails, 1):
                    wait_until_idle(proxy)
                    word = proxy.rule(
                        Side.SERVER, rb"^\* \d+ EXISTS", Call(lambda _: told.append(time.time()))
                    )
                    server.deliver(user, mail)
                    word.wait(SECONDS)
                    api.wait_for(number, SECONDS)
            finally:
                process.terminate()
        stored = [lead.at.timestamp() for lead in api.leads]
    return [there - here for here, there in zip(told, stored, strict=True)]


def wait_until_idle(proxy: Proxy) -> None:
    """Wait until the connection has been in IDLE, and silent, for a moment."""
    end, seen = time.monotonic() + SECONDS, -1
    while time.monotonic() < end:
        passed = proxy.passed
        if passed and len(passed) == seen and passed[-1].data.startswith(b"+ "):
            return
        seen = len(passed)
        time.sleep(0.1)
    raise TimeoutError(f"no IDLE after {SECONDS} s")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="bench.push", description="from IDLE to the lead")
    parser.add_argument("--mails", type=int, default=60, help="for each contestant (60)")
    count = parser.parse_args().mails
    leads = [sample.raw for sample in make_corpus(2 * count) if sample.reference][:count]
    print("ms from the server's word to the lead at the API")
    print(f"{'':12}{'median':>10}{'p95':>10}{'n':>6}")
    slow = False
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, start_dovecot() as server:
        for name in CONTESTANTS:
            took = measure(name, server, Path(folder) / name, leads)
            middle, most = median(took), quantiles(took, n=20)[-1]
            print(f"{name:12}{middle * 1000:>10.1f}{most * 1000:>10.1f}{len(took):>6}", flush=True)
            slow |= name == "mailbridge" and middle > ALLOWED
    if slow:
        sys.exit(f"bench: mailbridge's median is over {ALLOWED * 1000:.0f} ms")


if __name__ == "__main__":
    main()
