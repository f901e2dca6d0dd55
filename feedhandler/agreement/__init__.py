"""Whether a feed's tables read packets as another decoder does: field by field, whatever that decoder calls them.

`rules` say where names differ and what cannot be compared, `oracle` reads what the other decoder said, `comparison`
compares one packet after the other. Captures are opened elsewhere: `feedhandler diff` is a command of replay/.
"""
