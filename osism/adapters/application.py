"""Celery, as far as the workers and the scheduler share it: the application and its queues.

JSON only. A job is acknowledged after its work, so that a worker that dies gives it back; what
became of it is kept by the records, not by a result backend, and expires with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from celery import Celery
from kombu.entity import Queue
from kombu.transport import TRANSPORT_ALIASES

from osism.adapters.senders import EXCHANGE, RETRY
from osism.domain.jobs import QUEUES

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
        task_default_queue=EXCHANGE,
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
        task_publish_retry_policy=RETRY,
    )
    return app
