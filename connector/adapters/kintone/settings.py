"""What an admin writes about a kintone: its address, how we sign in, and the app that stands for each object."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from connector.adapters.addresses import secure_url

Name = Annotated[str, Field(min_length=1)]
TASK = "task"
MOST_TOKENS = 9  # in one request; the tenth is an error


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class AppSettings(_Strict):
    """One app. `key` is the field (code) of our key: 文字列（1行） with 値の重複を禁止する."""

    app: int = Field(ge=1)
    token: SecretStr | None = None
    key: Name | None = None
    guest_space: int | None = Field(default=None, ge=1)
    # The actions that lead to a status: {対応中: 着手する}. Without them the status is only read.
    status_actions: dict[Name, Name] = {}


class OAuthSettings(_Strict):
    """An OAuth client of cybozu.com; its access tokens live for an hour and are fetched as needed."""

    client_id: Name
    client_secret: SecretStr
    refresh_token: SecretStr


class BasicSettings(_Strict):
    """Basic authentication that stands in front of the whole domain."""

    user: Name
    password: SecretStr


class TaskSettings(_Strict):
    """Where a task is made: an app of `apps:`, and its field (code) for each part of a task."""

    object: Name
    fields: dict[Name, Name] = Field(min_length=1)


class KintoneSettings(_Strict):
    """A kintone. One way in: a token per app, a user with a password, or an OAuth client."""

    type: Literal["kintone"] = "kintone"
    url: str
    apps: dict[Name, AppSettings] = Field(min_length=1)
    user: Name | None = None
    password: SecretStr | None = None
    oauth: OAuthSettings | None = None
    basic: BasicSettings | None = None
    task: TaskSettings | None = None
    overlap: float = Field(default=300, ge=0)  # seconds that a pull reaches back on purpose
    # Hours between looks at the whole list of ids, which alone shows what was deleted; off unless given.
    sweep_hours: float | None = Field(default=None, ge=0)
    read_only: bool = False
    delete: bool = False  # whether records may be deleted here
    page: int = Field(default=500, ge=1, le=500)
    read_batch: int = Field(default=100, ge=1, le=500)
    write_batch: int = Field(default=100, ge=1, le=100)
    concurrent: int = Field(default=4, ge=1, le=50)  # of the 100 that a whole domain has
    timeout: float = Field(default=60, gt=0, le=600)  # seconds for one try of a call
    day_calls: int | None = Field(default=None, ge=1)  # the calls of a day: 10,000 an app, or 100,000
    share: float = Field(default=50, gt=0, le=100)  # percent of them that we may use up

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        return secure_url(url)

    @model_validator(mode="after")
    def _one_way_in(self) -> KintoneSettings:
        tokens = [app for app in self.apps.values() if app.token is not None]
        ways = [bool(tokens), self.user is not None or self.password is not None, self.oauth is not None]
        if sum(ways) != 1:
            raise ValueError("give a token for each app, or user and password, or oauth: one of the three")
        if tokens and len(tokens) != len(self.apps):
            missing = ", ".join(name for name, app in self.apps.items() if app.token is None)
            raise ValueError(f"every app needs its token: {missing}")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together")
        if self.oauth is not None and self.basic is not None:
            raise ValueError("oauth and basic both need the Authorization header: kintone cannot have both")
        if self.task is not None and self.task.object not in self.apps:
            raise ValueError(f"task: {self.task.object} is not among apps")
        if TASK in self.apps:
            raise ValueError(f"{TASK} is the name of the object that tasks are made in: give the app another name")
        return self
