"""kintone played on loopback. `python -m tests.fakes.kintone --port 8080` serves a small one to try things on."""

from tests.fakes.kintone.apps import CREATED, CREATOR, MODIFIER, NUMBER, STATUS, UPDATED, App, Process, Record
from tests.fakes.kintone.server import Kintone, Token

__all__ = [
    "CREATED", "CREATOR", "MODIFIER", "NUMBER", "STATUS", "UPDATED", "App", "Kintone", "Process", "Record", "Token",
]  # fmt: skip
