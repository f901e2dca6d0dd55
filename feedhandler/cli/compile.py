"""`feedhandler compile`: warms the cache, so that the first start of the day is quick."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from feedhandler.cli.exit_codes import help_text
from feedhandler.cli.options import FEED_HELP, JSON_HELP, VARIANT_HELP

_HELP = help_text(
    """Compile a pipeline into the cache.

Of a configuration or a feed, for packets and, where the feed comes in them, for files of messages. What is in the cache
already is only loaded.""",
    "feedhandler compile configs/nasdaq_totalview.yaml",
)


def compile_pipelines(
    configuration: Annotated[str | None, typer.Argument(metavar="[CONFIG]", help="A configuration.")] = None,
    feed: Annotated[str | None, typer.Option(help=FEED_HELP)] = None,
    variant: Annotated[str | None, typer.Option(help=VARIANT_HELP)] = None,
    packets_only: Annotated[bool, typer.Option("--packets-only", help="Not for files of messages.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    from feedhandler.app import Application, compile_readers, feed_of, session_of, variant_of
    from feedhandler.cli.options import deployment_from, named_configuration
    from feedhandler.composition.strategies import core_groups, inline_plans
    from feedhandler.observe.logs import log
    from feedhandler.pipeline.cache import cache_folder
    from feedhandler.pipeline.pipeline import Pipeline
    from feedhandler.pipeline.source import Route

    logger = log()
    deployment = deployment_from(named_configuration(configuration, feed), feed, variant)
    found = feed_of(deployment)
    kinds = [False]
    if not packets_only and any(not session.packets for session in found.sessions):
        kinds.append(True)
    compiled: list[dict[str, Any]] = []
    for messages_only in kinds:
        logger.info("compiling, or loading from the cache", messages_only=messages_only)
        application = Application(deployment, messages_only=messages_only)
        result = application.compile()
        compiled.append(
            {"session": application.session.name, "seconds": round(result.seconds, 2), "from_cache": result.from_cache}
        )
    groups = core_groups(deployment)
    for name, channels in groups if len(groups) > 1 else []:
        # A replay has all channels, and so all strategies, in one pipeline; a live run has one for each core.
        logger.info("compiling, or loading from the cache", pipeline=name)
        route = Route(found, variant_of(deployment, found), session_of(deployment, found, messages_only=False))
        pipeline = Pipeline(name, [route], strategies=inline_plans(deployment, channels), strategy_instruments=1)
        compiled.append(
            {
                "session": route.session.name,
                "seconds": round(pipeline.load_seconds, 2),
                "from_cache": pipeline.compiled_from_cache,
            }
        )
    data = {
        "deployment": deployment.name,
        "cache": str(cache_folder()),
        "pipelines": compiled,
        "readers_seconds": round(compile_readers(), 2),
    }
    if as_json:
        print(json.dumps(data))
        return
    for each in compiled:
        how = "loaded from the cache" if each["from_cache"] else "compiled"
        print(f"{deployment.name} over {each['session']}: {how} in {each['seconds']:.1f} s")
    print(f"readers of books: {data['readers_seconds']:.1f} s")
    print(f"cache: {data['cache']}")


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compile", help=_HELP)(compile_pipelines)
