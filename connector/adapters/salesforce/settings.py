"""What an admin writes about a Salesforce org: where it is, who signs in, what may be written, what it may cost."""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from connector.adapters.addresses import secure_url

Name = Annotated[str, Field(pattern=r"^[A-Za-z]\w*$")]
# Hosts that give tokens and no records, and the host of the pages for people.
NO_ORG = ("login.salesforce.com", "test.salesforce.com")
PAGES = ".lightning.force.com"


class SalesforceSettings(BaseModel):
    """An org. It signs in by client credentials, by JWT (a user name and a private key), or, where `password_login`
    says so, by a password. `external_key` is the API name of the field that carries our keys on every object in which
    records are created: text, unique, external id.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    type: Literal["salesforce"] = "salesforce"
    url: str = Field(
        description="組織の「私のドメイン」。 / The org's My Domain, such as https://acme.my.salesforce.com"
    )
    api_version: Annotated[str, Field(pattern=r"^[0-9]{2,3}\.0$")] = "66.0"
    client_id: SecretStr | None = Field(
        default=None, description="外部クライアントアプリのコンシューマー鍵。 / The app's consumer key."
    )
    client_secret: SecretStr | None = Field(
        default=None, description="コンシューマーの秘密。 / The app's consumer secret."
    )
    username: str | None = Field(default=None, description="JWT で入るユーザー名。 / The user, for JWT.")
    private_key: SecretStr | None = Field(
        default=None, description="JWT に署名する秘密鍵 (PEM)。 / The private key that signs the JWT, PEM."
    )
    sandbox: bool = Field(default=False, description="JWT の発行先を test.salesforce.com にする。 / JWT of a sandbox.")
    password: SecretStr | None = None
    security_token: SecretStr | None = None
    password_login: bool = Field(
        default=False,
        description="パスワードで入る (Summer '27 で廃止)。 / Sign in by password, which ends in Summer '27.",
    )
    external_key: Name | None = Field(
        default=None,
        description="連携キーの項目 (テキスト、ユニーク、外部 ID)。作成先の全オブジェクトに同じ名前で作る。 / "
        "The field of our keys (text, unique, external id), under the same name on every object we create in.",
    )
    read_only: bool = Field(default=False, description="何も書き込まない。 / Nothing is written.")
    delete: bool = Field(default=False, description="削除を許す。 / Records may be deleted.")
    assignment_rules: bool | Annotated[str, Field(pattern=r"^[0-9A-Za-z]{15,18}$")] = Field(
        default=False,
        description="割り当てルールを動かす (true か、ルールの ID)。 / Assignment rules run: true, or a rule's id.",
    )
    allow_duplicates: bool = Field(
        default=False,
        description="重複ルールの警告があっても作成する (禁止のルールは越えない)。 / "
        "Create in spite of duplicate rules that only warn.",
    )
    overlap: float = Field(
        default=600, ge=60, le=86_400, description="読み直しの幅 (秒)。 / Seconds that a pull reaches back."
    )
    page: int = Field(default=2000, ge=1, le=2000)
    read_batch: int = Field(default=2000, ge=1, le=2000)
    write_batch: int = Field(default=200, ge=1, le=10_000)
    bulk_read_from: int = Field(
        default=50_000, ge=0, description="この件数から Bulk API で読む。0 は使わない。 / Records; 0: never."
    )
    bulk_write_from: int = Field(
        default=0, ge=0, description="一度にこの件数から Bulk API で書く。0 は使わない。 / Records; 0: never."
    )
    bulk_page: int = Field(default=25_000, ge=1, le=250_000)
    bulk_wait: float = Field(default=1800, gt=0, le=86_400, description="ジョブを待つ秒数。 / Seconds for a job.")
    daily_share: float = Field(
        default=80,
        gt=0,
        le=100,
        description="一日の API 回数のうち、組織全体の使用がこの割合 (%) に達したら止める。 / "
        "Stop when the whole org has used so many percent of the day's calls.",
    )
    timeout: float = Field(default=120, gt=0, le=600, description="一回の呼び出しの秒数。 / Seconds for one try.")
    concurrent: int = Field(default=4, ge=1, le=20)

    @field_validator("url")
    @classmethod
    def _an_org(cls, url: str) -> str:
        url = secure_url(url)
        host = urlsplit(url).hostname or ""
        if host in NO_ORG or host.endswith(PAGES):
            raise ValueError("this is not the org's own address; use My Domain, such as https://acme.my.salesforce.com")
        if urlsplit(url).path:
            raise ValueError("the address ends after the host, such as https://acme.my.salesforce.com")
        return url

    @model_validator(mode="after")
    def _one_way_in(self) -> SalesforceSettings:
        if self.password is not None or self.security_token is not None:
            if not self.password_login:
                raise ValueError(
                    "sign-in by password ends in Summer '27; use client_id and client_secret, "
                    "or set password_login: true"
                )
            if self.username is None or self.password is None:
                raise ValueError("sign-in by password needs username and password")
        elif self.client_id is None or (self.client_secret is None) == (self.private_key is None):
            raise ValueError("sign-in needs client_id and client_secret, or client_id, username and private_key")
        elif self.private_key is not None and self.username is None:
            raise ValueError("sign-in by private_key needs username")
        if self.bulk_write_from and self.write_batch < self.bulk_write_from:
            raise ValueError("bulk_write_from is never reached: write_batch is smaller")
        return self

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message and no log may show."""
        held = (self.client_id, self.client_secret, self.private_key, self.password, self.security_token)
        texts = [one.get_secret_value() for one in held if one is not None and one.get_secret_value()]
        if self.client_id is not None and self.client_secret is not None:
            # as a Basic header would carry them
            pair = f"{self.client_id.get_secret_value()}:{self.client_secret.get_secret_value()}"
            texts.append(b64encode(pair.encode()).decode())
        return tuple(texts)
