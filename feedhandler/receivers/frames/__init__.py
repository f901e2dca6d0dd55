"""What receivers of whole Ethernet frames share: the way through a frame, lines, memberships, times, one base class."""
