"""The commands of ``python -m empirical``, one file each; a command is a frozen dataclass whose fields are
its options."""
