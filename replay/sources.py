"""The bytes of a capture: a file or standard input, plain or compressed, told apart by content and never by name.

A source fills a buffer that its caller owns and keeps no more than a chunk of its own, however long the file is and
however well it was compressed. What was whole before a cut or before damage is handed out before the cut is reported.
`readinto` returns the bytes put into the buffer, 0 at the end, and None where a pipe has nothing yet.
"""

import importlib
import os
import select
import stat
import zlib
from types import ModuleType
from typing import Any, Protocol

from replay.errors import CaptureError
from replay.zstandard_frames import SKIPPABLE_MAGIC, ZSTANDARD_MAGIC, ZstandardFrames

CHUNK_BYTES = 64 * 1024
PIPE_WAIT_MS = 1

GZIP_MAGIC = b"\x1f\x8b"
LZ4_MAGIC = bytes.fromhex("04224d18")


class DamagedSource(Exception):
    """The compressed stream contradicts itself; everything handed out before was whole."""


class CompressedBytes:
    """The bytes as they lie in the file, counted. Some are read at once to recognise the content; they come first."""

    def __init__(self, path: str) -> None:
        self.standard_input = path == "-"
        self.name = "standard input" if self.standard_input else path
        self.descriptor = -1
        try:
            self.descriptor = os.dup(0) if self.standard_input else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            status = os.fstat(self.descriptor)
            if stat.S_ISDIR(status.st_mode):
                raise CaptureError(f"{path}: is a directory; a capture file or - (standard input) is expected")
            self.regular = stat.S_ISREG(status.st_mode)
            self.bytes_total: int | None = status.st_size if self.regular and not self.standard_input else None
            self.bytes_read = 0
            self._start = self._recognise()
        except OSError as error:
            self.close()
            raise CaptureError(f"{self.name}: cannot be read: {error.strerror}") from error
        except CaptureError:
            self.close()
            raise

    def _recognise(self) -> bytes:
        """The first bytes of the file, at least four where there are as many."""
        start = b""
        while len(start) < 4:
            chunk = os.read(self.descriptor, CHUNK_BYTES)
            if not chunk:
                break
            start += chunk
        self.bytes_read = len(start)
        return start

    @property
    def magic(self) -> bytes:
        return self._start[:4]

    def ready(self) -> bool:
        """Whether reading would not block; waits a moment. Files are always ready."""
        if self.regular or self._start:
            return True
        poller = select.poll()
        poller.register(self.descriptor, select.POLLIN)
        return bool(poller.poll(PIPE_WAIT_MS))

    def read(self, size: int = CHUNK_BYTES) -> bytes:
        """Up to `size` bytes; empty at the end. Blocks on a pipe that has nothing."""
        if self._start:
            chunk, self._start = self._start[:size], self._start[size:]
            return chunk
        chunk = os.read(self.descriptor, size)
        self.bytes_read += len(chunk)
        return chunk

    def readinto(self, target: memoryview) -> int:
        if self._start:
            chunk = self.read(len(target))
            target[: len(chunk)] = chunk
            return len(chunk)
        size = os.readv(self.descriptor, [target])
        self.bytes_read += size
        return size

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class Source(Protocol):
    """What the receiver reads from."""

    compression: str
    unfinished: str  # at the end: what the compressed stream still lacks; empty where it is complete

    def readinto(self, target: memoryview) -> int | None: ...


class PlainSource:
    compression = "none"
    unfinished = ""

    def __init__(self, raw: CompressedBytes) -> None:
        self._raw = raw

    def readinto(self, target: memoryview) -> int | None:
        return self._raw.readinto(target) if self._raw.ready() else None


