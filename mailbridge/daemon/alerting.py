"""The alerts as a job beside the others: each minute, and at once when asked.

Owns its thread, so that a channel that hangs holds up no inbox; what is told is
the alerts' own.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from mailbridge.alerts.watch import Alerts
from mailbridge.errors import MailbridgeError
from mailbridge.log import logger

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

EVERY = 60.0
"""Seconds between two rounds."""


def schedule_alerts(
    scheduler: "BackgroundScheduler",
    alerts: Alerts | None,
    clock: Callable[[], datetime],
    stopping: Callable[[], bool],
) -> Callable[[], None]:
    """Have alerts told each minute; give what asks for a round at once."""
    if alerts is None:
        return lambda: None
    from apscheduler.executors.pool import ThreadPoolExecutor  # a daemon's alone, as there

    scheduler.add_executor(ThreadPoolExecutor(1), "alerts")

    def tell() -> None:
        tell_safely(alerts, clock(), stopping)

    # The first round after a minute: by then every inbox has been tried.
    scheduler.add_job(tell, "interval", seconds=EVERY, executor="alerts", id="alerts")

    def tell_soon() -> None:
        scheduler.add_job(tell, executor="alerts", id="alerts:soon", replace_existing=True)

    return tell_soon


def tell_safely(alerts: Alerts, at: datetime, stopping: Callable[[], bool]) -> None:
    """Tell what is owed; whatever goes wrong with that is logged, and leads go on."""
    try:
        alerts.tell(at, stopping)
    except MailbridgeError as error:
        logger().warning("alerts not looked at", error=str(error))
    except Exception as defect:  # noqa: BLE001  (a boundary: alerts must never stop delivery)
        logger().error("a defect in mailbridge", exc_info=defect)
