"""Every bug of the museum, by name."""

from __future__ import annotations

from collections.abc import Mapping

from tests.museum import bugs_engine, bugs_merge, bugs_outside
from tests.museum.surgery import Bug

_ALL = (*bugs_merge.WING.bugs, *bugs_engine.WING.bugs, *bugs_outside.STORE.bugs, *bugs_outside.ADAPTERS.bugs)
BUGS: Mapping[str, Bug] = {bug.name: bug for bug in _ALL}
assert len(BUGS) == len(_ALL), "two bugs of one name"

# Bugs that the proof does not see yet: name -> histories (or points of its scenario) tried in vain.
UNSEEN: Mapping[str, int] = {
    "a verdict covers newer values": 25,
    "drift that is to be kept is overwritten": 25,
    "an opt-out at a duplicate is not heard": 25,
    "a merge inside a system read as a deletion": 25,
    "a create of unknown outcome forgotten": 25,
    "a stale plan applied": 60,
    "before-values not kept for undo": 60,
    "absence read as deletion": 60,
    "part of a batch taken for all of it": 60,
    "outcomes in a commit of their own": 60,
}

# Caught after so many histories before the engine and the histories last changed, and not measured anew since.
MOVED: Mapping[str, int] = {
    "a blank that was kept is filled again": 41,
    "create repeated after a time-out": 42,
    "answers matched by position": 13,
    "undo over a later edit": 29,
    "steps skipped in silence": 18,
    "undo reverses an opt-out": 20,
}
