"""The commands of every day, about mails and leads: names, options and help, as in `main`."""

from pathlib import Path
from typing import Annotated

import typer

from mailbridge.cli.options import Config, parse_day
from mailbridge.outcomes import Outcome

daily = typer.Typer(rich_markup_mode=None)


@daily.command()
def status(
    config: Config = None,
    output: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="table|json",
            help="table for people; json: one JSON object, and nothing else.",
        ),
    ] = "table",
) -> None:
    """Show the health of inboxes and queue, and the counts of outcomes and portals.

    SEEN AFTER and SENT AFTER say how long an inbox's mails waited, from their arrival at the
    mail server until they were read, and until their lead was accepted: the median and the
    longest, of those among the newest 1000 mails that came since the first start.

    ERROR SINCE is the last poll that went well: mail that came later may lie unread.

    COMPLETE is the share of a portal's inquiries that became leads. Ignored mails are left
    out; duplicates and leads on their way, in doubt or rejected count as complete.

    Ends with exit code 0 whatever it shows; monitoring looks at /healthz, or at the JSON.
    """
    from mailbridge.cli.status import show_status

    if output not in {"table", "json"}:
        raise typer.BadParameter("table or json", param_hint="--format")
    show_status(config, as_json=output == "json")


@daily.command()
def mails(
    config: Config = None,
    outcome: Annotated[
        list[Outcome] | None,
        typer.Option("--outcome", metavar="OUTCOME", help="Only these outcomes; can be repeated."),
    ] = None,
    review: Annotated[
        bool, typer.Option("--review", help="Only what a person must look at.")
    ] = False,
    portal: Annotated[
        str | None, typer.Option("--portal", metavar="NAME", help="Only this portal's.")
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="How many, newest first.")] = 50,
) -> None:
    """List the mails that were seen, newest first."""
    from mailbridge.cli.records import list_mails

    wanted = set(outcome or ()) | ({o for o in Outcome if o.for_review} if review else set())
    list_mails(config, wanted, portal, limit)


@daily.command()
def show(
    mail: Annotated[int, typer.Argument(metavar="ID", help="The number that `mails` shows.")],
    config: Config = None,
) -> None:
    """Show one mail: what was found and where, what was sent, and every attempt."""
    from mailbridge.cli.records import show_mail

    show_mail(config, mail)


@daily.command()
def retry(
    mails: Annotated[
        list[int] | None,
        typer.Argument(metavar="[ID]...", help="The numbers that `mails` shows."),
    ] = None,
    config: Config = None,
    outcome: Annotated[
        Outcome | None,
        typer.Option("--outcome", metavar="OUTCOME", help="All mails with this outcome."),
    ] = None,
) -> None:
    """Decide anew or send again what is for review. Safe to repeat.

    A refused lead is queued again; a mail without a lead is read again with the rules
    as they are now. The running daemon, or the next run, does the work.
    """
    from mailbridge.cli.acting import retry_mails

    if not mails and outcome is None:
        raise typer.BadParameter("name the mails by their ID, or give --outcome")
    raise typer.Exit(retry_mails(config, mails or [], outcome))


@daily.command()
def listings(
    references: Annotated[
        list[str] | None,
        typer.Argument(metavar="[REFERENCE]...", help="Say what these are in the CRM."),
    ] = None,
    config: Config = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Read the CRM's lists now, from the first page on.")
    ] = False,
) -> None:
    """Show what is known of the CRM's listings, against which references are held.

    The daemon reads the lists by itself (`listings.every`); a refresh by hand is seen by it
    at once. Exit code 1 where the lists could not be read, or never were.
    """
    from mailbridge.cli.listings import show_listings

    raise typer.Exit(show_listings(config, references or [], refresh=refresh))


@daily.command()
def audit(
    config: Config = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Only mail received since that day (2026-11-01)."),
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(
            "--journal",
            metavar="FILE",
            help="Compare the leads with what the sandbox wrote there (`sandbox --journal`).",
        ),
    ] = None,
) -> None:
    """Compare mailbox, ledger and destination, and say what does not agree.

    Every mail must have its outcome in the ledger and bear its mark; every lead that was sent
    must have the destination's id. Mail from before the first start is counted, no more.
    Realforce lists no leads, so the ids are those of its answers; only a sandbox can be
    compared lead by lead.

    Changes nothing: folders are opened read-only. May run beside the daemon. Exit code 1
    where something does not agree.
    """
    from mailbridge.cli.auditing import audit_all

    raise typer.Exit(audit_all(config, parse_day(since), journal))


@daily.command()
def resolve(
    mails: Annotated[
        list[int], typer.Argument(metavar="ID...", help="The numbers that `mails` shows.")
    ],
    config: Config = None,
    sent: Annotated[
        bool,
        typer.Option("--sent", help="The lead is in the CRM: it arrived, or somebody typed it in."),
    ] = False,
    not_sent: Annotated[
        bool,
        typer.Option(
            "--not-sent",
            help="It is not: a lead in doubt is sent again now, anything else needs no lead.",
        ),
    ] = False,
) -> None:
    """Say what became of what is for review, and close it. Safe to repeat.

    Of a mail that holds several leads, those in doubt are meant as long as there are
    any; then the mail as a whole. The opposite word takes a mistaken one back.
    """
    from mailbridge.cli.acting import resolve_mails
    from mailbridge.ledger.records import Word

    if sent == not_sent:
        raise typer.BadParameter("say either --sent or --not-sent")
    raise typer.Exit(resolve_mails(config, mails, Word.SENT if sent else Word.NOT_SENT))


@daily.command()
def forget(
    config: Config = None,
    email: Annotated[
        str, typer.Option("--email", metavar="ADDRESS", help="All that mentions this address.")
    ] = "",
    phone: Annotated[
        str, typer.Option("--phone", metavar="NUMBER", help="All that mentions this number.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase contents from the ledger: what is past its time, or all that mentions one person.

    Counts, outcomes and the hashes by which a mail is known again stay. With --email
    or --phone it shows first what it would erase, and asks. Mails in the mailbox and
    leads in the CRM are never touched.
    """
    from mailbridge.cli.acting import forget as erase

    raise typer.Exit(erase(config, email, phone, sure=yes))
