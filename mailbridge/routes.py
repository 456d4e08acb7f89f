"""Where leads go, by the settings: the destinations by name, and what a lead is written as. Pure.

Must not connect to one: that is the app's.
"""

from collections.abc import Collection, Mapping

from mailbridge.delivery.agency_payload import AgencyForm
from mailbridge.delivery.forms import Form, Outlet, RealforceForm, WebhookForm, outlet_for
from mailbridge.delivery.payload import EmailKey
from mailbridge.documents.destinations import (
    AgencySettings,
    AnyDestination,
    AnyNamed,
    DestinationSettings,
)
from mailbridge.documents.settings import Settings
from mailbridge.leads.requirements import WithoutTarget
from mailbridge.problems import Problem
from mailbridge.recipient import DEFAULT_NAME, Recipient


def find_outlets(settings: Settings) -> dict[str, Outlet]:
    """Say by name what a lead looks like for each destination."""
    return {name: _outlet(name, one) for name, one in _by_name(settings).items()}


def find_destinations(settings: Settings) -> dict[Recipient, AnyDestination | AnyNamed]:
    """Give the destinations that leads can be sent to; the lead API only where it has a key."""
    return {_outlet(name, one).to: one for name, one in _by_name(settings).items() if _has_key(one)}


def find_unknown_portals(
    settings: Settings, known: Collection[str], file: str
) -> tuple[Problem, ...]:
    """Name what the settings say of portals that there are not: their leads would go astray."""
    named = [("portal_destinations", portal) for portal in settings.portal_destinations]
    for place, one in _by_place(settings).items():
        if isinstance(one, AgencySettings):
            named += [(f"{place}.gateway_ids", portal) for portal in one.gateway_ids]
    return tuple(
        Problem(
            file,
            key=f"{place}.{portal}",
            code="no-such-portal",
            text=f"There is no portal {portal!r}.",
            remedy="`mailbridge rules list` names them.",
        )
        for place, portal in named
        if portal not in known
    )


def _by_name(settings: Settings) -> Mapping[str, AnyDestination | AnyNamed]:
    named = {one.name: one for one in settings.destinations}
    return {DEFAULT_NAME: settings.destination, **named}


def _by_place(settings: Settings) -> Mapping[str, AnyDestination | AnyNamed]:
    listed = {f"destinations.{at}": one for at, one in enumerate(settings.destinations)}
    return {"destination": settings.destination, **listed}


def _has_key(one: AnyDestination | AnyNamed) -> bool:
    return not isinstance(one, DestinationSettings) or one.key is not None


def _outlet(name: str, one: AnyDestination | AnyNamed) -> Outlet:
    return outlet_for(_form_of(one), WithoutTarget(one.without_target), name)


def _form_of(one: AnyDestination | AnyNamed) -> Form:
    if isinstance(one, DestinationSettings):
        return RealforceForm(email_key=EmailKey(one.email_key), max_lengths=one.max_lengths)
    if isinstance(one, AgencySettings):
        return AgencyForm(
            agency_id=one.agency_id,
            gateway_type=one.gateway_type,
            gateway_id=one.gateway_id or "",
            gateway_ids=one.gateway_ids,
        )
    return WebhookForm()
