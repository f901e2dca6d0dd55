"""Normalised output: events as tables, in files that other tools read.

Cold code drains the channels' event rings into batches (`drain.py`), keeps them in a spool on disk (`spool.py`), and a
writer makes files of them: Parquet, Arrow, CSV or DBN. What the tables hold is declared once, in `schemas.py`.
"""
