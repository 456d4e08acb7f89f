"""Many kills at random points over many mails, then the reckoning.

    python -m tests.faults.sweep --kills 300 --seed 7

The seed decides mails, points and order; what the machine adds of its own is the
moment at which a kill by time or by the ledger's growth strikes. Each kill ends a
real process (`mailbridge run`, now and then `run --once`) with SIGKILL:

    imap, http, sql   at the n-th piece that passes the proxy, before or after it is
                      forwarded, or when half of it was
    time              so many milliseconds after the start of the process
    wal               when SQLite's write-ahead log has grown by so many octets
    idle              where the point chosen never came, since there was too little to do

Nothing may be lost, and nothing stored twice but the one lead that was in its
exchange at a kill; those are counted. Which they are is taken from two sides that
must agree: the ledger as the kill left it (`sending`), and the last request that
passed the proxy.
"""

import argparse
import json
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.installation import SECONDS, Installation, Running, Setup, installed
from tests.faults.reckoning import Letter, Reckoning, Sort, Window, reckon
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.postgresql import PostgreSQL, running_postgresql
from tests.servers.proxy import FORWARD, Act, Call, Cut, Forward, Proxy, Side

QUIET = 1.5
"""Seconds without a word on any connection after which the daemon is idle."""

_TICK = 0.002
_PASSES = 2
"""In the first, whatever the last kill left must be done; the second must change nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One part of a sweep: an installation of its own."""

    marking: str
    on_doubt: str
    ledger: str

    def __str__(self) -> str:
        return f"{self.marking}, {self.on_doubt}, {self.ledger}"


COURSES = (
    Course(marking="keywords", on_doubt="resend", ledger="sqlite"),
    Course(marking="folders", on_doubt="hold", ledger="sqlite"),
    Course(marking="keywords", on_doubt="hold", ledger="postgresql"),
    Course(marking="folders", on_doubt="resend", ledger="postgresql"),
)
"""Every pair of settings that matter is among them."""


@dataclass(slots=True)
class Sweep:
    """The state of one course."""

    here: Installation
    chance: random.Random
    letters: list[Letter] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    claimed: set[str] = field(default_factory=set)
    posted: set[str] = field(default_factory=set)
    strange: list[str] = field(default_factory=list)
    _last_post: str = ""
    _last_word: float = 0.0

    def kill_once(self) -> None:
        """Put mails into the inbox, start, kill, and note what was in its exchange."""
        self._write_letters()
        self._clear()
        self._last_post = ""
        once = self.chance.random() < 0.2
        with self.here.start(*(("run", "--once") if once else ("run",))) as running:
            self._last_word = 0.0
            how = self._run_until_killed(running)
            if not running.killed:
                if running.process.returncode != 0:
                    self.strange.append(f"run ended with {running.process.returncode}")
                return
        self.kills[how] += 1
        sending = self.here.sending()
        if len(sending) > 1:
            self.strange.append(f"{len(sending)} leads were being sent at once")
        self.claimed |= sending
        self.posted |= sending & {self._last_post}

    def finish(self) -> Reckoning:
        """Let it work undisturbed, and compare."""
        self._clear()
        for _ in range(_PASSES):
            self.here.once()
        window = Window(frozenset(self.claimed), frozenset(self.posted))
        found = reckon(self.here, self.letters, window)
        found.unexplained += self.strange
        return found

    def _clear(self) -> None:
        """Drop the rules of the last run, and listen to what passes in the next."""
        self.here.http.clear()
        self.here.imap.clear()
        self.here.http.rule(Side.CLIENT, rb"\APOST", Call(self._note_post), times=None)
        for proxy in self._proxies():
            if proxy is self.here.postgresql:
                proxy.clear()
            # Of the ledger only what is written: each second it is looked whether a person asked.
            said = rb"COMMIT" if proxy is self.here.postgresql else rb""
            for side in Side:
                proxy.rule(side, said, Call(self._note_word), times=None)

    def _proxies(self) -> list[Proxy]:
        own = self.here.postgresql
        return [self.here.imap, self.here.http, *([own] if own else [])]

    def _note_word(self, _: bytes) -> None:
        self._last_word = time.monotonic()

    def _note_post(self, piece: bytes) -> None:
        email = json.loads(piece.partition(b"\r\n\r\n")[2])["sender_email"]
        number = int(email.removeprefix("visitor").partition("@")[0])
        self._last_post = Letter(Sort.INQUIRY, number).message_id

    def _write_letters(self) -> None:
        for _ in range(self.chance.choice((0, 1, 1, 2, 2, 3, 4, 6))):
            number = len(self.letters) + 1
            sort = self.chance.choices((*Sort,), weights=(8, 1, 1, 1))[0]
            known = [one for one in self.letters if one.sort is Sort.INQUIRY]
            repeated = {one.number for one in self.letters if one.sort is Sort.REPEATED}
            if sort is Sort.REPEATED:
                known = [one for one in known if one.number not in repeated]
                if not known:
                    continue
                number = self.chance.choice(known).number
            letter = Letter(sort, number)
            self.here.mailbox.append(letter.raw)
            self.letters.append(letter)

    def _run_until_killed(self, running: Running) -> str:
        """Kill at a random point, or when all is quiet; how it was."""
        ways = ["imap", "imap", "http", "http", "time", "wal"]
        if self.here.postgresql:
            ways = ["imap", "http", "http", "time", "sql", "sql"]
        way = self.chance.choice(ways)
        end = time.monotonic() + SECONDS
        grown = self.here.wal + self.chance.randrange(1, 60_000)
        late = time.monotonic() + self.chance.uniform(0.0, 1.6)
        if way in {"imap", "http", "sql"}:
            self._lay_trap(way, running)
        while running.process.poll() is None:
            now = time.monotonic()
            if (way == "time" and now >= late) or (way == "wal" and self.here.wal >= grown):
                running.kill()
                return way
            if self._last_word and now - self._last_word > QUIET:
                running.kill()
                return "idle"
            if now > end:
                raise TimeoutError(f"mailbridge neither works nor rests: {running.said}")
            time.sleep(_TICK)
        return way

    def _lay_trap(self, way: str, running: Running) -> None:
        kill = Call(running.kill)
        side = self.chance.choice((Side.CLIENT, Side.SERVER))
        acts: tuple[Act, ...] = self.chance.choice(
            ((kill, Cut()), (FORWARD, kill), (Forward(self.chance.randrange(1, 60)), kill, Cut()))
        )
        match way:
            case "imap":
                pattern = self.chance.choice((rb"", rb"", rb"UID |FETCH|OK|FLAGS|MOVE"))
                self.here.imap.rule(side, pattern, *acts, skip=self.chance.randrange(0, 24))
            case "http":
                self.here.http.rule(side, rb"", *acts, skip=self.chance.randrange(0, 4))
            case "sql":
                assert self.here.postgresql is not None
                commit = self.chance.random() < 0.7
                skip = self.chance.randrange(0, 14 if commit else 150)
                self.here.postgresql.rule(side, rb"COMMIT" if commit else rb"", *acts, skip=skip)


