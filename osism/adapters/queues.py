"""Celery, as far as sending and describing go: the application and its queues.

JSON only. A job is acknowledged after its work, so that a worker that dies gives it back; what
became of it is kept by the records, not by a result backend, and expires with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from celery import Celery
from kombu.entity import Queue
from kombu.exceptions import KombuError, OperationalError
from kombu.transport import TRANSPORT_ALIASES

from osism.adapters.connections import redacted
from osism.domain.errors import OutsideFailed
from osism.domain.jobs import QUEUES, Job, encode, task_name

if TYPE_CHECKING:
    from osism.adapters.streams import RedisRecords


_TRANSPORTS = {
    "redis": "osism.adapters.redis_transport:Transport",
    "rediss": "osism.adapters.redis_transport:Transport",
    "sentinel": "osism.adapters.redis_transport:SentinelTransport",
}


def application(
    broker: str,
    transport_options: Mapping[str, Any],
    visibility_timeout: int = 3600,
) -> Celery:
    """The one Celery application; *broker* in kombu's words."""
    TRANSPORT_ALIASES.update(_TRANSPORTS)
    app = Celery("osism", broker=broker, set_as_current=False)
    redis = not broker.startswith("amqp")
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        result_serializer="json",
        result_backend=None,
        task_ignore_result=True,
        task_queues=[Queue(queue, routing_key=queue) for queue in QUEUES.values()],
        task_create_missing_queues=False,
        task_default_queue=QUEUES["netbox"],
        task_routes={f"osism.tasks.{name}.*": {"queue": queue} for name, queue in QUEUES.items()},
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_track_started=False,
        worker_prefetch_multiplier=1,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            **transport_options,
            **({"visibility_timeout": visibility_timeout} if redis else {}),
        },
        task_publish_retry_policy={"max_retries": 3, "interval_start": 0.1, "interval_step": 0.3},
    )
    return app


class CeleryQueue:
    """Sends jobs; keeps :class:`osism.domain.ports.Queue`."""

    def __init__(self, app: Celery, records: RedisRecords) -> None:
        self.app = app
        self.records = records

    def send(self, job: Job, by: str, id: str | None = None, expires: float | None = None) -> str:
        """Record the job, queue it, return its id.

        *expires*: seconds after which nobody needs it any more. Such a job (a tick of the
        schedule) has a record only once a worker begins it.
        """
        job_id = id or str(uuid4())
        queue = QUEUES[job.worker]
        if expires is None:
            self.record(job_id, job, by)
        try:
            self.app.send_task(
                task_name(type(job)),
                kwargs={"request": encode(job), "by": by},
                task_id=job_id,
                queue=queue,
                expires=expires,
            )
        except (KombuError, OSError) as failure:
            where = redacted(self.app.conf.broker_url)
            reason = f"the broker at {where} cannot be reached: {failure}"
            self.records.end(job_id, "failed", reason)
            raise OutsideFailed(reason) from failure
        return job_id

    def record(self, job_id: str, job: Job, by: str) -> None:
        """Write down that a job is queued."""
        self.records.queued(
            job_id,
            name=type(job).__name__,
            queue=QUEUES[job.worker],
            summary=job.summary,
            by=by,
            request=encode(job),
        )

    def lengths(self) -> dict[str, int]:
        """Queue -> jobs that wait in it."""
        found = {}
        try:
            with self.app.connection_for_read() as connection:
                connection.ensure_connection(max_retries=2)
                for queue in QUEUES.values():
                    found[queue] = _length(connection.default_channel, queue)
        except (OperationalError, OSError) as failure:
            where = redacted(self.app.conf.broker_url)
            raise OutsideFailed(f"the broker at {where} cannot be reached: {failure}") from failure
        return found


def _length(channel: Any, queue: str) -> int:
    from kombu.exceptions import ChannelError

    try:
        return int(channel.queue_declare(queue=queue, passive=True).message_count)
    except ChannelError:
        return 0  # nobody has declared it yet
