"""The bench: mails read once, kept, and decided anew under each text of the rule.

It decides with the daemon's own `decide_read` and tries cases with `casebook`. Must not
open files or know of processes and pages; `worker` runs it where it can do no harm.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from traceback import walk_tb
from types import TracebackType
from typing import Literal

from mailbridge.anonymity.anonymiser import Anonymiser, Refused
from mailbridge.casebook import compare_case, exercised_by, with_any_forwarder, without_case
from mailbridge.casebook import expect as expect_of
from mailbridge.changes import compare
from mailbridge.decision import Decision, decide_read
from mailbridge.documents.casefile import CaseFile
from mailbridge.documents.located import parse
from mailbridge.documents.shape import shape
from mailbridge.errors import BadDocument
from mailbridge.message.message import Message, Unreadable
from mailbridge.message.reader import read
from mailbridge.problems import Problem
from mailbridge.rules.advice import advise
from mailbridge.rules.compilation import compile_portal
from mailbridge.rules.completion import unite
from mailbridge.rules.drafting.draft import Draft, Example
from mailbridge.rules.drafting.mending import mark
from mailbridge.rules.drafting.writing import draft
from mailbridge.rules.judgement import Portals, gather
from mailbridge.rules.portal import Pattern, Portal, Way
from mailbridge.targets import with_known_targets
from mailbridge.workbench.expectation import write_case
from mailbridge.workbench.findings import (
    CaseFinding,
    FieldFound,
    MailFinding,
    MailView,
    PartView,
    Study,
)
from mailbridge.workbench.samples import CaseText, Ground, People, Sample

VALUE_LENGTH = 400
"""Characters of a value that are shown in a list."""

SLOW_MAILS = 3
"""Mails on which patterns may run out of time before the others are left untried."""

Part = Literal["text", "html", "subject"]
KeepOn = Callable[[], None]
"""Called between mails; raises where the study is not wanted any more."""


class OverrunError(Exception):
    """Raised into a study, by whoever watches the clock, when its time is over."""


@dataclass(frozen=True, slots=True)
class _Listening(Portals):
    """Notes what was asked: a decision depends on the portals by these answers alone."""

    asked: list[tuple[Message, tuple[Portal, ...]]] = field(default_factory=list)

    def of(self, message: Message) -> tuple[Portal, ...]:
        found = Portals.of(self, message)
        self.asked.append((message, found))
        return found


@dataclass(slots=True)
class _Kept:
    """One mail with its last decisions."""

    sample: Sample
    message: Message
    saved: Decision
    asked: list[tuple[Message, tuple[Portal, ...]]]


@dataclass(slots=True)
class _KeptCase:
    text: CaseText
    message: Message | None
    expected: CaseFile | None
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Tried:
    """How far a study has come."""

    mails: list[MailFinding] = field(default_factory=list)
    cases: list[CaseFinding] = field(default_factory=list)
    exercised: set[str] = field(default_factory=set)
    slow: list[str] = field(default_factory=list)
    """Where patterns ran out of their time, once for each mail."""

    def is_enough(self, decision: Decision) -> bool:
        """Note whether a pattern was too slow; tell whether that was so too often."""
        if decision.slow:
            self.slow.append(decision.slow)
        return len(self.slow) >= SLOW_MAILS


class Bench:
    """Holds what was read, and studies one text after another."""

    def __init__(self, ground: Ground) -> None:
        """Compile the rules around the edited one; mails and cases come one by one."""
        self._ground = ground
        self._saved = self._gather(ground.own)
        self._mails: dict[str, _Kept] = {}
        self._unread: dict[str, Problem] = {}
        self._cases: dict[str, _KeptCase] = {}

    def take(self, sample: Sample) -> None:
        """Read one mail, all of its texts, and decide it by the saved rules."""
        message = read(sample.raw, sample.policy.limits)
        if isinstance(message, Unreadable):
            self._unread[sample.key] = message.problems[0]
            return
        _ = message.html  # the dearest step; here it is done once
        listening = _Listening(self._saved.by_sender, self._saved.all)
        saved = decide_read(message, sample.received, listening, sample.policy)
        self._mails[sample.key] = _Kept(sample, message, saved, listening.asked)

    def take_case(self, case: CaseText) -> None:
        """Read one case; one of the same name is replaced."""
        policy = self._ground.policy
        problems: tuple[Problem, ...] = ()
        expected = None
        try:
            expected = shape(parse(case.expected, case.file or f"{case.name}.yaml"), CaseFile)
        except BadDocument as bad:
            problems = bad.problems
        found = read(case.raw, policy.limits)
        message = found if isinstance(found, Message) else None
        if isinstance(found, Unreadable):
            problems += found.problems
        self._cases[case.name] = _KeptCase(case, message, expected, problems)

    def drop(self, key: str) -> None:
        """Take a mail off the bench."""
        self._mails.pop(key, None)
        self._unread.pop(key, None)

    def drop_case(self, name: str) -> None:
        """Forget a case."""
        self._cases.pop(name, None)

    def study(self, text: str, keep_on: KeepOn = lambda: None) -> Study:
        """Say what a rule text makes of every mail and case."""
        unread = tuple(self._unread.items())
        try:
            edited, portals = self._compile(text)
        except BadDocument as bad:
            return Study(problems=bad.problems, unread=unread)
        tried = _Tried()
        try:
            self._try_all(portals, tried, keep_on)
        except OverrunError as over:
            # A likely one, where none is known for sure: it may just have had its turn.
            tried.slow = tried.slow or _rules_in(over.__traceback__)
        untried = len(self._mails) + len(self._cases) - len(tried.mails) - len(tried.cases)
        return Study(
            portal=edited.name,
            advice=advise(edited),
            mails=tuple(tried.mails),
            cases=tuple(tried.cases),
            uncovered=() if untried else tuple(without_case([edited], tried.exercised)),
            slow=tuple(_slow_problem(where) for where in dict.fromkeys(tried.slow)),
            untried=untried,
            unread=unread,
        )

    def _try_all(self, portals: Portals, tried: _Tried, keep_on: KeepOn) -> None:
        for kept in self._mails.values():
            keep_on()
            decision = self._decide(kept, portals)
            tried.mails.append(self._finding(kept, decision))
            if tried.is_enough(decision):
                return
        for case in self._cases.values():
            keep_on()
            finding, tested = self._try(case, portals)
            tried.cases.append(finding)
            if tested is not None:
                tried.exercised |= exercised_by(tested, portals)
                if tried.is_enough(tested):
                    return

    def view(self, key: str, text: str) -> MailView | None:
        """Give a mail's texts as the edited rule sees them; None where it cannot be read."""
        kept = self._mails.get(key)
        if kept is None:
            return None
        inside, forwarded = self._seen(kept, text)
        bodies = (("text", inside.text), ("html", inside.html))
        parts = [PartView(part=part, text=body.text) for part, body in bodies if body]
        return MailView(
            key=key,
            subject=inside.subject,
            sender=inside.sender.address,
            parts=(*parts, PartView(part="subject", text=inside.subject)),
            html=kept.message.html_source is not None,
            forwarded=forwarded,
        )

    def mark(self, text: str, key: str, part: Part, name: str, span: tuple[int, int]) -> Draft:
        """Let a field yield what a person marked in a mail; the mended rule text."""
        kept = self._known(key)
        inside, _ = self._seen(kept, text)
        portal = self._ground.file.rpartition("/")[2].removesuffix(".yaml") or "new-portal"
        bases = [one for one in self._saved.all if one.file != self._ground.file]
        return mark(text, inside, part, name, *span, portal=portal, bases=bases)

    def draft(self, portal: str, keys: tuple[str, ...]) -> Draft:
        """Draft a rule text from mails of the bench."""
        return draft(portal, [Example(self._known(key).message) for key in keys])

    def make_case(self, text: str, key: str, name: str, people: People) -> CaseText:
        """Make a case of a mail: what the edited rule makes of it is expected.

        Decided as cases are: whoever forwarded it, without the time of its arrival, and not
        held against the CRM's lists. Raises BadDocument, also where the people cannot be
        replaced so that the rules find the same.
        """
        _, portals = self._compile(text)
        kept = self._known(key)
        policy = with_any_forwarder(self._ground.policy)
        raw, message = kept.sample.raw, kept.message
        if people is People.REPLACED:
            made = Anonymiser(portals).anonymise(raw, None, policy)
            if isinstance(made, Refused):
                raise BadDocument([_not_anonymised(made.reason)])
            found = read(made.raw, policy.limits)
            if not isinstance(found, Message):
                raise BadDocument([_not_anonymised("It could not be read any more.")])
            raw, message = made.raw, found
        expected = expect_of(decide_read(message, None, portals, policy))
        return CaseText(name=name, raw=raw, expected=write_case(expected))

    def _known(self, key: str) -> _Kept:
        """Give a mail. Raises BadDocument where it is not on the bench, or cannot be read."""
        if key not in self._mails:
            text = "This mail is not on the bench, or cannot be read."
            raise BadDocument([self._unread.get(key) or Problem(code="no-mail", text=text)])
        return self._mails[key]

    def _seen(self, kept: _Kept, text: str) -> tuple[Message, bool]:
        """Give the mail that the rule sees, and whether it was forwarded in another."""
        try:
            _, portals = self._compile(text)
            decision = self._decide(kept, portals)
        except BadDocument:
            decision = kept.saved
        return decision.inside or kept.message, decision.inside is not None

    def _finding(self, kept: _Kept, decided: Decision) -> MailFinding:
        decision = self._know_targets(decided)
        before = decision if decided is kept.saved else self._know_targets(kept.saved)
        return MailFinding(
            key=kept.sample.key,
            outcome=decision.outcome,
            portal=decision.portal,
            fields=tuple(_fields(decision)),
            problems=decision.problems,
            change=compare(before, decision),
            forwarded=decision.inside is not None,
        )

    def _know_targets(self, decision: Decision) -> Decision:
        return with_known_targets(decision, self._ground.catalogue, self._ground.unknown)

    def _decide(self, kept: _Kept, portals: Portals) -> Decision:
        same = all(_identical(portals.of(message), found) for message, found in kept.asked)
        if same:
            return kept.saved
        sample = kept.sample
        return decide_read(kept.message, sample.received, portals, sample.policy)

    def _try(self, case: _KeptCase, portals: Portals) -> tuple[CaseFinding, Decision | None]:
        finding = CaseFinding(
            name=case.text.name, differences=(), problems=case.problems, saved=bool(case.text.file)
        )
        if case.message is None or case.expected is None:
            return finding, None
        policy = with_any_forwarder(self._ground.policy)
        decision = decide_read(case.message, None, portals, policy)
        differences = compare_case(case.expected, decision, portals)
        return replace(finding, differences=differences), decision

    def _compile(self, text: str) -> tuple[Portal, Portals]:
        """Compile the edited text among the other rules. Raises BadDocument."""
        ground = self._ground
        edited = compile_portal(parse(text, ground.file), ground.seconds)
        others = tuple(portal for portal in ground.own if portal.file != ground.file)
        portals = self._gather((*others, edited), self._saved.all)
        return next((p for p in portals.all if p.file == ground.file), edited), portals

    def _gather(self, own: tuple[Portal, ...], known: tuple[Portal, ...] = ()) -> Portals:
        """Put the rules over each other; a portal that did not change stays the same object."""
        united = self._ground.shipped
        for layer in (own, *self._ground.further):
            united = unite(united, layer)
        before: Mapping[str, Portal] = {portal.name: portal for portal in known}
        return gather(
            before[portal.name] if before.get(portal.name) == portal else portal
            for portal in gather(united).all
        )


