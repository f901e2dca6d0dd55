"""`feedhandler receivers`."""

from __future__ import annotations

from feedhandler.receivers.availability import availabilities
from tests.cli.conftest import Run


def test_receivers_are_listed_best_first_with_what_would_mend_those_that_are_not_available(run: Run) -> None:
    found = run("receivers", "--json").data
    assert [one["kind"] for one in found] == [one.kind for one in availabilities()]
    kinds = {one["kind"] for one in found}
    assert kinds >= {"af_xdp", "af_packet", "socket", "memory", "auto", "dpdk", "ef_vi", "verbs"}
    assert all(one["available"] is (one["reason"] is None) for one in found)
    shown = run("receivers").out
    for one in found:
        assert one["kind"] in shown
        assert one["summary"] in shown
        assert one["reason"] is None or one["reason"] in shown
        assert all(remark in shown for remark in one["remarks"])
    remarks = {one["kind"]: one["remarks"] for one in found}
    assert any("hardware time" in remark for remark in remarks["af_xdp"])
    assert any("only where `kinds` or `options` name it" in remark for remark in remarks["ef_vi"])
