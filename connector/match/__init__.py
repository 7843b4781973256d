"""Matching: which records of several systems are one person, company or deal.

An exact identifier links, a weight links or asks a person, and what is ambiguous is never guessed.
"""

from connector.match.matcher import Matcher, matcher
from connector.match.model import Candidate, Decisions, Duplicate, Evidence, Group, Review, Subject

__all__ = [
    "Candidate",
    "Decisions",
    "Duplicate",
    "Evidence",
    "Group",
    "Matcher",
    "Review",
    "Subject",
    "matcher",
]
