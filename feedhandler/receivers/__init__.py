"""Where frames come from: one Cython file a backend, all behind the C face of `abi.pxd`."""
