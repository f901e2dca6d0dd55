"""Only a C face (`line_table.pxd`): nothing of it is called from Python."""
