"""`uniqueString` as Azure computes it, so that a rehearsal's names are those that the real deployment gives.

A 64-bit relative of MurmurHash3 in thirteen letters; checked against the results of Microsoft's template engine.
"""

_WORD = 0xFFFFFFFF
_FIRST, _SECOND = 0x239B961B, 0xAB0E9789
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def unique_string(*values: str) -> str:
    """Thirteen letters and digits for some texts."""
    data = "-".join(values).encode()
    one = other = 0
    for at in range(0, len(data), 8):
        left, right = data[at : at + 4], data[at + 4 : at + 8]
        one ^= _mixed(left, _FIRST, 15, _SECOND)
        if len(right) == 4:
            one = ((_turned(one, 19) + other) * 5 + 0x561CCD1B) & _WORD
        other ^= _mixed(right, _SECOND, 17, _FIRST)
        if len(right) == 4:
            other = ((_turned(other, 13) + one) * 5 + 0x0BCAA747) & _WORD
    one, other = _added(one ^ len(data), other ^ len(data))
    one, other = _added(_avalanche(one), _avalanche(other))
    number = other << 32 | one
    return "".join(_LETTERS[(number << 5 * at & 2**64 - 1) >> 59] for at in range(13))


def _mixed(data: bytes, before: int, turns: int, after: int) -> int:
    return _turned(int.from_bytes(data, "little") * before & _WORD, turns) * after & _WORD


def _turned(word: int, bits: int) -> int:
    return (word << bits | word >> 32 - bits) & _WORD


def _added(one: int, other: int) -> tuple[int, int]:
    one = (one + other) & _WORD
    return one, (other + one) & _WORD


def _avalanche(word: int) -> int:
    word = (word ^ word >> 16) * 0x85EBCA6B & _WORD
    word = (word ^ word >> 13) * 0xC2B2AE35 & _WORD
    return word ^ word >> 16
