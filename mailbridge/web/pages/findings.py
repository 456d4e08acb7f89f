"""What the bench found, for the script of its page. Values are cut, places are kept.

What is said of them is in the visitor's language; each text tells where it is not.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from mailbridge.casebook import Difference
from mailbridge.problems import Problem
from mailbridge.web.phrases import say
from mailbridge.web.words import Words
from mailbridge.workbench.bench import VALUE_LENGTH
from mailbridge.workbench.findings import CaseFinding, FieldFound, MailFinding, MailView, Study


def tell_study(study: Study, words: Words) -> dict[str, Any]:
    """Give everything that is said of one text."""
    return {
        "portal": study.portal,
        "problems": tell_problems(study.problems, words),
        "advice": tell_problems(study.advice, words),
        "mails": [_tell_mail(mail, words) for mail in study.mails],
        "cases": [_tell_case(case, words) for case in study.cases],
        "uncovered": tell_problems(study.uncovered, words),
        "slow": tell_problems(study.slow, words),
        "untried": study.untried,
        "unread": {key: _sentence(problem, words) for key, problem in study.unread},
        "savable": study.may_be_saved,
    }


def tell_problems(problems: Iterable[Problem], words: Words) -> list[dict[str, Any]]:
    """Give problems with their lines; the file is the one that is edited."""
    return [
        {
            "line": problem.line,
            "column": problem.column,
            "key": problem.key,
            **_sentence(problem, words),
        }
        for problem in sorted(problems, key=lambda one: (one.line, one.column))
    ]


def tell_view(view: MailView) -> dict[str, Any]:
    """Give a mail to look at; its HTML is fetched by the frame."""
    return {
        "key": view.key,
        "subject": view.subject,
        "sender": view.sender,
        "parts": [{"part": part.part, "text": part.text} for part in view.parts],
        "html": view.html,
        "forwarded": view.forwarded,
    }


def _sentence(problem: Problem, words: Words) -> dict[str, str]:
    """Give text and remedy without the place, and the language where it is not the page's."""
    said = say(words, Problem(text=problem.text, remedy=problem.remedy))
    return {"text": said.text[:1].upper() + said.text[1:], "language": said.language}


def _tell_mail(mail: MailFinding, words: Words) -> dict[str, Any]:
    change = mail.change
    return {
        "key": mail.key,
        "outcome": mail.outcome.value,
        "portal": mail.portal,
        "forwarded": mail.forwarded,
        "was": change.outcome[0].value,
        "kind": change.kind.value,
        "broke": change.broke,
        "changes": [
            {"name": field.name, "before": _cut(field.before), "after": _cut(field.after)}
            for part in change.parts
            for field in part.fields
        ],
        "fields": [_tell_field(field) for field in mail.fields],
        "problems": [_sentence(problem, words) for problem in mail.problems],
    }


def _tell_field(field: FieldFound) -> Mapping[str, Any]:
    _, line, column = field.where.rsplit(":", 2) if field.where.count(":") > 1 else ("", "0", "0")
    return {
        "name": field.name,
        "value": field.value,
        "source": field.source,
        "span": field.span,
        "line": int(line),
        "column": int(column),
        "part": field.part,
    }


def _tell_case(case: CaseFinding, words: Words) -> dict[str, Any]:
    return {
        "name": case.name,
        "saved": case.saved,
        "passed": case.passed,
        "differences": [_tell_difference(one) for one in case.differences],
        "problems": [_sentence(problem, words) for problem in case.problems],
    }


def _tell_difference(difference: Difference) -> dict[str, Any]:
    return {
        "what": difference.what,
        "expected": _cut(difference.expected),
        "found": _cut(difference.found),
    }


def _cut(value: str | None) -> str | None:
    return None if value is None else value[:VALUE_LENGTH]
