"""Sign-in: JWT bearer, client credentials, the OAuth password flow and the SOAP login that is going away."""

from __future__ import annotations

import base64
import itertools
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs

import jwt

from tests.fakes.salesforce.org import CONNECTOR, ORG_ID
from tests.fakes.salesforce.wire import Refusal, errors
from tests.fakes.serving import Reply, Request

AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")


@dataclass
class Door:
    """Who may come in. `life` is the session policy of the org; no answer tells it."""

    clients: dict[str, str] = field(default_factory=dict)  # consumer key -> secret
    certificates: dict[str, str] = field(default_factory=dict)  # consumer key -> public key, PEM
    approved: set[str] = field(default_factory=set)  # users for whom the app is pre-authorised
    passwords: dict[str, str] = field(default_factory=dict)  # user -> password followed by the security token
    life: timedelta = timedelta(hours=2)
    tokens: dict[str, datetime] = field(default_factory=dict)
    given: int = 0
    prefix: str = "00D5g000000ABCD!canary-access-token"
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def expire(self) -> None:
        self.tokens.clear()

    def known(self, request: Request, now: datetime) -> None:
        token = request.headers.get("authorization", "").partition(" ")[2]
        until = self.tokens.get(token)
        if until is None or until <= now:
            raise Refusal(errors(401, "INVALID_SESSION_ID", "Session expired or invalid"))

    def _token(self, now: datetime) -> str:
        self.given += 1
        token = f"{self.prefix}-{next(self._numbers)}"
        self.tokens[token] = now + self.life
        return token

    def token(self, request: Request, now: datetime, url: str) -> Reply:
        if request.method != "POST":
            return Reply(400, {"error": "invalid_request", "error_description": "must use HTTP POST"})
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        match form.get("grant_type"):
            case "client_credentials":
                self._client(request, form)
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                self._assertion(form.get("assertion", ""))
            case "password":
                self._client(request, form)
                if self.passwords.get(form.get("username", "")) != form.get("password"):
                    raise _oauth("invalid_grant", "authentication failure - Invalid Password")
            case _:
                raise _oauth("unsupported_grant_type", "grant type not supported")
        return Reply(
            200,
            {
                "access_token": self._token(now),
                "signature": "c2lnbmF0dXJl",
                "scope": "api",
                "instance_url": url,
                "id": f"https://login.salesforce.com/id/{ORG_ID}/{CONNECTOR}",
                "token_type": "Bearer",
                "issued_at": str(int(now.timestamp() * 1000)),
            },
        )

    def _client(self, request: Request, form: dict[str, str]) -> None:
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, basic = request.headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            client, _, secret = base64.b64decode(basic).decode().partition(":")
        if client not in self.clients:
            raise _oauth("invalid_client_id", "client identifier invalid")
        if self.clients[client] != secret:
            raise _oauth("invalid_client", "invalid client credentials")

    def _assertion(self, assertion: str) -> None:
        try:
            claimed = jwt.decode(assertion, options={"verify_signature": False})
            key = self.certificates.get(claimed.get("iss", ""))
            if key is None:
                raise _oauth("invalid_client_id", "client identifier invalid")
            # the client writes exp as a text, which the vendor takes
            jwt.decode(assertion, key, algorithms=["RS256"], audience=AUDIENCES, options={"verify_exp": False})
        except jwt.PyJWTError:
            raise _oauth("invalid_grant", "invalid assertion") from None
        if claimed.get("sub") not in self.approved:
            raise _oauth("invalid_grant", "user hasn't approved this consumer")

    def soap(self, request: Request, now: datetime, url: str) -> Reply:
        text = request.body.decode()
        user = re.search(r"<n1:username>(.*?)</n1:username>", text)
        password = re.search(r"<n1:password>(.*?)</n1:password>", text)
        version = float(request.path.rsplit("/", 1)[1])
        if version > 64 or user is None or password is None:
            return _fault("UNSUPPORTED_API_VERSION", "login() is not available in this version")
        if self.passwords.get(unescape(user[1])) != unescape(password[1]):
            return _fault("INVALID_LOGIN", "Invalid username, password, security token; or user locked out.")
        body = (
            '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
            'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com">'
            f"<soapenv:Body><loginResponse><result><serverUrl>{url}/services/Soap/u/{version}/{ORG_ID}</serverUrl>"
            f"<sessionId>{self._token(now)}</sessionId><userId>{CONNECTOR}</userId></result></loginResponse>"
            "</soapenv:Body></soapenv:Envelope>"
        )
        return Reply(200, body, {"Content-Type": "text/xml; charset=utf-8"})


def _oauth(error: str, words: str) -> Refusal:
    return Refusal(Reply(400, {"error": error, "error_description": words}))


def _fault(code: str, words: str) -> Reply:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
        'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="urn:fault.partner.soap.sforce.com">'
        f"<soapenv:Body><soapenv:Fault><faultcode>sf:{code}</faultcode><detail><sf:LoginFault><sf:exceptionCode>{code}"
        f"</sf:exceptionCode><sf:exceptionMessage>{words}</sf:exceptionMessage></sf:LoginFault></detail>"
        "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
    return Reply(500, body, {"Content-Type": "text/xml; charset=utf-8"})
