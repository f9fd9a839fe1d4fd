"""The lab's NetBox: an HTTP API that clients take for NetBox 4.4, for trying and testing."""
