"""Cleansing: native cells become canonical values, and every value gets a form to show and a key to compare.

Pure functions: `read` a cell, `clean` a value, compare two values with `alike` and `echoes`.
"""

from connector.cleanse.characters import fold
from connector.cleanse.companies import CompanyName, company_parts
from connector.cleanse.compare import alike, echoes
from connector.cleanse.contract import Cleansed, Rule, Status
from connector.cleanse.emails import email_parts, is_email, is_free_mail, is_role_address
from connector.cleanse.final import ready, ready_name
from connector.cleanse.names import is_japanese, write_name
from connector.cleanse.places import web_domain, write_address
from connector.cleanse.reading import Unreadable, read
from connector.cleanse.registry import DEFAULT_RULES, RULES, clean, match_key, rules_version

__all__ = [
    "DEFAULT_RULES",
    "RULES",
    "Cleansed",
    "CompanyName",
    "Rule",
    "Status",
    "Unreadable",
    "alike",
    "clean",
    "company_parts",
    "echoes",
    "email_parts",
    "fold",
    "is_email",
    "is_free_mail",
    "is_japanese",
    "is_role_address",
    "match_key",
    "read",
    "ready",
    "ready_name",
    "rules_version",
    "web_domain",
    "write_address",
    "write_name",
]
