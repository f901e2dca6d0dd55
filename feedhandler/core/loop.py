"""The loop that a pipeline's thread lives in: poll, process a burst to completion, release, poll again.

It is entered once and leaves only when it is told to stop, when its receivers have ended, or when a frame needs the
cold side first: a line or an in-band stream that is not yet known. Then it returns with its place in the burst kept,
the cold side makes the channel, and calls again.
"""

from __future__ import annotations

from enum import IntEnum

from .burst import looked_of
from .channel import Channel, reason_sample
from .clock import monotonic_ns
from .frames import Frame, FrameFlag, Receiver, ReceiverStatus, call_poll, call_release
from .histogram import Histogram, histogram_add
from .holes import sequencer_finish
from .integers import INT64_MAX, shift_left
from .jit import hot, hot_call
from .lines import Line
from .packet import Packet
from .packets import channel_tick
from .reasons import Reason
from .records import Record, fixed, i64, published
from .sequencer import Sequencer


class Exit(IntEnum):
    """Why the loop returned."""

    CONTINUE = 0  #: (inside the loop only) the frame is done
    STOPPED = 1  #: it was told to stop
    ENDED = 2  #: no receiver will lend anything more
    FAILED = 3  #: a receiver failed; its `error` says why
    NEW_LINE = 4  #: a frame came from `wanted_line`, which has no channel yet
    NEW_STREAM = 5  #: a packet on `wanted_line` named `wanted_stream`, which has no channel yet
    IDLE = 6  #: nothing came for `idle_polls_maximum` polls


UNKNOWN_LINE = -2  #: `Line.channel` of a line that the cold side has not judged
UNWANTED_LINE = -1  #: `Line.channel` of a line that is not for us
STREAMS = 256  #: in-band streams of a line are numbered below this


class Address(Record, size=8):
    """An address or a number in a list."""

    value = i64


class Run(Record):
    """The state of one pipeline thread."""

    stop = published(i64)
    frames_seen = published(i64)
    unwanted = published(i64)
    busy_ns = published(i64)  #: time in processing, polls excluded
    polls = published(i64)
    empty_polls = published(i64)
    bursts = published(i64)
    now_ns = published(i64)
    deadline_ns = i64
    receivers = fixed(i64)  #: address of `receiver_count` addresses of receiver structs; 0 for one that has ended
    receiver_count = fixed(i64)
    receiver_next = i64
    receiver_failed = i64
    lines = fixed(i64)
    line_count = fixed(i64)
    channels = fixed(i64)
    channel_count = i64
    frames = fixed(i64)
    burst = fixed(i64)
    pending = i64  #: frames of the current burst
    position = i64  #: the next of them
    looks = fixed(i64)  #: address of what the look-ahead knows of each
    looked = i64  #: the first that it has not looked at
    packet = fixed(i64)
    wanted_line = i64
    wanted_stream = i64
    idle_polls_maximum = i64  #: 0: never leave for idleness
    live_epoch_ns = i64  #: added to the monotonic clock while nothing comes; 0 in replay, where time is in the frames
    hooks = i64  #: address of the pipeline's own `Hooks`, 0 without strategies
    busy_since_ns = published(i64)  #: when the burst that is being processed was polled (monotonic), 0 between bursts
    acquisition = i64  #: address of the histogram from a frame's receive time to the end of the poll that lent it
    processing = i64  #: address of the histogram from there to the end of the burst
    bursts_maximum = i64  #: leave after this many bursts (tests step with it); 0: never


@hot
def channel_of(run, number):
    """The channel of a number."""
    return Channel(run.channels + Channel.size * number)


@hot
def frame_open(run, frame):
    """The common part of every frame: time moves on, and its line is looked up.

    Returns the channel's number, or a negative `UNKNOWN_LINE`, `UNWANTED_LINE`. A tick has no line.
    """
    if frame.flags & FrameFlag.TICK:
        return UNWANTED_LINE
    line_number = frame.line
    if line_number >= run.line_count:
        run.wanted_line = line_number
        return UNKNOWN_LINE
    line = Line(run.lines + Line.size * line_number)
    number = line.channel
    if number < 0:
        run.wanted_line = line_number
        if number == UNWANTED_LINE:
            run.unwanted += 1
        return number
    if frame.flags & FrameFlag.TRUNCATED:
        reason_sample(channel_of(run, number), Reason.FRAME_TRUNCATED, frame.frame_address, frame.byte_count)
        return UNWANTED_LINE
    return number


@hot
def stream_channel(run, packet):
    """The channel of an in-band stream of the packet's line; UNKNOWN_LINE or UNWANTED_LINE where it has none.

    A stream of a line is numbered on its own, so it is a line of its own: a line's streams are a table of `STREAMS`
    numbers of such lines plus one, 0 for a stream never seen. From here on the packet belongs to that line.
    """
    line = Line(run.lines + Line.size * packet.line)
    stream = packet.stream
    if line.streams == 0 or stream < 0 or stream >= STREAMS:
        return UNWANTED_LINE
    entry = Address(line.streams + 8 * stream).value
    if entry == 0:
        run.wanted_line = packet.line
        run.wanted_stream = stream
        return UNKNOWN_LINE
    if entry < 0:
        run.unwanted += 1
        return UNWANTED_LINE
    packet.line = entry - 1
    return Line(run.lines + Line.size * (entry - 1)).channel


