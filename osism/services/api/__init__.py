"""The HTTP API: FastAPI below ``/api/v1``, as any number of processes on any machines."""
