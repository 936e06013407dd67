"""What the paper says, section by section: data. Each file holds its section's entries in the paper's order."""
