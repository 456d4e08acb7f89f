"""The one boundary where errors become messages and exit codes.

0 done, 1 an error that the user can mend, 2 usage (Typer's own), 3 a defect in
mailbridge. Nowhere else is an exception turned into text for people.
"""

import errno
import gc
import io
import sys


def main() -> None:
    """Run the command line."""
    # What modules make while they are imported stays: looking through it for garbage took
    # a fifth of the start. `App.load` turns the collector on.
    gc.disable()

    from mailbridge import log
    from mailbridge.cli.main import app
    from mailbridge.errors import MailbridgeError

    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal or pipe that is not UTF-8 gets what it cannot show as `\u…`.
        sys.stdout.reconfigure(errors="backslashreplace")
    log.configure()
    try:
        app()
    except MailbridgeError as error:
        _complain(str(error))
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output went away, as `head` does; that is no error.
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:  # noqa: BLE001  (the last boundary there is)
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            _complain("The disk is full. Free some space; nothing recorded so far is lost.")
            sys.exit(1)
        log.logger().error("a defect in mailbridge", exc_info=error)
        _complain(
            "this is a defect in mailbridge, not your mistake; "
            "what the log says above helps to mend it."
        )
        sys.exit(3)


def _complain(text: str) -> None:
    from mailbridge.controls import show_controls

    for line in text.splitlines():
        print(f"mailbridge: {show_controls(line)}", file=sys.stderr)  # noqa: T201  (the boundary speaks)


if __name__ == "__main__":
    main()
