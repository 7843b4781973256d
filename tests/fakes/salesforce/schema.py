"""The objects of the org and their describes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.fakes.salesforce.lines import COMMON, SYSTEM, TABLES

# Objects that have no recycle bin, nobody may create or delete, and whose deletes are in no feed.
TOOLING = frozenset({"ApexTrigger", "ValidationRule", "WorkflowRule"})  # what only the Tooling API tells
FIXED = TOOLING | frozenset(
    {"EntityDefinition", "FlowDefinitionView", "User", "Group", "Organization", "OpportunityStage"}
)
MERGEABLE = frozenset({"Account", "Contact", "Lead"})
TEXTS = frozenset(
    {"string", "textarea", "email", "phone", "url", "picklist", "multipicklist", "combobox", "reference", "id"}
)
SOAP = {"boolean": "xsd:boolean", "double": "xsd:double", "currency": "xsd:double", "percent": "xsd:double"} | {
    "int": "xsd:int", "date": "xsd:date", "datetime": "xsd:dateTime", "id": "tns:ID", "reference": "tns:ID",
    "address": "urn:address",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    flags: str = ""
    targets: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    compound: str | None = None
    relation: str | None = None

    def has(self, flag: str) -> bool:
        return flag in self.flags

    @property
    def required(self) -> bool:
        return self.has("C") and not self.has("N") and not self.has("D")

    def described(self) -> dict[str, Any]:
        custom = self.name.endswith("__c")
        text = self.type in TEXTS
        choices = [
            {"active": True, "defaultValue": False, "label": choice, "validFor": None, "value": choice}
            for choice in self.choices
        ]
        return {
            "aggregatable": self.type not in ("boolean", "address", "textarea"),
            "aiPredictionField": False,
            "autoNumber": False,
            "byteLength": self.length * (1 if self.type in ("id", "reference") else 3) if text else 0,
            "calculated": False,
            "calculatedFormula": None,
            "cascadeDelete": False,
            "caseSensitive": False,
            "compoundFieldName": self.compound,
            "controllerName": None,
            "createable": self.has("C"),
            "custom": custom,
            "defaultValue": False if self.type == "boolean" else None,
            "defaultValueFormula": None,
            "defaultedOnCreate": self.has("D"),
            "dependentPicklist": False,
            "deprecatedAndHidden": False,
            "digits": 8 if self.type == "int" else 0,
            "displayLocationInDecimal": False,
            "encrypted": False,
            "externalId": self.has("X"),
            "extraTypeInfo": None,
            "filterable": self.has("F"),
            "filteredLookupInfo": None,
            "formulaTreatNullNumberAsZero": False,
            "groupable": self.type not in ("datetime", "double", "currency", "percent", "address"),
            "highScaleNumber": False,
            "htmlFormatted": False,
            "idLookup": self.has("I"),
            "inlineHelpText": None,
            "label": self.name.removesuffix("__c"),
            "length": self.length,
            "mask": None,
            "maskType": None,
            "name": self.name,
            "nameField": self.name == "Name",
            "namePointing": len(self.targets) > 1,
            "nillable": self.has("N"),
            "permissionable": self.has("N"),
            "picklistValues": choices,
            "polymorphicForeignKey": len(self.targets) > 1,
            "precision": self.precision,
            "queryByDistance": self.type == "address",
            "referenceTargetField": None,
            "referenceTo": list(self.targets),
            "relationshipName": self.relation,
            "relationshipOrder": None,
            "restrictedDelete": False,
            "restrictedPicklist": self.has("R"),
            "scale": self.scale,
            "searchPrefilterable": False,
            "soapType": SOAP.get(self.type, "xsd:string"),
            "sortable": self.has("F") and self.type != "address",
            "type": self.type,
            "unique": self.has("Q"),
            "updateable": self.has("U"),
            "writeRequiresMasterRead": False,
        }


@dataclass(slots=True)
class Table:
    """An object type. `fields` may be added to, as an administrator does."""

    name: str
    prefix: str
    label: str
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def fixed(self) -> bool:
        return self.name in FIXED

    def add(self, line: str) -> None:
        made = read_field(line)
        self.fields[made.name] = made

    def described(self, version: str) -> dict[str, Any]:
        base = f"/services/data/v{version}/sobjects/{self.name}"
        urls = {
            "sobject": base,
            "describe": f"{base}/describe",
            "rowTemplate": f"{base}/{{ID}}",
        }
        return {
            "actionOverrides": [],
            **self.summary(version),
            "childRelationships": [],
            "compactLayoutable": True,
            "fields": [one.described() for one in self.fields.values()],
            "listviewable": None,
            "lookupLayoutable": None,
            "namedLayoutInfos": [],
            "networkScopeFieldName": None,
            "recordTypeInfos": [],
            "searchLayoutable": True,
            "sobjectDescribeOption": "FULL",
            "supportedScopes": [{"label": "All", "name": "everything"}],
            "urls": urls,
        }

    def summary(self, version: str) -> dict[str, Any]:
        """The object's entry in the list of all objects."""
        base = f"/services/data/v{version}/sobjects/{self.name}"
        changes = not self.fixed
        return {
            "activateable": False,
            "associateEntityType": None,
            "associateParentEntity": None,
            "createable": changes,
            "custom": self.name.endswith("__c"),
            "customSetting": False,
            "deepCloneable": False,
            "defaultImplementation": None,
            "deletable": changes,
            "deprecatedAndHidden": False,
            "extendedBy": None,
            "extendsInterfaces": None,
            "feedEnabled": False,
            "hasSubtypes": False,
            "implementedBy": None,
            "implementsInterfaces": None,
            "isInterface": False,
            "isSubtype": False,
            "keyPrefix": self.prefix,
            "label": self.label,
            "labelPlural": f"{self.label}s",
            "layoutable": True,
            "mergeable": self.name in MERGEABLE,
            "mruEnabled": True,
            "name": self.name,
            "queryable": True,
            "replicateable": changes or self.name == "User",
            "retrieveable": True,
            "searchable": True,
            "triggerable": changes,
            "undeletable": changes and self.name != "OpportunityContactRole",
            "updateable": changes or self.name == "User",
            "urls": {"sobject": base, "describe": f"{base}/describe", "rowTemplate": f"{base}/{{ID}}"},
        }


