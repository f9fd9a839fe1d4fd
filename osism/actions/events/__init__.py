"""What handling Ironic's events is made of."""
