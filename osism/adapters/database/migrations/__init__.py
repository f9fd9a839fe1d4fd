"""The way of the tables from one version of the product to the next."""
