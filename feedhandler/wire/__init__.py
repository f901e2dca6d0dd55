"""Declare a wire format once: fields, messages, and everything that is made from the table."""

from .fields import FieldType
from .message import Message, Selector, TableError

__all__ = ["FieldType", "Message", "Selector", "TableError"]
