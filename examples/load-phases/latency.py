"""Calls, failures and latencies of each three seconds, from results and dead letters: `python3 latency.py`."""

import datetime
import json
import statistics

STRETCH = 3

with open("results/load.jsonl") as results:
    calls = [json.loads(line) for line in results]
at = [datetime.datetime.fromisoformat(call["started_at"]).timestamp() for call in calls]
begin = min(at)
stretches = {}
for call, instant in zip(calls, at):
    stretches.setdefault(int(instant - begin) // STRETCH, []).append(call["latency_ms"])
print("SECOND  CALLS/S  MEDIAN  P95")
for number, latencies in sorted(stretches.items()):
    p95 = statistics.quantiles(latencies, n=20)[-1] if len(latencies) > 1 else latencies[0]
    calls_per_second = len(latencies) / STRETCH
    print(f"{number * STRETCH:6}  {calls_per_second:7.1f}  {statistics.median(latencies):5.1f} ms  {p95:.1f} ms")
