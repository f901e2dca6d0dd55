from collections.abc import Sequence
from typing import ClassVar

from feedhandler.receivers.endpoints import Endpoint
from feedhandler.receivers.frames.frame_receiver import FrameReceiver
from feedhandler.receivers.options import EfViOptions

class EfViReceiver(FrameReceiver):
    Options: ClassVar[type[EfViOptions]]
    def __init__(self, endpoints: Sequence[Endpoint], options: EfViOptions | None = None) -> None: ...
    @staticmethod
    def probe() -> str | None: ...
    @property
    def options(self) -> EfViOptions: ...
