"""The shape of the table of aliases: what portals call properties, and the CRM's references.

Must not read files or know mails; it says what is written where.
"""

import re
from collections.abc import Iterator

from pydantic import Field, model_validator

from mailbridge.documents.located import Document
from mailbridge.documents.shape import Shape, shape
from mailbridge.documents.values import Line
from mailbridge.documents.wording import UnfitError
from mailbridge.errors import BadDocument
from mailbridge.problems import Problem


class AliasShape(Shape):
    """One line of the table."""

    reference: Line = Field(
        description="The CRM's reference, to the letter.", examples=["A18026-11"]
    )
    portal: Line | None = Field(
        None,
        description="The portal, by the name of its rule; without it, all.",
        examples=["homegate.ch"],
    )
    number: Line | None = Field(
        None,
        description="The listing number, or the reference, that the portal gives.",
        examples=["4000000001"],
    )
    address: Line | None = Field(
        None,
        description="Words of the address as the portal writes it, in their order; * stands for "
        "any words between.",
        examples=["Chemin du Test 1 * Genève"],
    )

    @model_validator(mode="after")
    def _check(self) -> "AliasShape":
        if (self.number is None) == (self.address is None):
            raise UnfitError(
                "An alias says by what the property is known: a number or an address.",
                "Write either 'number: …' or 'address: …'; for both, write two aliases.",
            )
        if self.address is not None and len(re.findall(r"\w+", self.address)) < 2:
            raise UnfitError(
                "A single word would be found in many mails.",
                "Write street, number and place.",
                at=("address",),
            )
        return self


class AliasFile(Shape):
    """aliases.yaml."""

    aliases: tuple[AliasShape, ...] = Field(description="The table, one alias for each property.")


def read_aliases(document: Document) -> Iterator[tuple[AliasShape, str]]:
    """Give each alias and where it stands, `file:line:column`.

    Raises BadDocument with every problem of the file, a number that is written twice included.
    """
    table = shape(document, AliasFile).aliases
    problems, first = [], dict[tuple[str, str], int]()
    for at, alias in enumerate(table):
        if alias.number is None:
            continue
        key = (alias.portal or "", " ".join(alias.number.split()).casefold())
        before = first.setdefault(key, at)
        if before != at:
            line, column = document.place(("aliases", at, "number"))
            earlier, _ = document.place(("aliases", before, "number"))
            problems.append(
                Problem(
                    document.file,
                    line,
                    column,
                    f"aliases.{at}.number",
                    "duplicate-alias",
                    f"This number of the same portal stands in line {earlier} already.",
                    "Remove one of the two.",
                )
            )
    if problems:
        raise BadDocument(problems)
    for at, alias in enumerate(table):
        line, column = document.place(("aliases", at))
        yield alias, f"{document.file}:{line}:{column}"
