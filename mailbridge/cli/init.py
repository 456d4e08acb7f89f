"""`init`: from nothing to settings that work, by questions; each answer is tried at once.

Nothing is written before everything was answered, and nothing is ever overwritten.
"""

import os
import shlex
from pathlib import Path

from mailbridge.app import App
from mailbridge.cli.answers import INBOX, Answers, explain
from mailbridge.cli.asking import ask, ask_secret, choose, confirm
from mailbridge.cli.checking import check_destinations, show_inbox
from mailbridge.cli.dryrun import show_newest
from mailbridge.cli.keeping import Keeping, ask_keeping, check_place, write
from mailbridge.cli.login import sign_in
from mailbridge.cli.mailbox import ask_mailbox
from mailbridge.cli.output import complain, heading, say
from mailbridge.documents.settings import load_settings
from mailbridge.errors import BadDocument, MailbridgeError
from mailbridge.inbox.discovery import Dns, SystemDns
from mailbridge.places import find_config, new_config
from mailbridge.signin import ring
from mailbridge.signin.keep import Keep

NEWEST = 20
"""Mails of the dry-run at the end."""
_API = "https://leads.realforce.ch/api/v1/lead"
_INTERRUPTED = 130
"""The exit code of what Ctrl-C has ended, as shells have it."""


def make_settings(given: Path | None, dns: Dns | None = None) -> int:
    """Ask, try, write, sign in, and show the newest mails.

    Exit code 0; 1 where the settings are written but do not let mailbridge in yet; 130 after
    Ctrl-C. Raises MailbridgeError where the file is there already, or the answers end.
    """
    file = new_config(given, os.environ)
    check_place(file)
    say(f"A few questions, and {file} is made. Nothing is written before the last one.")
    try:
        answers = _ask(file, dns or SystemDns())
        keeping = _write(file, answers)
    except KeyboardInterrupt:
        complain("\nStopped. Nothing was written.")
        return _INTERRUPTED
    except MailbridgeError as error:
        raise MailbridgeError(f"{error} Nothing was written.") from None
    say(f"{file} is written.")
    # What comes now is tried with what was written, not with what was answered.
    app = App(settings=load_settings(file, _environ(answers), ring.read_secret), file=file)
    try:
        return _begin(app, keeping.tokens)
    except KeyboardInterrupt:
        complain("\nStopped.")
        code = _INTERRUPTED
    except MailbridgeError as error:
        complain(f"mailbridge: {error}")
        code = 1
    say(f"{file} stays as it is written.")
    _tell_next(app, signs_in=app.settings.inboxes[0].oauth is not None)
    return code


def _ask(file: Path, dns: Dns) -> Answers:
    heading("The mailbox that receives the portals' mails")
    answers = Answers(ask_mailbox(file, dns))
    heading("The CRM")
    say("Leads go to Realforce's lead API. For another place see docs/destinations.md afterwards.")
    return _ask_destination(file, answers)


def _ask_destination(file: Path, answers: Answers) -> Answers:
    url = _API
    while True:
        url = ask("Realforce's lead API", url)
        key = ask_secret("Its API key (not shown)")
        answers = Answers(answers.inbox, url, key)
        try:
            app = answers.app(file)
        except BadDocument as bad:
            complain(explain(bad))
            continue
        if check_destinations(app) or confirm(
            "It cannot be reached from here. Take it all the same"
        ):
            return answers


def _write(file: Path, answers: Answers) -> Keeping:
    heading("Passwords and keys")
    secrets = answers.secrets
    keeping = ask_keeping(file, secrets)
    write(file, answers.write(keeping.pointers), keeping)
    return keeping


def _begin(app: App, keep: Keep | None) -> int:
    """Sign in where the inbox wants it, and show the newest mails. Raises MailbridgeError."""
    [inbox] = app.settings.inboxes
    if inbox.oauth:
        heading("Sign-in")
        if choose("Sign in now", ("yes", "later"), "yes") == "later":
            _tell_next(app, signs_in=True)
            return 0
        sign_in(app, inbox, keep)
        show_inbox(app, inbox)
    heading("Dry-run over the newest mails: nothing is sent or changed")
    show_newest(app, NEWEST)
    _tell_next(app, signs_in=False)
    return 0


def _environ(answers: Answers) -> dict[str, str]:
    told = {kept.variable: secret for kept, secret in answers.secrets.items()}
    return {**os.environ, **told}


def _tell_next(app: App, *, signs_in: bool) -> None:
    """Say which commands come next, in a form that finds these settings."""
    heading("Next")
    found = find_config(None, os.environ)
    ours = app.file and found and found.absolute() == app.file.absolute()
    more = "" if ours else f" --config {shlex.quote(str(app.file))}"
    steps = (
        *(((f"login {INBOX}", "signs in to the mailbox"),) if signs_in else ()),
        ("check --online --send-test-lead", "sends one lead, to see that the key is right"),
        ("run", "starts; only mail that comes then is sent"),
    )
    lines = [(f"mailbridge {command}{more}", told) for command, told in steps]
    width = max(len(command) for command, _ in lines)
    for command, told in lines:
        say(f"{command:{width}}   {told}")
