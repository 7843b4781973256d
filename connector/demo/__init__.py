"""The demo's world: two systems (and a third) made from one seed, the truth about them, and a day's edits."""

from connector.demo.edits import Edit, edit_world
from connector.demo.kintone import KintoneTruth, build_kintone
from connector.demo.truth import Duplicate, Score, Truth
from connector.demo.world import TODAY, Scale, build_world

__all__ = [
    "TODAY",
    "Duplicate",
    "Edit",
    "KintoneTruth",
    "Scale",
    "Score",
    "Truth",
    "build_kintone",
    "build_world",
    "edit_world",
]
