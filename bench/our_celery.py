"""The empty task in the product's own application."""

from bench.empty import NAME, empty
from osism.tasks.app import app

app.task(empty, name=NAME)
