"""The committed result rows, and the store that appends and reads them. Imports no torch."""

from .store import ROWS_DIRECTORY, Damage, Row, answered, append, best_rows, read

__all__ = ["ROWS_DIRECTORY", "Damage", "Row", "answered", "append", "best_rows", "read"]
