"""The shape of config.yaml for the CRM's own lists: where they are and what follows from them."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from mailbridge.documents.secrets import WAYS, Secret
from mailbridge.documents.shape import Shape
from mailbridge.documents.values import Duration, PresentPath, WebAddress, at_least
from mailbridge.documents.wording import UnfitError


class ListingSettings(Shape):
    """The CRM's lists of listings and promotions, against which references are held."""

    key: Secret | None = Field(
        default=None,
        description=f"The key of Realforce's listings API: {WAYS}; without it no list is read.",
        examples=[{"env": "LISTINGS_KEY"}],
    )
    url: WebAddress = Field(
        default="https://listings.realforce.ch/api/v1/get-full-listings",
        description="The address of the list of listings.",
    )
    promotions_url: WebAddress | None = Field(
        default="https://promotions.realforce.ch/api/v1/promotions",
        description="The address of the list of promotions; null where there are none to be read.",
    )
    every: Annotated[Duration, AfterValidator(at_least("15m"))] = Field(
        default=timedelta(hours=6),
        description="How often the lists are read anew.",
        examples=["6h"],
    )
    unknown_reference: Literal["warn", "hold"] = Field(
        default="warn",
        description="What becomes of a lead whose reference the lists do not have: warn (it is "
        "sent) or hold (for review).",
    )
    aliases: PresentPath | None = Field(
        default=None,
        description="Your table of what portals call your properties; works without a key too.",
        examples=["aliases.yaml"],
    )

    @model_validator(mode="after")
    def _check(self) -> "ListingSettings":
        # It becomes a header field: anything but visible ASCII would break the request.
        if self.key and self.key.known and not re.fullmatch(r"[!-~]+", self.key.reveal()):
            raise UnfitError(
                "The key holds a blank or a character that is not ASCII.",
                "Copy the key again, without anything around it.",
                at=("key",),
            )
        return self
