"""Composition, in rooms: what fits to what, the day, the threads of a live run. `feedhandler.app` puts it together."""
