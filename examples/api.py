"""The APIs that the examples call, on loopback: `python3 api.py` listens on 127.0.0.1:8080, 8081 and 8082.

`python3 api.py PORT ...` listens on other ports; 0 takes a free one. Needs nothing but Python.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ORDERS, EVENTS, USERS = 50, 60, 25
CHAPTERS = [
    "the queen rode out at dawn and the amazons rode with the queen",
    "the river was high and the bridge was gone",
    "at dawn the river fell and the amazons crossed",
    "and the queen was home",
]

ports = []
delivered = set()  # the ids of webhooks that were asked for once already
counts = {}  # by batch, by chapter: how often each word was seen


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.answer(b"")

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers.get("content-length", 0))))

    def answer(self, body):
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        parts = url.path.strip("/").split("/")
        found = getattr(self, parts[0].replace("-", "_") + "_", None)
        status, answer = found(parts[1:], query, body) if found else (404, {"error": "no such thing"})
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass

    # Warriors have troops, troops have data groups.

    def warriors_(self, parts, query, body):
        if not parts:
            return 200, {"warriors": [{"id": number} for number in range(1, 7)]}
        return 200, {"troops": [{"id": f"{parts[0]}-{number}"} for number in range(1, 4)]}

    def troops_(self, parts, query, body):
        return 200, {"groups": [{"id": f"{parts[0]}-{name}"} for name in ("arms", "horses")]}

    def groups_(self, parts, query, body):
        return 200, {"group": parts[0], "members": 1 + len(parts[0]) % 5}

    # Lists that come in pages: by the next page's url, by a cursor, by the page's number.

    def orders_(self, parts, query, body):
        after = int(query.get("after", 0))
        last = min(after + 10, ORDERS)
        more = f"http://{self.headers['host']}/orders?after={last}" if last < ORDERS else None
        return 200, {"orders": list(range(after + 1, last + 1)), "links": {"next": more}}

    def events_(self, parts, query, body):
        begin = int(query.get("cursor", "c0")[1:])
        last = min(begin + 20, EVENTS)
        return 200, {"events": list(range(begin, last)), "next_cursor": f"c{last}" if last < EVENTS else None}

    def users_(self, parts, query, body):
        page = int(query.get("page", 1))
        first = (page - 1) * 10
        return 200, {"users": list(range(first + 1, min(first + 10, USERS) + 1))}

    # An outbox of webhooks, and the customers they go to. The second customer is often away at first.

    def outbox_(self, parts, query, body):
        event = lambda number: {
            "customer": number % 3,
            "url": f"http://127.0.0.1:{ports[number % 3]}/hooks",
            "event": {"id": f"event-{number}", "type": "order.shipped", "order": 1000 + number},
        }
        return 200, {"deliveries": [event(number) for number in range(30)]}

    def hooks_(self, parts, query, body):
        if self.headers.get("x-signature") != "s3cret":
            return 401, {"error": "who are you?"}
        key = self.headers["idempotency-key"]
        if self.server.server_port == ports[1] and key not in delivered:
            delivered.add(key)
            return 500, {"error": "try again"}
        return 200, {"received": json.loads(body)["id"]}

    # Counting words: one call counts a chapter, one adds them all up.

    def chapters_(self, parts, query, body):
        if not parts:
            return 200, {"chapters": list(range(1, len(CHAPTERS) + 1))}
        words = CHAPTERS[int(parts[0]) - 1].split()
        found = {word: words.count(word) for word in words}
        counts.setdefault(query["book"], {})[parts[0]] = found
        return 200, {"chapter": int(parts[0]), "counts": found}

    def totals_(self, parts, query, body):
        total = {}
        for found in counts.get(json.loads(body)["book"], {}).values():
            for word, count in found.items():
                total[word] = total.get(word, 0) + count
        return 200, {"words": sum(total.values()), "most": max(total, key=total.get, default=None)}

    # Anything that is to be called often.

    def shop_(self, parts, query, body):
        return 200, {"page": parts}


def main():
    servers = [ThreadingHTTPServer(("127.0.0.1", int(port)), Api) for port in sys.argv[1:] or (8080, 8081, 8082)]
    for server in servers:
        server.daemon_threads = True
        ports.append(server.server_port)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pass


main()
