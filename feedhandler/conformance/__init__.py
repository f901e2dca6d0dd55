"""What every feed must keep, ours or anybody's: the checks behind `feedhandler conform`, and what they are made of.

`values` makes messages from tables, `stress` sends them through the generated pipeline in a process of its own,
`invariants` looks over the stores afterwards, `golden` compares events with a file that people can read, and `checks`
asks all of it of one feed.
"""