def read_field(line: str) -> Field:
    """The field of a line.

    >>> read_field("Amount currency 18.2 NCUF").scale
    2
    """
    name, type, size, rest = (line.split(" ", 3) + [""])[:4]
    flags, _, more = rest.partition(" ")
    options = {}
    for option in ("compound=", "relation="):
        if option in more:
            more, _, options[option] = more.partition(option)
    more = more.strip()
    if more.endswith(" R"):
        more, flags = more[:-2], flags + "R"
    precision, _, scale = size.partition(".")
    number = type in ("double", "currency", "percent")
    targets = tuple(more.split(",")) if type == "reference" else ()
    relation = None if "relation=" in options else name.removesuffix("Id").replace("__c", "__r") if targets else None
    return Field(
        name=name,
        type=type,
        length=0 if number else int(size),
        precision=int(precision) if number else 0,
        scale=int(scale or 0) if number else 0,
        flags=flags,
        targets=targets,
        choices=tuple(more.split("|")) if more and type in ("picklist", "multipicklist", "combobox") else (),
        compound=options.get("compound="),
        relation=relation,
    )


def tables() -> dict[str, Table]:
    """The objects of a new org."""
    made: dict[str, Table] = {}
    for name, (prefix, label, lines) in TABLES.items():
        common = "Id id 18 DIF\n" if name in FIXED else COMMON
        made[name] = Table(name, prefix, label)
        for line in (common + lines + SYSTEM).splitlines():
            if line.strip():
                made[name].add(line.strip())
    return made
