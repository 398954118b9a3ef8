"""Everything that Azure chooses at random, drawn from the seed instead: GUIDs, addresses, small variations.

A draw is a hash of the seed and of what it is for, never the next number of a shared generator, so that
requests which overtake one another still get the same world.
"""

from hashlib import blake2b


class Draws:
    """The draws of one simulator."""

    def __init__(self, seed: int) -> None:
        self._key = seed.to_bytes(16, "big", signed=True)

    def _digest(self, parts: tuple[object, ...], size: int) -> bytes:
        text = "\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")
        return blake2b(text, digest_size=size, key=self._key).digest()

    def guid(self, *purpose: object) -> str:
        """A GUID for `purpose`, lower case with dashes."""
        digits = self._digest(purpose, 16).hex()
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def text(self, length: int, *purpose: object) -> str:
        """`length` hexadecimal digits, at most 128."""
        return self._digest(purpose, 64).hex()[:length]

    def fraction(self, *purpose: object) -> float:
        """A number from 0 up to, not including, 1."""
        return int.from_bytes(self._digest(purpose, 8), "big") / 2**64
