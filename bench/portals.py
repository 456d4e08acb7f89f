"""What the shipped portals make of every case, and what having them all costs.

`python -m bench.portals` prints a table for the README: portals by the way in which
the mail got here. `--speed` compares judging with all portals and with one alone.
"""

import argparse
from collections import defaultdict
from pathlib import Path
from statistics import median
from time import perf_counter

from mailbridge.casebook import run_case
from mailbridge.cli.rulework import read_case
from mailbridge.decision import Policy, decide
from mailbridge.rulefiles import shipped_portals
from mailbridge.rules.forwarding import ANYONE
from mailbridge.rules.judgement import Portals, gather
from mailbridge.rules.portal import Portal

FIXTURES = Path(__file__).parent.parent / "fixtures"
CLIENTS = {
    "gmail": "Gmail",
    "outlook-classic": "Outlook classic",
    "outlook-new": "Outlook new",
    "outlook-web": "Outlook web",
    "outlook-mac": "Outlook Mac",
    "apple-mail": "Apple Mail",
    "ios": "iOS",
    "thunderbird": "Thunderbird",
    "yahoo": "Yahoo",
}
SECONDS = 5.0
ROUNDS = 7


def is_right(mail: Path, portals: Portals) -> bool:
    """Whether the decision on a case's mail is all that the case expects."""
    _, differences = run_case(
        read_case(mail), mail.read_bytes(), portals, Policy(forwarders=ANYONE)
    )
    return not differences


def client_of(mail: Path) -> str:
    """Name the mail program that forwarded a case's mail; empty for a special case."""
    return next((name for key, name in CLIENTS.items() if f"-{key}-" in mail.stem), "")


def print_matrix(names: list[str], portals: Portals) -> None:
    """Print portals by ways as Markdown: right of all, languages of the forwards behind."""
    forwarded = sorted((FIXTURES / "forwarded").glob("*.eml"))
    columns = ["direct", *CLIENTS.values()]
    print("| portal | " + " | ".join(columns) + " |")
    print("|" + "---|" * (len(columns) + 1))
    for portal in names:
        found: dict[str, list[bool]] = defaultdict(list)
        languages: dict[str, set[str]] = defaultdict(set)
        for mail in sorted((FIXTURES / portal).glob("*.eml")):
            found["direct"].append(is_right(mail, portals))
        for mail in forwarded:
            client = client_of(mail)
            if client and mail.stem.startswith(f"{portal}-"):
                found[client].append(is_right(mail, portals))
                rest = mail.stem.removeprefix(f"{portal}-").split("-")
                languages[client] |= {
                    word.upper() for word in rest if word in ["fr", "de", "it", "en"]
                }
        cells = [
            f"{sum(found[c])}/{len(found[c])} {' '.join(sorted(languages[c]))}".strip()
            if found[c]
            else "–"
            for c in columns
        ]
        print(f"| {portal} | " + " | ".join(cells) + " |")
    special = [mail for mail in forwarded if not client_of(mail)]
    right = sum(is_right(mail, portals) for mail in special)
    print(f"\nOther forwards (attached, twice, retyped, quoted …): {right}/{len(special)}")


def print_speed(all_portals: tuple[Portal, ...]) -> None:
    """Print what a mail of one portal costs with all portals, as a ratio to that one alone."""
    everyone, ratios = gather(all_portals), []
    for portal in everyone.all:  # with what they take over from others
        if portal.name == "seloger-luxe":
            continue  # it shares its sender with seloger.com: there is no "alone"
        alone = gather([portal])
        mails = [mail.read_bytes() for mail in sorted((FIXTURES / portal.name).glob("*.eml"))]
        times: dict[str, list[float]] = {"alone": [], "all": []}
        for number in range(2 * ROUNDS):  # in turns, so that noise falls on both
            name, portals = ("alone", alone) if number % 2 else ("all", everyone)
            begin = perf_counter()
            for _ in range(5):
                for raw in mails:
                    decide(raw, None, portals, Policy())
            times[name].append((perf_counter() - begin) / (5 * len(mails)))
        ratio = median(times["all"]) / median(times["alone"])
        ratios.append(ratio)
        print(
            f"{portal.name:28} {median(times['alone']) * 1e6:7.0f} µs alone, {ratio:5.2f} with all"
        )
    print(f"{'median':28} {'':16} {median(ratios):5.2f} with all")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speed", action="store_true", help="compare all portals with one alone")
    wanted = parser.parse_args()
    portals = shipped_portals(SECONDS)
    if wanted.speed:
        print_speed(portals)
    else:
        united = gather(portals)
        print_matrix([portal.name for portal in united.all], united)


if __name__ == "__main__":
    main()
