from typing import Generic, TypeVar

from feedhandler.core.reading import ReadStatus

Kind = TypeVar("Kind")

class InsideReader(Generic[Kind]):
    def __init__(self, channel: int, header: int, session: int, price_unit: int, kind: type[Kind]) -> None: ...
    def read(self) -> Kind | ReadStatus: ...
