"""What reacts to our writes, as each vendor tells it, and what is said where we may not look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector.adapters.contract import Reaction, ReactionKind, Reacts
from connector.engine.looking import reacting
from connector.errors import ConnectorError
from connector.mapping.model import EntityMapping, FieldMapping, ObjectMapping
from connector.model import Entity, FieldType
from tests.adapters.hubspot.world import TOKEN, HubSpotWorld, Nature
from tests.adapters.kintone_world import APP, KintoneWorld
from tests.adapters.salesforce.world import SalesforceWorld
from tests.fakes.kintone import Process, Token

AUTOMATION, CHECK, NOTICE = ReactionKind.AUTOMATION, ReactionKind.CHECK, ReactionKind.NOTICE


def mapping(object: str) -> EntityMapping:
    field = FieldMapping("name", FieldType.TEXT, frozenset(), frozenset({"sfa"}))
    return EntityMapping(Entity.PERSON, (ObjectMapping("sfa", object, columns={"name": ("会社名",)}),), {"name": field})


@pytest.fixture
def salesforce() -> Iterator[SalesforceWorld]:
    world = SalesforceWorld()
    yield world
    world.close()


def test_flows_triggers_and_rules_of_one_object(salesforce: SalesforceWorld) -> None:
    org = salesforce.org
    contact, lead = (org.put("EntityDefinition", {"QualifiedApiName": name}).id for name in ("Contact", "Lead"))
    flow = {"ProcessType": "AutoLaunchedFlow", "IsActive": True, "TriggerType": "RecordAfterSave"}
    for label, entity, more in (
        ("担当へメール", contact, {}), ("止めた", contact, {"IsActive": False}), ("リードのフロー", lead, {}),
        ("毎晩", contact, {"TriggerType": "Scheduled"}), ("削除前", contact, {"TriggerType": "RecordBeforeDelete"}),
        ("古いプロセス", contact, {"ProcessType": "Workflow", "TriggerType": None}),
    ):  # fmt: skip
        org.put("FlowDefinitionView", {**flow, "Label": label, "TriggerObjectOrEventId": entity, **more})
    org.put("ApexTrigger", {"Name": "ContactAfter", "Status": "Active", "EntityDefinitionId": contact})
    org.put("ApexTrigger", {"Name": "Old", "Status": "Inactive", "EntityDefinitionId": contact})
    org.put("ValidationRule", {"ValidationName": "電話は必須", "Active": True, "EntityDefinitionId": contact})
    org.put("WorkflowRule", {"Name": "名刺", "TableEnumOrId": "Contact"})
    adapter = salesforce.adapter
    assert isinstance(adapter, Reacts)
    assert adapter.reactions("Contact") == [
        Reaction(AUTOMATION, "担当へメール", "Flow"),
        Reaction(AUTOMATION, "古いプロセス", "Process"),
        Reaction(AUTOMATION, "ContactAfter", "Apex trigger"),
        Reaction(AUTOMATION, "名刺", "Workflow rule"),
        Reaction(CHECK, "電話は必須", "Validation rule"),
    ]
    assert [r.name for r in adapter.reactions("Lead")] == ["リードのフロー"]


def test_who_may_not_view_the_setup_is_told_so(salesforce: SalesforceWorld) -> None:
    salesforce.vendor.sees_setup = False
    with pytest.raises(ConnectorError) as caught:
        salesforce.adapter.reactions("Contact")
    assert "View Setup and Configuration" in str(caught.value)


@pytest.mark.parametrize("version", ["v3", "2026-03"])
def test_enabled_workflows_of_one_object(version: str) -> None:
    world = HubSpotWorld(Nature(version=version))
    try:
        for n in range(240):
            flow = {"id": str(n), "flowType": "WORKFLOW", "isEnabled": n % 2 == 0, "revisionId": "1"}
            world.portal.workflows.append({**flow, "name": f"育成{n}", "objectTypeId": "0-1" if n < 230 else "0-3"})
        names = [reaction.name for reaction in world.adapter.reactions("contacts")]
        assert names == [f"育成{n}" for n in range(0, 230, 2)]
        assert [r.name for r in world.adapter.reactions("deals")] == [f"育成{n}" for n in range(230, 240, 2)]
        world.vendor.tokens[TOKEN] = frozenset({"crm.objects.contacts.read"})
        with pytest.raises(ConnectorError) as caught:
            world.adapter.reactions("contacts")
        assert "automation" in str(caught.value)
    finally:
        world.close()


def test_notifications_of_an_app() -> None:
    world = KintoneWorld()
    try:
        app = world.kintone.apps[APP]
        app.notices = [
            {"entity": {"type": "GROUP", "code": "営業部"}, "recordAdded": True, "recordEdited": True},
            {"entity": {"type": "USER", "code": "sato"}, "commentAdded": True},
        ]
        app.record_notices = [{"title": "失注しました", "filterCond": 'フェーズ in ("失注")', "targets": []}]
        app.reminders = [
            {"title": "次回連絡の前日", "timing": {"code": "次回連絡日時"}, "filterCond": "", "targets": []}
        ]
        notices = [
            Reaction(NOTICE, "営業部", "アプリの条件通知"),
            Reaction(NOTICE, "失注しました", "レコードの条件通知"),
            Reaction(NOTICE, "次回連絡の前日", "リマインダーの条件通知"),
        ]
        adapter = world.adapter
        assert isinstance(adapter, Reacts) and list(adapter.reactions(world.object)) == notices
        app.process = Process(("商談中", "受注"), (("受注する", "商談中", "受注"),))
        process = Reaction(NOTICE, "商談中、受注", "プロセス管理")
        assert list(adapter.reactions(world.object)) == [process, *notices]

        world.kintone.tokens = {key: Token(APP, frozenset({"view", "add", "edit"})) for key in world.kintone.tokens}
        seen = iter(adapter.reactions(world.object))
        assert next(seen) == process  # told to every token
        with pytest.raises(ConnectorError):
            next(seen)
        (told,) = reacting(mapping(world.object), {"sfa": adapter})
        assert told.found == (process,) and told.unseen is not None
    finally:
        world.close()
