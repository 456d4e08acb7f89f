"""`rules`: list, check, test and schema of rule files."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import mailbridge
from mailbridge.app import App, own_portals, rule_files
from mailbridge.casebook import run_case
from mailbridge.cli.output import console, errors, progress, say, table
from mailbridge.documents.casefile import CaseFile
from mailbridge.documents.located import parse
from mailbridge.documents.rulefile import RuleFile
from mailbridge.documents.shape import json_schema, shape
from mailbridge.documents.source import read_text
from mailbridge.errors import MailbridgeError
from mailbridge.rules.judgement import gather
from mailbridge.rules.portal import Portal


def list_portals(config: Path | None, rules: Sequence[Path]) -> None:
    """List the portals in use."""
    portals = App.load(config, secrets=False, rules=rules).portals
    table(
        ("PORTAL", "EVIDENCE", "SENDERS", "FIELDS", "FILE"),
        [
            (
                portal.name,
                portal.evidence,
                ", ".join(sender.written for sender in portal.match.senders),
                len(portal.fields),
                portal.file,
            )
            for portal in portals.all
        ],
    )


def check_rules(config: Path | None, paths: Sequence[Path]) -> None:
    """Compile rule files; every problem is raised at once."""
    app = App.load(config, secrets=False)
    if paths:
        seconds = app.settings.limits.pattern_time.total_seconds()
        portals = [portal for path in paths for portal in own_portals(path, seconds)]
    else:
        portals = list(app.portals.all)
    say(f"{len(portals)} rule {'file' if len(portals) == 1 else 'files'}: no problem found.")


def print_schema() -> None:
    """Print the JSON Schema of rule files."""
    print(json.dumps(json_schema(RuleFile), indent=2, ensure_ascii=False))  # noqa: T201


def shipped_cases() -> Path:
    """Give the folder of the shipped portals' cases: in the wheel, or beside it in a checkout."""
    package = Path(mailbridge.__file__).parent
    inside = package / "fixtures"
    return inside if inside.is_dir() else package.parent / "fixtures"


def read_case(mail: Path) -> CaseFile:
    """Read what is expected of a case's mail. Raises BadDocument."""
    file = mail.with_suffix(".yaml")
    return shape(parse(read_text(file), str(file)), CaseFile)


def run_cases(config: Path | None, paths: Sequence[Path], folder: Path | None) -> int:
    """Run all cases of the portals chosen; exit code 1 where one differs."""
    app = App.load(config, secrets=False, rules=paths)
    own = list(paths) or ([app.settings.rules] if app.settings.rules else [])
    chosen: list[tuple[Portal, Path]] = []
    if own:
        seconds = app.settings.limits.pattern_time.total_seconds()
        for path in own:
            names = {p.file: p for p in own_portals(path, seconds)}
            chosen += [(names[str(f)], folder or f.parent) for f in rule_files(path)]
    else:
        root = folder or shipped_cases()
        chosen = [(portal, root) for portal in app.portals.all]
    portals = gather(app.portals.all)
    ran, failed = 0, 0
    cases = [(p, mail) for p, root in chosen for mail in _mails(p, root)]
    for portal, mail in progress(cases, "Running cases"):
        ran += 1
        _, differences = run_case(read_case(mail), mail.read_bytes(), portals, app.policy())
        if differences:
            failed += 1
            errors.print(
                f"{mail}  ({portal.name})", style="bold red" if console.is_terminal else None
            )
            for difference in differences:
                errors.print(f"    {difference}", markup=False)
    say(f"{ran} cases of {len(chosen)} portals: {ran - failed} right, {failed} wrong.")
    return 1 if failed else 0


def _mails(portal: Portal, root: Path) -> Iterator[Path]:
    folder = root / portal.name
    mails = sorted(folder.glob("*.eml")) if folder.is_dir() else []
    if not mails:
        raise MailbridgeError(
            f"{portal.name}: no case was found. Put a mail NAME.eml and what is expected of it, "
            f"NAME.yaml, into {folder}."
        )
    for mail in mails:
        if not mail.with_suffix(".yaml").is_file():
            raise MailbridgeError(
                f"{mail}: nothing says what is expected of it. Write {mail.with_suffix('.yaml')}."
            )
        yield mail