def _identical(one: tuple[Portal, ...], other: tuple[Portal, ...]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def _fields(decision: Decision) -> Iterator[FieldFound]:
    for wanted in decision.wanted:
        for name, found in wanted.inquiry.fields.items():
            yield FieldFound(
                name=name,
                value=found.value[:VALUE_LENGTH],
                source=found.source,
                span=found.span,
                where=found.pattern,
                part=wanted.part,
            )


def _rules_in(trace: TracebackType | None) -> list[str]:
    """Name the rule at which the time was over: the innermost that the code was at."""
    held = (frame.f_locals.get(name) for frame, _ in walk_tb(trace) for name in ("way", "pattern"))
    return [rule.where for rule in held if isinstance(rule, Way | Pattern) and rule.where][-1:]


def _not_anonymised(reason: str) -> Problem:
    return Problem(
        code="not-anonymised",
        text=f"No case was made: the people in this mail could not be replaced. {reason}",
        remedy="Choose another mail, or keep it with its people and treat the file accordingly.",
    )


def _slow_problem(where: str) -> Problem:
    file, line, column = where.rsplit(":", 2)
    return Problem(
        file,
        int(line),
        int(column),
        code="pattern-timeout",
        text="this pattern ran out of its time.",
        remedy="Let no repetition stand in a repetition, or name what may stand there.",
    )
