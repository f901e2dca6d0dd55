"""What a frame can turn out to be that is for no line, in the order of DATAGRAM_* of `datagram.pxd`."""

REASONS = (
    "udp",
    "unsupported_link_type",
    "not_ip",
    "ipv6",
    "not_udp",
    "fragment",
    "headers_cut",
    "bad_ip_length",
    "bad_udp_length",
)
