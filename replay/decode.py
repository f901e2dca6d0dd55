"""`feedhandler decode`: every message of captures in file order, without arbitration, as JSON lines or a listing."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feedhandler.cli.exit_codes import CommandError, ExitCode, help_text
from feedhandler.cli.options import FEED_HELP, VARIANT_HELP

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedhandler.config import Deployment
    from feedhandler.decoding import DecodedMessage, Decoder
    from replay.capture import CaptureReceiver
    from replay.iteration import CapturedFrame

_HELP = help_text(
    """Decode every message of captures.

In the order of the files, duplicates included. One line a message: where it is, its channel and sequence number, its
type and all fields, as the venue sent them. What cannot be decoded is listed too, with the reason and its bytes.""",
    "feedhandler decode --feed nasdaq_itch50 day.pcap --json",
    ExitCode.NO_DATA,
    ExitCode.INPUT,
)

_BURST = 256


def decode(
    arguments: Annotated[list[str], typer.Argument(metavar="[CONFIG] FILE...", help="A configuration, and captures.")],
    feed: Annotated[str | None, typer.Option(help=FEED_HELP)] = None,
    variant: Annotated[str | None, typer.Option(help=VARIANT_HELP)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")] = False,
) -> None:
    from feedhandler.app import feed_of, line_numbers, session_of, variant_of
    from feedhandler.cli.options import deployment_from, split_configuration
    from feedhandler.decoding import Decoder
    from feedhandler.observe.logs import log
    from replay.capture import CaptureReceiver
    from replay.options import files_text
    from replay.versions import variant_chosen

    logger = log()
    configuration, files = split_configuration(arguments, feed)
    if not files:
        raise CommandError("no capture was given; expected one file or more, or - for standard input", ExitCode.USAGE)
    deployment = deployment_from(configuration, feed, variant)
    known = feed_of(deployment)
    deployment = variant_chosen(deployment, known, files, None)
    decoded = 0
    # One file after the other, each in its own order: nothing is merged.
    for file in files:
        receiver = CaptureReceiver(file, lines=line_numbers(deployment))
        receiver.open()
        try:
            messages_only = receiver.kind == "binaryfile"
            session = session_of(deployment, known, messages_only=messages_only)
            decoder = Decoder(known, variant_of(deployment, known), session)
            channels = _Channels(deployment, messages_only)
            decoded += _print_file(receiver, decoder, channels, _json_line if as_json else _plain_line)
            for problem in receiver.problems:
                logger.warning(problem)
        finally:
            receiver.close()
    sys.stdout.flush()
    if decoded == 0:
        raise CommandError(f"{files_text(files)}: no message of feed {known.name} was found", ExitCode.NO_DATA)


class _Channels:
    """What the channel of a frame is called: as configured, or its destination."""

    def __init__(self, deployment: Deployment, messages_only: bool) -> None:
        from feedhandler.app import FILE_CHANNEL, lines_of

        self._configured = [channel.name for channel, _ in lines_of(deployment)]
        self._file = FILE_CHANNEL if messages_only else None
        self.messages_only = messages_only

    def name(self, frame: CapturedFrame) -> str:
        if self._configured:
            return self._configured[frame.line]
        return self._file or f"{frame.destination}:{frame.port}"


def _print_file(
    receiver: CaptureReceiver,
    decoder: Decoder,
    channels: _Channels,
    line_of: Callable[[CapturedFrame, int, str, DecodedMessage], str],
) -> int:
    """Print the messages of one file as it is read; returns how many had a table."""

    decoded = 0
    write = sys.stdout.write
    while True:
        burst = receiver.take(_BURST)
        if burst is None:
            return decoded
        lines = []
        for frame in burst:
            channel = channels.name(frame)
            for index, message in enumerate(decoder.messages(frame.payload, frame.line)):
                # A file of messages has no packets: its records are numbered.
                number = frame.number + index if channels.messages_only else frame.number
                lines.append(line_of(frame, number, channel, message))
                if message.message is not None and message.error is None:
                    decoded += 1
        write("".join(lines))


def _json_line(frame: CapturedFrame, number: int, channel: str, message: DecodedMessage) -> str:
    data: dict[str, Any] = {
        "file": frame.file,
        "frame": number,
        "channel": channel,
        "sequence": message.sequence,
        "message": message.message,
        "fields": message.fields,
    }
    if message.error is not None:
        data["error"] = message.error.name.lower()
        if message.type is not None:
            data["type"] = message.type
        data["bytes"] = message.data.hex()
    return json.dumps(data) + "\n"


def _plain_line(_frame: CapturedFrame, number: int, channel: str, message: DecodedMessage) -> str:
    sequence = "" if message.sequence is None else str(message.sequence)
    start = f"{number:>8} {channel:<22} {sequence:>12}  "
    if message.error is None:
        fields = " ".join(f"{name}={value}" for name, value in message.fields.items())
        return f"{start}{message.message} {fields}\n"
    name = message.message or (f"type {message.type!r}" if message.type is not None else "packet")
    return start + f"{name}: {message.error.name.lower()}: {message.data.hex(' ')}\n"


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("decode", help=_HELP)(decode)
