"""HubSpot: contacts, companies, deals, tasks, owners and custom objects."""

from connector.adapters.hubspot.adapter import HubSpotAdapter, hubspot_adapter
from connector.adapters.hubspot.api import Timing
from connector.adapters.hubspot.settings import HubSpotOAuth, HubSpotObject, HubSpotSettings

__all__ = ["HubSpotAdapter", "HubSpotOAuth", "HubSpotObject", "HubSpotSettings", "Timing", "hubspot_adapter"]
