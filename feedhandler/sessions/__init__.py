"""Sequenced transports shared by several feeds: how packets carry messages and are numbered.

A session is sans-I/O: it opens a packet (a function of bytes) and says how long the next block is. Its cold half, the
recovery of holes, stands beside it.
"""

from .session import Numbering, Request, Retransmission, Session

__all__ = ["Numbering", "Request", "Retransmission", "Session"]
