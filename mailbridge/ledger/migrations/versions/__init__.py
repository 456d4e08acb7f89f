"""One file per change of the tables, named `NNNN_what.py`."""
