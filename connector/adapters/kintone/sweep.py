"""Which ids an app had at the last sweep, packed into a cursor: kintone tells nobody what was deleted.

That an id is missing from a later sweep is only the reason to ask for that one record: a right that was taken from us
hides records as well.
"""

from __future__ import annotations

import base64
import binascii
import zlib

LARGEST = 2**33  # an id beyond it is none: the app would need gigabytes to list its records


class Ids:
    """A set of record ids, one bit each: ids are given out in order, so that a million of them pack small."""

    def __init__(self, bits: bytes = b"") -> None:
        self._bits = bytearray(bits)

    def add(self, id: int) -> None:
        byte = id >> 3
        if byte >= len(self._bits):
            self._bits.extend(bytes(byte + 1 - len(self._bits)))
        self._bits[byte] |= 1 << (id & 7)

    def without(self, others: Ids) -> list[int]:
        """The ids that are here and not there.

        >>> one, other = Ids(), Ids()
        >>> for id in (1, 8, 300): one.add(id)
        >>> other.add(8)
        >>> one.without(other), Ids.unpacked(one.packed()).without(other)
        ([1, 300], [1, 300])
        """
        left = int.from_bytes(self._bits, "little") & ~int.from_bytes(others._bits, "little")
        rest = left.to_bytes(len(self._bits), "little")
        return [(place << 3) + bit for place, byte in enumerate(rest) if byte for bit in range(8) if byte >> bit & 1]

    def packed(self) -> str:
        return base64.b64encode(zlib.compress(bytes(self._bits), 9)).decode("ascii")

    @classmethod
    def unpacked(cls, text: str) -> Ids:
        """Raises ValueError when it is no such text."""
        try:
            unpacker = zlib.decompressobj()
            bits = unpacker.decompress(base64.b64decode(text, validate=True), LARGEST >> 3)
            if not unpacker.eof:
                raise ValueError("cut off")
            return cls(bits)
        except (zlib.error, binascii.Error) as error:
            raise ValueError(str(error)) from None
