"""What every page works with: settings, the ledger, rules as they are now, a clock, sessions.

The ledger is opened for each request, as `status` and `retry` open it: a page never keeps the
daemon waiting, never sees a file that was replaced, and a ledger made later is found.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock

from mailbridge.app import App
from mailbridge.decider import Case, Decider
from mailbridge.decision import Decision
from mailbridge.errors import BadDocument
from mailbridge.ledger.ledger import Ledger
from mailbridge.problems import Problem
from mailbridge.web.protection import Origins
from mailbridge.web.sessions import Sessions
from mailbridge.workbench.sitting import Sittings


@dataclass
class Desk:
    """One for the server's life. For any thread."""

    app: App
    clock: Callable[[], datetime]
    origins: Origins = field(default_factory=Origins)
    sessions: Sessions = field(default_factory=Sessions)
    cookie: str = "mailbridge"
    """Name of the session's cookie; cookies know no ports, so that two servers need two."""
    tell_link: Callable[[], None] = lambda: None
    """Called when a login link was used, to offer the next."""
    sittings: Sittings = field(default_factory=Sittings)
    """Rules that are being written, with their mails."""
    _decider: Decider | None = None
    _decider_rules: object = None
    _judged: tuple[object, tuple[Problem, ...]] | None = None
    """Rule files as they were, and what was wrong with them: compiling takes its time."""
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def reading(self) -> Iterator[Ledger]:
        """Open the ledger for reading. Raises LedgerMissing where there is none yet."""
        with Ledger.read_only(self.app.ledger_url) as ledger:
            yield ledger

    @contextmanager
    def acting(self) -> Iterator[Ledger]:
        """Open the ledger for what a person does; creates none."""
        Ledger.read_only(self.app.ledger_url).close()
        with Ledger.open(self.app.ledger_url) as ledger:
            yield ledger

    def fresh_app(self) -> App:
        """Give an App that reads the rule files anew when it is asked for portals."""
        return App(settings=self.app.settings, file=self.app.file, rules=self.app.rules)

    def decide(self, raw: bytes, received: datetime, inbox: str) -> Decision:
        """Decide a mail with the rules and the CRM's lists as they are now.

        In a process of its own, but for the lists.

        The decision holds no texts of the message but `reading.text`. Raises BadDocument
        where a rule file is wrong.
        """
        named = next((one for one in self.app.settings.inboxes if one.name == inbox), None)
        policy = self.app.policy(named)
        with self._lock:
            decider = self._current_decider()
            asked = decider.ask([Case(raw, received)], policy)
        return self.app.know_targets(asked.result()[0])

    def problems_of_rules(self) -> tuple[Problem, ...]:
        """Say what is wrong with the rule files as they are now."""
        with self._lock:
            rules = tuple(_stamps(self.fresh_app()))
            if self._judged is None or rules != self._judged[0]:
                try:
                    self.fresh_app().compile_portals()
                    found: tuple[Problem, ...] = ()
                except BadDocument as bad:
                    found = bad.problems
                self._judged = rules, found
            return self._judged[1]

    def close(self) -> None:
        """End what was begun."""
        self.sittings.close()
        with self._lock:
            if self._decider is not None:
                self._decider.close()
                self._decider = None

    def _current_decider(self) -> Decider:
        rules = tuple(_stamps(self.fresh_app()))
        if self._decider is None or rules != self._decider_rules:
            portals = self.fresh_app().portals
            if self._decider is not None:
                self._decider.close()
            self._decider, self._decider_rules = Decider(portals), rules
        return self._decider


def _stamps(app: App) -> Iterator[tuple[Path, int, int]]:
    """Tell rule files apart from what they were: name, size, time of the last change."""
    try:
        for file in app.rule_files():
            if file.is_file():
                stat = file.stat()
                yield file, stat.st_size, stat.st_mtime_ns
    except OSError as error:  # whoever compiles them says so
        yield Path(str(error.filename)), -1, 0
