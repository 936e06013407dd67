"""What the paper says, section by section: data. A file holds its section's entries in the paper's order."""
