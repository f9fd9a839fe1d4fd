"""The Celery side of jobs: one module per worker, a few lines per job."""
