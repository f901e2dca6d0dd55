"""The command line: one file a command.

A module here that exports `command(app)` is a command and is found by that. Commands of other packages, `replay`'s
among them, arrive through the entry-point group `feedhandler.commands`, whose entries name such a function too. Modules
import little: what a command needs it imports when it runs, so that `feedhandler --help` is quick.
"""
