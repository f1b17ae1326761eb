"""Runs a server for as long as its owner lives.

Arguments: the owner's folder, the address to ask, the server's command. Says "ready" on standard output when
the server answers there. The owner holds our standard input open: when that closes, however the owner ended,
the server and all it has started are killed, and the folder goes. When the server ends by itself, so do we.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request

SECONDS_TO_GET_READY = 60

folder, address, *command = sys.argv[1:]
server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True)
owner_is_gone = threading.Event()


def kill(*_):
    try:
        os.killpg(server.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def wait_for_owner():
    while os.read(0, 1):  # not sys.stdin: a thread that waits there holds a lock that Python's end needs
        pass
    owner_is_gone.set()
    kill()


def answers():
    try:
        # No proxy stands before this machine.
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


for ending in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
    signal.signal(ending, kill)
threading.Thread(target=wait_for_owner, daemon=True).start()

deadline = time.monotonic() + SECONDS_TO_GET_READY
while server.poll() is None and not answers():
    if time.monotonic() > deadline:
        print(f"no answer from {address} in {SECONDS_TO_GET_READY} s", file=sys.stderr)
        kill()
    time.sleep(0.05)
if server.poll() is None:
    print("ready", flush=True)
server.wait()
kill()  # what it has started, if it ended by itself
if owner_is_gone.is_set():
    shutil.rmtree(folder, ignore_errors=True)
