"""Adds up the answers of one batch. Gets the batch's summary on standard input."""

import collections
import json
import sys

summary = json.load(sys.stdin)
words = collections.Counter()
with open("results/chapters.jsonl") as results:
    # By task: a result may stand there twice, when a drainer was killed between its call and its end.
    answers = {result["task"]: result for result in map(json.loads, results)}
for result in answers.values():
    if result["batch"] == summary["batch"]:
        words.update(result["body"]["counts"])
total = {"batch": summary["batch"], "words": words.total(), "most": words.most_common(1)[0][0]}
with open("combined.json", "w") as combined:
    print(json.dumps(total), file=combined)
