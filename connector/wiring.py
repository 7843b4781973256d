"""config.yaml and the mapping files -> adapters, state and limits: the only place that constructs things."""

from __future__ import annotations

import gc
import getpass
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

from pydantic import SecretStr
from sqlalchemy.engine import URL, make_url

from connector.adapters.contract import Adapter
from connector.adapters.hubspot.settings import HubSpotSettings
from connector.adapters.kintone.settings import KintoneSettings
from connector.adapters.memory import MemoryAdapter, MemorySystem
from connector.adapters.sql import sql_adapter
from connector.cleanse import RULES
from connector.config import Config, SalesforceSystem, SqlSystem, SystemSettings, load_config
from connector.config import MemorySystem as MemorySettings
from connector.derive import DERIVED
from connector.engine.hub import Hub, Progress, silent
from connector.errors import ConfigError, Finding
from connector.mapping.load import load_mappings
from connector.mapping.model import EntityMapping
from connector.model import Entity
from connector.store.identity import new_key, new_run
from connector.store.store import open_store
from connector.sync.guard import Limits

CONFIG = "config.yaml"


def clock() -> datetime:
    """The one place where a face takes the time from."""
    return datetime.fromtimestamp(_time(), UTC)


def _time() -> float:
    import time

    return time.time()


@dataclass(frozen=True, slots=True)
class Settings:
    """What the admin wrote, read and checked; nothing is connected yet."""

    path: Path
    config: Config
    mappings: tuple[EntityMapping, ...]

    @property
    def folder(self) -> Path:
        return self.path.parent

    @property
    def state(self) -> URL:
        """The state's URL; a relative file stands beside config.yaml."""
        return _placed(make_url(self.config.hub.url.get_secret_value()), self.folder)

    @property
    def state_folder(self) -> Path:
        if self.state.get_backend_name() == "sqlite" and self.state.database:
            return Path(self.state.database).parent
        return self.folder / "state"


@dataclass(frozen=True, slots=True)
class Wired:
    hub: Hub
    settings: Settings


def find_config(given: Path | None, env: Mapping[str, str] | None = None) -> Path:
    """--config (a file, or the folder that holds it), CONNECTOR_CONFIG, or config.yaml here."""
    env = os.environ if env is None else env
    path = given or (Path(env["CONNECTOR_CONFIG"]) if env.get("CONNECTOR_CONFIG") else Path(CONFIG))
    path = path / CONFIG if path.is_dir() else path
    if not path.is_file():
        raise ConfigError([Finding("cli.no_config", file=str(path))])
    return path.absolute()


def read_config(given: Path | None) -> tuple[Path, Config]:
    path = find_config(given)
    return path, load_config(_text(path, path.name), path.name, os.environ)


def read_settings(given: Path | None) -> Settings:
    """Raises ConfigError with every finding of config.yaml, or else of all mapping files."""
    path, config = read_config(given)
    files = {f"{config.mappings}/{file.name}": file for file in mapping_files(path.parent, config)}
    texts = {name: _text(file, name) for name, file in files.items()}
    return Settings(
        path, config, load_mappings(texts, systems=set(config.systems), rules=set(RULES), computed=set(DERIVED))
    )


def mapping_files(folder: Path, config: Config) -> list[Path]:
    place = folder / config.mappings
    found = sorted(p for p in place.glob("*") if p.suffix in (".yaml", ".yml") and not p.name.startswith("."))
    if not found:
        raise ConfigError([Finding("cli.no_mappings", file=str(config.mappings))])
    return found


def _text(path: Path, name: str) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError([Finding("cli.not_utf8", file=name)]) from None
    except OSError as error:
        raise ConfigError([Finding("cli.unreadable", file=name, facts={"why": error.strerror or ""})]) from None


