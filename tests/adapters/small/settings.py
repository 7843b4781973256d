"""What an admin writes about an address book. Loads no HTTP: every command reads the settings of all systems."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from connector.adapters.addresses import secure_url


class AddressBookSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    type: Literal["addressbook"] = "addressbook"
    url: str
    token: SecretStr
    page: int = Field(default=200, ge=1, le=200)  # what the vendor gives at most
    read_batch: int = Field(default=50, ge=1, le=50)

    _secure = field_validator("url")(secure_url)
