"""setup.ja.md and setup.en.md: the steps from nothing to a first diff, for the vendors of one template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connector.cli.vendors.fields import HUBSPOT, KEYS, KINTONE, SALESFORCE, Place, Wanted, places
from connector.mapping.model import EntityMapping
from connector.messages import Lang, say

TITLES: Mapping[str, str] = {HUBSPOT: "HubSpot", SALESFORCE: "Salesforce", KINTONE: "kintone"}
OPT_OUT_SCOPE = "communication_preferences.write"


def page(name: str, mappings: Sequence[EntityMapping], more: Sequence[EntityMapping], lang: Lang) -> str:
    """`more` are the same mappings with everything that stands in comments: what they need besides is listed apart."""
    vendors = [vendor for vendor in TITLES if any(vendor in m.systems for m in mappings)]
    lines = [
        f"# {say(lang, 'page.title', systems=_listed([TITLES[v] for v in vendors], lang))}", "",
        say(lang, "page.intro", template=name), "",
    ]  # fmt: skip
    for number, vendor in enumerate(vendors, 1):
        lines += [f"## {number}. {TITLES[vendor]}", ""]
        lines += _fields(places(mappings, vendor), places(more, vendor), vendor, number, lang)
        lines += _key(places(mappings, vendor), vendor, number, lang)
    lines += _last(len(vendors) + 1, lang)
    return "\n".join(lines).rstrip() + "\n"


def _listed(names: Sequence[str], lang: Lang) -> str:
    return say(lang, "list.joiner").join(names)


# --- fields -----------------------------------------------------------------------------------------------


def _fields(wanted: Sequence[Place], more: Sequence[Place], vendor: str, number: int, lang: Lang) -> Iterator[str]:
    yield from (f"### {number}-1. {say(lang, 'page.fields')}", "", say(lang, f"page.fields.{vendor}"), "")
    yield from _table([(place.object, one) for place in wanted for one in place.fields], vendor, lang)
    here = {(place.object, one.code) for place in wanted for one in place.fields}
    later = [(place.object, one) for place in more for one in place.fields if (place.object, one.code) not in here]
    if later:
        yield from (say(lang, "page.fields.later"), "")
        yield from _table(later, vendor, lang)


def _table(rows: Sequence[tuple[str, Wanted]], vendor: str, lang: Lang) -> Iterator[str]:
    header = [say(lang, f"page.column.{c}") for c in ("object", "label", "code", "type", "length", "choices")]
    yield _row(header)
    yield "|" + "---|" * len(header)
    for object, one in rows:
        kind = say(lang, f"fields.kind.{vendor}.{one.kind}")
        length = "" if one.length is None or vendor != SALESFORCE else _length(one)
        yield _row([
            object, one.ja if lang == "ja" else one.en, f"`{_code(one, vendor)}`", kind, length,
            say(lang, "list.joiner").join(one.choices),
        ])  # fmt: skip
    yield ""


def _length(one: Wanted) -> str:
    """Salesforce asks for it: characters, or digits before and after the point."""
    return f"{one.length}, 0" if one.kind == "number" else str(one.length)


def _code(one: Wanted, vendor: str) -> str:
    """Salesforce adds the __c itself."""
    return one.code.removesuffix("__c") if vendor == SALESFORCE else one.code


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


# --- keys -------------------------------------------------------------------------------------------------


def _key(wanted: Sequence[Place], vendor: str, number: int, lang: Lang) -> Iterator[str]:
    yield from (f"### {number}-2. {say(lang, f'page.key.{vendor}')}", "")
    steps = say(lang, f"page.steps.{vendor}", key=KEYS[vendor].code).split("\n")
    yield from (f"{step}. {text}" for step, text in enumerate(steps, 1))
    yield from ("", say(lang, f"page.rights.{vendor}"), "")
    yield from _rights(wanted, vendor, lang)
    yield from ("", say(lang, f"page.keep.{vendor}"), "", "```sh")
    yield from (f"export {name}='...'" for name in variables(wanted, vendor))
    yield from ("```", "")


def variables(wanted: Sequence[Place], vendor: str) -> list[str]:
    """The environment variables that hold this vendor's secrets; config.yaml names the same."""
    match vendor:
        case "hubspot":
            return ["HUBSPOT_TOKEN"]
        case "salesforce":
            return ["SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET"]
        case _:
            return [f"KINTONE_TOKEN_{n}" for n in range(1, len(wanted) + 1)]


def _rights(wanted: Sequence[Place], vendor: str, lang: Lang) -> Iterator[str]:
    """The least that these mappings need, from the arrows in them."""
    match vendor:
        case "hubspot":
            for place in wanted:
                yield f"- `crm.objects.{place.object}.read`"
                if place.written:
                    yield f"- `crm.objects.{place.object}.write`"
                yield f"- `crm.schemas.{place.object}.read`"
            yield "- `crm.objects.owners.read`"
            if any(place.object == "contacts" for place in wanted):
                yield f"- `{OPT_OUT_SCOPE}`: {say(lang, 'page.rights.opt_out')}"
        case "salesforce":
            for place in wanted:
                rights = [say(lang, "page.right.read"), *([say(lang, "page.right.edit")] if place.written else [])]
                later = say(lang, "page.right.create_later") if place.created else ""
                yield f"- {place.object}: {_listed(rights, lang)}{later}"
        case _:
            for variable, place in zip(variables(wanted, vendor), wanted, strict=True):
                rights = [say(lang, "page.right.k_read"), *([say(lang, "page.right.k_edit")] if place.written else [])]
                later = say(lang, "page.right.k_add_later") if place.created else ""
                yield f"- {place.object} (`{variable}`): {_listed(rights, lang)}{later}"


# --- the end ----------------------------------------------------------------------------------------------


def _last(number: int, lang: Lang) -> Iterator[str]:
    yield from (f"## {number}. {say(lang, 'page.last')}", "")
    for step, text in enumerate(say(lang, "page.last.steps").split("\n"), 1):
        yield f"{step}. {text}"


__all__ = ["page", "variables"]
