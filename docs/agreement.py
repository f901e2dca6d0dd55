"""Write docs/agreement.md anew: `python docs/agreement.py`, where the captures are (FEEDHANDLER_CAPTURES).

The page is the project's own `feedhandler diff` over every folder of captures; a test compares the two.
"""

from __future__ import annotations

import os
from pathlib import Path

from feedhandler import plugins
from feedhandler.agreement.comparison import Comparison
from feedhandler.agreement.oracle import oracle_packets
from feedhandler.agreement.rules import rules_of
from replay.diff import captures_compare

PROOFS: tuple[tuple[str, str, str], ...] = (
    ("asx/Ntp.Itch.v1.05", "asx_itch", ""),
    ("b3/BinaryUmdf.v1.8", "b3_umdf", "v1"),
    ("cboe/Byx.Equities.DepthOfBook.Pitch.v2.41", "cboe_pitch", "byx"),
    ("cboe/Options.DepthOfBook.Pitch.v2.39.4", "cboe_pitch", "c1"),
    ("cboe/Futures.DepthOfBook.Pitch.v1.1.6", "cboe_futures_pitch", ""),
    ("cme/Mdp3.Sbe.v1.5", "cme_mdp3", ""),
    ("cme/Mdp3.Sbe.v1.9", "cme_mdp3", ""),
    ("cme/mdp3_instrument_defs", "cme_mdp3", ""),
    ("coinbase/MarketDataApi.v1.2", "coinbase_derivatives", ""),
    ("deribit/sbe_multicast", "deribit_sbe", ""),
    ("eurex/Eobi.T7.v3.0", "eurex_eobi", "t7_3"),
    ("eurex/Eobi.T7.v6.0", "eurex_eobi", "t7_6"),
    ("ice/Mdf.iMpact.v1.1.33", "ice_impact", ""),
    ("iex/Deep.IexTp.v1.0", "iex_deep", ""),
    ("iex/deep_stream", "iex_deep", ""),
    ("iex/DeepPlus.IexTp.1.0.2", "iex_deep_plus", ""),
    ("iex/Tops.IexTp.v1.6", "iex_tops", ""),
    ("jnx/JnxEquities.Pts.Itch.v1.6", "jnx_itch", "1.6"),
    ("memx/Equities.MemiorDepth.v1.3", "memx_memoir_depth", ""),
    ("miax/OnyxFutures.ToM.v1.0", "miax_onyx_tom", ""),
    ("nasdaq/Nasdaq.Equities.Bbo.Itch.v2.1.20241105", "nasdaq_bbo", "psx"),
    ("nasdaq/Nasdaq.Equities.TotalView.Itch.v5.0", "nasdaq_itch50", ""),
    ("nasdaq/Nasdaq.Equities.TotalView.Itch.v5.0.20230822", "nasdaq_itch50", ""),
    ("nasdaq/Uqdf.Output.Utp.v1.5", "utp_uqdf", ""),
    ("nyse/IntegratedFeed.Pillar.v2.5", "nyse_pillar", ""),
    ("nyse/National.Equities.Bbo.Pillar.v2.5", "nyse_bbo", ""),
    ("nyse/Arca.Options.TopFeed.Pillar.1.2.c", "arca_options_top", ""),
    ("siac/Cqs.Cta.v2.10.a", "cta_cqs", ""),
    ("siac/Cts.Cta.v2.9", "cta_cts", ""),
    ("siac/Opra.Recipient.v6.2", "opra", ""),
)
"""Every folder of captures with an oracle whose feed is here: folder, feed, variant (empty: the default)."""

PAGE = Path(__file__).parent / "agreement.md"
HEAD = """# Agreement

How the feeds read real packets, against the readings of third-party Wireshark dissectors: every field of every
message of every captured packet. `python docs/agreement.py` writes this page from the captures, and a test compares
the two where the captures are. [`feedhandler diff`](adding-a-feed.md#7-against-another-decoder) does the same for
captures and decoders of your own.

*Left out* counts fields that the other decoder does not give; each is listed below its table with the reason. What
the dissector prints besides fields (indexes that it counts, sums that it makes) is named in the feed's folder
`dissector/`.
"""


def captures_folder() -> Path:
    """Where the captures are."""
    return Path(os.environ.get("FEEDHANDLER_CAPTURES", PAGE.parents[1] / "../shared/captures")).resolve()


def compared(folder: Path, feed: str, variant: str) -> Comparison:
    """One folder's comparison."""
    found = plugins.feed(feed)
    chosen = variant or found.default_variant
    comparison = Comparison(found, chosen, rules_of(found, chosen))
    oracle = folder / "oracle.jsonl.gz"
    names = sorted({packet.file for packet in oracle_packets(oracle) if packet.file is not None})
    captures_compare(comparison, [folder / name for name in names], oracle)
    return comparison


def comparisons(captures: Path) -> dict[str, Comparison]:
    """Every folder's comparison."""
    return {folder: compared(captures / folder, feed, variant) for folder, feed, variant in PROOFS}


def needless(found: dict[str, Comparison]) -> set[tuple[str, str]]:
    """The excuses of all rules that no folder needed: (kind, name) with the feed in front."""
    left: dict[str, set[tuple[str, str]]] = {}
    for comparison in found.values():
        key = f"{comparison.feed.name}.{comparison.variant}"
        left[key] = left.get(key, comparison.needless()) & comparison.needless()
    return {(f"{key} {kind}", name) for key, names in left.items() for kind, name in names}


def page(found: dict[str, Comparison]) -> str:
    """The page's text."""
    lines = [HEAD]
    for folder, comparison in found.items():
        agreement = comparison.agreement
        title = plugins.feed(agreement.feed).title
        lines += [f"## {folder}", ""]
        lines += [f"{title} (`{agreement.feed}`, variant {agreement.variant}), {agreement.packets:,} packets.", ""]
        lines += ["| Message | Messages | Fields | Equal | Different | Left out |", "|---|---:|---:|---:|---:|---:|"]
        for name, one in sorted(agreement.types.items()):
            left_out = sum(one.not_comparable.values())
            counts = (one.messages, one.compared, one.equal, one.different, left_out)
            lines.append(f"| {name} | " + " | ".join(f"{count:,}" for count in counts) + " |")
        lines.append("")
        reasons = sorted(
            (name, field, reason) for name, one in agreement.types.items() for field, reason in one.not_comparable
        )
        lines += [f"* {name}.{field}: {reason}" for name, field, reason in reasons]
        lines += [f"* could not be compared: {problem}" for problem in agreement.problems]
        if lines[-1]:
            lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(comparisons(captures_folder())))
