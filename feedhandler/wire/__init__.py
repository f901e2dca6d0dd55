"""Declare a wire format once: fields, messages, and everything that is made from the table."""

from .behind import behind
from .fields import FieldType
from .groups import conditional, group, run
from .message import Message, Selector, TableError
from .parts import block

__all__ = ["FieldType", "Message", "Selector", "TableError", "behind", "block", "conditional", "group", "run"]
