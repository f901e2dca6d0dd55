"""The composition root: days, lines, and a pipeline in its own thread."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from feedhandler.app import Application, date_of, day_base_ns, line_numbers, zone_of
from feedhandler.config import ConfigurationError, Deployment, parse
from feedhandler.core.loop import Exit
from feedhandler.observe.terminal import LiveView
from feedhandler.pipeline.pipeline import PipelineError
from feeds.cboe_pitch.messages import AddOrderShort
from replay.capture import CaptureReceiver
from tests.cli.builders import CONFIGURATION, DAY, SECOND, START, Capture, binaryfile, packets
from tests.cli.live import Lines, held_socket
from tests.feeds.session_packets import sequenced_unit_packet

pytestmark = pytest.mark.interpreted


def test_midnight_is_the_venues_in_winter_and_summer() -> None:
    assert day_base_ns(datetime.date(2023, 8, 22), "America/New_York") == START - (9 * 3600 + 30 * 60) * SECOND
    winter = day_base_ns(datetime.date(2026, 1, 5), "America/New_York")
    assert winter == int(datetime.datetime(2026, 1, 5, 5, tzinfo=datetime.UTC).timestamp()) * SECOND


def test_the_day_of_a_moment_is_the_venues_and_0_is_no_moment() -> None:
    late_evening = int(datetime.datetime(2026, 1, 6, 4, 59, tzinfo=datetime.UTC).timestamp()) * SECOND
    assert date_of(late_evening, "America/New_York") == datetime.date(2026, 1, 5)
    assert date_of(late_evening, None) == datetime.date(2026, 1, 6)
    assert date_of(0, "America/New_York") is None


def test_a_time_zone_that_the_machine_lacks_is_named_with_what_to_install() -> None:
    with pytest.raises(ConfigurationError, match="knows no time zone Mars/Olympus: install"):
        day_base_ns(datetime.date(2026, 1, 5), "Mars/Olympus")


def test_lines_are_numbered_over_all_channels_with_their_sources() -> None:
    text = CONFIGURATION + "  - name: more\n    lines: [{name: A, group: 239.1.1.1, port: 7, source: 10.0.0.1}]\n"
    assert line_numbers(parse(text, "a.yaml")) == {
        ("239.192.0.1", 26477): 0, ("239.192.0.2", 26477): 1, ("239.1.1.1", 7, "10.0.0.1"): 2,
    }  # fmt: skip
    assert line_numbers(Deployment(name="x", feed="nasdaq_itch50")) is None


def test_a_file_of_messages_fits_one_channel_only() -> None:
    text = CONFIGURATION + "  - name: more\n    lines: [{name: A, group: 239.1.1.1, port: 7}]\n"
    with pytest.raises(ConfigurationError, match=r"a.yaml:4: channels: a file of messages is one channel; .*, more"):
        Application(parse(text, "a.yaml"), messages_only=True)


def test_all_channels_of_a_configuration_exist_even_where_nothing_came(tmp_path: Path) -> None:
    text = CONFIGURATION + "  - name: silent\n    lines: [{name: A, group: 239.1.1.1, port: 7}]\n"
    deployment = parse(text, "a.yaml")
    with CaptureReceiver(Capture(tmp_path).write(packets(DAY, 3)), lines=line_numbers(deployment)) as receiver:
        application = Application(deployment)
        application.attach(receiver)
        assert application.run() is Exit.ENDED
    figures = application.figures()
    assert sorted((channel.name, channel.messages, channel.state) for channel in figures.channels) == [
        ("itch", 11, "SYNCHRONIZED"), ("silent", 0, "UNKNOWN"),
    ]  # fmt: skip
    assert application.trading_date == datetime.date(2023, 8, 22)


def test_the_pipeline_runs_beside_a_main_thread_that_watches(tmp_path: Path) -> None:
    seen: list[str] = []
    with CaptureReceiver(Capture(tmp_path).write(packets(DAY, 3))) as receiver:
        application = Application(Deployment(name="x", feed="nasdaq_itch50"))
        application.attach(receiver)
        application.run(lambda: seen.append(threading.current_thread().name))
    assert set(seen) == {threading.current_thread().name}


def test_an_error_while_watching_ends_the_pipeline_and_is_raised(tmp_path: Path) -> None:
    def fail() -> None:
        raise RuntimeError("nothing to see")

    file = Capture(tmp_path).write(packets(DAY, 3), step_ns=1000 * SECOND)
    with CaptureReceiver(file, speed=1) as receiver:
        application = Application(Deployment(name="x", feed="nasdaq_itch50"))
        application.attach(receiver)
        with pytest.raises(RuntimeError, match="nothing to see"):
            application.run(fail)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("pipeline ")]


def test_a_receiver_that_fails_is_told_with_its_own_error(tmp_path: Path) -> None:
    with CaptureReceiver(Capture(tmp_path).write(packets(DAY, 3))) as receiver:
        # One frame is lent and not given back, which the receiver refuses.
        application = Application(Deployment(name="x", feed="nasdaq_itch50"))
        application.attach(receiver)
        application.pipeline.run_record.receiver_count = 1
        _lend(receiver)
        with pytest.raises(PipelineError, match="every burst is released before the next poll"):
            application.run()


def _lend(receiver: CaptureReceiver) -> None:
    from tests.replay.builders import CFace

    assert CFace(receiver.address).poll() > 0


def test_the_live_view_shows_books_lines_and_reasons(tmp_path: Path) -> None:
    from rich.console import Console

    file = tmp_path / "day.itch"
    file.write_bytes(binaryfile([*DAY, b"z" + bytes(9)]))
    with CaptureReceiver(file) as receiver:
        application = Application(Deployment(name="x", feed="nasdaq_itch50"), messages_only=True)
        application.attach(receiver)
        view = LiveView("title", application.books, ["AAPL", "MSFT", "NONE"])
        before = view.status_line(application.figures(), 0.0)
        application.run()
        figures = application.figures()
    assert "0 messages" in before
    console = Console(width=160, record=True, file=(tmp_path / "shown").open("w"))
    console.print(view.render(figures, 1.0))
    console.file.close()
    shown = console.export_text()
    for words in ("12 messages", "AAPL", "CURRENT", "185.025", "message_unknown 1", "NONE", "SYNCHRONIZED"):
        assert words in shown
    assert "AAPL 185.00 / 185.025 CURRENT" in view.status_line(figures, 1.0)


# ----------------------------------------------------------------------------------------------------------- a live run

PATIENCE_S = 120.0
"""How long a test waits for what comes within milliseconds; interpreted code is slow."""


@pytest.fixture
def heard_lines() -> Iterator[Lines]:
    lines = Lines()
    yield lines
    lines.close()


def live_application(lines: Lines, more: str = "") -> Application:
    deployment = parse(lines.configuration("live", more), "a.yaml")
    return Application(deployment, trading_date=datetime.date(2023, 8, 22), live=True)


def run_until(application: Application, reached: Callable[[], bool], send: Callable[[], None]) -> Exit:
    """Run; send once when all is open; stop when it is reached."""
    sent: list[bool] = []
    ends = time.monotonic() + PATIENCE_S

    def watch() -> None:
        if application.opened and not sent:
            sent.append(True)
            send()
        if reached():
            application.stop()
        assert time.monotonic() < ends, "what was sent did not arrive"

    return application.run(watch, every_s=0.01)


def test_a_live_application_hears_its_lines_and_has_the_digest_of_their_replay(
    heard_lines: Lines, tmp_path: Path
) -> None:
    application = live_application(heard_lines)
    sent = packets(DAY, 3)
    left = run_until(
        application, lambda: application.channels[0].channel.message_count == len(DAY),
        lambda: heard_lines.send_to_all(sent),
    )  # fmt: skip
    assert left is Exit.STOPPED
    assert application.books["AAPL"].bbo().quality.name == "CURRENT"
    figures = application.figures()
    assert [receiver.kind for receiver in figures.receivers] == ["socket"]
    assert figures.channels[0].quality == "CURRENT"
    assert {line.name: line.packets for line in figures.channels[0].lines}["A"] == len(sent)
    replayed = Application(application.deployment, trading_date=application.trading_date)
    file = heard_lines.capture(tmp_path / "heard.pcap", sent)
    with CaptureReceiver(file, lines=line_numbers(application.deployment)) as receiver:
        replayed.attach(receiver)
        replayed.run()
    assert application.digest == replayed.digest


def test_alarms_of_a_live_run_are_kept_for_whoever_tells_them(heard_lines: Lines) -> None:
    application = live_application(heard_lines, "limits: {request_after: 1ms, give_up_after: 20ms}\n")
    first, _, *rest = packets(DAY, 3)
    run_until(
        application, lambda: application.channels[0].channel.sequence == len(DAY),
        lambda: heard_lines.send_to_all([first, *rest]),
    )  # fmt: skip
    alarms = [application.alarms.get() for _ in range(application.alarms.qsize())]
    assert [(alarm.kind.value, alarm.first, alarm.messages) for alarm in alarms] == [("gap", 4, 3)]
    assert application.figures().channels[0].quality == "STALE"


def test_a_live_run_ends_in_words_where_a_receiver_cannot_be_opened(heard_lines: Lines) -> None:
    held = held_socket(heard_lines.groups["B"], heard_lines.port)
    try:
        with pytest.raises(PipelineError, match=r"receiver socket cannot be opened: .* another process holds the port"):
            live_application(heard_lines).run()
    finally:
        held.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("pipeline ", "recovery"))]


def test_without_a_date_a_live_run_is_today_at_the_venue(heard_lines: Lines) -> None:
    deployment = parse(heard_lines.configuration("live"), "a.yaml")
    before = datetime.datetime.now(tz=zone_of("America/New_York")).date()
    found = Application(deployment, live=True).trading_date
    assert found in (before, datetime.datetime.now(tz=zone_of("America/New_York")).date())


def test_lines_of_a_live_run_are_named_over_all_channels(heard_lines: Lines) -> None:
    application = live_application(
        heard_lines, "retransmission: {servers: [{address: 127.0.0.1, port: 9}], reply_interface: lo}\n"
    )
    assert [application.line_text(number) for number in range(3)] == ["itch A", "itch B", "itch replies"]


def test_units_that_come_while_a_live_run_goes_on_have_books_figures_and_alarms(heard_lines: Lines) -> None:
    text = heard_lines.configuration("live", "limits: {request_after: 1ms, give_up_after: 20ms}\n")
    deployment = parse(text.replace("nasdaq_itch50", "cboe_pitch").replace("levels: 4096", "levels: 512"), "a.yaml")
    application = Application(deployment, trading_date=datetime.date(2023, 8, 22), live=True)
    books = application.books
    first, third = (sequenced_unit_packet(number, [add_order(number)], unit=15) for number in (1, 3))
    run_until(
        application,
        lambda: any(memory.name == "itch/15" and memory.channel.sequence == 3 for memory in application.channels)
        and not application.alarms.empty(),
        lambda: heard_lines.send_to_all([first, third]),
    )
    assert list(books) == ["MAT"]
    assert [channel.name for channel in application.figures().channels] == ["itch", "itch/15"]
    assert [line.name for line in application.figures().channels[1].lines] == ["A", "B"]
    alarm = application.alarms.get()
    assert (alarm.channel, alarm.kind.value, alarm.first, alarm.messages) == ("itch/15", "gap", 2, 1)


def add_order(number: int) -> bytes:
    """A short add order of PITCH."""
    return AddOrderShort.encode(
        order_id=number, side_indicator="B", price=1000, quantity=100, symbol="MAT", time_offset=7
    )
