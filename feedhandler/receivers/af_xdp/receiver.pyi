from collections.abc import Sequence
from typing import ClassVar

from feedhandler.receivers.endpoints import Endpoint
from feedhandler.receivers.frames.frame_receiver import FrameReceiver
from feedhandler.receivers.options import XdpOptions

class AfXdpReceiver(FrameReceiver):
    Options: ClassVar[type[XdpOptions]]
    def __init__(self, endpoints: Sequence[Endpoint], options: XdpOptions | None = None) -> None: ...
    @staticmethod
    def probe() -> str | None: ...
    @staticmethod
    def remarks() -> list[str]: ...
    @property
    def options(self) -> XdpOptions: ...
