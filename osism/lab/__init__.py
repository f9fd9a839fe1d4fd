"""A small data centre on one machine, for trying and testing.

One process is the site: a NetBox-compatible HTTP API and the switches. Beside it run an embedded
Redis, one worker for all queues, and the scheduler; these are the product's own, as in production.
"""
