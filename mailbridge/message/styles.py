"""What an element's own style says about being seen: a small reading of CSS.

Only the ways in which mails hide text are known here. `font-size` and
`visibility` are inherited, and an element inside may undo them: layout tables of
mail editors say `font-size:0` around text that is shown.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_STYLE = re.compile(r'\sstyle="([^"]*+)"')
_HIDDEN = re.compile(r'\shidden="')
_ZERO = re.compile(r"0*(?:\.0+|0)(?:[a-z]+|%)?")
_SIZE = re.compile(r"(?<![#\w])(\d+(?:\.\d+)?|\.\d+)([a-z%]*)")
_LONGEST_KEPT = 300
_RELATIVE = ("em", "ex", "ch", "%")
_BLOCK_DISPLAY = frozenset({"block", "table", "table-row", "flex", "grid", "list-item"})


@dataclass(frozen=True, slots=True)
class Style:
    """None means that nothing is said, and the outer style goes on."""

    gone: bool = False
    """Neither the element nor anything in it is shown."""
    block: bool = False
    """Shown as a block, whatever the element is."""
    tiny: bool | None = None
    """Whether letters have no size."""
    invisible: bool | None = None
    muted: bool = False
    """Whether text directly in the element is not seen; what `enter` found."""

    def changes(self, outer: "Style") -> bool:
        """Whether being in an element that says this differs from being in `outer`."""
        return (
            self.block
            or outer.block
            or (self.tiny is not None and self.tiny != bool(outer.tiny))
            or (self.invisible is not None and self.invisible != bool(outer.invisible))
        )

    def enter(self, inner: "Style") -> "Style":
        """Return the style inside an element that says `inner`, in this one."""
        tiny = self.tiny if inner.tiny is None else inner.tiny
        invisible = self.invisible if inner.invisible is None else inner.invisible
        muted = bool(tiny or invisible)
        return Style(block=inner.block, tiny=tiny, invisible=invisible, muted=muted)


PLAIN_STYLE = Style()


def read_style(attributes: str) -> Style:
    """Read the attributes of a tag as lexbor writes them."""
    if _HIDDEN.search(attributes):
        return Style(gone=True)
    found = _STYLE.search(attributes)
    if found is None:
        return PLAIN_STYLE
    style = found[1]
    return _read_often(style) if len(style) < _LONGEST_KEPT else _read(style)


def _read(style: str) -> Style:
    said: dict[str, str] = {}
    for declaration in style.lower().split(";"):
        name, _, value = declaration.partition(":")
        said[name.strip()] = value.replace("!important", "").strip()
    display = said.get("display", "")
    if display == "none" or said.get("mso-hide") == "all" or _is_shut(said):
        return Style(gone=True)
    visibility = said.get("visibility")
    return Style(
        block=display in _BLOCK_DISPLAY,
        tiny=_read_size(said.get("font-size", said.get("font", ""))),
        invisible=None if visibility is None else visibility in ("hidden", "collapse"),
    )


# A portal's mails repeat a few styles hundreds of times.
_read_often = lru_cache(maxsize=2048)(_read)


def _is_shut(said: dict[str, str]) -> bool:
    """Whether the box has no room and does not let its content out."""
    sizes = (said.get(name, "") for name in ("max-height", "height", "max-width", "width"))
    return said.get("overflow") == "hidden" and any(map(_ZERO.fullmatch, sizes))


def _read_size(value: str) -> bool | None:
    """Whether a font size is zero; None where it depends on the outer one or is not said."""
    found = _SIZE.search(value)
    if found is None:
        return None if value in ("", "inherit", "smaller", "larger") else False
    if float(found[1]) == 0:
        return True
    return None if found[2] in _RELATIVE else False
