"""What a person did wrong, as opposed to what the program did wrong: printed as one line, exit status 2."""


class UserError(ValueError):
    """Something was asked for that cannot be; the message is one line that says what, and what is allowed."""
