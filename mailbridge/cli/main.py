"""The commands: names, options and help. What a command does stands in its own module.

Here are those that set up and run; those of every day are in `daily`, those about rules in `rules`.

Nothing heavy is imported here, so that `--help` and completion answer at once.
"""

from pathlib import Path
from typing import Annotated

import typer

from mailbridge.cli.daily import daily
from mailbridge.cli.options import Config, Format, RulesOption, parse_day, parse_listen_option
from mailbridge.cli.rules import rules
from mailbridge.signin.keep import Keep

app = typer.Typer(
    name="mailbridge",
    help="The bridge from an estate agency's inbox to its CRM: reads property portals' inquiry "
    "mails, sends each as a lead to Realforce, and files the mail.",
    epilog="Begin with: mailbridge demo · mailbridge dry-run FILE.eml · mailbridge init",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # __main__ is the boundary
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:  # noqa: FBT001  (Typer calls it so)
    if wanted:
        from mailbridge import __version__

        typer.echo(f"mailbridge {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and end.", callback=_version)
    ] = False,
) -> None:
    """Set what holds for all commands."""


@app.command()
def demo() -> None:
    """Watch it work: a mail server, a lead API and sample mails, all on this machine.

    Needs no configuration and touches nothing outside of a temporary folder.
    """
    from mailbridge.cli.demo import show_demo

    raise typer.Exit(show_demo())


@app.command()
def init(config: Config = None) -> None:
    """Make the settings by questions, trying each answer at once.

    Finds the mail server by the address, logs in, sees how mail can be marked and whether the
    lead API can be reached, writes a commented config.yaml, and shows what would become of the
    newest mails. Overwrites nothing. Through a pipe it takes one answer from each line.
    """
    from mailbridge.cli.init import make_settings

    raise typer.Exit(make_settings(config))


@app.command()
def check(
    config: Config = None,
    online: Annotated[
        bool,
        typer.Option(
            "--online",
            help="Log in to each inbox, show what the server can do and how mail will be marked, "
            "and see whether the lead API can be reached.",
        ),
    ] = False,
    send_test_lead: Annotated[
        bool,
        typer.Option(
            "--send-test-lead",
            help="Send one lead with the reference TEST, to see that the key is accepted. "
            "Somebody will find it in the CRM.",
        ),
    ] = False,
    send_test_alert: Annotated[
        bool,
        typer.Option(
            "--send-test-alert",
            help="Send a message to each address of alerts.to, to see that it arrives.",
        ),
    ] = False,
) -> None:
    """Check settings and rules; with --online, servers too.

    Every problem is named with file, line, key and what to write instead.
    """
    from mailbridge.cli.checking import check_all

    raise typer.Exit(
        check_all(
            config,
            online=online,
            send_test_lead=send_test_lead,
            send_test_alert=send_test_alert,
        )
    )


@app.command()
def login(
    inbox: Annotated[str, typer.Argument(metavar="INBOX", help="Its name in the settings.")],
    config: Config = None,
    keep: Annotated[
        Keep | None,
        typer.Option(
            "--keep",
            help="Where the tokens are kept: in this user's keyring, or in a file for this user "
            "alone. Without it the keyring, where there is one.",
        ),
    ] = None,
) -> None:
    """Sign in to an inbox that takes no password (Microsoft 365, Google, OAuth 2).

    Works on a machine without a browser. Run it as the user under whom mailbridge runs; a
    running mailbridge goes on by itself. For an inbox with 'password: {keyring: NAME}' it asks
    for the password and puts it there.
    """
    from mailbridge.cli.login import log_in

    raise typer.Exit(log_in(config, inbox, keep))


