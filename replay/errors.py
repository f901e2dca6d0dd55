"""The one exception of the capture reader: what was found, where, and what would be right."""


class CaptureError(Exception):
    """A capture cannot be used as asked. Damage found on the way does not raise: it ends that file and is reported."""
