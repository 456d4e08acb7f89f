"""One sitting at the bench: a rule that is open, the mails chosen for it, cases still to be saved.

Kept in memory until its place is needed or the server ends. Must not know of pages.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

from mailbridge.documents.rulefile import FieldName
from mailbridge.errors import BadDocument, MailbridgeError
from mailbridge.problems import Problem
from mailbridge.rules.drafting.draft import Draft
from mailbridge.workbench.bench import Part
from mailbridge.workbench.choosing import Chosen
from mailbridge.workbench.findings import MailView, Study
from mailbridge.workbench.samples import CaseText, People, Sample
from mailbridge.workbench.shelf import CASE_NAME, RuleText, Shelf
from mailbridge.workbench.worker import Worker

MAILS = 500
"""Mails on one bench."""
OCTETS = 200_000_000
"""Of all mails on one bench."""
SITTINGS = 4
"""At once; each has a process of its own, and the one unused longest makes room."""


@dataclass
class Sitting:
    """One rule being written. For any thread."""

    shelf: Shelf
    rule: RuleText
    key: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    samples: dict[str, Sample] = field(default_factory=dict)
    new_cases: dict[str, CaseText] = field(default_factory=dict)
    _taken: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        """Start the process; what it needs is brought over with the first question."""
        self.worker = Worker(self.shelf.ground(self.rule))
        for case in self.shelf.cases(self.rule):
            self.worker.take_case(case)

    def take(self, chosen: Iterable[Chosen]) -> list[str]:
        """Put mails on the bench; give their keys. Raises MailbridgeError where it is full."""
        keys = []
        for one in chosen:
            with self._lock:
                octets = sum(len(sample.raw) for sample in self.samples.values())
                if len(self.samples) >= MAILS or octets + len(one.raw) > OCTETS:
                    raise MailbridgeError(
                        f"No more than {MAILS} mails, of {OCTETS // 1_000_000} MB together, "
                        "lie on a bench. Take some off."
                    )
                self._taken += 1
                sample = Sample(
                    key=f"m{self._taken}",
                    name=one.name,
                    raw=one.raw,
                    policy=one.policy,
                    received=one.received,
                )
                self.samples[sample.key] = sample
            self.worker.take(sample)
            keys.append(sample.key)
        return keys

    def drop(self, key: str) -> None:
        """Take a mail off."""
        with self._lock:
            self.samples.pop(key, None)
        self.worker.drop(key)

    def study(self, text: str) -> Study | None:
        """Try a text on everything; None where a newer one came meanwhile."""
        return self.worker.study(text)

    def view(self, key: str, text: str) -> MailView | None:
        """Give a mail's texts. Raises MailbridgeError."""
        return self.worker.view(key, text)

    def mark(self, text: str, key: str, part: Part, name: str, span: tuple[int, int]) -> Draft:
        """Let a field yield what was marked. Raises MailbridgeError."""
        return self.worker.mark(text, key, part, FieldName(name).value, span)

    def draft(self, keys: Iterable[str]) -> Draft:
        """Draft the rule from mails. Raises MailbridgeError."""
        return self.worker.draft(self.rule.portal, tuple(keys))

    def keep_case(self, text: str, key: str, name: str, people: People) -> None:
        """Make a case of a mail: what is found in it now is expected from now on.

        Raises MailbridgeError.
        """
        if not CASE_NAME.fullmatch(name):
            raise MailbridgeError(
                f"{name!r} is no name for a case. Write small letters, digits and -, as no-phone."
            )
        if name in {case.name for case in self.shelf.cases(self.rule)}:
            raise MailbridgeError(f"There is a case {name} already. Choose another name.")
        if key not in self.samples:
            raise MailbridgeError("This mail is not on the bench any more.")
        case = self.worker.make_case(text, key, name, people)
        self.new_cases[name] = case
        self.worker.take_case(case)

    def drop_case(self, name: str) -> None:
        """Forget a case that is not saved yet."""
        if self.new_cases.pop(name, None):
            self.worker.drop_case(name)

    def save(self, text: str) -> Study | None:
        """Try the text once more and save it if all is well: `study.may_be_saved` says so.

        None where a newer text came meanwhile. Raises MailbridgeError where a rule has no case
        (unless that was so before), or where it cannot be written.
        """
        before = self.worker.study(self.rule.text)
        study = self.worker.study(text)
        if before is None or study is None or not study.may_be_saved:
            return study
        idle = {(problem.key, problem.text) for problem in before.uncovered}
        new = [one for one in study.uncovered if (one.key, one.text) not in idle]
        # Of a broken rule nobody knows what it had: that it works again comes first.
        if new and not (self.rule.broken and before.problems):
            first = Problem(text="Nothing was saved; `rules test` would complain:")
            raise BadDocument([first, *new])
        cases = tuple(self.new_cases.values())
        with self._lock:
            self.rule = self.shelf.save(self.rule, study.portal, text, cases)
            self.new_cases.clear()
        self._begin_anew()
        return self.worker.study(text)

    def close(self) -> None:
        """End it."""
        self.worker.close()

    def _begin_anew(self) -> None:
        """Compare with what is saved now."""
        old, self.worker = self.worker, Worker(self.shelf.ground(self.rule))
        old.close()
        for case in self.shelf.cases(self.rule):
            self.worker.take_case(case)
        for sample in self.samples.values():
            self.worker.take(sample)


@dataclass
class Sittings:
    """All sittings of one server. For any thread."""

    _open: dict[str, Sitting] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def begin(self, shelf: Shelf, rule: RuleText) -> Sitting:
        """Begin one. Raises MailbridgeError."""
        sitting = Sitting(shelf, rule)
        with self._lock:
            while len(self._open) >= SITTINGS:
                oldest = next(iter(self._open))
                self._open.pop(oldest).close()
            self._open[sitting.key] = sitting
        return sitting

    def find(self, key: str) -> Sitting | None:
        """Give one, which is used by that; None where it made room or never was."""
        with self._lock:
            sitting = self._open.pop(key, None)
            if sitting is not None:
                self._open[key] = sitting
            return sitting

    def close(self) -> None:
        """End all."""
        with self._lock:
            for sitting in self._open.values():
                sitting.close()
            self._open.clear()
