"""What reacts to our writes in an org: flows and processes, Apex triggers, workflow rules, validation rules."""

from __future__ import annotations

from typing import Any

from connector.adapters.contract import Reaction, ReactionKind
from connector.adapters.salesforce.client import Client
from connector.adapters.salesforce.reading import whole
from connector.adapters.salesforce.soql import quoted, select

SAVED = frozenset({"RecordBeforeSave", "RecordAfterSave"})  # a flow that waits for deletes or for a clock does not


def reactions(client: Client, object: str) -> list[Reaction]:
    """Raises Declined, mostly for want of the permission View Setup and Configuration."""
    on = quoted(object)
    flow = select(
        ("Label", "ProcessType", "TriggerType"),
        "FlowDefinitionView",
        ["IsActive = true", f"TriggerObjectOrEvent.QualifiedApiName = {on}"],
    )
    trigger = select(("Name",), "ApexTrigger", ["Status = 'Active'", f"EntityDefinition.QualifiedApiName = {on}"])
    check = select(
        ("ValidationName",), "ValidationRule", ["Active = true", f"EntityDefinition.QualifiedApiName = {on}"]
    )
    rule = select(("Name",), "WorkflowRule", [f"TableEnumOrId = {on}"])  # whether it is active is not told here
    found = [
        Reaction(ReactionKind.AUTOMATION, one["Label"], "Process" if one["ProcessType"] == "Workflow" else "Flow")
        for one in whole(client, flow)
        if one["ProcessType"] == "Workflow" or one["TriggerType"] in SAVED
    ]
    found += [Reaction(ReactionKind.AUTOMATION, one["Name"], "Apex trigger") for one in _tooling(client, trigger)]
    found += [Reaction(ReactionKind.AUTOMATION, one["Name"], "Workflow rule") for one in _tooling(client, rule)]
    found += [Reaction(ReactionKind.CHECK, one["ValidationName"], "Validation rule") for one in _tooling(client, check)]
    return found


def _tooling(client: Client, soql: str) -> list[Any]:
    """An object has hundreds of these at most: one page."""
    return list(client.read("tooling/query", params={"q": soql})["records"])
