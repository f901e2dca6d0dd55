REASON_NAMES: tuple[str, ...]
