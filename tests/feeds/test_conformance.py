"""Every feed of this project keeps what a feed promises: the checks of `feedhandler conform`, feed by feed."""

from __future__ import annotations

import pytest

from feedhandler import plugins
from feedhandler.conformance.checks import Outcome, Subject, results
from feedhandler.core.jit import INTERPRETED

FEEDS = sorted(plugins.installed(plugins.FEEDS))
VARIANTS = [(name, variant) for name in FEEDS for variant in plugins.feed(name).variants]


def subject(name: str) -> Subject:
    return Subject(name, plugins.feed(name).default_variant)


@pytest.mark.interpreted
@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_tables_close_and_what_is_encoded_is_decoded(name: str, variant: str) -> None:
    found = list(results(Subject(name, variant), ["tables", "round trip"]))
    assert [result.text for result in found if result.outcome is not Outcome.PASSED] == []


@pytest.mark.interpreted
@pytest.mark.parametrize("name", FEEDS)
def test_events_are_the_golden_ones_and_the_readme_is_complete(name: str) -> None:
    found = list(results(subject(name), ["readme", "golden events"]))
    assert [result.text for result in found if result.outcome is not Outcome.PASSED] == []


@pytest.mark.skipif(INTERPRETED, reason="compares what is compiled with what is not")
@pytest.mark.parametrize("name", FEEDS)
def test_no_packet_faults_and_compiled_and_interpreted_agree(name: str) -> None:
    checks = ["clean messages", "truncation", "mutation", "compiled and interpreted"]
    found = list(results(subject(name), checks))
    assert [result.text for result in found if result.outcome is not Outcome.PASSED] == []
