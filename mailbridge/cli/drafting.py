"""`rules draft`: from example mails to a rule file with its first cases."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from re import fullmatch, sub

import typer

from mailbridge.app import App
from mailbridge.casebook import exercised_by, run_case, without_case
from mailbridge.cli.output import complain, console, heading, say, table
from mailbridge.decision import Decision, Policy, decide
from mailbridge.documents.casefile import CaseFile, ExpectedLead
from mailbridge.documents.located import parse
from mailbridge.documents.notation import write_case
from mailbridge.documents.rulefile import PORTAL_NAME, FieldName
from mailbridge.errors import MailbridgeError
from mailbridge.inbox.files import FileMail, mails_in
from mailbridge.message.forwarded import unwrap_all
from mailbridge.message.message import Message
from mailbridge.message.reader import read
from mailbridge.outcomes import Outcome
from mailbridge.rules.compilation import compile_portal, unite
from mailbridge.rules.drafting.draft import Draft, Example, Note, Sureness
from mailbridge.rules.drafting.writing import draft
from mailbridge.rules.forwarding import ANYONE
from mailbridge.rules.judgement import Portals, gather

MOST_MAILS = 50
"""More examples than this say nothing more, and take long."""
_FORWARDED = r"(?i)\s*(?:tr|wg|fwd?|i|rv|enc|doorst|pd)\s*:.*"
_ASKED = ("sender_email", "sender_number", "sender_message", "property_reference")
_NAMES = ("sender_name", "sender_firstname", "sender_lastname")


@dataclass(frozen=True, slots=True)
class Case:
    """A case to be written beside the rule file."""

    name: str
    raw: bytes
    expected: CaseFile
    wrong: tuple[str, ...]
    """What differs between what a person gave and what the rule finds."""


def draft_rule(
    config: Path | None, mails: Sequence[Path], portal: str, out: Path, fields: Sequence[str]
) -> int:
    """Write the rule file and its cases; exit code 1 where a given value is not found."""
    given = _read_fields(fields)
    _ensure_writable(portal, out)
    app = App.load(config, secrets=False)
    policy = replace(app.policy(), forwarders=ANYONE)
    files = [mail for path in mails for mail in mails_in(path, policy.limits.mail_size)]
    if len(files) > MOST_MAILS:
        raise MailbridgeError(f"{len(files)} mails are there; name {MOST_MAILS} at most.")
    examples = [open_mail(mail, policy) for mail in files]
    made, given = _draft(portal, examples, given)
    if not any(
        note.field.startswith(("sender_", "property_")) and _is_kept(note) for note in made.notes
    ):
        _tell(made.notes)
        raise MailbridgeError(
            "Nothing of an inquiry was recognised, and nothing is written. Say what stands in the "
            "first mail: --field sender_email=… --field sender_name=…"
        )
    portals = _in_use(app, made.rule, out)
    cases = [
        _make_case(name, mail.raw, portal, portals, policy, given if not number else {})
        for number, (name, mail) in enumerate(zip(_case_names(files), files, strict=True))
    ]
    _write(out, made.rule, portal, cases)
    _tell(made.notes)
    return _tell_written(out, portal, cases, portals, policy)


def _read_fields(written: Sequence[str]) -> dict[str, str]:
    known = [name.value for name in FieldName]
    given = {}
    for one in written:
        name, sign, value = one.partition("=")
        if not sign or name not in known:
            raise typer.BadParameter(
                f"'{one}': write name=value, the name one of {', '.join(known)}.",
                param_hint="--field",
            )
        given[name] = value
    return given


def _ensure_writable(portal: str, out: Path) -> None:
    if not fullmatch(PORTAL_NAME, portal):
        raise typer.BadParameter(
            "the site's name in small letters, digits, dots and dashes, as homegate.ch.",
            param_hint="--portal",
        )
    if out.suffix not in {".yaml", ".yml"}:
        raise typer.BadParameter("a file that ends with .yaml.", param_hint="--out")
    for path in (out, out.parent / portal):
        if path.exists():
            raise MailbridgeError(
                f"{path} is there already, and nothing is overwritten. Name another --out, or "
                "move it away."
            )


def open_mail(mail: FileMail, policy: Policy) -> Message:
    """Read a mail; of a forwarded one what was forwarded."""
    if mail.fault:
        raise MailbridgeError(f"{mail.source}: {mail.fault}")
    message = read(mail.raw, policy.limits)
    if not isinstance(message, Message):
        raise MailbridgeError(f"{mail.source}: {message.problems[0]}")
    attached = not (message.text or message.html_source)
    if attached or fullmatch(_FORWARDED, message.subject):
        for forward in unwrap_all(message, policy.limits):
            if forward.inner.text or forward.inner.html_source:
                message = forward.inner
    return message


def _draft(
    portal: str, examples: Sequence[Message], given: dict[str, str]
) -> tuple[Draft, dict[str, str]]:
    made = draft(portal, _examples(examples, given))
    if not sys.stdin.isatty():
        return made, given
    asked = given | _ask(made.notes, given)
    return (draft(portal, _examples(examples, asked)) if asked != given else made), asked


def _examples(messages: Sequence[Message], given: Mapping[str, str]) -> list[Example]:
    return [
        Example(message, given if not number else {}) for number, message in enumerate(messages)
    ]


def _ask(notes: Sequence[Note], given: Mapping[str, str]) -> dict[str, str]:
    """Ask for what is not sure; Enter keeps what was found."""
    found = {note.field: note for note in reversed(notes)}
    named = next((name for name in _NAMES if name in found and _is_kept(found[name])), None)
    answers = {}
    for name in (*(() if named else ("sender_name",)), *_ASKED):
        note = found.get(name)
        if name in given or (note and note.sureness in {Sureness.SURE, Sureness.GIVEN}):
            continue
        value = note.value if note else ""
        first_line, _, more = value.partition("\n")
        shown = f" [{first_line}{' …' if more else ''}]" if first_line else ""
        say(f"{name}: {note.why if note else 'not found.'}")
        answer = console.input(f"  What does the first mail say?{shown} ", markup=False).strip()
        if answer:
            answers[name] = answer
    return answers


def _is_kept(note: Note) -> bool:
    return note.sureness in {Sureness.GIVEN, Sureness.SURE, Sureness.LIKELY}


def _in_use(app: App, rule: str, out: Path) -> Portals:
    seconds = app.settings.limits.pattern_time.total_seconds()
    drafted = compile_portal(parse(rule, str(out)), seconds)
    return gather(unite(app.portals.all, [drafted]))


def _case_names(files: Sequence[FileMail]) -> Iterator[str]:
    seen: set[str] = set()
    for number, mail in enumerate(files, start=1):
        stem = sub(r"[^a-z0-9]+", "-", Path(mail.source).stem.lower()).strip("-")[:60]
        name = stem or f"mail-{number}"
        name = f"{name}-{number}" if name in seen else name
        seen.add(name)
        yield name


def _make_case(
    name: str,
    raw: bytes,
    portal: str,
    portals: Portals,
    policy: Policy,
    given: Mapping[str, str],
) -> Case:
    """Expect what a person said, and of the rest what the rule finds."""
    decision = decide(raw, None, portals, policy)
    found = _lead_of(decision)
    wrong = []
    for field, value in given.items():
        if field in ExpectedLead.model_fields and not _same(field, value, found.get(field, "")):
            wrong.append(f"{field}: given {value!r}, found {found.get(field) or 'nothing'!r}")
            found[field] = value
    inquired = decision.outcome in {Outcome.LEAD, Outcome.INCOMPLETE}
    expected = CaseFile(
        about="Drafted from this mail",
        portal=portal,
        outcome=decision.outcome if inquired else Outcome.LEAD,
        lead=ExpectedLead(**{key: value or None for key, value in found.items()}),
    )
    _, differences = run_case(expected, raw, portals, policy)
    told = [str(one) for one in differences if not any(one.what in w for w in wrong)]
    return Case(name, raw, expected, (*wrong, *told))


def _lead_of(decision: Decision) -> dict[str, str]:
    if not decision.wanted:
        return {}
    wanted = decision.wanted[0]
    values = {
        name: str(getattr(wanted.prepared.lead, name))
        for name in ExpectedLead.model_fields
        if name != "sender_message"
    }
    message = wanted.inquiry.fields.get("sender_message")
    return values | {"sender_message": message.value.strip() if message else ""}


def _same(field: str, given: str, found: str) -> bool:
    if field == "sender_number":
        digits = [sub(r"\D", "", one)[-8:] for one in (given, found)]
        return digits[0] == digits[1]
    return " ".join(given.split()).casefold() == " ".join(found.split()).casefold()


def _write(out: Path, rule: str, portal: str, cases: Sequence[Case]) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(rule, "utf-8")
        folder = out.parent / portal
        folder.mkdir()
        for case in cases:
            (folder / f"{case.name}.eml").write_bytes(case.raw)
            (folder / f"{case.name}.yaml").write_text(write_case(case.expected), "utf-8")
    except OSError as error:
        name = error.filename or out
        raise MailbridgeError(f"{name}: cannot be written: {error.strerror}.") from None


def _tell(notes: Sequence[Note]) -> None:
    heading("What was drafted")
    rows = [(note.field, note.sureness.value, _short(note.value), note.why) for note in notes]
    table(("FIELD", "SURE", "FOUND IN THE FIRST MAIL", "WHY"), rows)


def _short(value: str) -> str:
    line = " ".join(value.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


_SHOWN = 40


def _tell_written(
    out: Path, portal: str, cases: Sequence[Case], portals: Portals, policy: Policy
) -> int:
    exercised: set[str] = set()
    for case in cases:
        decision, _ = run_case(case.expected, case.raw, portals, policy)
        exercised |= exercised_by(decision, portals)
        for wrong in case.wrong:
            complain(f"{case.name}: {wrong}")
    drafted = [one for one in portals.all if one.file == str(out)]
    missing = list(without_case(drafted, exercised))
    for problem in missing:
        complain(str(problem))
    say()
    say(f"Written: {out} and {len(cases)} cases in {out.parent / portal}.")
    say("The cases hold the mails as they are: replace names and numbers before you share them.")
    say(f"Next: mailbridge rules test {out} · mailbridge dry-run --rules {out} ANOTHER.eml")
    return 1 if missing or any(case.wrong for case in cases) else 0
