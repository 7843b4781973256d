"""Every bug of the museum, by name."""

from __future__ import annotations

from collections.abc import Mapping

from tests.museum import bugs_engine, bugs_merge, bugs_outside
from tests.museum.surgery import Bug

_ALL = (*bugs_merge.WING.bugs, *bugs_engine.WING.bugs, *bugs_outside.STORE.bugs, *bugs_outside.ADAPTERS.bugs)
BUGS: Mapping[str, Bug] = {bug.name: bug for bug in _ALL}
assert len(BUGS) == len(_ALL), "two bugs of one name"
