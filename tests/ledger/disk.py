"""A disk whose power fails: what a process did to its files, replayed as far as it was synced.

Reads strace's log. What POSIX promises is taken at its word and nothing more: a
write, a truncation, a name given or taken away is certain only after fsync or
fdatasync of that file, or of the folder for names. Until then it may be there,
wholly or in part, or not, and in any order.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

SYSCALLS = (
    "openat,close,pwrite64,write,fsync,fdatasync,ftruncate,unlink,unlinkat,rename,renameat,"
    "renameat2,link,linkat,mkdir,mkdirat,fallocate,pwritev,writev"
)
_SECTOR = 512
_CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True, slots=True)
class Call:
    """One system call that did something."""

    name: str
    strings: tuple[bytes, ...]
    words: tuple[str, ...]
    """The arguments; strings are empty here."""
    result: int


def calls(log: Path) -> Iterator[Call]:
    """The calls of a log written with `strace -xx -s …`, without those that failed."""
    with log.open(encoding="ascii") as lines:
        for line in lines:
            found = _CALL.match(line)
            if found is None or int(found[3]) < 0:
                continue
            strings = tuple(
                bytes.fromhex(text.replace("\\x", "")) for text in _STRING.findall(found[2])
            )
            words = tuple(word.strip() for word in _STRING.sub("", found[2]).split(","))
            yield Call(found[1], strings, words, int(found[3]))


@dataclass(eq=False)
class File:
    safe: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    """Offset and data written, or the new length and None."""

    def sync(self) -> None:
        for change in self.pending:
            _apply(self.safe, change)
        self.pending.clear()

    def after_power_loss(self, random: Random) -> bytes:
        found = bytearray(self.safe)
        luck = random.choice((0.0, 0.5, 0.9, 1.0))
        for offset, data in self.pending:
            if random.random() >= luck:
                continue
            if data is not None and random.random() < 0.3:  # torn: some of its sectors only
                for start in range(0, len(data), _SECTOR):
                    if random.random() < 0.5:
                        _apply(found, (offset + start, data[start : start + _SECTOR]))
            else:
                _apply(found, (offset, data))
        return bytes(found)


@dataclass(eq=False)
class Folder:
    safe: dict[str, "File | Folder"] = field(default_factory=dict)
    live: dict[str, "File | Folder"] = field(default_factory=dict)
    pending: list[tuple[str, "File | Folder | None"]] = field(default_factory=list)

    def name(self, name: str, node: "File | Folder | None") -> None:
        self.pending.append((name, node))
        _name(self.live, name, node)

    def sync(self) -> None:
        self.safe = dict(self.live)
        self.pending.clear()

    def after_power_loss(self, random: Random) -> dict[str, "File | Folder"]:
        found = dict(self.safe)
        luck = random.choice((0.0, 0.5, 1.0))
        for name, node in self.pending:
            if random.random() < luck:
                _name(found, name, node)
        return found


class Disk:
    """What lies under one folder, which was there and safe before."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._top = Folder()
        self._open: dict[int, File | Folder] = {}

    def do(self, call: Call) -> None:
        """Follow one call; one that this does not know and that touches the folder is an error."""
        match call.name:
            case "openat" | "mkdir" | "unlink" | "link" | "linkat":
                self._do_by_name(call)
            case "close":
                self._open.pop(int(call.words[0]), None)
            case "fsync" | "fdatasync":
                if node := self._open.get(int(call.words[0])):
                    node.sync()
            case "pwrite64":
                self._change(call, (int(call.words[3]), call.strings[0][: call.result]))
            case "ftruncate":
                self._change(call, (int(call.words[1]), None))
            case _:
                handle = call.words[0]
                known = handle.isdigit() and int(handle) in self._open
                named = any(self._inside(text) for text in call.strings[:2])
                if known or (named and call.name != "write"):
                    raise NotImplementedError(call.name)

    def lose_power(self, into: Path, random: Random) -> None:
        """Write what is left into an empty folder."""
        self._restore(self._top, into, random)

    def _restore(self, folder: Folder, into: Path, random: Random) -> None:
        for name, node in folder.after_power_loss(random).items():
            if isinstance(node, Folder):
                (into / name).mkdir()
                self._restore(node, into / name, random)
            elif name.endswith("-shm"):  # shared memory, never synced: anything at all
                (into / name).write_bytes(random.randbytes(random.choice((0, 3, 32_768))))
            else:
                (into / name).write_bytes(node.after_power_loss(random))

    def _change(self, call: Call, change: tuple[int, bytes | None]) -> None:
        node = self._open.get(int(call.words[0]))
        if isinstance(node, File):
            node.pending.append(change)

    def _do_by_name(self, call: Call) -> None:
        paths = [inside for text in call.strings if (inside := self._inside(text)) is not None]
        if not paths:
            self._open.pop(call.result, None)
            return
        folder = self._folder(paths[-1][:-1])
        name = paths[-1][-1] if paths[-1] else ""
        if call.name == "mkdir":
            folder.name(name, Folder())
        elif call.name == "unlink":
            folder.name(name, None)
        elif call.name != "openat":
            folder.name(name, self._folder(paths[0][:-1]).live[paths[0][-1]])
        else:
            if name and name not in folder.live:
                folder.name(name, File())
            node = folder.live[name] if name else folder
            if "O_TRUNC" in call.words[2] and isinstance(node, File):
                node.pending.append((0, None))
            self._open[call.result] = node

    def _inside(self, text: bytes) -> tuple[str, ...] | None:
        path = Path(text.decode("utf-8", "replace"))
        return path.relative_to(self._root).parts if path.is_relative_to(self._root) else None

    def _folder(self, parts: tuple[str, ...]) -> Folder:
        found: File | Folder = self._top
        for part in parts:
            assert isinstance(found, Folder)
            found = found.live[part]
        assert isinstance(found, Folder)
        return found


def _apply(content: bytearray, change: tuple[int, bytes | None]) -> None:
    start, data = change
    if data is None:
        del content[start:]
        content.extend(bytes(start - len(content)))
    else:
        content.extend(bytes(max(0, start - len(content))))
        content[start : start + len(data)] = data


def _name(entries: dict[str, "File | Folder"], name: str, node: "File | Folder | None") -> None:
    if node is None:
        entries.pop(name, None)
    else:
        entries[name] = node
