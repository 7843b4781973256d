"""What an admin writes about a HubSpot account."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from connector.adapters.addresses import secure_url

Name = Annotated[str, Field(min_length=1)]
Version = Literal["v3", "2026-03", "2026-09"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class HubSpotObject(_Strict):
    """One object: contacts, companies, deals, tasks, or the name or id of a custom object."""

    key: Name | None = None  # the unique property of our key, where it is not the one of the system
    lifecycle_backwards: bool = False  # may lifecyclestage go back? It is then cleared first


class HubSpotOAuth(_Strict):
    """An app of your own. HubSpot may answer a refresh with a new refresh token, which is kept in `token_file`."""

    client_id: Name
    client_secret: SecretStr
    refresh_token: SecretStr
    token_file: Name = "state/hubspot-token.json"  # noqa: S105  a path


class HubSpotSettings(_Strict):
    """A HubSpot account: with a service key or private-app token, or through an OAuth app."""

    type: Literal["hubspot"] = "hubspot"
    token: SecretStr | None = None
    oauth: HubSpotOAuth | None = None
    url: str = "https://api.hubapi.com"
    version: Version = "v3"
    key: Name | None = None  # a property with unique values that holds our key
    objects: dict[Name, HubSpotObject] = {}
    overlap: float = Field(default=300, ge=30, le=86_400)  # seconds that a pull reaches back: the search index lags
    deletes_every: float = Field(default=0, ge=0, le=7 * 86_400)  # seconds between two looks at the recycle bin
    check_history: bool = True  # whether a write looks for an edit that it fell upon, one call per 50 writes
    read_only: bool = False
    delete: bool = False  # whether records may be moved to the recycle bin
    daily_share: float = Field(default=80, gt=0, le=100)  # percent of the account's calls of a day
    calls_per_run: int | None = Field(default=None, ge=1)
    timeout: float = Field(default=60, gt=0, le=600)  # seconds for one call

    @field_validator("url")
    @classmethod
    def _secure(cls, url: str) -> str:
        return secure_url(url)

    @model_validator(mode="after")
    def _one_way_in(self) -> HubSpotSettings:
        if (self.token is None) == (self.oauth is None):
            raise ValueError("give either token (service key, private app) or oauth")
        return self

    def key_of(self, object: str) -> str | None:
        """The property of our key; tasks carry one only where it is asked for."""
        own = self.objects.get(object)
        if own is not None and own.key is not None:
            return own.key
        return None if object in ("tasks", "owners") else self.key

    @property
    def keyed(self) -> bool:
        return self.key is not None or (bool(self.objects) and all(one.key for one in self.objects.values()))
