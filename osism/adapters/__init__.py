"""One module per outside system. Adapters keep the promises of :mod:`osism.domain.ports`."""
