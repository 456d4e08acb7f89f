"""The commands about rule files: names, options and help, as in `main`."""

from pathlib import Path
from typing import Annotated

import typer

from mailbridge.cli.options import Config, RulesOption

rules = typer.Typer(
    help="Everything about rule files.", no_args_is_help=True, rich_markup_mode=None
)


@rules.command("list")
def rules_list(config: Config = None, rules_paths: RulesOption = None) -> None:
    """List the portals in use, with how each layout is known."""
    from mailbridge.cli.rulework import list_portals

    list_portals(config, rules_paths or [])


@rules.command("check")
def rules_check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Rule files or folders; else those in use."),
    ] = None,
    config: Config = None,
) -> None:
    """Check rule files: every problem with file, line, column and what to write instead."""
    from mailbridge.cli.rulework import check_rules

    check_rules(config, paths or [])


@rules.command("test")
def rules_test(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="Rule files or folders, with a folder of cases PORTAL/ beside each; "
            "else those of the settings, else the shipped ones.",
        ),
    ] = None,
    config: Config = None,
    cases: Annotated[
        Path | None,
        typer.Option("--cases", metavar="FOLDER", help="Where the folders of cases are instead."),
    ] = None,
    junit: Annotated[
        Path | None,
        typer.Option("--junit", metavar="FILE", help="Write the results as JUnit XML too."),
    ] = None,
) -> None:
    """Run each portal's cases: mails with the lead expected.

    Exit code 1 where a case differs, where two portals take a mail for theirs, and
    where a pattern or label has no case.
    """
    from mailbridge.cli.casework import run_cases

    raise typer.Exit(run_cases(config, paths or [], cases, junit))


@rules.command("explain")
def rules_explain(
    mail: Annotated[Path, typer.Argument(metavar="MAIL", help="One mail: an .eml file.")],
    config: Config = None,
    rules_paths: RulesOption = None,
) -> None:
    """Show what every portal's rules make of one mail, and what almost matched."""
    from mailbridge.cli.examining import explain_mail

    explain_mail(config, rules_paths or [], mail)


@rules.command("draft")
def rules_draft(
    mails: Annotated[
        list[Path],
        typer.Argument(metavar="MAIL...", help="Example mails of one layout: .eml files, or mbox."),
    ],
    portal: Annotated[
        str, typer.Option("--portal", metavar="NAME", help="The site's name, as homegate.ch.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="FILE", help="The rule file to write; nothing is overwritten."
        ),
    ],
    fields: Annotated[
        list[str] | None,
        typer.Option(
            "--field",
            metavar="NAME=VALUE",
            help="What the first mail says, as sender_email=ann@example.org. Can be repeated.",
        ),
    ] = None,
    config: Config = None,
) -> None:
    """Draft a rule file and its first cases from example mails.

    Says how sure it is of each field and why; on a terminal it asks for what is not
    sure. Exit code 1 where a value that was given is not found by the rule.
    """
    from mailbridge.cli.drafting import draft_rule

    raise typer.Exit(draft_rule(config, mails, portal, out, fields or []))


@rules.command("schema")
def rules_schema() -> None:
    """Print the JSON Schema of rule files, for completion in an editor."""
    from mailbridge.cli.rulework import print_schema

    print_schema()
