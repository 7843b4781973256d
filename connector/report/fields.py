"""The fields of one object as an admin needs them for a mapping: names, what fits in, how full they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from connector.adapters.contract import Column, Shape
from connector.engine.sample import Sample
from connector.report.blocks import BLANK, Block, Page, Span, line, table
from connector.report.words import Words

COLUMNS = ("label", "code", "type", "required", "writable", "length", "fill", "choices")
RARE = 0.05  # filled in no more than these: not worth mapping from here
SHOWN = 6  # choices in the table; all of them stand in csv and json


def fields_page(system: str, shape: Shape, sample: Sample, words: Words) -> Page:
    """`sample` has no records when nothing was read."""
    labels = Counter(column.label for column in shape.columns if column.label)
    codes = {column.name for column in shape.columns}

    def plain(column: Column) -> bool:
        """Whether the label may stand in a mapping for the code."""
        return bool(column.label) and labels[column.label] == 1 and (column.label not in codes - {column.name})

    doubles = [c for c in shape.columns if c.label and not plain(c)]

    def blocks() -> Iterable[Block]:
        facts = {"system": system, "object": shape.object, "count": words.number(len(shape.columns))}
        yield line(words.say("fields.count", **facts), "strong")
        yield line(_sampled(shape, sample, words), "dim")
        yield BLANK
        header = [words.say(f"fields.column.{name}") for name in COLUMNS]
        yield table(header, ([_cell(c, n, sample, words) for n in COLUMNS] for c in shape.columns), (5, 6))
        yield BLANK
        yield line(words.say("fields.labels"), "dim")
        if doubles:
            names = words.say("list.joiner").join(dict.fromkeys(c.label for c in doubles))
            yield line(words.say("fields.doubles", names=names), "warn")

    def data() -> dict[str, Any]:
        return {
            "system": system,
            "object": shape.object,
            "records": shape.records,
            "sampled": sample.records,
            "fields": [_json(c, sample) | {"label_usable": plain(c)} for c in shape.columns],
        }

    def rows() -> tuple[list[str], list[list[str]]]:
        header = [words.say(f"fields.column.{name}") for name in COLUMNS]
        return header, [[_text(c, name, sample, words) for name in COLUMNS] for c in shape.columns]

    return Page(words.say("fields.title", system=system, object=shape.object), blocks, data, rows)


def _sampled(shape: Shape, sample: Sample, words: Words) -> str:
    if not sample.records:
        return words.say("fields.not_sampled")
    if shape.records is None:
        return words.say("fields.sampled", count=words.number(sample.records))
    facts = {"count": words.number(sample.records), "all": words.number(max(shape.records, sample.records))}
    return words.say("fields.sampled_of", **facts)


def _cell(column: Column, name: str, sample: Sample, words: Words) -> Span:
    text = _text(column, name, sample, words)
    if name == "fill":
        rate = sample.rate(column.name)
        return Span(text, "dim" if rate is not None and rate <= RARE else "")
    if name == "choices" and len(column.choices) > SHOWN:
        shown = words.say("list.joiner").join(column.choices[:SHOWN])
        return Span(words.say("fields.more", shown=shown, count=words.number(len(column.choices))))
    return Span(text)


def _text(column: Column, name: str, sample: Sample, words: Words) -> str:
    match name:
        case "label":
            return column.label or column.name
        case "code":
            return column.name
        case "type":
            return words.word("column", str(column.kind))
        case "required":
            return words.say("value.yes") if column.required else ""
        case "writable":
            return words.say("value.yes" if column.writable else "value.no")
        case "length":
            return "" if column.max_length is None else str(column.max_length)
        case "fill":
            rate = sample.rate(column.name)
            return "" if rate is None else percent(rate)
        case _:
            return words.say("list.joiner").join(column.choices)


def percent(rate: float) -> str:
    """A share as people read it: something is never 0 %, and not everything never 100 %.

    >>> percent(0.5), percent(0.001), percent(0.9999), percent(0), percent(1)
    ('50%', '<1%', '>99%', '0%', '100%')
    """
    if 0 < rate < 0.01:
        return "<1%"
    return ">99%" if 0.99 < rate < 1 else f"{rate:.0%}"


def _json(column: Column, sample: Sample) -> dict[str, Any]:
    rate = sample.rate(column.name)
    return {
        "code": column.name,
        "label": column.label,
        "type": str(column.kind),
        "required": column.required,
        "writable": column.writable,
        "length": column.max_length,
        "decimals": column.decimals,
        "choices": list(column.choices),
        "filled": sample.filled.get(column.name),
        "fill": None if rate is None else round(rate, 4),
    }
