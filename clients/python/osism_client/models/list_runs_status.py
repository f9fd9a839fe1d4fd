from enum import StrEnum


class ListRunsStatus(StrEnum):
    FAILED = "failed"
    QUEUED = "queued"
    REVOKED = "revoked"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    WAITING = "waiting"

    def __str__(self) -> str:
        return str(self.value)
