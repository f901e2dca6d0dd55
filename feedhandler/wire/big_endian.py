"""Field types in network byte order, under the names that message tables use."""

from .fields import FieldType, alpha, char, decimal, integer, price, reserved
from .fields import double as _double

u8, u16, u24, u32, u40, u48, u56, u64 = (integer(bits, big_endian=True) for bits in range(8, 72, 8))
i8, i16, i24, i32, i40, i48, i56, i64 = (integer(bits, signed=True, big_endian=True) for bits in range(8, 72, 8))

price4 = price(u32, decimals=4)
price8 = price(u64, decimals=8)


def double(decimals: int = 0) -> FieldType:
    """A double that means a number of at most `decimals` decimal places (`feedhandler.wire.fields.double`)."""
    return _double(decimals, big_endian=True)


__all__ = [
    "alpha", "char", "decimal", "double", "i8", "i16", "i24", "i32", "i40", "i48", "i56", "i64", "integer", "price",
    "price4", "price8", "reserved", "u8", "u16", "u24", "u32", "u40", "u48", "u56", "u64",
]  # fmt: skip
