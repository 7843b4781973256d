"""HubSpot: contacts, companies, deals, tasks, owners and custom objects."""
