"""The baseline of workers and queues: Celery as it comes, on the same broker."""

import os
import sys

from celery import Celery

from osism.adapters.connections import celery_broker

broker, options = celery_broker(os.environ["BENCH_REDIS"])
app = Celery("bare", broker=broker)
app.conf.update(broker_transport_options=options, broker_connection_retry_on_startup=True)
app.conf.update(task_default_queue="bare")


@app.task(name="bare.empty", ignore_result=True)
def empty():
    from bench.empty import empty as work

    work()


if __name__ == "__main__":  # the baseline of a command that queues something
    app.send_task("bare.nothing", queue="nowhere", task_id=sys.argv[1])
