"""From a deployment to running code: the generated module, its place on disk, the memory it works in."""
