"""`retry`, `resolve`, `forget`: what a person does about mails."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from mailbridge.app import App
from mailbridge.cli.output import complain, heading, progress, say, table
from mailbridge.dispatch import now
from mailbridge.erasure import batches, find_mails, may_be_sent
from mailbridge.errors import MailbridgeError
from mailbridge.leads.person import Person, find_person
from mailbridge.ledger.answers import (
    AlreadyResolved,
    DecidedAnew,
    NotResolved,
    NotRetried,
    Requeued,
    Resolved,
    Retried,
)
from mailbridge.ledger.ledger import Ledger
from mailbridge.ledger.records import MailRecord, Word
from mailbridge.outcomes import Outcome


def _open(app: App) -> Ledger:
    Ledger.read_only(app.ledger_url).close()  # looking for a mail creates no ledger
    return Ledger.open(app.ledger_url)


def retry_mails(config: Path | None, numbers: Sequence[int], outcome: Outcome | None) -> int:
    """Queue again or have decided anew; exit code 1 where one could not be."""
    app = App.load(config, secrets=False)
    with _open(app) as ledger:
        chosen = list(numbers)
        if outcome is not None:
            chosen += ledger.to_retry(outcome)
        chosen = list(dict.fromkeys(chosen))
        answers = [ledger.retry(number, now()) for number in progress(chosen, "Asking")]
    for answer in answers:
        _tell_retried(answer)
    if not chosen:
        say("Nothing to retry.")
    return 1 if any(isinstance(answer, NotRetried) for answer in answers) else 0


def _tell_retried(answer: Retried) -> None:
    match answer:
        case Requeued(leads=leads):
            say(f"{answer.mail}: queued again, {_count(len(leads), 'lead')}.")
        case DecidedAnew():
            say(
                f"{answer.mail}: will be read and decided anew: at once by the running daemon, "
                "else by the next run."
            )
        case NotRetried(reason=reason):
            complain(f"{answer.mail}: {reason}")


def resolve_mails(config: Path | None, numbers: Sequence[int], word: Word) -> int:
    """Record what a person says of mails; exit code 1 where that made no sense."""
    app = App.load(config, secrets=False)
    refused = 0
    with _open(app) as ledger:
        for number in dict.fromkeys(numbers):
            match ledger.resolve(number, word, now()):
                case Resolved() as answer:
                    say(f"{number}: {_tell_resolved(answer, word)}")
                case AlreadyResolved(said=said):
                    say(f"{number}: {said}")
                case NotResolved(reason=reason):
                    refused += 1
                    complain(f"{number}: {reason}")
    return 1 if refused else 0


def _tell_resolved(answer: Resolved, word: Word) -> str:
    told = []
    if answer.queued:
        told.append(f"{_count(len(answer.queued), 'lead')} will be sent again now.")
    if answer.closed or not answer.queued:
        told.append("closed as sent by hand." if word is Word.SENT else "closed: needs no lead.")
    if answer.outcome.for_review:
        told.append(f"Another part of the mail is {answer.outcome}, and for review still.")
    return " ".join(told)


def forget(config: Path | None, email: str, phone: str, *, sure: bool) -> int:
    """Erase what is past its time, or all of one person's; exit code 1 where something stays."""
    app = App.load(config, secrets=False)
    if not email and not phone:
        return _forget_old(app)
    person = find_person(email, phone, app.settings.leads.default_region)
    if person is None:
        raise MailbridgeError(
            "This is no e-mail address or no phone number. Write --email name@example.org or "
            "--phone +41790000000."
        )
    return _forget_person(app, person, sure=sure)


def _forget_old(app: App) -> int:
    with _open(app) as ledger:
        expired = app.retention.expired(ledger, now())
        for some in progress(list(batches(expired)), "Erasing"):
            ledger.expire(some, now())
        clean = ledger.scrub()
    say(f"{_count(len(expired), 'mail')} past their time: contents erased, counts kept.")
    return _tell_what_stays(app, clean=clean)


def _forget_person(app: App, person: Person, *, sure: bool) -> int:
    limits = app.policy().limits

    def searching(numbers: Sequence[int]) -> Iterable[int]:
        return progress(numbers, "Searching")

    with _open(app) as ledger:
        found = find_mails(ledger, person, limits, searching)
        waiting = [mail for mail in found if may_be_sent(mail)]
        free = [mail for mail in found if not may_be_sent(mail)]
        _show_found(free, waiting)
        if free and not (sure or _asked(len(free))):
            complain(
                "Nothing was erased. Add --yes to erase."
                if not sys.stdin.isatty()
                else "Nothing was erased."
            )
            return 1
        erased = 0
        for some in progress(list(batches([mail.id for mail in free])), "Erasing"):
            erased += len(ledger.forget(some, now()))
        clean = ledger.scrub()
    say(f"{_count(erased, 'mail')} emptied.")
    stays = _tell_what_stays(app, clean=clean)
    return 1 if waiting or erased < len(free) else stays


def _show_found(free: Sequence[MailRecord], waiting: Sequence[MailRecord]) -> None:
    if not free and not waiting:
        say("The ledger holds nothing of this person.")
    if free:
        heading(f"{_count(len(free), 'mail')} to be emptied")
        _list(free)
    if open_ones := sum(mail.outcome.for_review for mail in free):
        say(f"{open_ones} of them for review: they stay so, without contents. Close them then.")
    if waiting:
        heading(f"{_count(len(waiting), 'mail')} whose lead may still be sent: not emptied")
        _list(waiting)
        say(
            "Wait until they are sent, or close them (`mailbridge resolve ID --sent`), "
            "and repeat the command."
        )


def _list(mails: Sequence[MailRecord]) -> None:
    table(
        ("ID", "RECEIVED", "OUTCOME", "PORTAL", "INBOX"),
        [(m.id, m.received, m.outcome, m.portal, m.place.inbox) for m in mails],
    )


def _asked(count: int) -> bool:
    if not sys.stdin.isatty():
        return False
    say()
    try:
        answer = input(f"Erase the contents of {_count(count, 'mail')} for good? [y/N] ")
    except EOFError:
        return False
    return answer.strip().lower() in {"y", "yes"}


def _tell_what_stays(app: App, *, clean: bool) -> int:
    say(
        "Not touched: the mails in your mailbox, the leads in the CRM, copies of the ledger. "
        "They are yours to clean."
    )
    if app.ledger_url.startswith("postgresql"):
        say("PostgreSQL keeps erased rows until VACUUM: see docs/privacy.md.")
    if not clean:
        complain(
            "Another program reads the ledger, so its journal could not be cut: it may hold what "
            "was erased. Repeat the command when that program has ended."
        )
        return 1
    return 0


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
