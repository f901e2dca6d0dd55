"""Field types in network byte order, under the names that message tables use."""

from .fields import alpha, char, integer, price, reserved

u8, u16, u24, u32, u40, u48, u56, u64 = (integer(bits, big_endian=True) for bits in range(8, 72, 8))
i8, i16, i24, i32, i40, i48, i56, i64 = (integer(bits, signed=True, big_endian=True) for bits in range(8, 72, 8))

price4 = price(u32, decimals=4)
price8 = price(u64, decimals=8)

__all__ = [
    "alpha", "char", "i8", "i16", "i24", "i32", "i40", "i48", "i56", "i64", "integer", "price", "price4", "price8",
    "reserved", "u8", "u16", "u24", "u32", "u40", "u48", "u56", "u64",
]  # fmt: skip
