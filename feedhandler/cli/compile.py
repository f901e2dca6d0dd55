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
    from feedhandler.app import Application, compile_readers, feed_of
    from feedhandler.cli.options import deployment_from, named_configuration
    from feedhandler.observe.logs import log
    from feedhandler.pipeline.cache import cache_folder

    logger = log()
    deployment = deployment_from(named_configuration(configuration, feed), feed, variant)
    kinds = [False]
    if not packets_only and any(not session.packets for session in feed_of(deployment).sessions):
        kinds.append(True)
    compiled: list[dict[str, Any]] = []
    for messages_only in kinds:
        logger.info("compiling, or loading from the cache", messages_only=messages_only)
        application = Application(deployment, messages_only=messages_only)
        result = application.compile()
        compiled.append(
            {"session": application.session.name, "seconds": round(result.seconds, 2), "from_cache": result.from_cache}
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
    for pipeline in compiled:
        how = "loaded from the cache" if pipeline["from_cache"] else "compiled"
        print(f"{deployment.name} over {pipeline['session']}: {how} in {pipeline['seconds']:.1f} s")
    print(f"readers of books: {data['readers_seconds']:.1f} s")
    print(f"cache: {data['cache']}")


def command(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compile", help=_HELP)(compile_pipelines)
