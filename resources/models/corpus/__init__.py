"""The seeded generator of the training text."""
