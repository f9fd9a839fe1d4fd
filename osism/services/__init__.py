"""Long-running services; one module each, started by ``osism service NAME``."""
