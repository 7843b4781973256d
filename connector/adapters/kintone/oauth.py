"""OAuth of cybozu.com: access tokens that live for an hour, from a refresh token that stays."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Mapping

from pydantic import SecretStr

from connector.adapters.http import Fixed, Limits, Wire
from connector.adapters.kintone import failures
from connector.adapters.kintone.settings import OAuthSettings


class OAuth:
    """The token is kept in memory only; the refresh token is the configured one, which cybozu.com does not change."""

    def __init__(
        self,
        system: str,
        url: str,
        settings: OAuthSettings,
        limits: Limits,
        sleep: Callable[[float], None],
        monotonic: Callable[[], float],
    ) -> None:
        secret, refresh = settings.client_secret.get_secret_value(), settings.refresh_token.get_secret_value()
        basic = base64.b64encode(f"{settings.client_id}:{secret}".encode()).decode()
        self._wire = Wire(
            system, url, auth=Fixed({"Authorization": SecretStr(f"Basic {basic}")}), said=failures.said, limits=limits,
            secrets=[secret, refresh], sleep=sleep, monotonic=monotonic,
        )  # fmt: skip
        self._refresh = settings.refresh_token
        self._token: SecretStr | None = None
        self._first = threading.Lock()

    def headers(self) -> Mapping[str, str]:
        with self._first:
            if self._token is None:
                self.renew()
        return {"Authorization": f"Bearer {self._token.get_secret_value()}"} if self._token else {}

    def renew(self) -> bool:
        form = {"grant_type": "refresh_token", "refresh_token": self._refresh.get_secret_value()}
        answer = self._wire.read("POST", "/oauth2/token", data=form, kind="token")
        found = answer.tree() if answer.ok else None
        if not isinstance(found, dict) or not isinstance(found.get("access_token"), str):
            return False
        self._token = SecretStr(found["access_token"])
        return True

    def close(self) -> None:
        self._wire.close()
