"""Whether a Zstandard stream ended where a frame ends.

The `zstandard` package's streaming reader treats a stream that was cut off as one that ended, so a cut-off capture
would look complete. This follows the frames and their blocks by their lengths alone (RFC 8878, section 3.1), while
the compressed bytes pass by.
"""

from collections.abc import Generator

ZSTANDARD_MAGIC = 0xFD2FB528
SKIPPABLE_MAGIC = 0x184D2A50  # to 0x184D2A5F


class ZstandardFrames:
    """Fed every compressed byte; `complete` tells whether the last of them ended a frame."""

    def __init__(self) -> None:
        self.complete = True
        self._walk = self._frames()
        self._wanted = next(self._walk)
        self._piece = bytearray()

    def feed(self, chunk: bytes) -> None:
        position = 0
        while position < len(chunk):
            self.complete = False
            if self._wanted < 0:  # bytes that nobody needs to see
                step = min(-self._wanted, len(chunk) - position)
                self._wanted += step
                position += step
                if self._wanted == 0:
                    self._wanted = self._walk.send(b"")
                continue
            step = min(self._wanted - len(self._piece), len(chunk) - position)
            self._piece += chunk[position : position + step]
            position += step
            if len(self._piece) == self._wanted:
                piece = bytes(self._piece)
                self._piece.clear()
                self._wanted = self._walk.send(piece)

    def _frames(self) -> Generator[int, bytes, None]:
        """Yields how many bytes it wants to see next, or minus how many may pass unseen."""
        while True:
            magic = int.from_bytes((yield 4), "little")
            if magic & 0xFFFFFFF0 == SKIPPABLE_MAGIC:
                size = int.from_bytes((yield 4), "little")
                if size:
                    yield -size
            elif magic == ZSTANDARD_MAGIC:
                yield from self._blocks((yield 1)[0])
            else:  # the decompressor will say so
                while True:
                    yield -(1 << 62)
            self.complete = True

    @staticmethod
    def _blocks(descriptor: int) -> Generator[int, bytes, None]:
        """RFC 8878, sections 3.1.1.1 and 3.1.1.2."""
        single_segment = descriptor >> 5 & 1
        content_size_bytes = (1 if single_segment else 0, 2, 4, 8)[descriptor >> 6]
        header = (1 - single_segment) + (0, 1, 2, 4)[descriptor & 3] + content_size_bytes
        if header:
            yield -header
        last = False
        while not last:
            block = int.from_bytes((yield 3), "little")
            last = bool(block & 1)
            run_length = block >> 1 & 3 == 1
            size = 1 if run_length else block >> 3
            if size:
                yield -size
        if descriptor & 4:
            yield -4
