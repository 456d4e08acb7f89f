"""`make bench`: a thousand mails from inbox to API, three ways, side by side.

Each contestant has a mailbox, an API and a process of its own in each round, and the order
turns from round to round. A run counts only if exactly the expected leads arrived
and exactly their mails are marked. What a contestant takes with an empty mailbox is
its start (interpreter, imports, login, new ledger); it is shown apart, and rates are given
with it and without it. CPU and memory are the contestant's own, not those of the servers.

Run: `python -m bench.run`, with `--profile` for the share of each step of mailbridge.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.contestants import CONTESTANTS, PROFILED, Contestant
from bench.corpus import Sample, make_corpus
from bench.stage import count_marked, fill_mailbox, make_job, start_api, start_dovecot
from tests.servers.dovecot import Dovecot

MEASURE = str(Path(__file__).with_name("measure.py"))


class WrongResultError(Exception):
    """A contestant failed, or did not do the whole job: its time means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One run of one contestant: seconds, and peak memory in MB."""

    start: float
    """On the clock, with an empty mailbox."""
    wall: float
    """On the clock, with the full mailbox, start included."""
    cpu: float
    peak: float


class Arena:
    """Runs contestants on the same corpus and holds them to the same result."""

    def __init__(self, server: Dovecot, corpus: list[Sample], folder: Path) -> None:
        self._server = server
        self._corpus = corpus
        self._folder = folder

    def time(self, contestant: Contestant, number: int) -> Timing:
        """Run a contestant on an empty and on a full mailbox; `number` is the round."""
        name = f"{contestant.name}-{number}"
        empty = self._run(contestant, f"{name}-empty", [])
        full = self._run(contestant, name, self._corpus)
        return Timing(start=empty["wall"], wall=full["wall"], cpu=full["cpu"], peak=full["peak"])

    def folder(self, contestant: Contestant, number: int) -> Path:
        """Where the run on the full mailbox left its files."""
        return self._folder / f"{contestant.name}-{number}"

    def _run(self, contestant: Contestant, name: str, corpus: list[Sample]) -> dict[str, float]:
        folder = self._folder / name
        folder.mkdir()
        fill_mailbox(self._server, name, (sample.raw for sample in corpus))
        with start_api(folder / "api.log") as api:
            job = make_job(self._server, name, api.url, folder)
            log = folder / "log"
            command = [sys.executable, MEASURE, str(log), *contestant.command(job, folder)]
            measured: dict[str, float] = json.loads(
                subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603
            )
            received = api.received()
        if measured["code"] != 0:
            said = log.read_text(encoding="utf-8", errors="replace")[-3000:]
            raise WrongResultError(f"{name}: exit code {measured['code']:.0f}\n{said}")
        self._check(name, expect(corpus), received)
        return measured

    def _check(
        self, name: str, expected: Counter[tuple[str, str]], received: Counter[tuple[str, str]]
    ) -> None:
        missing, surplus = expected - received, received - expected
        if missing or surplus:
            raise WrongResultError(
                f"{name}: {missing.total()} leads missing, as {list(missing)[:3]}; "
                f"{surplus.total()} too many, as {list(surplus)[:3]}"
            )
        marked = count_marked(self._server, name)
        if marked != expected.total():
            raise WrongResultError(f"{name}: {marked} mails marked as sent, not {expected.total()}")


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(prog="bench.run", description="mailbridge side by side")
    parser.add_argument("--mails", type=int, default=1_000, help="in each mailbox (1000)")
    parser.add_argument("--rounds", type=int, default=3, help="for each contestant (3)")
    parser.add_argument("--only", nargs="+", default=[], help="names of contestants; all")
    parser.add_argument("--profile", action="store_true", help="share of each step of mailbridge")
    options = parser.parse_args()
    contestants = [c for c in CONTESTANTS if not options.only or c.name in options.only]
    corpus = make_corpus(options.mails)
    describe(corpus, options.rounds)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, start_dovecot() as server:
        arena = Arena(server, corpus, Path(folder))
        try:
            timings = race(arena, contestants, options.rounds)
            print_table(timings, len(corpus))
            if options.profile:
                plain = median(t.cpu for t in timings["mailbridge"])
                print_shares(arena, plain)
        except WrongResultError as wrong:
            sys.exit(f"bench: {wrong}")


def expect(corpus: list[Sample]) -> Counter[tuple[str, str]]:
    """Return the leads that must arrive, each once: pairs of reference and e-mail address."""
    return Counter((s.reference, s.email) for s in corpus if s.reference)


def describe(corpus: list[Sample], rounds: int) -> None:
    """Say what is measured, and on what."""
    size = median(len(sample.raw) for sample in corpus) / 1000
    leads = sum(1 for sample in corpus if sample.reference)
    load = os.getloadavg()[0]
    print(
        f"{len(corpus)} mails, {size:.0f} kB in the median, {leads} of them leads; "
        f"rounds: {rounds}\n"
        f"Python {platform.python_version()}, {os.cpu_count()} CPUs, load before: {load:.1f}\n",
        flush=True,
    )


def race(arena: Arena, contestants: list[Contestant], rounds: int) -> dict[str, list[Timing]]:
    """Time every contestant in every round; whoever begins differs from round to round."""
    timings: dict[str, list[Timing]] = {c.name: [] for c in contestants}
    for number in range(rounds):
        first = number % len(contestants)
        for contestant in contestants[first:] + contestants[:first]:
            timing = arena.time(contestant, number)
            timings[contestant.name].append(timing)
            print(f"  round {number + 1}: {contestant.name} {timing.wall:.2f} s", file=sys.stderr)
    return timings


def print_table(timings: dict[str, list[Timing]], mails: int) -> None:
    """One line for each contestant; ratios are medians of the ratios within a round."""
    whole = {name: [run.wall for run in runs] for name, runs in timings.items()}
    steady = {name: [run.wall - run.start for run in runs] for name, runs in timings.items()}
    heads = f"{'mails/s':>10}{'of floor':>10}{'of script':>10}"
    print(f"{'':12}{'start included':^30}{'without start':^30}")
    print(f"{'':12}{heads}{heads}{'start s':>10}{'CPU s':>8}{'peak MB':>9}")
    for name, runs in timings.items():
        print(
            f"{name:12}{format_rates(whole, name, mails)}{format_rates(steady, name, mails)}"
            f"{median(r.start for r in runs):>10.2f}{median(r.cpu for r in runs):>8.2f}"
            f"{max(r.peak for r in runs):>9.0f}"
        )


def format_rates(seconds: dict[str, list[float]], name: str, mails: int) -> str:
    """Mails per second, and how many times the floor's and the script's that is."""
    cells = f"{mails / median(seconds[name]):>10.0f}"
    for other in ("floor", "script"):
        pairs = zip(seconds[name], seconds.get(other, []), strict=False)
        ratios = [theirs / ours for ours, theirs in pairs]
        cells += f"{median(ratios):>10.2f}" if ratios else f"{'-':>10}"
    return cells


def print_shares(arena: Arena, plain: float) -> None:
    """Run mailbridge once more under the clock and print where its time went."""
    timing = arena.time(PROFILED, 0)
    booked = json.loads((arena.folder(PROFILED, 0) / "shares.json").read_text(encoding="utf-8"))
    total = sum(booked["cpu"].values())
    print(f"\nmailbridge by step{'':24}of CPU   CPU s  clock s, waiting included")
    for step, cpu in sorted(booked["cpu"].items(), key=lambda item: -item[1]):
        print(f"  {step:40}{cpu / total:>6.1%}{cpu:>8.2f}{booked['wall'][step]:>9.2f}")
    print("\nby the function through which a room was entered (from 1 % on)")
    for entry, cpu in sorted(booked["entries"].items(), key=lambda item: -item[1]):
        if cpu >= total / 100:
            print(f"  {entry:40}{cpu / total:>6.1%}{cpu:>8.2f}")
    print(f"\nlooking on costs {timing.cpu / plain - 1:+.0%} of the CPU time without it")


if __name__ == "__main__":
    main()
