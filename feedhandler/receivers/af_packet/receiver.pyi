from collections.abc import Sequence
from typing import ClassVar

from feedhandler.receivers.endpoints import Endpoint
from feedhandler.receivers.frames.frame_receiver import FrameReceiver
from feedhandler.receivers.options import PacketOptions

class AfPacketReceiver(FrameReceiver):
    Options: ClassVar[type[PacketOptions]]
    def __init__(self, endpoints: Sequence[Endpoint], options: PacketOptions | None = None) -> None: ...
    @staticmethod
    def probe() -> str | None: ...
    @property
    def options(self) -> PacketOptions: ...
