"""The bell: after a commit, a message to the actor of each job's queue."""

import logging
from collections.abc import Callable, Mapping, Sequence

import dramatiq

from hub.jobs.brokers.hints import BrokerAwayError, HintBroker
from hub.store import jobs
from hub.store.unit_of_work import Store

log = logging.getLogger(__name__)


class BrokerBell:
    """Rings by message. A ring that fails costs seconds, never a job."""

    def __init__(
        self, store: Store, broker: HintBroker, actors: "Mapping[str, dramatiq.Actor]",
        nudge: Callable[[], None],
    ) -> None:  # fmt: skip
        self._store = store
        self._broker = broker
        self._actors = actors
        self._nudge = nudge

    def ring(self, job_ids: Sequence[str]) -> None:
        """Send the ids, in their order, to the workers; the relay looks for what else is due."""
        try:
            self.send(job_ids)
        except Exception:  # what was committed stays committed, and the relay finds it
            log.exception("%d jobs were not rung for; they start a little later", len(job_ids))
        self._nudge()

    def send(self, job_ids: Sequence[str]) -> None:
        """Send the ids, in their order, to the workers; untold again when nobody carries them."""
        with self._store.reading() as connection:
            queues = jobs.queues_of(connection, job_ids)
        messages = [
            self._actors[queues[job_id]].message(job_id) for job_id in job_ids if job_id in queues
        ]
        try:
            self._broker.enqueue_many(messages)
        except BrokerAwayError:
            with self._store.unit_of_work() as unit:
                jobs.recall_dispatched(unit, job_ids)
