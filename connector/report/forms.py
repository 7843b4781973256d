"""A page as terminal text, HTML, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from connector.report.blocks import Block, Heading, Line, Span, Style, Table
from connector.report.plain import cut, guarded, pad, safe, width

SCHEMA_VERSION = 1

_SGR: Mapping[Style, str] = {
    "add": "32",
    "change": "33",
    "remove": "31",
    "link": "36",
    "ask": "35",
    "dim": "2",
    "strong": "1",
    "warn": "33",
    "bad": "1;31",
    "good": "32",
}


def text_lines(blocks: Iterable[Block], *, colour: bool = False, columns: int = 120) -> Iterator[str]:
    """Lines for a terminal; every piece of text is made safe here."""
    for block in blocks:
        match block:
            case Heading(text):
                yield _span(Span(text, "strong"), colour)
            case Line(spans, indent):
                yield (" " * indent + "".join(_span(s, colour) for s in spans)).rstrip()
            case Table():
                yield from _table(block, colour, columns)


def _span(span: Span, colour: bool) -> str:
    text = safe(span.text)
    return f"\x1b[{_SGR[span.style]}m{text}\x1b[0m" if colour and span.style and text else text


def _table(block: Table, colour: bool, columns: int) -> Iterator[str]:
    rows = [tuple(Span(safe(c.text), c.style) for c in row) for row in block.rows]
    widths = [
        max([width(head), *(width(row[i].text) for row in rows if i < len(row))]) for i, head in enumerate(block.header)
    ]
    _fit(widths, columns - 2 * (len(widths) - 1))
    named = zip(block.header, widths, strict=True)
    head = [pad(cut(name, w), w, right=i in block.numbers) for i, (name, w) in enumerate(named)]
    yield _span(Span("  ".join(head).rstrip(), "strong"), colour)
    for row in rows:
        cells = []
        for i, (cell, w) in enumerate(zip(row, widths, strict=False)):
            text = pad(cut(cell.text, w), w, right=i in block.numbers)
            cells.append(_span(Span(text, cell.style), colour))
        yield "  ".join(cells).rstrip()


def _fit(widths: list[int], room: int) -> None:
    """The widest columns give way first; none becomes narrower than ten."""
    while sum(widths) > room and max(widths) > 10:
        widest = widths.index(max(widths))
        widths[widest] = max(10, widths[widest] - max(1, (sum(widths) - room) // 2))


# --- HTML -------------------------------------------------------------------------------------------------

_CSS = """
body{font:15px/1.6 system-ui,"Hiragino Sans","Yu Gothic UI","Noto Sans JP",sans-serif;margin:2rem auto;max-width:75rem;
padding:0 1rem;color:#1d2430;background:#fff}h1{font-size:1.4rem}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}
p{margin:.15rem 0;white-space:pre-wrap;overflow-wrap:anywhere}table{border-collapse:collapse;margin:.5rem 0;width:100%}
th,td{border-bottom:1px solid #d9dee7;padding:.3rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{background:#f3f5f9}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.add,.good{color:#0b6b2e}
.change,.warn{color:#8a5200}.remove,.bad{color:#b00020}.link{color:#00647a}.ask{color:#7b2a8b}.dim{color:#5c6677}
.strong,.bad{font-weight:600}
@media(prefers-color-scheme:dark){body{color:#e4e8ef;background:#14181f}th{background:#1f2632}
th,td{border-color:#313a49}.add,.good{color:#6fd08c}.change,.warn{color:#f0b45b}.remove,.bad{color:#ff8a8a}
.link{color:#6ccbe0}.ask{color:#d99be6}.dim{color:#9aa5b5}}
"""


def html_parts(title: str, blocks: Iterable[Block], lang: str) -> Iterator[str]:
    """A whole document that needs nothing else and runs nothing."""
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    yield (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{_html(title)}</title><style>{_CSS}</style></head><body><h1>{_html(title)}</h1>\n"
    )
    for block in blocks:
        match block:
            case Heading(text):
                yield f"<h2>{_html(text)}</h2>\n"
            case Line(spans, indent):
                body = "".join(_marked(s) for s in spans) or "&nbsp;"
                style = f' style="margin-left:{indent * 0.6:.1f}rem"' if indent else ""
                yield f"<p{style}>{body}</p>\n"
            case Table(header, rows, numbers):
                number = [' class="n"' if i in numbers else "" for i in range(len(header))]
                yield "<table><thead><tr>"
                yield "".join(f"<th{n}>{_html(h)}</th>" for h, n in zip(header, number, strict=True))
                yield "</tr></thead><tbody>\n"
                for row in rows:
                    yield "<tr>" + "".join(f"<td{n}>{_marked(c)}</td>" for c, n in zip(row, number, strict=False))
                    yield "</tr>\n"
                yield "</tbody></table>\n"
    yield "</body></html>\n"


def _html(text: str) -> str:
    return escape(safe(text), quote=True)


def _marked(span: Span) -> str:
    return f'<span class="{span.style}">{_html(span.text)}</span>' if span.style else _html(span.text)


# --- CSV and JSON -----------------------------------------------------------------------------------------


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """For people: UTF-8 with a byte order mark, CRLF, and no cell that a spreadsheet would run."""
    yield "\ufeff" + _csv_row(header)
    for row in rows:
        yield _csv_row(row)


def _csv_row(row: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([guarded(_storable(c)) for c in row])
    return out.getvalue()


def _storable(cell: str) -> str:
    """A spreadsheet keeps line breaks and tabs; it chokes on NUL and lone surrogates."""
    return "".join(c if c in "\n\t\r" else safe(c) for c in cell) if not cell.isprintable() else cell


def json_text(data: Mapping[str, Any]) -> str:
    """ASCII escapes only where UTF-8 could not hold the character."""
    body = {"schema_version": SCHEMA_VERSION, **data}
    text = json.dumps(body, ensure_ascii=False, indent=2)
    try:
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(body, ensure_ascii=True, indent=2)
    return text
