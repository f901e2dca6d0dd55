from collections.abc import Sequence
from typing import ClassVar

from feedhandler.receivers.endpoints import Endpoint
from feedhandler.receivers.frames.frame_receiver import FrameReceiver
from feedhandler.receivers.options import VerbsOptions

class VerbsReceiver(FrameReceiver):
    Options: ClassVar[type[VerbsOptions]]
    def __init__(self, endpoints: Sequence[Endpoint], options: VerbsOptions | None = None) -> None: ...
    @staticmethod
    def probe() -> str | None: ...
    @property
    def options(self) -> VerbsOptions: ...
