"""`rules`: list, check and schema of rule files, and where their cases lie."""

import json
from collections.abc import Sequence
from pathlib import Path

from mailbridge.app import App
from mailbridge.cli.output import complain, say, table
from mailbridge.documents.casefile import CaseFile
from mailbridge.documents.located import parse
from mailbridge.documents.rulefile import RuleFile
from mailbridge.documents.shape import json_schema, shape
from mailbridge.documents.source import read_text
from mailbridge.places import shipped_cases as shipped_cases
from mailbridge.rulefiles import own_portals
from mailbridge.rules.advice import advise


def list_portals(config: Path | None, rules: Sequence[Path]) -> None:
    """List the portals in use."""
    portals = App.load(config, secrets=False, rules=rules).portals
    table(
        ("PORTAL", "EVIDENCE", "SENDERS", "FIELDS", "FILE"),
        [
            (
                portal.name,
                portal.evidence,
                ", ".join(sender.written for sender in portal.senders),
                len(portal.fields),
                portal.file,
            )
            for portal in portals.all
        ],
    )


def check_rules(config: Path | None, paths: Sequence[Path]) -> None:
    """Compile rule files; every problem is raised at once, advice is told as warnings."""
    app = App.load(config, secrets=False, rules=paths)
    in_use = app.portals.all
    seconds = app.settings.limits.pattern_time.total_seconds()
    asked = {portal.file for path in paths for portal in own_portals(path, seconds)}
    portals = [portal for portal in in_use if not paths or portal.file in asked]
    advice = [one for portal in portals for one in advise(portal)]
    for one in advice:
        complain(f"warning: {one}")
    files = f"{len(portals)} rule {'file' if len(portals) == 1 else 'files'}"
    say(f"{files}: no problem found" + (f", {len(advice)} warnings." if advice else "."))


def print_schema() -> None:
    """Print the JSON Schema of rule files."""
    print(json.dumps(json_schema(RuleFile), indent=2, ensure_ascii=False))  # noqa: T201


def read_case(mail: Path) -> CaseFile:
    """Read what is expected of a case's mail. Raises BadDocument."""
    file = mail.with_suffix(".yaml")
    return shape(parse(read_text(file), str(file)), CaseFile)
