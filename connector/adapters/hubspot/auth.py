"""Who we are to HubSpot: a fixed token, or access tokens that an OAuth app's refresh token gets."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import SecretStr

from connector.adapters.http import Wire
from connector.adapters.hubspot.settings import HubSpotOAuth
from connector.errors import Fatal

EARLY = 60.0  # seconds before its end that an access token is replaced


class Refreshing:
    """An access token of 30 minutes, replaced before its end. One refresh at a time, however many threads ask."""

    def __init__(
        self, system: str, settings: HubSpotOAuth, wire: Wire, path: str, monotonic: Callable[[], float]
    ) -> None:
        self._system, self._settings = system, settings
        self._wire, self._path, self._monotonic = wire, path, monotonic
        self._lock = threading.Lock()
        self._access: SecretStr | None = None
        self._until = 0.0

    def headers(self) -> Mapping[str, str]:
        with self._lock:
            if self._access is None or self._monotonic() >= self._until:
                self._refresh()
            assert self._access is not None
            return {"Authorization": f"Bearer {self._access.get_secret_value()}"}

    def renew(self) -> bool:
        with self._lock:
            self._refresh()
        return True

    def _refresh(self) -> None:
        """Raises Fatal when the refresh token is not accepted, Transient when HubSpot cannot be reached."""
        file = TokenFile(self._system, Path(self._settings.token_file))
        token = file.read(self._settings.refresh_token)
        form = {
            "grant_type": "refresh_token",
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret.get_secret_value(),
            "refresh_token": token.get_secret_value(),
        }
        answer = self._wire.read("POST", self._path, data=form, kind="token")
        body = answer.tree()
        access = body.get("access_token") if isinstance(body, dict) else None
        if not answer.ok or not isinstance(access, str):
            code = str(body.get("status") or body.get("error") or "") if isinstance(body, dict) else ""
            raise Fatal("adapter.denied", system=self._system, answer=f"{answer.status} {code[:60]}")
        given = body.get("refresh_token")
        if isinstance(given, str) and given and given != token.get_secret_value():
            file.write(SecretStr(given), self._settings.refresh_token)
        life = body.get("expires_in")
        self._access = SecretStr(access)
        self._until = self._monotonic() + max(EARLY, float(life) if isinstance(life, int | float) else 0.0) - EARLY


class TokenFile:
    """The newest refresh token, in a file that only its owner may read, exchanged whole.

    It counts as long as the configuration has the refresh token from which it came: a new one there is a new start.
    """

    def __init__(self, system: str, path: Path) -> None:
        self._system, self._path = system, path

    def read(self, configured: SecretStr) -> SecretStr:
        try:
            with self._path.open(encoding="utf-8") as file:
                if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                    raise Fatal("adapter.token_file", system=self._system, file=str(self._path), why="mode")
                kept = json.loads(file.read(65_536))
        except FileNotFoundError:
            return configured
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "JSON"
            raise Fatal("adapter.token_file", system=self._system, file=str(self._path), why=why or "") from None
        token = kept.get("refresh_token") if isinstance(kept, dict) else None
        if not isinstance(token, str) or kept.get("from") != _mark(configured):
            return configured
        return SecretStr(token)

    def write(self, token: SecretStr, configured: SecretStr) -> None:
        content = json.dumps({"refresh_token": token.get_secret_value(), "from": _mark(configured)})
        folder = self._path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # mkstemp makes it 0600
            number, name = tempfile.mkstemp(prefix=".token-", dir=folder)
            try:
                with os.fdopen(number, "w", encoding="utf-8") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._path)
            except BaseException:
                with suppress(OSError):
                    Path(name).unlink()
                raise
            if os.name == "posix":
                opened = os.open(folder, os.O_RDONLY)
                try:
                    os.fsync(opened)
                finally:
                    os.close(opened)
        except OSError as error:
            raise Fatal(
                "adapter.token_file", system=self._system, file=str(self._path), why=error.strerror or ""
            ) from None


def _mark(token: SecretStr) -> str:
    return hashlib.sha256(token.get_secret_value().encode()).hexdigest()[:16]
