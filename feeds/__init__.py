"""One folder a feed: the exchange's message table, its handler, and a README with specification and deviations."""
