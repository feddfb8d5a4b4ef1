"""The RQ worker of every queue: RQ's SimpleWorker that comes back quickly after Redis or PostgreSQL was away."""

from typing import Any

from django.db import close_old_connections
from rq import Queue
from rq.executions import Execution
from rq.job import Job
from rq.worker import SimpleWorker

from aiq.garbage import calm
from aiq.logs import nameless


class Worker(SimpleWorker):
    """No fork per job, so the database connection is kept between jobs: looked at before and after each one.

    RQ doubles its wait for Redis up to a minute; the doorbell should ring seconds after Redis is back.
    """

    max_connection_wait_time = 2.0

    def work(self, *args: Any, **kwargs: Any) -> bool:
        calm()
        return bool(super().work(*args, **kwargs))

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        close_old_connections()
        try:
            return bool(super().perform_job(job, queue, execution))
        finally:
            close_old_connections()

    def handle_job_failure(
        self,
        job: Job,
        queue: Queue,
        started_job_registry: Any = None,
        exc_string: str = "",
        execution: Execution | None = None,
    ) -> None:
        """Redis keeps what a job failed of for a day: without the people in it."""
        super().handle_job_failure(job, queue, started_job_registry, nameless(exc_string), execution)