def _placed(url: URL, folder: Path) -> URL:
    """Relative SQLite files are found from config.yaml, wherever the command was started."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return url
    if url.database.startswith("file:"):
        return url
    return url.set(database=str(folder / Path(url.database).expanduser()))


def adapter_for(name: str, settings: SystemSettings, folder: Path) -> Adapter:
    match settings:
        case SqlSystem():
            url = _placed(make_url(settings.url.get_secret_value()), folder)
            secret = SecretStr(url.render_as_string(hide_password=False))
            return sql_adapter(name, settings.model_copy(update={"url": secret}))
        # each where it is needed: HTTP takes a third of a second to load
        case HubSpotSettings():
            from connector.adapters.hubspot.adapter import hubspot_adapter

            return hubspot_adapter(name, _token_file_placed(settings, folder))
        case SalesforceSystem():
            from connector.adapters.salesforce.adapter import salesforce_adapter

            return salesforce_adapter(name, settings)
        case KintoneSettings():
            from connector.adapters.kintone.adapter import kintone_adapter

            return kintone_adapter(name, settings)
        case MemorySettings():
            return MemoryAdapter(name, MemorySystem({}))
        case _:
            assert_never(settings)


def _token_file_placed(settings: HubSpotSettings, folder: Path) -> HubSpotSettings:
    """The file of a refresh token is found from config.yaml too."""
    if settings.oauth is None:
        return settings
    file = folder / Path(settings.oauth.token_file).expanduser()
    return settings.model_copy(update={"oauth": settings.oauth.model_copy(update={"token_file": str(file)})})


@contextmanager
def systems(path: Path, config: Config) -> Iterator[dict[str, Adapter]]:
    """The adapters of a configuration, closed at the end."""
    with ExitStack() as stack:
        made: dict[str, Adapter] = {}
        for name, settings in config.systems.items():
            made[name] = adapter_for(name, settings, path.parent)
            stack.callback(made[name].close)
        yield made


@contextmanager
def wire(
    given: Path | None = None,
    *,
    read_only: bool = False,
    now: Callable[[], datetime] = clock,
    progress: Progress = silent,
    keys: Callable[[], str] = new_key,
    runs: Callable[[], str] = new_run,
    settings: Settings | None = None,
) -> Iterator[Wired]:
    """A hub with everything it works with. Read-only, nothing on disk changes: no state is made, none is migrated."""
    settings = settings or read_settings(given)
    _collect_seldom()
    with ExitStack() as stack:
        adapters = stack.enter_context(systems(settings.path, settings.config))
        store = open_store(settings.state.render_as_string(hide_password=False), now=now, create=not read_only)
        stack.callback(store.close)
        spool = stack.enter_context(_spool(None if read_only else settings.state_folder))
        limits: dict[tuple[Entity, str], Limits] = {
            (m.entity, system): settings.config.limits.of(m.entity, system)
            for m in settings.mappings
            for system in m.systems
        }
        hub = Hub(
            store=store,
            adapters=adapters,
            mappings=settings.mappings,
            now=now,
            new_key=keys,
            new_run=runs,
            holder=_holder(),
            spool=spool,
            zone=settings.config.timezone,
            owners=settings.config.owners.table(),
            limits=limits,
            progress=progress,
        )
        yield Wired(hub, settings)


def _collect_seldom() -> None:
    """A run makes millions of small objects and hardly a cycle: looking for cycles took a quarter of a first sync."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@contextmanager
def _spool(beside: Path | None) -> Iterator[Path]:
    """A private folder that is gone afterwards; mkdtemp makes it 0700."""
    if beside is not None:
        beside.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as stack:
        with _held(beside) if beside is not None else nullcontext():
            if beside is not None:
                _sweep(beside)
            made = tempfile.TemporaryDirectory(prefix="spool-", dir=beside, ignore_cleanup_errors=True)
            folder = Path(stack.enter_context(made))
            stack.enter_context(_held(folder))
        yield folder


def _sweep(beside: Path) -> None:
    """Takes away what killed runs left: copies of records of customers. A living one holds its folder."""
    for left in beside.glob("spool-*"):
        with suppress(OSError), _held(left, wait=False):
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _held(folder: Path, *, wait: bool = True) -> Iterator[None]:
    """The system's own lock on a folder, which ends with the process. Raises OSError where it is not to be had."""
    if sys.platform == "win32":
        if not wait:
            raise OSError("no such locks here")
        yield
        return
    import fcntl

    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(opened)


def _holder() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid()) if hasattr(os, "getuid") else "?"
    return f"{user}@{platform.node() or 'localhost'} pid {os.getpid()}"
