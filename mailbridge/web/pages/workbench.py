"""The workbench: choose a rule and mails, then write with the results beside it.

Decides nothing: what is found is the bench's word, what is saved the shelf's. Its script
asks with JSON; what the user can mend is answered in words, with status 409.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import cache
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response

from mailbridge.app import App
from mailbridge.documents.rulefile import FieldName, RuleFile
from mailbridge.documents.shape import json_schema
from mailbridge.errors import LedgerMissing, MailbridgeError
from mailbridge.message.picture import paint
from mailbridge.rules.drafting.draft import Draft, Sureness
from mailbridge.web.pages.findings import tell_study, tell_view
from mailbridge.web.phrases import Said, say, tell_error
from mailbridge.web.protection import MAIL_POLICY
from mailbridge.web.visit import Door, Page, Visit
from mailbridge.web.words import Words, load_words
from mailbridge.workbench.choosing import (
    NEWEST,
    Chosen,
    choose_file,
    choose_from_ledger,
    choose_newest,
    list_review,
)
from mailbridge.workbench.samples import People
from mailbridge.workbench.shelf import Shelf
from mailbridge.workbench.sitting import Sitting

REVIEW = 100
"""Mails for review that are offered."""
UPLOAD = 100_000_000
"""Bytes of mails handed over at once."""
TEXT = 6_000_000
"""Bytes of a rule text in JSON; the text itself may have a million characters."""

ScriptAnswer = Callable[[Visit, Sitting], Any]


def show_start(visit: Visit) -> Response:
    """Offer rules and mails to choose from."""
    try:
        with visit.desk.reading() as ledger:
            review = [mail for mail in list_review(ledger, REVIEW) if mail.emptied is None]
    except LedgerMissing:
        review = []
    return visit.show(
        "workbench_start.html",
        rules=Shelf(visit.desk.fresh_app()).rules(),
        folder=visit.desk.app.rules_folder,
        inboxes=[inbox.name for inbox in visit.desk.app.settings.inboxes],
        review=review,
        chosen=visit.query.get("mail", ""),
        wanted=visit.query.get("rule", ""),
        newest=NEWEST,
    )


def begin(visit: Visit) -> Response:
    """Open a rule with the mails chosen."""
    shelf = Shelf(visit.desk.fresh_app())
    name, new = str(visit.form.get("rule", "")), str(visit.form.get("portal", "")).strip()
    chosen = list(_chosen(visit))
    rule = shelf.open(name) if name else shelf.begin(new.lower())
    sitting = visit.desk.sittings.begin(shelf, rule)
    keys = sitting.take(chosen)
    drafting = "?draft" if keys and not name else ""
    return visit.go(f"/workbench/{sitting.key}{drafting}")


def show_bench(visit: Visit) -> Response:
    """Show the bench; its script does the rest."""
    sitting = visit.desk.sittings.find(str(visit.names["key"]))
    if sitting is None:
        return visit.go("/workbench")
    data = {
        "address": f"/workbench/{sitting.key}",
        "text": sitting.rule.text,
        "portal": sitting.rule.portal,
        "mails": _names(sitting),
        "newCases": list(sitting.new_cases),
        "fields": [field.value for field in FieldName],
        "schema": rule_schema(),
        "words": _bench_words(visit.words),
    }
    return visit.show("workbench.html", sitting=sitting, data=data)


def show_html(visit: Visit) -> Response:
    """Give a mail's HTML for the sandboxed frame, under a policy that forbids nearly all."""
    sitting = visit.desk.sittings.find(str(visit.names["key"]))
    sample = sitting.samples.get(str(visit.names["mail"])) if sitting else None
    painted = paint(sample.raw, sample.policy.limits) if sample else None
    return Response(
        (painted or "").encode("utf-8", "replace"),
        media_type="text/html; charset=utf-8",
        headers={
            "content-security-policy": MAIL_POLICY,
            "x-dns-prefetch-control": "off",
        },
    )


def study(visit: Visit, sitting: Sitting) -> Any:
    """Try a text on everything."""
    found = sitting.study(_text(visit))
    return {"stale": True} if found is None else tell_study(found, visit.words)


def view_mail(visit: Visit, sitting: Sitting) -> Any:
    """Give one mail's texts."""
    found = sitting.view(_word(visit, "mail"), _text(visit))
    return {"view": tell_view(found) if found else None}


def mark(visit: Visit, sitting: Sitting) -> Any:
    """Mend the text so that a field yields what was marked."""
    sent = _sent(visit)
    start, end = sent.get("start"), sent.get("end")
    name, part = sent.get("field"), sent.get("part")
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end):
        raise MailbridgeError("Nothing is marked.")
    if name not in set(FieldName) or part not in {"text", "html", "subject"}:
        raise MailbridgeError("There is no such field, or no such part of a mail.")
    made = sitting.mark(_text(visit), _word(visit, "mail"), part, name, (start, end))
    return _tell_draft(made, visit.words)


def draft(visit: Visit, sitting: Sitting) -> Any:
    """Draft the rule from mails of the bench."""
    keys = _sent(visit).get("mails")
    known = [key for key in keys if key in sitting.samples] if isinstance(keys, list) else []
    if not known:
        raise MailbridgeError("Choose at least one mail of the portal first.")
    return _tell_draft(sitting.draft(known), visit.words)


