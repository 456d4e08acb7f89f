"""One mail: what was found and where, what was sent, and what a person can do about it."""

from mailbridge.web.visit import Door

DOORS: tuple[Door, ...] = ()
