"""One module a figure: data first, then a drawing."""
