"""HubSpot played on loopback: `python -m tests.fakes.hubspot --port 8080`."""

from tests.fakes.hubspot.portal import Owner, Portal, Record
from tests.fakes.hubspot.schema import Property
from tests.fakes.hubspot.server import App, HubSpot, Rates

__all__ = ["App", "HubSpot", "Owner", "Portal", "Property", "Rates", "Record"]