@hot
def packet_of(run, frame, now):
    """The scratch packet, set up for a frame."""
    packet = Packet(run.packet)
    packet.packet_address = frame.frame_address
    packet.byte_count = frame.byte_count
    packet.received_ns = now
    packet.line = frame.line
    looked = looked_of(run, run.position)
    packet.hints = looked.hints
    packet.checked = looked.checked
    return packet


@hot
def deadline_note(run, channel):
    """Let the run's deadline not be later than the channel's."""
    deadline = Sequencer(channel.sequencer).deadline_ns
    if deadline < run.deadline_ns:
        run.deadline_ns = deadline


@hot
def channels_tick(run, now, drain):
    """Time passed: attend to every channel, and find the next deadline."""
    next_deadline = INT64_MAX
    packet = Packet(run.packet)
    for number in range(run.channel_count):
        channel = channel_of(run, number)
        channel_tick(channel, packet, now, drain)
        next_deadline = min(next_deadline, Sequencer(channel.sequencer).deadline_ns)
    run.deadline_ns = next_deadline


@hot
def run_finish(run, drain):
    """The input has ended: give up every hole that is open, and deliver what waited behind it."""
    packet = Packet(run.packet)
    for number in range(run.channel_count):
        channel = channel_of(run, number)
        sequencer = Sequencer(channel.sequencer)
        for _ in range(sequencer.held_capacity + 2):
            if not sequencer_finish(channel, sequencer, run.now_ns):
                break
            drain(channel, packet)


@hot
def _receiver_poll(run):
    """Ask the receivers in turn for a burst; returns the number of frames, or why the loop ends as a negative Exit."""
    alive = False
    for _ in range(run.receiver_count):
        number = run.receiver_next
        address = Address(run.receivers + 8 * number).value
        if address == 0:
            run.receiver_next = (number + 1) % run.receiver_count
            continue
        receiver = Receiver(address)
        run.polls += 1
        count = call_poll(receiver.poll, receiver.context, run.frames, run.burst)
        if count > 0:
            return count
        run.receiver_next = (number + 1) % run.receiver_count
        if count == ReceiverStatus.ENDED:
            Address(run.receivers + 8 * number).value = 0
        elif count < 0:
            run.receiver_failed = number
            return -Exit.FAILED
        else:
            run.empty_polls += 1
            alive = True
    return 0 if alive else -Exit.ENDED


@hot
def _receiver_release(run):
    """Give the burst back and move on to the next receiver."""
    number = run.receiver_next
    receiver = Receiver(Address(run.receivers + 8 * number).value)
    call_release(receiver.release, receiver.context, run.pending)
    run.pending = 0
    run.position = 0
    run.receiver_next = (number + 1) % run.receiver_count


@hot_call
def acquisition_note(run, polled_ns):
    """How long the oldest frame of a burst waited to be polled, by the clock that stamped it."""
    received = Frame(run.frames).received_ns
    histogram_add(Histogram(run.acquisition), polled_ns + run.live_epoch_ns - received)


@hot
def run_loop(run, look, process, tick):
    """Poll and process until there is a reason to leave. `process(run, frame)` returns an `Exit`.

    `look(run)` looks ahead over the next frames of the burst.
    """
    idle = 0
    budget = run.bursts_maximum
    while True:
        if run.stop != 0:
            return Exit.STOPPED
        if run.pending == 0:
            count = _receiver_poll(run)
            if count < 0:
                return -count
            if count == 0:
                if run.live_epoch_ns != 0:
                    now = max(run.now_ns, monotonic_ns() + run.live_epoch_ns)
                    run.now_ns = now
                    if now >= run.deadline_ns:
                        tick(run, now)
                idle += 1
                if idle == run.idle_polls_maximum:
                    return Exit.IDLE
                continue
            idle = 0
            run.pending = count
            run.position = 0
            run.looked = 0
            run.bursts += 1
        started = monotonic_ns()
        run.busy_since_ns = started
        if run.acquisition != 0 and run.position == 0:
            acquisition_note(run, started)
        left = Exit.CONTINUE
        while run.position < run.pending:
            if run.position >= run.looked:
                look(run)
            frame = Frame(run.frames + shift_left(run.position, 5))
            now = max(run.now_ns, frame.received_ns)
            run.now_ns = now
            if now >= run.deadline_ns:
                tick(run, now)
            left = process(run, frame, now)
            if left != Exit.CONTINUE:
                break
            run.position += 1
            run.frames_seen += 1
        taken = monotonic_ns() - started
        run.busy_ns += taken
        run.busy_since_ns = 0
        if run.processing != 0:
            histogram_add(Histogram(run.processing), taken)
        if left != Exit.CONTINUE:
            return left
        _receiver_release(run)
        if budget != 0:
            budget -= 1
            if budget == 0:
                return Exit.IDLE
