"""Jobs in Redis: what became of them, their output as Streams, and who is there to do them.

Keys (every one but the lock of the site expires; ``retention`` is renewed by every write):

=========================  ==========  ============================================================
``osism:job:<id>``         hash        the record of a job
``osism:stream:<id>``      stream      its events, one JSON text each, from ``queued`` to ``end``
``osism:feed``             stream      what happens in the whole site, see :mod:`.feed`
``osism:jobs``             sorted set  ids by the time they were queued
``osism:jobs:<state>``     sorted set  the same, of the jobs in that state
``osism:ids``              sorted set  ids in the order of their letters, to find one by its prefix
``osism:worker:<name>``    string      a worker's last heartbeat
``osism:workers``          sorted set  names of workers by the time of it
``osism:ticks``            hash        when each entry of the schedule was last sent
``osism:watched``          string      digest of the files that a run was last asked for
``osism:maintenance``      string      who locked the site, why and when
``osism:roles``            hash        which roles each kind of worker can play
=========================  ==========  ============================================================
"""

from osism.adapters.streams.events import Written
from osism.adapters.streams.feed import Feed
from osism.adapters.streams.hub import Hub
from osism.adapters.streams.pages import FeedPages, JobPages
from osism.adapters.streams.presence import Presence
from osism.adapters.streams.records import RedisRecords
from osism.adapters.streams.writer import Writer
from osism.domain.records import JobRecord, SiteLock, StreamEvent, WorkerRecord

__all__ = [
    "Feed",
    "FeedPages",
    "Hub",
    "JobPages",
    "JobRecord",
    "Presence",
    "RedisRecords",
    "SiteLock",
    "StreamEvent",
    "WorkerRecord",
    "Writer",
    "Written",
]
