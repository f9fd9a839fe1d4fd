from enum import StrEnum


class TransitionStatusState(StrEnum):
    ABORTED = "aborted"
    FAILED = "failed"
    ROLLED_BACK = "rolled-back"
    RUNNING = "running"
    SUCCEEDED = "succeeded"

    def __str__(self) -> str:
        return str(self.value)
