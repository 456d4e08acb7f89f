"""`rules test`: the cases of rule files, what differs, and what no case exercises."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from xml.etree import ElementTree

from mailbridge.app import App
from mailbridge.casebook import exercised_by, run_case, without_case
from mailbridge.cli.output import complain, progress, say
from mailbridge.cli.rulework import read_case, shipped_cases
from mailbridge.errors import MailbridgeError
from mailbridge.problems import Problem
from mailbridge.rulefiles import own_portals, rule_files
from mailbridge.rules.portal import Portal


@dataclass(slots=True)
class Trial:
    """One case, and what was wrong with it."""

    portal: str
    name: str
    file: str
    faults: list[str]
    seconds: float = 0.0


@dataclass(slots=True)
class Trials:
    """All cases that ran, and what they exercised."""

    cases: list[Trial] = field(default_factory=list)
    exercised: set[str] = field(default_factory=set)


def run_cases(
    config: Path | None, paths: Sequence[Path], folder: Path | None, junit: Path | None
) -> int:
    """Run all cases of the portals chosen; exit code 1 where one differs or one is missing."""
    app = App.load(config, secrets=False, rules=paths)
    chosen = list(_choose(app, paths, folder))
    trials = Trials()
    cases = [(portal, mail) for portal, root in chosen for mail in _mails(portal, root)]
    for portal, mail in progress(cases, "Running cases"):
        _try_case(app, portal, mail, trials)
    missing = tuple(without_case([portal for portal, _ in chosen], trials.exercised))
    _tell(trials, missing)
    if junit:
        _write_junit(junit, trials, missing, [portal for portal, _ in chosen])
    failed = sum(bool(case.faults) for case in trials.cases)
    say(
        f"{len(trials.cases)} cases of {len(chosen)} portals: {len(trials.cases) - failed} right, "
        f"{failed} wrong" + (f"; {len(missing)} rules without a case." if missing else ".")
    )
    return 1 if failed or missing else 0


def _choose(app: App, paths: Sequence[Path], folder: Path | None) -> Iterator[tuple[Portal, Path]]:
    """Give the portals whose cases run, as they are in use, and where their cases lie."""
    own = list(paths) or ([app.settings.rules] if app.settings.rules else [])
    if not own:
        root = folder or shipped_cases()
        yield from ((portal, root) for portal in app.portals.all)
        return
    in_use = {portal.file: portal for portal in app.portals.all}
    seconds = app.settings.limits.pattern_time.total_seconds()
    for path in own:
        names = [portal.name for portal in own_portals(path, seconds)]
        for file, name in zip(rule_files(path), names, strict=True):
            portal = in_use.get(str(file))
            if portal is None:
                raise MailbridgeError(f"{file}: another rule file of {name} is used instead.")
            yield portal, folder or file.parent


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


def _try_case(app: App, portal: Portal, mail: Path, trials: Trials) -> None:
    begin = perf_counter()
    decision, differences = run_case(read_case(mail), mail.read_bytes(), app.portals, app.policy())
    faults = [str(difference) for difference in differences]
    trials.cases.append(Trial(portal.name, mail.stem, str(mail), faults, perf_counter() - begin))
    trials.exercised |= exercised_by(decision, app.portals)


def _tell(trials: Trials, missing: Iterable[Problem]) -> None:
    for case in trials.cases:
        if case.faults:
            complain(f"{case.file}  ({case.portal})")
            for fault in case.faults:
                complain("\n".join(f"    {line}" for line in fault.splitlines()))
    for problem in missing:
        complain(str(problem))


def _write_junit(
    file: Path, trials: Trials, missing: Sequence[Problem], portals: Sequence[Portal]
) -> None:
    """Write the results as JUnit XML: a suite for each portal, a test for each case.

    Raises MailbridgeError where the file cannot be written.
    """
    root = ElementTree.Element("testsuites", name="mailbridge rules test")
    for portal in portals:
        cases = [case for case in trials.cases if case.portal == portal.name]
        lacking = [str(problem) for problem in missing if problem.file == portal.file]
        cases.append(Trial(portal.name, "every rule has a case", portal.file, lacking))
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=portal.name,
            tests=str(len(cases)),
            failures=str(sum(bool(case.faults) for case in cases)),
            errors="0",
            skipped="0",
            time=f"{sum(case.seconds for case in cases):.3f}",
        )
        for case in cases:
            test = ElementTree.SubElement(
                suite,
                "testcase",
                classname=portal.name,
                name=case.name,
                file=case.file,
                time=f"{case.seconds:.3f}",
            )
            if case.faults:
                failure = ElementTree.SubElement(test, "failure", message=_for_xml(case.faults[0]))
                failure.text = _for_xml("\n".join(case.faults))
    ElementTree.indent(root)
    try:
        file.write_bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")
    except OSError as error:
        raise MailbridgeError(f"{file}: cannot be written: {error.strerror}.") from None


def _for_xml(text: str) -> str:
    """Leave out what XML 1.0 cannot hold, section 2.2."""
    return "".join(c for c in text if c in "\n\t" or (c >= " " and c not in "\ufffe\uffff"))
