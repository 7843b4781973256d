"""A system in memory: the stored world with its own clock, and the adapter that talks to it over a wire."""

from connector.adapters.memory.adapter import MemoryAdapter, Wire, silent
from connector.adapters.memory.system import START, MemorySystem, Nature, Row

__all__ = ["START", "MemoryAdapter", "MemorySystem", "Nature", "Row", "Wire", "silent"]
