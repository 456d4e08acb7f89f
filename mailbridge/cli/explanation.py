"""One decision explained: each field, and the text that it came from, highlighted."""

from collections.abc import Mapping

from rich.text import Text

from mailbridge.cli.output import console, say, table
from mailbridge.controls import show_controls
from mailbridge.decision import Decision
from mailbridge.explanation import cut
from mailbridge.recipient import DEFAULT
from mailbridge.rules.inquiry import Found

STYLES = ("black on green", "black on cyan", "black on yellow", "black on magenta", "white on blue")


def explain(decision: Decision) -> None:
    """Show outcome, problems, fields and the highlighted text."""
    say(f"{decision.outcome}" + (f" · {decision.portal}" if decision.portal else ""))
    for problem in decision.problems:
        say(f"  ! {problem}")
    for wanted in decision.wanted:
        if len(decision.wanted) > 1:
            say(f"Part {wanted.part}")
        if wanted.to != DEFAULT:
            say(f"To {wanted.to} ({wanted.to.kind})")
        fields = wanted.inquiry.fields
        show_fields(fields)
        # Of a forwarded mail, the subject that the rules saw is the one inside.
        show_source("subject", (decision.inside or decision.message).subject, fields)
        if decision.reading:
            show_source(decision.reading.part, decision.reading.text, fields)


def show_fields(fields: Mapping[str, Found]) -> None:
    """List the fields: value, where it stands, and the rule's line that found it."""
    rows = [(name, found.value, _place(found), found.pattern) for name, found in fields.items()]
    table(("FIELD", "VALUE", "FROM", "RULE"), rows)


def show_source(source: str, text: str, fields: Mapping[str, Found]) -> None:
    """Print a text with every value that came from it marked.

    On a terminal in colours, with the fields' names behind; in a pipe as `⟦name: value⟧`.
    """
    pieces = list(cut(text, source, fields))
    if not any(piece.field for piece in pieces):
        return
    marked, number = Text(), 0
    for piece in pieces:
        shown = show_controls(piece.text)
        if not piece.field:
            marked.append(shown)
        elif console.is_terminal:
            marked.append(shown, style=STYLES[number % len(STYLES)])
            marked.append(f" ‹{piece.field}›", style="dim")
            number += 1
        else:
            marked.append(f"⟦{piece.field}: {shown}⟧")
    console.print(Text(f"── {source} ──", style="dim"))
    console.print(marked, soft_wrap=True)


def _place(found: Found) -> str:
    if found.span is None:
        return found.source
    return f"{found.source} {found.span[0]}–{found.span[1]}"
