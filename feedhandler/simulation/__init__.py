"""Markets that never were: seeded order flow, and the packets that a venue would have sent of it.

What happens (`order_flow`) knows no venue; how it is said (a feed's `VENUE`) knows no market. Between them are actions.
"""
