"""What has to be measured in a process of its own: start-up, and memory. Run by `suite.py` as

    python -m feedhandler.benchmark.child FEED FILE SPAWNED_NS ONE_BURST

Replays a file through the pipeline and prints one JSON object. `SPAWNED_NS` is the parent's monotonic clock when it
started the child, which is the same clock here, so the interpreter's own start is part of the figure. `ONE_BURST` is 1
to leave after the first burst of frames.
"""

from __future__ import annotations

import json
import sys
import time


def main(feed_name: str, file: str, spawned_ns: int, one_burst: bool) -> dict[str, float | int | bool]:
    """Replay the file; the figures by name."""
    from feedhandler import plugins

    from .booking import pipeline_of
    from .machine import memory_of_process

    feed = plugins.feed(feed_name)
    with plugins.receiver("capture")(file) as receiver:
        session = "binaryfile" if receiver.kind == "binaryfile" else feed.session().name
        pipeline = pipeline_of(feed, feed.default_variant, session)
        pipeline.attach(receiver)
        before = memory_of_process()
        pipeline.run(bursts=1)
        first_packet_s = (time.monotonic_ns() - spawned_ns) / 1e9
        if not one_burst:
            pipeline.run()
            pipeline.finish()
        after = memory_of_process()
    messages = pipeline.channels[0].channel.message_count
    return {
        "first_packet_s": first_packet_s,
        "compile_s": pipeline.compiled_seconds,
        "from_cache": pipeline.compiled_from_cache,
        "messages": messages,
        "ns_per_message": pipeline.run_record.busy_ns / max(1, messages),
        "anonymous_before_bytes": before["anonymous_bytes"],
        "anonymous_bytes": after["anonymous_bytes"],
        "high_water_bytes": after["high_water_bytes"],
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "1")))
