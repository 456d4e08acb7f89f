"""A lead written for the destination that it goes to: one form for each kind. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

from mailbridge.delivery.agency_payload import AgencyForm, agency_payload_of
from mailbridge.delivery.payload import EmailKey, payload_of
from mailbridge.delivery.webhook_payload import MailFacts, webhook_payload_of
from mailbridge.leads.preparation import Prepared
from mailbridge.leads.requirements import WithoutTarget
from mailbridge.problems import Problem
from mailbridge.recipient import DEFAULT, DEFAULT_NAME, Kind, Recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class RealforceForm:
    """What the settings say of each lead for the lead API."""

    email_key: EmailKey = EmailKey.BOTH
    max_lengths: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookForm:
    """A webhook takes what there is."""


Form = RealforceForm | AgencyForm | WebhookForm

_KINDS: Mapping[type, Kind] = {
    RealforceForm: Kind.REALFORCE,
    AgencyForm: Kind.REALFORCE_AGENCY,
    WebhookForm: Kind.WEBHOOK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A destination as far as it matters to what a lead looks like."""

    to: Recipient = DEFAULT
    form: Form = field(default_factory=RealforceForm)
    without_target: WithoutTarget = WithoutTarget.HOLD


def outlet_for(form: Form, without_target: WithoutTarget, name: str = DEFAULT_NAME) -> Outlet:
    """Make the outlet of that name; its kind is the form's."""
    to = Recipient(name, _KINDS[type(form)])
    return Outlet(to=to, form=form, without_target=without_target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A lead as it would be POSTed, and whether it may be."""

    payload: Mapping[str, Any]
    problems: tuple[Problem, ...] = ()
    complete: bool = True
    """False: something is missing that the destination requires; a problem says what."""


def write_lead(form: Form, prepared: Prepared, portal: str, mail: MailFacts) -> Written:
    """Write the lead in this form."""
    match form:
        case RealforceForm():
            payload, cuts = payload_of(prepared.lead, form.email_key, form.max_lengths)
            return Written(payload=payload, problems=cuts)
        case AgencyForm():
            payload, missing = agency_payload_of(prepared.lead, portal, prepared.details, form)
            return Written(payload=payload, problems=missing, complete=not missing)
        case WebhookForm():
            return Written(payload=webhook_payload_of(prepared, portal, mail))
        case _:
            assert_never(form)
