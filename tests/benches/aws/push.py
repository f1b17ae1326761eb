"""Sends the lines of a file to an SQS queue, in tens, from eight threads."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

THREADS = 8

url, file = sys.argv[1:]
sqs = boto3.client("sqs", region_name=os.environ["AWS_REGION"], config=Config(max_pool_connections=THREADS))


def send(ten):
    entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(ten)]
    answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert len(answer["Successful"]) == len(ten), answer


with open(file) as lines:
    bodies = lines.read().split("\n")
with ThreadPoolExecutor(THREADS) as threads:
    for _ in threads.map(send, (bodies[at : at + 10] for at in range(0, len(bodies), 10))):
        pass
