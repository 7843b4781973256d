"""A folder with a connector in it, driven by its own command line, on the vendors' clock."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from connector import wiring
from connector.adapters.contract import Adapter
from connector.adapters.hubspot.adapter import hubspot_adapter
from connector.adapters.hubspot.api import Timing
from connector.adapters.hubspot.settings import HubSpotSettings
from connector.adapters.kintone.adapter import kintone_adapter
from connector.adapters.kintone.settings import KintoneSettings
from connector.adapters.salesforce.adapter import SalesforceAdapter
from connector.config import SalesforceSystem, SystemSettings
from connector.mapping.edit import set_create, switch_enabled
from tests.scenarios.vendors import CUSTOMERS, DEALS, SECRETS, START, Vendors

TEMPLATE = "hubspot-salesforce-kintone"


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


class Site:
    """`run` is a call of the program; what it waits for passes on the vendors' clock."""

    def __init__(self, folder: Path, vendors: Vendors) -> None:
        self.folder, self.vendors = folder, vendors
        self.plans = 0

    def run(self, *words: str) -> Ran:
        from connector.cli.app import run

        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
        here, environment, stdin = Path.cwd(), dict(os.environ), sys.stdin
        os.environ.update({**SECRETS, "LANG": "ja_JP.UTF-8", "LC_ALL": ""})
        os.chdir(self.folder)
        sys.stdin = io.StringIO()
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), self._clocks():
                code = run(list(words))
        finally:
            sys.stdin = stdin
            os.chdir(here)
            os.environ.clear()
            os.environ.update(environment)
        for stream in (out, err):
            stream.flush()
        return Ran(code, *(stream.buffer.getvalue().decode() for stream in (out, err)))  # type: ignore[attr-defined]

    @contextmanager
    def _clocks(self) -> Iterator[None]:
        clock = self.vendors.clock

        def sleep(seconds: float) -> None:
            clock.advance(timedelta(seconds=seconds))

        def monotonic() -> float:
            return (clock.now - START).total_seconds()

        def made(name: str, settings: SystemSettings, folder: Path) -> Adapter:
            match settings:
                case HubSpotSettings():
                    return hubspot_adapter(name, settings, Timing(sleep, monotonic, lambda low, high: high))
                case SalesforceSystem():
                    return SalesforceAdapter(
                        name, settings, sleep=sleep, monotonic=monotonic, jitter=lambda low, high: high
                    )
                case KintoneSettings():
                    return kintone_adapter(name, settings, sleep=sleep, monotonic=monotonic)
                case _:
                    return kept[0](name, settings, folder)

        kept = wiring.adapter_for, wiring._time
        wiring.adapter_for, wiring._time = made, lambda: clock.now.timestamp()
        try:
            yield
        finally:
            wiring.adapter_for, wiring._time = kept

    # --- setting up, as the page says

    def set_up(self) -> None:
        done = self.run("init", "--from", TEMPLATE)
        assert done.code == 0, done.err
        path = self.folder / "config.yaml"
        text = path.read_text(encoding="utf-8")
        for before, after in (
            ("https://YOUR-DOMAIN.my.salesforce.com", self.vendors.servers["salesforce"].url),
            ("https://YOUR-DOMAIN.cybozu.com", self.vendors.servers["kintone"].url),
            ("    key: connector_key\n", f"    key: connector_key\n    url: {self.vendors.servers['hubspot'].url}\n"),
            ("顧客管理: {app: 1", f"顧客管理: {{app: {CUSTOMERS}"),
            ("案件管理: {app: 2", f"案件管理: {{app: {DEALS}"),
        ):
            assert before in text, before
            text = text.replace(before, after)
        path.write_text(text, encoding="utf-8")

    def switch_on(self, creates: Mapping[str, Mapping[str, bool | str]]) -> None:
        """enabled: true everywhere; creates by entity and system; a lead gets the company name that it must have."""
        for entity in ("company", "person", "deal"):
            path = self.folder / "mappings" / f"{entity}.yaml"
            text = switch_enabled(path.read_text(encoding="utf-8"), True)
            for system, on in creates.get(entity, {}).items():
                text = set_create(text, system, on)
            path.write_text(text, encoding="utf-8")
        path = self.folder / "mappings" / "person.yaml"
        text = path.read_text(encoding="utf-8")
        begin = text.index("  # company_name:")
        end = text.index("  #\n", begin)
        lines = [line.replace("  # ", "  ", 1) for line in text[begin:end].splitlines()]
        path.write_text(text[:begin] + "\n".join(lines) + "\n" + text[end:], encoding="utf-8")

    # --- runs

    def diff(self, *words: str) -> tuple[Path, Any]:
        self.plans += 1
        path = self.folder / f"plan{self.plans}"
        ran = self.run("diff", "--out", str(path), "--json", *words)
        if ran.code != 0:
            raise RunFailed(ran)
        return path, ran.json()

    def apply(self, plan: Path) -> Ran:
        ran = self.run("apply", str(plan), "--accept", "--json")
        if ran.code not in (0, 3, 4):
            raise RunFailed(ran)
        return ran

    def step(self) -> Any:
        """A diff and its apply; what the diff said."""
        path, said = self.diff()
        self.apply(path)
        return said


class RunFailed(Exception):
    """A run that ended: its words are in `ran`."""

    def __init__(self, ran: Ran) -> None:
        super().__init__(f"{ran.code}: {ran.err or ran.out}")
        self.ran = ran
