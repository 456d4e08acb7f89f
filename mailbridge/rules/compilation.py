"""Rule files to portals: patterns compiled, words checked, every problem told at once.

Must not open files: it is handed parsed documents. What can only be known once the
portal that a file extends is there is checked in `completion`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import regex

from mailbridge.documents.located import Document
from mailbridge.documents.rulefile import Conditions, FieldName, FieldShape, RuleFile, SectionShape
from mailbridge.documents.shape import shape
from mailbridge.errors import BadDocument
from mailbridge.message.blocks.block import BlockKind
from mailbridge.problems import Problem
from mailbridge.rules.completion import complete
from mailbridge.rules.completion import unite as unite
from mailbridge.rules.expressions import (
    Path,
    check_groups,
    check_matter,
    compile_pattern,
    make_label,
)
from mailbridge.rules.portal import (
    BlockUse,
    Condition,
    Label,
    Pattern,
    Portal,
    Required,
    Section,
    Sender,
    Way,
)
from mailbridge.rules.sources import ADDRESSES, SOURCES

PATTERN_SECONDS = 0.2
"""How long one pattern may run over one text, unless the settings say otherwise."""

_SENDER = regex.compile(r"(?:[^\s@<>,;]+)?@[^\s@<>,;]+\.[^\s@<>,;]+")
_DOMAIN = regex.compile(r"[^\s@<>,;]+\.[^\s@<>,;]+")


def compile_portal(document: Document, seconds: float = PATTERN_SECONDS) -> Portal:
    """Turn one rule file into a portal. Raises BadDocument with every problem of the file.

    A portal that extends another is not whole yet: `unite` and `gather` put it on that one.
    """
    rules = shape(document, RuleFile)
    compiler = _Compiler(document, rules, seconds)
    portal = compiler.portal()
    if not portal.extends:
        portal, unfinished = complete(portal)
        compiler.problems += unfinished
    if compiler.problems:
        raise BadDocument(compiler.problems)
    return portal


@dataclass(slots=True)
class _Compiler:
    """Walks one rule file and collects what is wrong with it."""

    document: Document
    rules: RuleFile
    seconds: float
    problems: list[Problem] = field(default_factory=list)

    def portal(self) -> Portal:
        rules = self.rules
        if not rules.extend:
            self.check_given()
        return Portal(
            name=rules.portal,
            evidence=rules.evidence.value if rules.evidence else "",
            about=rules.about,
            extends=rules.extend or "",
            extends_where=self.where(("extend",)) if rules.extend else "",
            region=rules.region,
            match=self.condition(rules.match, ("match",)) if rules.match else None,
            authenticated=rules.match is not None and rules.match.authenticated == "required",
            ignore=tuple(self.condition(c, ("ignore", i)) for i, c in enumerate(rules.ignore)),
            part=rules.part or "",
            relay=tuple(self.relay(i, domain) for i, domain in enumerate(rules.relay or ())),
            blocks=tuple(
                BlockUse(BlockKind(kind), self.where(("blocks", i)))
                for i, kind in enumerate(rules.blocks)
            ),
            over_blocks=tuple(name.value for name in rules.over_blocks),
            sections=tuple(self.section(n, s) for n, s in rules.sections.items()),
            footer=self.patterns(rules.footer, ("footer",)),
            fields={name.value: self.ways(ways, name) for name, ways in rules.fields.items()},
            label_words=(
                *(rules.labels or ()),
                *(w for ways in rules.fields.values() for way in ways for w in way.label or ()),
            ),
            require=tuple(
                Required(names, self.where(("require", i))) for i, names in enumerate(rules.require)
            ),
            name_order=rules.name_order or "",
            seconds=self.seconds,
            file=self.document.file,
        )

    def check_given(self) -> None:
        for key in ("evidence", "match", "fields"):
            if not getattr(self.rules, key):
                description = RuleFile.model_fields[key].description
                self.complain(
                    (),
                    "missing-key",
                    f"The key '{key}' is missing.",
                    f"Add a line '{key}: …'. {description}",
                )

    def condition(self, shape: Conditions, path: Path) -> Condition:
        if not shape.model_fields_set - {"authenticated"}:
            self.complain(
                path,
                "empty-condition",
                "this holds for every mail of the portal.",
                "Give at least one of from, subject, body, not_from, not_subject, not_body.",
            )
        return Condition(
            senders=self.senders(shape.from_, (*path, "from")),
            not_senders=self.senders(shape.not_from, (*path, "not_from")),
            subject=self.patterns(shape.subject, (*path, "subject")),
            not_subject=self.patterns(shape.not_subject, (*path, "not_subject")),
            body=self.patterns(shape.body, (*path, "body")),
            not_body=self.patterns(shape.not_body, (*path, "not_body")),
            where=self.where(path),
        )

    def senders(self, written: Sequence[str] | None, path: Path) -> tuple[Sender, ...]:
        for i, one in enumerate(written or ()):
            if not _SENDER.fullmatch(one):
                self.complain(
                    self.item(path, i),
                    "bad-sender",
                    f"'{one}' is no address and no @domain.",
                    "Write inquiries@portal.example or @portal.example.",
                )
        return tuple(Sender(one) for one in written or ())

    def relay(self, number: int, domain: str) -> str:
        if not _DOMAIN.fullmatch(domain):
            self.complain(
                self.item(("relay",), number),
                "bad-domain",
                f"'{domain}' is no domain.",
                "Write what stands behind the @, as reply.portal.example.",
            )
        return domain.lower()

    def section(self, name: str, shape: SectionShape) -> Section:
        if name in SOURCES:
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
            separator=shape.separator,
        )

    def ways(self, shapes: Sequence[FieldShape], name: FieldName) -> tuple[Way, ...]:
        path = ("fields", name.value)
        if len(shapes) == 1 and not self.document.has((*path, 0)):
            return (self.way(shapes[0], path),)
        return tuple(self.way(shape, (*path, i)) for i, shape in enumerate(shapes))

    def way(self, shape: FieldShape, path: Path) -> Way:
        source = shape.in_ or ""
        self.check_words(shape, path)
        return Way(
            source=source.lower() if source.startswith("header:") else source,
            label=self.label(shape.label, (*path, "label")) if shape.label else None,
            patterns=self.patterns(shape.pattern, (*path, "pattern"), in_field=True),
            take=shape.take or "",
            after=shape.after,
            before=shape.before,
            clean=shape.clean or "",
            by_portal=shape.by_portal,
            where=self.where((*path, "in") if source else path),
        )

    def check_words(self, shape: FieldShape, path: Path) -> None:
        source = shape.in_ or ""
        in_text = source not in SOURCES and not source.startswith("header:")
        said = [w for w in (shape.label, shape.pattern, shape.take) if w]
        if not said and source not in ADDRESSES:
            self.complain(
                path,
                "no-way",
                "this does not say how the value is found.",
                "Give label:, pattern: or, for a whole section, take: section.",
            )
        if shape.label and not in_text:
            self.complain(
                (*path, "label"),
                "label-outside-text",
                f"a label is looked for in the text, not in '{source}'.",
                "Use pattern: here.",
            )
        if shape.take == "section" and (not source or not in_text):
            self.complain(
                (*path, "take"),
                "take-without-section",
                "take: section needs the section's name.",
                "Write in: and the name of one of the sections.",
            )
        if shape.take in {"address", "name"} and source not in ADDRESSES:
            self.complain(
                (*path, "take"),
                "take-without-address",
                f"take: {shape.take} is for from and reply_to.",
                "Write in: from or in: reply_to, or leave take out.",
            )
        if shape.by_portal and (shape.label or shape.take or not shape.pattern):
            self.complain(
                (*path, "by_portal"),
                "by-portal-without-pattern",
                "a sentence in the visitor's text is told by a pattern alone.",
                "Write the portal's whole sentence as pattern:, with ( ) around the value.",
            )

    def patterns(
        self, written: Sequence[str] | None, path: Path, *, in_field: bool = False
    ) -> tuple[Pattern, ...]:
        made = []
        for i, text in enumerate(written or ()):
            here = self.item(path, i)
            compiled = compile_pattern(text, here, self.complain)
            if compiled is None:
                continue
            check = check_groups if in_field else check_matter
            check(compiled, here, self.complain)
            made.append(Pattern(compiled, self.where(here), self.seconds))
        return tuple(made)

    def label(self, words: Sequence[str], path: Path) -> Label:
        placed = [(word, self.where(self.item(path, i))) for i, word in enumerate(words)]
        return make_label(placed, self.seconds)

    def item(self, path: Path, number: int) -> Path:
        """Give the path of one of a list, or of the value where one stands for a list."""
        return (*path, number) if self.document.has((*path, number)) else path

    def where(self, path: Path) -> str:
        line, column = self.document.place(path)
        return f"{self.document.file}:{line}:{column}"

    def complain(self, path: Path, code: str, text: str, remedy: str) -> None:
        line, column = self.document.place(path)
        key = ".".join(str(p) for p in path)
        self.problems.append(Problem(self.document.file, line, column, key, code, text, remedy))
