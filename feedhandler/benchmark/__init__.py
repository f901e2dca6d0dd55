"""What the feed handler costs, measured on a generated day: the figures behind `feedhandler bench`."""
