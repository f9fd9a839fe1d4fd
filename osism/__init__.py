"""The manager of a cloud site."""
