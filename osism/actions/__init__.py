"""What the product does: one verb per module; the ports it may touch come in as arguments."""