@app.command("dry-run")
def dry_run(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PATH]...",
            help="Mails: .eml files, mbox files, Maildirs, folders of them. "
            "Without any: the inboxes of the settings, opened read-only.",
        ),
    ] = None,
    config: Config = None,
    rules_paths: RulesOption = None,
    output: Format = "table",
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Inbox: all mail received since that day (2026-11-01)."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Look at the first N mails only.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show each value in the text that it came from.")
    ] = False,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save",
            metavar="FOLDER",
            help="Keep the mails there, each as an .eml file; none is ever overwritten.",
        ),
    ] = None,
    anonymise: Annotated[
        bool,
        typer.Option(
            "--anonymise",
            help="With --save: other names, addresses and numbers in place of the real ones. "
            "Read a mail before you give it away: free text may say more.",
        ),
    ] = False,
) -> None:
    """Show what would happen, without sending or changing anything.

    Takes the same path as the daemon, up to the point of sending. On files it works
    without any settings, with the shipped portals.
    """
    from mailbridge.cli.corpus import AnonymousCorpus, Corpus
    from mailbridge.cli.dryrun import preview

    if output not in {"table", "jsonl"}:
        raise typer.BadParameter("table or jsonl", param_hint="--format")
    if anonymise and save is None:
        raise typer.BadParameter("say with --save where to", param_hint="--anonymise")
    kind = AnonymousCorpus if anonymise else Corpus
    code = preview(
        config,
        paths or [],
        rules_paths or [],
        since=parse_day(since),
        limit=limit,
        jsonl=output == "jsonl",
        explain=explain,
        corpus=kind(save) if save else None,
    )
    raise typer.Exit(code)


@app.command()
def run(
    config: Config = None,
    once: Annotated[
        bool, typer.Option("--once", help="One pass: read, send, mark, show a summary, end.")
    ] = False,
) -> None:
    """Run the daemon: poll every inbox, send the leads, mark the mails.

    Ends cleanly on SIGTERM and Ctrl-C: the lead in flight is finished and recorded.
    """
    from mailbridge.cli.running import run_daemon, run_once

    raise typer.Exit(run_once(config) if once else run_daemon(config))


@app.command()
def web(
    config: Config = None,
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen",
            metavar="HOST:PORT",
            help="An address of this machine alone; else web.listen (127.0.0.1:8026).",
        ),
    ] = None,
) -> None:
    """Show how things stand, the mails and the rules in a browser on this machine.

    Prints a login link that works once, and a new one when it was used. Runs beside
    the daemon, until Ctrl-C. Needs the extra `web`.
    """
    from mailbridge.cli.web import serve_pages

    serve_pages(config, parse_listen_option(listen))


@app.command()
def sandbox(
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="0: any free one.")
    ] = 8025,
    key: Annotated[
        str, typer.Option(metavar="KEY", help="The API key that it accepts.")
    ] = "sandbox",
    secret: Annotated[
        str, typer.Option(metavar="TEXT", help="What its webhook expects leads to be signed with.")
    ] = "sandbox-webhook-secret",  # noqa: S107  (of a stand-in on loopback)
    plan: Annotated[
        str,
        typer.Option(
            metavar="PLAN", help="How to fail, as '503x3, hang, 429 retry-after=2'; then it works."
        ),
    ] = "",
    journal: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Append every lead to this file, one JSON line each."),
    ] = None,
    listings: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The lists to serve, as JSON: "
            '{"listings": [{"id": "l1", "reference": "A-1"}], "promotions": []}.',
        ),
    ] = None,
) -> None:
    """Run a lead API on this machine: strict about the contract, and failing when told to.

    Realforce's private endpoint, a webhook and the CRM's lists (in pages as the listings API
    gives them) stand beside it.
    """
    from mailbridge.cli.sandbox import serve

    serve(port, key, secret, plan, journal, listings)


@app.command()
def service(
    config: Config = None,
    as_compose: Annotated[
        bool, typer.Option("--compose", help="Print a compose file for the container instead.")
    ] = False,
) -> None:
    """Print a systemd unit that runs mailbridge with few rights, or a compose file.

    It fits this installation and its settings, and says what to do first. Write it to
    /etc/systemd/system/mailbridge.service. See docs/service.md.
    """
    from mailbridge.cli.service import print_service

    print_service(config, as_compose=as_compose)


app.add_typer(daily)  # without a name: they stand beside the others
app.add_typer(rules, name="rules")
