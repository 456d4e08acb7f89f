"""A rule file as drafting thinks of it, and how it is written as YAML.

Must not know mails. The style is that of the shipped portals.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mailbridge.documents.notation import quote, write_list


@dataclass(frozen=True, slots=True)
class WayDraft:
    """One way to find a value."""

    source: str = ""
    label: tuple[str, ...] = ()
    pattern: tuple[str, ...] = ()
    take: str = ""
    clean: str = ""

    def write(self) -> str:
        """Write it in one line."""
        words = []
        if self.source:
            words.append(f"in: {quote(self.source)}")
        if self.label:
            words.append(f"label: {write_list(self.label)}")
        if self.take:
            words.append(f"take: {self.take}")
        if self.pattern:
            words.append(f"pattern: {write_list(self.pattern)}")
        if self.clean:
            words.append(f"clean: {self.clean}")
        return "{" + ", ".join(words) + "}"


@dataclass(frozen=True, slots=True)
class SectionDraft:
    """One stretch of the text."""

    start: tuple[str, ...]
    end: tuple[str, ...] = ()
    free_text: bool = False
    separator: str = ""

    def write(self, name: str) -> list[str]:
        """Write its lines, below `sections:`."""
        lines = [f"  {name}:", f"    start: {write_list(self.start)}"]
        if self.end:
            lines.append(f"    end: {write_list(self.end)}")
        if self.free_text:
            lines.append("    free_text: true")
        if self.separator:
            lines.append(f"    separator: {quote(self.separator)}")
        return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A whole rule file."""

    portal: str
    about: str
    senders: tuple[str, ...]
    region: str = ""
    body: tuple[str, ...] = ()
    """Patterns of `match: body`, where the senders alone do not tell."""
    ignore: tuple[str, ...] = ()
    """Lines of a comment: what may be ignored."""
    relay: tuple[str, ...] = ()
    part: str = ""
    name_order: str = ""
    blocks: tuple[str, ...] = ()
    sections: Mapping[str, SectionDraft] = field(default_factory=dict)
    footer: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    fields: Mapping[str, tuple[WayDraft, ...]] = field(default_factory=dict)
    comments: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Field names to comments above them, or in their place."""

    def write(self) -> str:
        """Write it as a rule file."""
        lines = [
            f"portal: {quote(self.portal)}",
            "evidence: partial",
            f"about: {quote(self.about)}",
        ]
        if self.region:
            lines.append(f"region: {quote(self.region)}")
        lines += ["match:", f"  from: {write_list(self.senders)}"]
        if self.body:
            lines.append(f"  body: {write_list(self.body)}")
        lines += [f"# {line}" for line in self.ignore]
        lines += self._write_head()
        if self.sections:
            lines.append("sections:")
            for name, section in self.sections.items():
                lines += section.write(name)
        if self.footer:
            lines.append(f"footer: {write_list(self.footer)}")
        if self.labels:
            lines.append(f"labels: {write_list(self.labels)}    # no field reads them")
        lines.append("fields:")
        for name in dict.fromkeys((*ORDER, *self.fields)):
            lines += [f"  # {comment}" for comment in self.comments.get(name, ())]
            if name in self.fields:
                lines += write_field(name, self.fields[name])
        lines.append(self._write_require())
        return "\n".join(line for line in lines if line) + "\n"

    def _write_head(self) -> Iterator[str]:
        if self.relay:
            yield f"relay: {write_list(self.relay)}"
        if self.blocks:
            yield f"blocks: [{', '.join(self.blocks)}]"
        if self.part:
            yield f"part: {self.part}"
        if self.name_order:
            yield f"name_order: {self.name_order}"

    def _write_require(self) -> str:
        contact = [name for name in ("sender_email", "sender_number") if name in self.fields]
        wanted = ["property_reference"] if "property_reference" in self.fields else []
        if contact:
            wanted.append(f"[{', '.join(contact)}]" if len(contact) > 1 else contact[0])
        return f"require: [{', '.join(wanted)}]" if wanted else ""


ORDER = (
    "sender_firstname",
    "sender_lastname",
    "sender_name",
    "sender_email",
    "sender_number",
    "sender_message",
    "property_reference",
)
"""In which fields stand in the file; others come after."""


def write_field(name: str, ways: Sequence[WayDraft], indent: str = "  ") -> list[str]:
    """Write a field's lines."""
    if len(ways) == 1:
        return [f"{indent}{name}: {ways[0].write()}"]
    return [f"{indent}{name}:", *(f"{indent}  - {way.write()}" for way in ways)]
