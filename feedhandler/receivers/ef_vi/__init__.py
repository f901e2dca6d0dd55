"""The `ef_vi` receiver: queues of Solarflare and AMD cards in this process."""

from feedhandler.receivers.ef_vi.receiver import EfViReceiver

__all__ = ["EfViReceiver"]
