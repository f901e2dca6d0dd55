PLAUSIBLE_LENGTH: int
PLAUSIBLE_RECORDS: int

def looks_like_binaryfile(start: bytes) -> bool: ...
