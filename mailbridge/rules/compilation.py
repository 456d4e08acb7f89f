"""Rule files to portals: patterns compiled, words checked, every problem told at once.

Must not open files: it is handed parsed documents.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

import regex

from mailbridge.documents.located import Document
from mailbridge.documents.rulefile import Conditions, FieldName, FieldShape, RuleFile, SectionShape
from mailbridge.documents.shape import shape
from mailbridge.errors import BadDocument
from mailbridge.problems import Problem
from mailbridge.rules.portal import Condition, Pattern, Portal, Section, Sender, Way, fold

PATTERN_SECONDS = 0.2
"""How long one pattern may run over one text, unless the settings say otherwise."""

_SOURCES = ("subject", "from", "reply_to", "link")
_SENDER = regex.compile(r"(?:[^\s@<>,;]+)?@[^\s@<>,;]+\.[^\s@<>,;]+")
_BLANKS = r"[^\S\n\t]*"

Path = tuple[str | int, ...]


def compile_portal(document: Document, seconds: float = PATTERN_SECONDS) -> Portal:
    """Turn one rule file into a portal. Raises BadDocument with every problem of the file."""
    rules = shape(document, RuleFile)
    compiler = _Compiler(document, rules, seconds)
    portal = compiler.portal()
    if compiler.problems:
        raise BadDocument(compiler.problems)
    return portal


def unite(shipped: Sequence[Portal], own: Sequence[Portal]) -> tuple[Portal, ...]:
    """Put the user's portals over the shipped ones: where a name is in both, the user's wins.

    Raises BadDocument where two files of one side have the same name.
    """
    problems = [
        Problem(
            file=portal.file,
            key="portal",
            code="same-portal",
            text=f"the portal {portal.name} stands in {first.file} too.",
            remedy="Rename one of them, or delete it.",
        )
        for side in (shipped, own)
        for first, portal in _twins(side)
    ]
    if problems:
        raise BadDocument(problems)
    united = {portal.name: portal for portal in (*shipped, *own)}
    return tuple(united[name] for name in sorted(united))


def _twins(portals: Sequence[Portal]) -> Iterable[tuple[Portal, Portal]]:
    first: dict[str, Portal] = {}
    for portal in portals:
        if portal.name in first:
            yield first[portal.name], portal
        else:
            first[portal.name] = portal


@dataclass(slots=True)
class _Compiler:
    """Walks one rule file and collects what is wrong with it."""

    document: Document
    rules: RuleFile
    seconds: float
    problems: list[Problem] = field(default_factory=list)

    def portal(self) -> Portal:
        rules = self.rules
        fields = {
            name.value: tuple(
                self.way(
                    way, ("fields", name.value, i) if len(ways) > 1 else ("fields", name.value)
                )
                for i, way in enumerate(ways)
            )
            for name, ways in rules.fields.items()
        }
        self.check_require()
        family_first = any(
            w.clean == "family_first" for ways in rules.fields.values() for w in ways
        )
        return Portal(
            name=rules.portal,
            evidence=rules.evidence.value,
            about=rules.about,
            region=rules.region,
            match=self.condition(rules.match, ("match",)),
            authenticated=rules.match.authenticated == "required",
            ignore=tuple(self.condition(c, ("ignore", i)) for i, c in enumerate(rules.ignore)),
            part=rules.part,
            sections=tuple(self.section(n, s) for n, s in rules.sections.items()),
            fields=fields,
            labels=self.any_label(),
            require=rules.require,
            name_order="family_first" if family_first else "given_first",
            file=self.document.file,
        )

    def condition(self, shape: Conditions, path: Path) -> Condition:
        for i, written in enumerate(shape.from_ or ()):
            if not _SENDER.fullmatch(written):
                self.complain(
                    (*path, "from", i),
                    "bad-sender",
                    f"'{written}' is no address and no @domain.",
                    "Write inquiries@portal.example or @portal.example.",
                )
        if not (shape.from_ or shape.subject or shape.body):
            self.complain(
                path,
                "empty-condition",
                "this holds for every mail of the portal.",
                "Give at least one of from, subject, body.",
            )
        return Condition(
            senders=tuple(Sender(written) for written in shape.from_ or ()),
            subject=self.patterns(shape.subject, (*path, "subject")),
            body=self.patterns(shape.body, (*path, "body")),
            where=self.where(path),
        )

    def section(self, name: str, shape: SectionShape) -> Section:
        if name in _SOURCES:
            self.complain(
                ("sections", name),
                "reserved-name",
                f"'{name}' is the name of a source, so no section can have it.",
                f"Call it {name}_lines, for example.",
            )
        return Section(
            name=name,
            start=self.patterns(shape.start, ("sections", name, "start")),
            end=self.patterns(shape.end, ("sections", name, "end")),
            free_text=shape.free_text,
        )

    def way(self, shape: FieldShape, path: Path) -> Way:
        source = shape.in_ or ""
        self.check_source(source, path)
        self.check_words(shape, path)
        if shape.label:
            label_path = (*path, "label")
        patterns = self.patterns(shape.pattern, (*path, "pattern"), groups=1)
        return Way(
            source=source.lower() if source.startswith("header:") else source,
            label=self.label(shape.label, label_path) if shape.label else None,
            patterns=patterns,
            take=shape.take or "",
            clean=shape.clean or "",
            where=self.where(path),
        )

    def check_source(self, source: str, path: Path) -> None:
        known = (*self.rules.sections, *_SOURCES)
        if not source or source in known or source.startswith("header:"):
            return
        near = get_close_matches(source, known, 1)
        self.complain(
            (*path, "in"),
            "unknown-section",
            f"there is no section '{source}'.",
            f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}, header:NAME.",
        )

    def check_words(self, shape: FieldShape, path: Path) -> None:
        source = shape.in_ or ""
        in_text = not source or source in self.rules.sections
        said = [w for w in (shape.label, shape.pattern, shape.take) if w]
        if not said and source not in {"from", "reply_to"}:
            self.complain(
                path,
                "no-way",
                "this does not say how the value is found.",
                "Give label:, pattern: or, for a whole section, take: section.",
            )
        if shape.label and not in_text:
            self.complain(
                path,
                "label-outside-text",
                f"a label is looked for in the text, not in '{source}'.",
                "Use pattern: here.",
            )
        if shape.take == "section" and source not in self.rules.sections:
            self.complain(
                path,
                "take-without-section",
                "take: section needs the section's name.",
                "Write in: and the name of one of the sections.",
            )
        if shape.take in {"address", "name"} and source not in {"from", "reply_to"}:
            self.complain(
                path,
                "take-without-address",
                f"take: {shape.take} is for from and reply_to.",
                "Write in: from or in: reply_to, or leave take out.",
            )
        free = self.rules.sections.get(source)
        if free and free.free_text and path[1] != FieldName.SENDER_MESSAGE:
            self.complain(
                path,
                "value-from-free-text",
                f"'{source}' is what the visitor wrote; only sender_message is read from it.",
                "Read this value from another section.",
            )

    def check_require(self) -> None:
        names = [n.value for n in self.rules.fields]
        for i, inner in enumerate(self.rules.require):
            for name in inner:
                if name not in names:
                    near = get_close_matches(name, names, 1)
                    self.complain(
                        ("require", i),
                        "unknown-field",
                        f"no field '{name}' is defined.",
                        f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names)}.",
                    )

    def patterns(
        self, written: Sequence[str] | None, path: Path, groups: int = 0
    ) -> tuple[Pattern, ...]:
        made = []
        for i, text in enumerate(written or ()):
            here = (*path, i)
            compiled = self.compiled(text, here)
            if compiled is None:
                continue
            if groups and compiled.groups != groups:
                self.complain(
                    here,
                    "groups",
                    f"the pattern has {compiled.groups} groups and needs exactly one.",
                    "Put ( ) around the value, and write (?: ) for any other group.",
                )
            # A pattern that only looks ahead is how a rule says "does not contain".
            if not groups and "(?!" not in text and compiled.search(""):
                self.complain(
                    here,
                    "matches-nothing",
                    "the pattern matches the empty text, so it always holds.",
                    "Make at least one character of it compulsory.",
                )
            made.append(Pattern(compiled, self.where(here), self.seconds))
        return tuple(made)

    def compiled(self, text: str, path: Path) -> "regex.Pattern[str] | None":
        try:
            return regex.compile(fold(text), regex.MULTILINE | regex.VERSION0)
        except regex.error as error:
            self.complain(
                path,
                "bad-pattern",
                f"not a regular expression: {error}.",
                "Write \\ before ( ) [ ] . * + ? | to mean the character itself.",
            )
        return None

    def label(self, words: Sequence[str], path: Path) -> Pattern:
        return Pattern(_label_pattern(words, full=True), self.where(path), self.seconds)

    def any_label(self) -> Pattern | None:
        words = [w for ways in self.rules.fields.values() for way in ways for w in way.label or ()]
        return Pattern(_label_pattern(words, full=False), "", self.seconds) if words else None

    def where(self, path: Path) -> str:
        return f"{self.document.file}:{self.document.place(path)[0]}"

    def complain(self, path: Path, code: str, text: str, remedy: str) -> None:
        line, column = self.document.place(path)
        key = ".".join(str(p) for p in path)
        self.problems.append(Problem(self.document.file, line, column, key, code, text, remedy))


def _label_pattern(words: Iterable[str], *, full: bool) -> "regex.Pattern[str]":
    """Match any of the words as a label, as portals write them.

    At the line's start, any case, any blanks between words; then a colon, the
    next table cell, or the line's end, so that `Nom` is not found in `Nome`.
    """
    written = sorted({fold(w).strip().rstrip(":").strip() for w in words}, key=len, reverse=True)
    either = "|".join(r"[^\S\n]+".join(map(regex.escape, w.split())) for w in written)
    head = rf"^[^\S\n]*(?:{either}){_BLANKS}"
    value = r"(?P<value>[^\n]*)" if full else ""
    return regex.compile(rf"{head}(?::|(?=\t)|$){value}", regex.MULTILINE | regex.IGNORECASE)
