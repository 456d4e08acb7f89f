"""The contestants: the command line by which each is run on a job."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from bench.job import Job


@dataclass(frozen=True, slots=True)
class Contestant:
    """Somebody who empties a mailbox of its leads."""

    name: str
    command: Callable[[Job, Path], list[str]]
    """From a job and an empty folder for what has to be written down."""


def run_floor(job: Job, folder: Path) -> list[str]:
    return [sys.executable, "-m", "bench.floor", str(job.write(folder / "job.json"))]


def run_script(job: Job, folder: Path) -> list[str]:
    return [sys.executable, "-m", "bench.script", str(job.write(folder / "job.json"))]


def run_mailbridge(job: Job, folder: Path) -> list[str]:
    return [sys.executable, "-m", "mailbridge", *write_arguments(job, folder)]


def profile_mailbridge(job: Job, folder: Path) -> list[str]:
    output = str(folder / "shares.json")
    return [sys.executable, "-m", "bench.shares", output, *write_arguments(job, folder)]


def write_arguments(job: Job, folder: Path) -> list[str]:
    """Write mailbridge's settings for a job and return its arguments."""
    settings = {
        "inboxes": [
            {
                "name": "bench",
                "host": job.host,
                "port": job.port,
                "ca_file": job.ca_file,
                "username": job.user,
                "password": job.password,
                "start": "2020-01-01",
            }
        ],
        "destination": {"url": job.api_url, "api_key": job.api_key},
        "ledger": {"url": f"sqlite:///{job.ledger}"},
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return ["run", "--once", "--config", str(path)]


CONTESTANTS = (
    Contestant("floor", run_floor),
    Contestant("script", run_script),
    Contestant("mailbridge", run_mailbridge),
)
PROFILED = Contestant("profile", profile_mailbridge)
