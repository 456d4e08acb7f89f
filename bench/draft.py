"""How right drafted rules are on *other* mails of the same layout.

For each invented layout (bench/layouts.py) a rule is drafted from one and from three
mails, with and without the values being given for the first one, and then decides mails
that it was not drafted from. Printed are the shares of fields and of whole leads that
are right; a field that is found where the mail has none is wrong. `held_out` layouts
were written before the drafting and never looked at for it; `second_held_out` by a
reviewer afterwards, who had seen neither. "A wrong value" counts the mails of which
the rule says something that is not so, which is worse than saying nothing.

`python -m bench.draft [--group GROUP] [--each]`; `--each` tells each layout, for work on
the development set.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path
from typing import Protocol

import mailbridge
from bench.layouts import EXAMPLES, Layout, Mail, layouts
from mailbridge.cli.drafting import open_mail
from mailbridge.cli.rulework import read_case
from mailbridge.decision import Policy, decide
from mailbridge.documents.casefile import ExpectedLead
from mailbridge.documents.located import parse
from mailbridge.inbox.files import FileMail
from mailbridge.leads.preparation import Policy as LeadPolicy
from mailbridge.outcomes import Outcome
from mailbridge.rulefiles import shipped_portals
from mailbridge.rules.compilation import compile_portal
from mailbridge.rules.drafting.draft import Example
from mailbridge.rules.drafting.writing import draft
from mailbridge.rules.forwarding import ANYONE
from mailbridge.rules.judgement import Portals, gather

FIELDS = tuple(name for name in ExpectedLead.model_fields if not name.endswith("_id"))
FIXTURES = Path(__file__).parent.parent / "fixtures"
PORTAL = "drafted.example"
GROUPS = ("development", "held_out", "second_held_out")


@dataclass(slots=True)
class Score:
    """What was right of what."""

    fields: list[bool] = field(default_factory=list)
    leads: list[bool] = field(default_factory=list)
    false: list[bool] = field(default_factory=list)
    """For each mail: whether a value is found that the mail does not have for its field."""
    wrong: list[str] = field(default_factory=list)

    def add(self, number: int, expected: dict[str, str], found: dict[str, str]) -> None:
        """Compare one mail's lead, field by field; what neither has does not count."""
        right = true = True
        for name in FIELDS:
            if name in expected or name in found:
                same = expected.get(name) == found.get(name)
                self.fields.append(same)
                right = right and same
                true = true and (same or name not in found)
                if not same:
                    self.wrong.append(
                        f"{number} {name}: {expected.get(name)!r}, found {found.get(name)!r}"
                    )
        self.leads.append(right)
        self.false.append(not true)


class Measure(Protocol):
    """Drafts from so many examples, with values given or not, and scores the rule."""

    def __call__(self, examples: int, *, given: bool) -> tuple[Score, str]:
        """Give the score, and the rule."""


def lead_of(raw: bytes, portals: Portals, region: str) -> dict[str, str]:
    """Decide a mail as the daemon would; give the lead's values, the message without our block."""
    policy = Policy(forwarders=ANYONE, leads=LeadPolicy(default_region=region))
    decision = decide(raw, None, portals, policy)
    if not decision.wanted:
        return {}
    wanted = decision.wanted[0]
    found = {name: getattr(wanted.prepared.lead, name) for name in FIELDS}
    message = wanted.inquiry.fields.get("sender_message")
    found["sender_message"] = message.value.strip() if message else ""
    return {name: value for name, value in found.items() if value}


def measure(layout: Layout, examples: int, *, given: bool) -> tuple[Score, str]:
    """Draft from the first mails of a layout, and score the rule on the others."""
    mails = layout.mails()
    made = draft(
        PORTAL,
        [_example(m, m.given if given and not i else {}) for i, m in enumerate(mails[:examples])],
    )
    portals = gather([compile_portal(parse(made.rule, "drafted.yaml"))])
    score = Score()
    for number, mail in enumerate(mails[EXAMPLES:], start=EXAMPLES):
        score.add(number, mail.values, lead_of(mail.raw, portals, layout.region))
    return score, made.rule


def measure_shipped(portal: str, examples: int, *, given: bool) -> tuple[Score, str]:
    """Draft from each lead among a shipped portal's cases, and score the rule on that very mail.

    Their other cases show variants and languages on purpose, so they measure nothing else.
    """
    score, rules = Score(), []
    region = next((one.region for one in shipped_portals(5.0) if one.name == portal), "")
    for number, file in enumerate(sorted((FIXTURES / portal).glob("*.eml"))):
        case = read_case(file)
        if examples > 1 or case.portal != portal or case.outcome is not Outcome.LEAD:
            continue
        values = case.lead.model_dump(exclude_none=True) if case.lead else {}
        mail = Mail(file.read_bytes(), values, values)
        made = draft(PORTAL, [_example(mail, values if given else {})])
        portals = gather([compile_portal(parse(made.rule, "drafted.yaml"))])
        score.add(number, values, lead_of(mail.raw, portals, region or "CH"))
        rules.append(f"# {file.name}\n{made.rule}")
    return score, "\n".join(rules)


def _example(mail: Mail, given: dict[str, str]) -> Example:
    return Example(open_mail(FileMail("bench", mail.raw), Policy()), given)


def share(right: Sequence[bool]) -> str:
    """Write a share as `12/15 80 %`."""
    return f"{sum(right)}/{len(right)} {100 * sum(right) / max(1, len(right)):.0f} %"


def groups(wanted: str | None) -> Iterator[tuple[str, str, Measure]]:
    """Give each layout of the groups asked for: group, name, and how it is measured."""
    for group in GROUPS:
        if wanted in {None, group}:
            for layout in layouts(group):
                yield group, layout.name, partial(measure, layout)
    if wanted in {None, "shipped"}:
        for folder in sorted(FIXTURES.iterdir()):
            if (Path(mailbridge.__file__).parent / "portals" / f"{folder.name}.yaml").is_file():
                yield "shipped", folder.name, partial(measure_shipped, folder.name)


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=Path(__file__).stem)
    parser.add_argument("--group", choices=[*GROUPS, "shipped"])
    parser.add_argument("--each", metavar="NAME", nargs="?", const="", help="tell each layout")
    asked = parser.parse_args()
    print("| layouts | drafted from | values given | fields right | leads right | a wrong value |")
    print("|---|---|---|---|---|---|")
    chosen = [one for one in groups(asked.group) if not asked.each or asked.each == one[1]]
    for group in dict.fromkeys(one[0] for one in chosen):
        members = [one for one in chosen if one[0] == group]
        for examples, given in product((1, EXAMPLES), (False, True)):
            whole = Score()
            for _, name, measured in members:
                score, rule = measured(examples, given=given)
                whole.fields += score.fields
                whole.leads += score.leads
                whole.false += score.false
                if asked.each is not None and (score.wrong or asked.each):
                    print(f"  {name}: {share(score.fields)}, {share(score.leads)}")
                    print(*([rule] if asked.each else []), *score.wrong[:6], sep="\n    ")
            if not whole.leads:
                continue
            said = "yes" if given else "no"
            print(
                f"| {group} ({len(members)}) | {examples} | {said} "
                f"| {share(whole.fields)} | {share(whole.leads)} "
                f"| {share(whole.false)} |"
            )


if __name__ == "__main__":
    main()
