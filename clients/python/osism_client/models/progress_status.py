from enum import StrEnum


class ProgressStatus(StrEnum):
    PENDING = "Pending"
    PROPAGATION_COMPLETE = "Propagation Complete"
    PROPAGATION_FAILED = "Propagation Failed"

    def __str__(self) -> str:
        return str(self.value)
