"""A process that takes permits from a shared bucket as fast as it can, until its standard input ends.

Prints the time of each use, as the bucket saw it.
"""

import json
import sys
import threading
import time
from pathlib import Path

from strongroom.server.quotas.bucket_file import BucketFile, bucket_name
from strongroom.server.quotas.leases import LeasedBucket

path, rate, burst_s, most = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
last = 0.0


def clock() -> float:
    global last  # noqa: PLW0603 # the script is one function
    last = time.monotonic()
    return last


def wait_for_end() -> None:
    sys.stdin.read()
    ended.set()


bucket = LeasedBucket(BucketFile(path, clock), bucket_name("account", "family"), rate, burst_s, clock)
ended = threading.Event()
threading.Thread(target=wait_for_end, daemon=True).start()
sys.stdout.write("ready\n")
sys.stdout.flush()
uses: list[float] = []
while len(uses) < most and not ended.is_set():
    if bucket.take() == 0:
        uses.append(last)
sys.stdout.write(f"{json.dumps(uses)}\n")
