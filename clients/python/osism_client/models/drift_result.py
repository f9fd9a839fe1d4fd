from enum import StrEnum


class DriftResult(StrEnum):
    BUSY = "busy"
    CLEAN = "clean"
    DRIFTED = "drifted"
    FAILED = "failed"
    NOT_CHECKED = "not checked"
    SKIPPED = "skipped"

    def __str__(self) -> str:
        return str(self.value)
