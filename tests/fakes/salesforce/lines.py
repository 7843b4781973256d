"""The objects of a new org, as lines of fields: the ones that a sync touches, with the vendor's types and flags.

A field is a line: name, type, length (or precision.scale), flags, then targets or choices. The flags: N nillable,
C createable, U updateable, D defaultedOnCreate, X externalId, I idLookup, Q unique, F filterable, R restrictedPicklist.
"""

from __future__ import annotations

SYSTEM = """
CreatedDate datetime 0 DF
CreatedById reference 18 DF User
LastModifiedDate datetime 0 DF
LastModifiedById reference 18 DF User
SystemModstamp datetime 0 DF
"""
COMMON = "Id id 18 DIF\nIsDeleted boolean 0 DF\n"
NAME = """
LastName string 80 CUF compound=Name
FirstName string 40 NCUF compound=Name
Salutation picklist 40 NCUF Mr.|Ms.|Mrs.|Dr.|Prof. compound=Name
Name string 121 F
"""
SOURCES = "Web|Phone Inquiry|Partner Referral|Purchased List|Other"
TABLES: dict[str, tuple[str, str, str]] = {
    "Account": (
        "001",
        "Account",
        """
MasterRecordId reference 18 NF Account
Name string 255 CUF compound=Name
Type picklist 40 NCUF Prospect|Customer - Direct|Customer - Channel|Other
ParentId reference 18 NCUF Account
BillingStreet textarea 255 NCUF compound=BillingAddress
BillingCity string 40 NCUF compound=BillingAddress
BillingState string 80 NCUF compound=BillingAddress
BillingPostalCode string 20 NCUF compound=BillingAddress
BillingCountry string 80 NCUF compound=BillingAddress
BillingAddress address 0 NF
Phone phone 40 NCUF
Fax phone 40 NCUF
AccountNumber string 40 NCUF
Website url 255 NCUF
Industry picklist 40 NCUF Agriculture|Apparel|Banking|Technology|Manufacturing
AnnualRevenue currency 18.0 NCUF
NumberOfEmployees int 0 NCUF
Description textarea 32000 NCU
Site string 80 NCUF
OwnerId reference 18 CUDF User
""",
    ),
    "Contact": (
        "003",
        "Contact",
        f"""
MasterRecordId reference 18 NF Contact
AccountId reference 18 NCUF Account
{NAME}
MailingStreet textarea 255 NCUF compound=MailingAddress
MailingCity string 40 NCUF compound=MailingAddress
MailingState string 80 NCUF compound=MailingAddress
MailingPostalCode string 20 NCUF compound=MailingAddress
MailingCountry string 80 NCUF compound=MailingAddress
MailingAddress address 0 NF
Phone phone 40 NCUF
MobilePhone phone 40 NCUF
ReportsToId reference 18 NCUF Contact
Email email 80 NCUIF
Title string 128 NCUF
Department string 80 NCUF
LeadSource picklist 255 NCUF {SOURCES}
Birthdate date 0 NCUF
Description textarea 32000 NCU
OwnerId reference 18 CUDF User
EmailBouncedReason string 255 NCUF
EmailBouncedDate datetime 0 NCUF
IsEmailBounced boolean 0 DF
""",
    ),
    "Lead": (
        "00Q",
        "Lead",
        f"""
MasterRecordId reference 18 NF Lead
{NAME}
Title string 128 NCUF
Company string 255 CUF
Street textarea 255 NCUF compound=Address
City string 40 NCUF compound=Address
State string 80 NCUF compound=Address
PostalCode string 20 NCUF compound=Address
Country string 80 NCUF compound=Address
Address address 0 NF
Phone phone 40 NCUF
MobilePhone phone 40 NCUF
Email email 80 NCUIF
Website url 255 NCUF
Description textarea 32000 NCU
LeadSource picklist 255 NCUF {SOURCES}
Status picklist 255 CUDF Open - Not Contacted|Working - Contacted|Closed - Converted|Closed - Not Converted
Industry picklist 255 NCUF Agriculture|Apparel|Banking|Technology|Manufacturing
AnnualRevenue currency 18.0 NCUF
NumberOfEmployees int 0 NCUF
OwnerId reference 18 CUDF Group,User
IsConverted boolean 0 CDF
ConvertedDate date 0 NF
ConvertedAccountId reference 18 NF Account
ConvertedContactId reference 18 NF Contact
ConvertedOpportunityId reference 18 NF Opportunity
""",
    ),
    "Opportunity": (
        "006",
        "Opportunity",
        f"""
AccountId reference 18 NCUF Account
IsPrivate boolean 0 CUDF
Name string 120 CUIF
Description textarea 32000 NCU
StageName picklist 255 CUF Prospecting|Qualification|Proposal/Price Quote|Closed Won|Closed Lost
Amount currency 18.2 NCUF
Probability percent 3.0 NCUDF
ExpectedRevenue currency 18.2 NF
CloseDate date 0 CUF
Type picklist 255 NCUF Existing Customer - Upgrade|Existing Customer - Replacement|New Customer
NextStep string 255 NCUF
LeadSource picklist 255 NCUF {SOURCES}
IsClosed boolean 0 DF
IsWon boolean 0 DF
OwnerId reference 18 CUDF User
LastStageChangeDate datetime 0 NF
ContactId reference 18 NCF Contact relation=none
""",
    ),
    "OpportunityContactRole": (
        "00K",
        "Opportunity Contact Role",
        """
OpportunityId reference 18 CF Opportunity
ContactId reference 18 CUF Contact
Role picklist 40 NCUF Business User|Decision Maker|Economic Buyer|Evaluator|Other
IsPrimary boolean 0 CUDF
""",
    ),
    "Task": (
        "00T",
        "Task",
        """
WhoId reference 18 NCUF Contact,Lead
WhatId reference 18 NCUF Account,Opportunity
Subject combobox 255 NCUF Call|Email|Send Letter|Other
ActivityDate date 0 NCUF
Status picklist 255 CUDF Not Started|In Progress|Completed
Priority picklist 255 CUDF High|Normal|Low
OwnerId reference 18 CUDF User
Description textarea 32000 NCU
IsClosed boolean 0 DF
IsArchived boolean 0 DF
""",
    ),
    "User": (
        "005",
        "User",
        """
Username string 80 CUIF
LastName string 80 CUF compound=Name
FirstName string 40 NCUF compound=Name
Name string 121 F
Email email 128 CUIF
IsActive boolean 0 CUDF
UserType picklist 40 NF Standard|Guest R
FederationIdentifier string 512 NCUF
""",
    ),
    "Group": ("00G", "Group", "Name string 40 UF\nType picklist 40 F Queue|Regular|Role|Organization\n"),
    "EntityDefinition": ("4ie", "Entity", "QualifiedApiName string 255 F\n"),
    "FlowDefinitionView": (
        "3dd",
        "Flow Definition View",
        """
ApiName string 255 NF
Label string 255 NF
ProcessType picklist 40 NF AutoLaunchedFlow|Flow|Workflow
TriggerType picklist 40 NF RecordAfterSave|RecordBeforeSave|RecordBeforeDelete|Scheduled
TriggerObjectOrEventId reference 18 NF EntityDefinition
IsActive boolean 0 DF
""",
    ),
    "ApexTrigger": (
        "01q",
        "Apex Trigger",
        """
Name string 255 F
Status picklist 40 F Active|Inactive
EntityDefinitionId reference 18 NF EntityDefinition
""",
    ),
    "ValidationRule": (
        "03d",
        "Validation Rule",
        "ValidationName string 255 F\nActive boolean 0 DF\nEntityDefinitionId reference 18 NF EntityDefinition\n",
    ),
    "WorkflowRule": ("01Q", "Workflow Rule", "Name string 255 F\nTableEnumOrId string 40 F\n"),
    "Organization": ("00D", "Organization", "Name string 80 UF\nIsSandbox boolean 0 DF\n"),
    "OpportunityStage": (
        "01J",
        "Opportunity Stage",
        """
ApiName string 255 F
MasterLabel string 255 F
IsActive boolean 0 DF
IsClosed boolean 0 DF
IsWon boolean 0 DF
DefaultProbability percent 3.0 NF
SortOrder int 0 NF
""",
    ),
    "Member__c": (
        "a01",
        "会員",
        """
OwnerId reference 18 CUDF Group,User
Name string 80 NCUDIF
Text__c string 255 NCUF
Note__c textarea 32768 NCU
Amount__c double 18.2 NCUF
Day__c date 0 NCUF
Moment__c datetime 0 NCUF
Active__c boolean 0 CUDF
Tags__c multipicklist 4099 NCUF 赤|青|黄 R
Grade__c picklist 255 NCUF A|B|C R
Account__c reference 18 NCUF Account
""",
    ),
}
