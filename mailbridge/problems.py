"""A problem is a value: where it is, what is wrong, what to do instead."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a file that a person wrote, or in one mail.

    Problems are collected and shown together, never raised one by one. For a
    mail only `code` and `text` are set; neither ever holds a personal value.
    """

    file: str = ""
    """Path as the user knows it; empty for a mail's problem."""
    line: int = 0
    """From 1; 0 where the problem has no line."""
    column: int = 0
    """From 1; 0 where the problem has no column."""
    key: str = ""
    """Dotted path of the setting or rule key, as `inboxes.0.host`."""
    code: str = ""
    """Stable name in kebab case, as `unknown-key`."""
    text: str = ""
    """What is wrong, in one sentence."""
    remedy: str = ""
    """What to write or do instead; empty where nothing sure can be said."""

    def __str__(self) -> str:
        """`file:line:column: key: text. remedy` as far as each is known."""
        place = ":".join(str(p) for p in (self.file, self.line, self.column) if p)
        said = ": ".join(p for p in (place, self.key, self.text) if p)
        return f"{said} {self.remedy}".strip()
