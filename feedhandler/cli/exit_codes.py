"""How commands end: one table. Every command's help names the codes that it can end with."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's exit code says."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NO_DATA = 3
    INPUT = 4
    NOT_CURRENT = 5
    STUCK = 6
    BOOKS_DIFFER = 7
    DIFFERENT = 8
    NOT_CONFORMING = 9
    OUTPUT = 10
    INTERRUPTED = 130
    TERMINATED = 143

    @property
    def sentence(self) -> str:
        """What happened, for people."""
        return SENTENCES[self]


SENTENCES: dict[ExitCode, str] = {
    ExitCode.DONE: "done; damage that was found on the way is reported and does not change the code",
    ExitCode.FAILED: "a run went wrong or is not there: a receiver failed, the cache cannot be used, or a bug",
    ExitCode.USAGE: "the options, the configuration or a plug-in are wrong; nothing was started",
    ExitCode.NO_DATA: "no packet of the feed was in the input, or heard",
    ExitCode.INPUT: "the input cannot be read, or is no capture",
    ExitCode.NOT_CURRENT: "the run polls, and some of its books are not CURRENT",
    ExitCode.STUCK: "a pipeline did not come back to its receivers; the watchdog or a signal ended the run",
    ExitCode.BOOKS_DIFFER: "a book is not the simulated venue's",
    ExitCode.DIFFERENT: "packets are not read as another decoder reads them",
    ExitCode.NOT_CONFORMING: "a feed does not keep what every feed must",
    ExitCode.OUTPUT: "the output cannot be written: no room, no permission, or something else is there",
    ExitCode.INTERRUPTED: "ended early by SIGINT (Ctrl-C), with a summary where anything was done",
    ExitCode.TERMINATED: "ended early by SIGTERM, with a summary where anything was done",
}


class CommandError(Exception):
    """A command cannot go on: a text for people and the code to end with."""

    def __init__(self, text: str, exit_code: ExitCode) -> None:
        super().__init__(text)
        self.exit_code = exit_code


def help_text(what: str, example: str, *codes: ExitCode) -> str:
    """A command's help: what it does, an example, and how it can end."""
    every = (ExitCode.DONE, ExitCode.FAILED, ExitCode.USAGE, *codes)
    ways = "; ".join(f"{int(code)} {code.sentence}" for code in every)
    return f"{what}\n\nExample: {example}\n\nExit codes: {ways}."