def sweep(
    course: Course,
    kills: int,
    seed: str,
    folder: Path,
    dovecot: Dovecot,
    postgresql: PostgreSQL | None = None,
) -> tuple[Reckoning, Counter[str]]:
    """Kill so many times; what was found in the end, and how the kills came about."""
    setup = Setup(marking=course.marking, on_doubt=course.on_doubt)
    # A text is hashed the same way everywhere; it guards nothing.
    chance = random.Random(f"{seed}/{course}")
    database = postgresql if course.ledger == "postgresql" else None
    with installed(folder, dovecot, setup, database) as here:
        state = Sweep(here, chance)
        for _ in range(3 * kills):  # a run that ends by itself is no kill
            if state.kills.total() >= kills:
                break
            state.kill_once()
        return state.finish(), state.kills


def main() -> int:
    """Sweep through all courses, and print what was found."""
    parser = argparse.ArgumentParser(description="Kill mailbridge at random; count leads.")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10**6)))
    given = parser.parse_args()
    print(f"seed {given.seed}, {given.kills} kills", flush=True)  # noqa: T201
    # asyncio tells of each piece that a killed process no longer took.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    total, ways = Reckoning(), Counter[str]()
    with running_dovecot() as dovecot, running_postgresql() as postgresql:
        for number, course in enumerate(COURSES):
            share = (given.kills + number) // len(COURSES)
            with tempfile.TemporaryDirectory(prefix="mbsweep-") as folder:
                found, kills = sweep(course, share, given.seed, Path(folder), dovecot, postgresql)
            print(f"{course}: {kills.total()} kills {dict(kills)}\n  {found}", flush=True)  # noqa: T201
            for fault in found.faults:
                print(f"  {fault}", flush=True)  # noqa: T201
            total += found
            ways += kills
    print(f"all: {ways.total()} kills {dict(ways)}\n  {total}")  # noqa: T201
    return 1 if total.faults else 0


if __name__ == "__main__":
    sys.exit(main())