class InflatingSource:
    """gzip (RFC 1952, several members) and LZ4 frames, whose decompressors take a bound for what they give back."""

    def __init__(self, raw: CompressedBytes, compression: str, magic: bytes) -> None:
        self._raw = raw
        self.compression = compression
        self.unfinished = ""
        self._magic = magic
        self._library = None if compression == "gzip" else library("lz4.frame", "lz4", "lz4")
        self._pending = b""
        self._decompressor: Any = None
        self._ended = False

    def _start_frame(self) -> Any:
        return zlib.decompressobj(wbits=31) if self._library is None else self._library.LZ4FrameDecompressor()

    def readinto(self, target: memoryview) -> int | None:
        while not self._ended:
            if self._decompressor is not None and self._decompressor.eof:
                self._pending = self._decompressor.unused_data or b""
                self._decompressor = None
            if self._decompressor is None and not self._next_frame():
                continue
            data = self._inflate(len(target))
            if data:
                target[: len(data)] = data
                return len(data)
            if self._decompressor.eof or self._pending:
                continue
            if not self._raw.ready():
                return None
            self._pending = self._raw.read()
            if not self._pending:
                self.unfinished = f"the {self.compression} stream was cut off"
                self._ended = True
        return 0

    def _next_frame(self) -> bool:
        """Whether another frame begins; zeros between and after frames are padding."""
        self._pending = self._pending.lstrip(b"\0") if self._library is None else self._pending
        if len(self._pending) < len(self._magic):
            more = self._raw.read()
            if more:
                self._pending += more
                return False
            self._ended = True
            if self._pending:
                self.unfinished = f"{len(self._pending)} bytes follow the {self.compression} stream"
            return False
        if self._library is None and not self._pending.startswith(self._magic):
            found, expected = self._pending[:4].hex(" "), self._magic.hex(" ")
            raise DamagedSource(f"bytes {found} follow the {self.compression} stream; another begins with {expected}")
        self._decompressor = self._start_frame()
        return True

    def _inflate(self, size: int) -> bytes:
        try:
            if self._library is None:
                data = self._decompressor.decompress(self._pending, size)
                self._pending = self._decompressor.unconsumed_tail
            else:
                data = self._decompressor.decompress(self._pending, size)
                self._pending = b""
        except (zlib.error, RuntimeError) as error:  # lz4 raises RuntimeError for bad data
            raise DamagedSource(f"damaged {self.compression} stream: {error}") from error
        return bytes(data)


class ZstandardSource:
    """Zstandard frames (RFC 8878). The package's streaming reader is the one interface whose output is bounded."""

    compression = "zstd"

    def __init__(self, raw: CompressedBytes) -> None:
        zstandard = library("zstandard", "zstandard", "zstd")
        self._raw = raw
        self._error: type[Exception] = zstandard.ZstdError
        self._frames = ZstandardFrames()
        self.unfinished = ""
        self._reader = zstandard.ZstdDecompressor().stream_reader(self, read_size=CHUNK_BYTES, read_across_frames=True)

    def read(self, size: int) -> bytes:
        """For the decompressor."""
        chunk = self._raw.read(size)
        self._frames.feed(chunk)
        return chunk

    def readinto(self, target: memoryview) -> int | None:
        if not self._raw.ready():
            return None
        try:
            size: int = self._reader.readinto1(target)
        except self._error as error:
            raise DamagedSource(f"damaged zstd stream: {error}") from error
        if size == 0 and not self._frames.complete:
            self.unfinished = "the zstd stream was cut off"
        return size


def library(module: str, package: str, compression: str) -> ModuleType:
    """A decompression library, imported where it is needed first."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        found = f"is compressed with {compression}, which needs the package {package}"
        raise CaptureError(f"{found}: pip install {package}") from error


def source_of(raw: CompressedBytes) -> Source:
    """The reader of what `raw` turns out to hold."""
    magic = raw.magic
    number = int.from_bytes(magic, "little")
    try:
        if magic[:2] == GZIP_MAGIC:
            return InflatingSource(raw, "gzip", GZIP_MAGIC)
        if magic == LZ4_MAGIC:
            return InflatingSource(raw, "lz4", LZ4_MAGIC)
        if number == ZSTANDARD_MAGIC or (len(magic) == 4 and number & 0xFFFFFFF0 == SKIPPABLE_MAGIC):
            return ZstandardSource(raw)
    except CaptureError as error:
        raise CaptureError(f"{raw.name}: {error}") from error.__cause__
    return PlainSource(raw)
