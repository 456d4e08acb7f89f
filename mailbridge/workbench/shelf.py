"""The rule files and cases on disk: listed, opened, and saved where the settings say.

Saving never leaves the folder of the settings' `rules:`, replaces files whole, and refuses
where a file is not any more what was opened. Must not try rules; that is `bench`.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from secrets import token_hex
from threading import Lock

from mailbridge.app import App
from mailbridge.documents.located import parse
from mailbridge.documents.rulefile import PORTAL_NAME
from mailbridge.documents.source import decode, read_bytes, read_text
from mailbridge.errors import BadDocument, MailbridgeError
from mailbridge.places import shipped_cases
from mailbridge.rulefiles import own_portals, rule_files, shipped_portals
from mailbridge.rules.compilation import compile_portal
from mailbridge.rules.completion import unite
from mailbridge.rules.portal import Portal
from mailbridge.workbench.samples import CaseText, Ground

CASE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
"""What a case may be called: a file's name everywhere."""

_READABLE = 0o644
"""A rule: the daemon may run under another user."""
_PRIVATE = 0o600
"""A case: it holds somebody's inquiry."""

_SAVING = Lock()
"""One at a time: what is compared with the disk must still be true when it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """One rule file as it was opened."""

    portal: str
    """Empty where the file is so broken that it does not say."""
    file: str
    """How messages name it: where it is, or where it will be saved."""
    text: str
    digest: str = ""
    """SHA-256 of the user's own file; empty where there is none yet."""
    shipped: bool = False
    """It comes with mailbridge; saving makes a copy that is the user's own."""
    broken: bool = False


class Shelf:
    """The files of one set of settings."""

    def __init__(self, app: App) -> None:
        """Read nothing yet; every call looks at the disk anew."""
        self.app = app
        self._seconds = app.settings.limits.pattern_time.total_seconds()

    def rules(self) -> tuple[RuleText, ...]:
        """Give every rule that can be opened, by portal: the user's own over the shipped."""
        own = tuple(self._own())
        names = {rule.portal for rule in own}
        shipped = (rule for rule in self._shipped() if rule.portal not in names)
        return tuple(sorted((*own, *shipped), key=lambda rule: rule.portal or rule.file))

    def open(self, name: str) -> RuleText:
        """Give the rule of a portal, or in a file. Raises MailbridgeError."""
        for rule in self.rules():
            if name in {rule.portal, rule.file}:
                return rule
        raise MailbridgeError(f"There is no rule for {name!r} any more.")

    def begin(self, portal: str) -> RuleText:
        """Give a rule that is still to be written. Raises MailbridgeError for a bad name."""
        if not re.fullmatch(PORTAL_NAME, portal):
            raise MailbridgeError(
                f"{portal!r} is no name for a portal. Write it as its domain: portal.example."
            )
        if any(rule.portal == portal for rule in self.rules()):
            raise MailbridgeError(f"There is a rule for {portal} already. Open that one.")
        return RuleText(portal=portal, file=self._label(portal), text="")

    def ground(self, rule: RuleText) -> Ground:
        """Give the rules around one. Own files that are broken are left out. Raises BadDocument."""
        shipped = shipped_portals(self._seconds)
        own = list(self._compiled())
        try:
            unite(shipped, own)
        except BadDocument:
            # It may be the one that is to be mended.
            own = [portal for portal in own if portal.file != rule.file]
            unite(shipped, own)
        return Ground(
            shipped=shipped,
            own=tuple(own),
            further=tuple(own_portals(path, self._seconds) for path in self.app.rules),
            file=rule.file,
            seconds=self._seconds,
            policy=self.app.policy(),
            catalogue=self.app.catalogue,
            unknown=self.app.on_unknown,
        )

    def cases(self, rule: RuleText) -> tuple[CaseText, ...]:
        """Read the cases that lie beside a rule."""
        folder = self._case_folder(rule)
        return tuple(_read_cases(folder)) if folder and folder.is_dir() else ()

    def save(self, rule: RuleText, portal: str, text: str, cases: Sequence[CaseText]) -> RuleText:
        """Write the rule and its new cases; give it as it is now. Raises MailbridgeError.

        The cases come first: the moment in which the rule's name appears, all is there.
        """
        with _SAVING:
            target = self._target(rule, portal)
            folder = target.parent / portal
            _ensure_inside(folder, target.parent)
            _compare(target, rule)
            for case in cases:
                if not CASE_NAME.fullmatch(case.name):
                    raise MailbridgeError(f"{case.name!r} is no name for a case.")
                if (folder / f"{case.name}.yaml").exists() or (
                    folder / f"{case.name}.eml"
                ).exists():
                    raise MailbridgeError(f"{folder}: there is a case {case.name} already.")
            try:
                if rule.shipped and not folder.exists():
                    self._copy_cases(rule, folder)
                folder.mkdir(exist_ok=True)
                for case in cases:
                    _write_case(folder, case)
                content = text.encode()
                _write(target, content, _READABLE)
            except OSError as error:
                raise MailbridgeError(
                    f"{target}: cannot be saved ({error.strerror}). Nothing was replaced; "
                    "give the user under whom this runs the right to write there."
                ) from None
        return replace(
            rule,
            portal=portal,
            file=str(target),
            text=text,
            digest=sha256(content).hexdigest(),
            shipped=False,
            broken=False,
        )

    def _own(self) -> Iterator[RuleText]:
        known = {portal.file: portal.name for portal in self._compiled()}
        for path in self._own_files():
            try:
                content = read_bytes(path)
                text = decode(content, str(path))
            except BadDocument:
                continue  # no text that could be mended here
            portal = known.get(str(path)) or _guess_portal(text)
            taken = str(path) not in known and portal in known.values()
            yield RuleText(
                portal="" if taken else portal,
                file=str(path),
                text=text,
                digest=sha256(content).hexdigest(),
                broken=str(path) not in known,
            )

    def _shipped(self) -> Iterator[RuleText]:
        for item in files("mailbridge.portals").iterdir():
            if item.name.endswith(".yaml"):
                portal = item.name.removesuffix(".yaml")
                text = item.read_text(encoding="utf-8")
                yield RuleText(portal=portal, file=self._label(portal), text=text, shipped=True)

    def _compiled(self) -> Iterator[Portal]:
        """Compile the user's own rules; broken ones, and second ones of a name, are left out."""
        names: set[str] = set()
        for path in self._own_files():
            with suppress(BadDocument):
                portal = compile_portal(parse(read_text(path), str(path)), self._seconds)
                if portal.name not in names:
                    names.add(portal.name)
                    yield portal

    def _own_files(self) -> Iterator[Path]:
        standing = self.app.rules_folder
        if standing and standing.exists():
            yield from rule_files(standing)

    def _label(self, portal: str) -> str:
        folder = self.app.rules_folder
        name = f"{portal}.yaml"
        return str(folder / name) if folder and not folder.is_file() else name

    def _case_folder(self, rule: RuleText) -> Path | None:
        if not rule.portal:
            return None
        if rule.shipped:
            return shipped_cases() / rule.portal
        return Path(rule.file).parent / rule.portal if self.app.rules_folder else None

    def _copy_cases(self, rule: RuleText, folder: Path) -> None:
        folder.mkdir()
        for case in self.cases(rule):
            _write_case(folder, case)

    def _target(self, rule: RuleText, portal: str) -> Path:
        """Say where a rule is saved. Raises MailbridgeError where it cannot be."""
        if not re.fullmatch(PORTAL_NAME, portal):
            raise MailbridgeError(f"{portal!r} is no name for a portal.")
        standing = self.app.rules_folder
        if standing is None or standing.is_file():
            raise MailbridgeError(
                f"{self.app.file or 'config.yaml'}: there is no folder to save rules in. "
                "Name one, as `rules: rules`, and start `mailbridge web` and the daemon anew."
            )
        if self.app.settings.rules is None:
            _make(standing)
        if not standing.is_dir():
            raise MailbridgeError(f"{standing}: there is no such folder. Make it.")
        own = Path(rule.file) if rule.digest else None
        target = own if own and rule.portal in {portal, ""} else standing / f"{portal}.yaml"
        _ensure_inside(target, standing)
        return target


