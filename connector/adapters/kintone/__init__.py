"""kintone."""

from connector.adapters.kintone.adapter import KintoneAdapter, kintone_adapter
from connector.adapters.kintone.settings import KintoneSettings

__all__ = ["KintoneAdapter", "KintoneSettings", "kintone_adapter"]
