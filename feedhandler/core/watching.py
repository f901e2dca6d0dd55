"""Who watches what: from the symbol patterns of strategies to one word of bits for each instrument.

Patterns are judged once, when the directory names an instrument, so that a boundary asks one word and no name. In a
pattern `*` stands for any letters and `?` for one.
"""

from __future__ import annotations

from .integers import shift_left
from .jit import hot, hot_call
from .records import Record, i64, u8

STRATEGIES_MAXIMUM = 63


class Hooks(Record):
    """How a channel reaches the inline strategies of its pipeline."""

    slots = i64  #: address of the `StrategySlot`s
    watches = i64  #: address of `watch_count` patterns
    watch_count = i64
    watchers = i64  #: address of one `Watchers` an instrument
    channel_watchers = i64  #: bits of the strategies that listen to this channel
    first_instrument = i64  #: what strategies call the channel's instrument 0: their tables span all channels
    dispatched = i64  #: position in the event ring up to which hooks were called
    told_quality = i64  #: the quality that strategies were told last
    latency = i64  #: address of the histogram from packet to strategy, 0 where it is not measured
    latency_due = i64  #: the packet's first call is still to come
    clock_offset_ns = i64  #: from the monotonic clock to that of `received_ns`
    scratch = i64  #: address of the records that hooks are given
    current = i64  #: address of the word that says which strategy is being called


class Watch(Record, size=24):
    """One pattern of one strategy."""

    bit = i64
    pattern = i64  #: address of its letters
    letter_count = i64


class Watchers(Record, size=8):
    """The strategies that watch an instrument, a bit each."""

    bits = i64


class Letter(Record):
    """One letter of a symbol or a pattern."""

    code = u8


_STAR, _ANY = 42, 63


@hot
def _letter(address):
    return Letter(address).code


@hot_call
def pattern_matches(pattern, pattern_length, symbol, symbol_length):
    """Whether a symbol fits a pattern. Linear but for the last `*`, to which it returns at most once a letter."""
    place = 0
    letter = 0
    star = -1
    resumed = 0
    for _ in range((pattern_length + 1) * (symbol_length + 1)):
        if letter == symbol_length:
            break
        if place < pattern_length and _letter(pattern + place) == _STAR:
            star = place
            resumed = letter
            place += 1
        elif place < pattern_length and (
            _letter(pattern + place) == _ANY or _letter(pattern + place) == _letter(symbol + letter)
        ):
            place += 1
            letter += 1
        elif star >= 0:
            resumed += 1
            place = star + 1
            letter = resumed
        else:
            return False
    while place < pattern_length and _letter(pattern + place) == _STAR:
        place += 1
    return letter == symbol_length and place == pattern_length


@hot_call
def watchers_judge(channel, instrument, symbol, symbol_length):
    """The directory named an instrument: who watches it?"""
    hooks = Hooks(channel.hooks)
    bits = 0
    for number in range(hooks.watch_count):
        watch = Watch(hooks.watches + Watch.size * number)
        if pattern_matches(watch.pattern, watch.letter_count, symbol, symbol_length):
            bits |= watch.bit
    Watchers(hooks.watchers + shift_left(instrument, 3)).bits = bits & hooks.channel_watchers


@hot
def watchers_of(hooks, instrument):
    """The bits of the strategies that watch an instrument."""
    return Watchers(hooks.watchers + shift_left(instrument, 3)).bits
