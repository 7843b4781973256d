"""How full the columns of an object are, from a bounded look: numbers only, no value is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector.adapters.contract import Adapter, Native, Samples
from connector.mapping.cells import is_blank

MOST = 2_000  # records
AT_ONCE = 100  # columns in one question: more would not fit into some vendors' addresses


@dataclass(frozen=True, slots=True)
class Sample:
    """Of `records` looked at, in how many a column is filled. A column that no answer contained is not in `filled`."""

    records: int
    filled: Mapping[str, int]

    def rate(self, column: str) -> float | None:
        """Between 0 and 1; None where nothing is known."""
        return self.filled[column] / self.records if self.records and column in self.filled else None


NOTHING = Sample(0, {})


def sample(adapter: Adapter, object: str, columns: Sequence[str], most: int = MOST) -> Sample:
    """Looks at the first `most` records. Raises like `pull`."""
    counts: dict[str, int] = {}
    seen = 0
    for begin in range(0, len(columns), AT_ONCE):
        asked = columns[begin : begin + AT_ONCE]
        number = 0
        for native in _first(adapter, object, asked, most):
            number += 1
            for column in asked:
                if column in native.values:
                    counts[column] = counts.get(column, 0) + (not is_blank(native.values[column]))
        seen = max(seen, number)
    return Sample(seen, counts)


def _first(adapter: Adapter, object: str, columns: Sequence[str], most: int) -> Iterator[Native]:
    if isinstance(adapter, Samples):
        yield from adapter.sample(object, columns, most)
        return
    left = most
    for page in adapter.pull(object, columns, None):
        yield from page.records[:left]
        left -= len(page.records)
        if left <= 0:
            return