def add_mails(visit: Visit, sitting: Sitting) -> Any:
    """Take further mails that were handed over."""
    keys = sitting.take(_files(visit, sitting.shelf.app))
    return {"mails": _names(sitting), "added": keys}


def drop_mail(visit: Visit, sitting: Sitting) -> Any:
    """Take a mail off the bench."""
    sitting.drop(_word(visit, "mail"))
    return {"mails": _names(sitting)}


def keep_case(visit: Visit, sitting: Sitting) -> Any:
    """Make a case of a mail; its people are replaced unless they are to be kept."""
    people = People.KEPT if _word(visit, "people") == People.KEPT else People.REPLACED
    sitting.keep_case(_text(visit), _word(visit, "mail"), _word(visit, "name"), people)
    return {"newCases": list(sitting.new_cases)}


def drop_case(visit: Visit, sitting: Sitting) -> Any:
    """Forget a case that is not saved."""
    sitting.drop_case(_word(visit, "name"))
    return {"newCases": list(sitting.new_cases)}


def save(visit: Visit, sitting: Sitting) -> Any:
    """Save the rule and the new cases, if all cases pass."""
    before = sitting.rule
    found = sitting.save(_text(visit))
    if found is None:
        return {"stale": True}
    saved = sitting.rule is not before
    return {"saved": saved, "file": sitting.rule.file, "study": tell_study(found, visit.words)}


@cache
def rule_schema() -> dict[str, Any]:
    """Give the JSON Schema from which the editor completes."""
    return json_schema(RuleFile)


def _scripted(answer: ScriptAnswer) -> Callable[[Visit], Response]:
    def to_script(visit: Visit) -> Response:
        sitting = visit.desk.sittings.find(str(visit.names["key"]))
        if sitting is None:
            gone = Said(visit.words("bench.gone"))
            return visit.give({"trouble": [asdict(gone)]}, 410)
        try:
            return visit.give(answer(visit, sitting))
        except MailbridgeError as error:
            said = [say(visit.words, one) for one in tell_error(error)]
            return visit.give({"trouble": [asdict(one) for one in said]}, 409)

    return to_script


def _chosen(visit: Visit) -> Iterable[Chosen]:
    """Give the mails that the form names."""
    app = visit.desk.app
    yield from _files(visit, app)
    numbers = [
        int(n)
        for n in visit.form.getlist("mail")
        if isinstance(n, str) and n.isdecimal() and len(n) < 16
    ]
    if numbers:
        with visit.desk.reading() as ledger:
            yield from choose_from_ledger(app, ledger, numbers[:REVIEW])
    name, most = str(visit.form.get("inbox", "")), str(visit.form.get("newest", ""))
    if name:
        count = int(most) if most.isdecimal() and len(most) < 5 else NEWEST
        yield from choose_newest(app, name, max(1, count))


def _files(visit: Visit, app: App) -> Iterable[Chosen]:
    for sent in visit.form.getlist("files"):
        if isinstance(sent, UploadFile) and (raw := sent.file.read()):
            yield choose_file(app, sent.filename or "", raw)


def _names(sitting: Sitting) -> list[dict[str, str]]:
    return [{"key": one.key, "name": one.name} for one in sitting.samples.values()]


def _sent(visit: Visit) -> dict[str, Any]:
    try:
        sent = visit.json()
    except ValueError:
        sent = None
    if not isinstance(sent, dict):
        raise MailbridgeError("This is not what the page's script sends.")
    return sent


def _word(visit: Visit, name: str) -> str:
    return str(_sent(visit).get(name, ""))


def _text(visit: Visit) -> str:
    # Half a character, which only a script can send, is none that a file could hold.
    return _word(visit, "text").encode("utf-8", "replace").decode()


def _tell_draft(made: Draft, words: Words) -> dict[str, Any]:
    said = [say(words, note.why) for note in made.notes]
    return {
        "rule": made.rule,
        "notes": [
            {"field": note.field, "sureness": note.sureness.value, "why": asdict(why)}
            for note, why in zip(made.notes, said, strict=True)
        ],
        "unsure": any(note.sureness is Sureness.UNSURE for note in made.notes),
    }


def _bench_words(words: Words) -> dict[str, str]:
    """Give the words that the script needs."""
    return {k: v for k, v in load_words(words.language).items() if k.startswith("bench.")}


_AT = "/workbench/{key}"

PAGE = Page(
    "workbench",
    "/workbench",
    (
        Door("GET", "/workbench", show_start),
        Door("POST", "/workbench", begin, UPLOAD),
        Door("GET", _AT, show_bench),
        Door("GET", f"{_AT}/html/{{mail}}", show_html),
        Door("POST", f"{_AT}/study", _scripted(study), TEXT),
        Door("POST", f"{_AT}/view", _scripted(view_mail), TEXT),
        Door("POST", f"{_AT}/mark", _scripted(mark), TEXT),
        Door("POST", f"{_AT}/draft", _scripted(draft), TEXT),
        Door("POST", f"{_AT}/mails", _scripted(add_mails), UPLOAD),
        Door("POST", f"{_AT}/drop", _scripted(drop_mail)),
        Door("POST", f"{_AT}/case", _scripted(keep_case), TEXT),
        Door("POST", f"{_AT}/uncase", _scripted(drop_case)),
        Door("POST", f"{_AT}/save", _scripted(save), TEXT),
    ),
)
