from collections.abc import Sequence
from typing import ClassVar

from feedhandler.receivers.endpoints import Endpoint
from feedhandler.receivers.frames.frame_receiver import FrameReceiver
from feedhandler.receivers.options import DpdkOptions

class DpdkReceiver(FrameReceiver):
    Options: ClassVar[type[DpdkOptions]]
    def __init__(self, endpoints: Sequence[Endpoint], options: DpdkOptions | None = None) -> None: ...
    @staticmethod
    def probe() -> str | None: ...
    @property
    def options(self) -> DpdkOptions: ...