def _guess_portal(text: str) -> str:
    """Find the name in a file that is no rule as it stands, so that its cases are found."""
    found = re.search(
        r"^portal:\s*['\"]?([a-z0-9][a-z0-9.\-]*)['\"]?\s*(?:#|$)", text, re.MULTILINE
    )
    return found[1] if found else ""


def _read_cases(folder: Path) -> Iterator[CaseText]:
    for mail in sorted(folder.glob("*.eml")):
        expected = mail.with_suffix(".yaml")
        if expected.is_file():
            yield CaseText(
                name=mail.stem,
                raw=mail.read_bytes(),
                expected=read_text(expected),
                file=str(expected),
            )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise MailbridgeError(
            f"{folder}: this folder for rules cannot be made ({error.strerror}). Make it, or name "
            "another one in `rules:`."
        ) from None


def _ensure_inside(path: Path, folder: Path) -> None:
    """Refuse what a link leads out of the folder. Raises MailbridgeError."""
    if path.is_symlink() or path.resolve().parent != folder.resolve():
        raise MailbridgeError(
            f"{path}: this leads out of {folder}, and nothing is saved elsewhere. "
            "Put the file itself there instead of a link."
        )


def _compare(target: Path, rule: RuleText) -> None:
    """Refuse to write over what somebody else wrote meanwhile. Raises MailbridgeError."""
    try:
        now = sha256(read_bytes(target)).hexdigest()
    except BadDocument:
        now = ""
        if target.exists():
            raise
    expected = rule.digest if str(target) == rule.file else ""
    if now != expected:
        raise MailbridgeError(
            f"{target}: the file has changed since it was opened here. "
            "Keep your text elsewhere, open the rule anew, and put your changes in."
        )


def _write_case(folder: Path, case: CaseText) -> None:
    _write(folder / f"{case.name}.eml", case.raw, _PRIVATE)
    _write(folder / f"{case.name}.yaml", case.expected.encode(), _PRIVATE)


def _write(path: Path, content: bytes, mode: int) -> None:
    """Put a whole file in place at once; after a power failure it is the old or the new one.

    `mode` is for a new file; one that is replaced hands its own on.
    """
    beside = path.with_name(f".{path.name}.{token_hex(4)}.new")
    with suppress(FileNotFoundError):
        mode = path.stat().st_mode & 0o777
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
