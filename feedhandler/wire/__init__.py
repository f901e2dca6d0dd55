"""Declare a wire format once: fields, messages, and everything that is made from the table."""

from .fields import FieldType
from .message import Message, Selector

__all__ = ["FieldType", "Message", "Selector"]
