"""Where frames come from: a folder or file a kind, all behind the C face of `abi.pxd`; `frames` is what cards share."""
