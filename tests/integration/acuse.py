"""The program itself as an object: a state directory made by `acuse init`, a
server on ephemeral ports, and the API as methods.

    a = Acuse(t)
    a.put("customers/c1", {"name": "Ana"})      # Answer(status, body, headers)
"""

import collections
import http.client
import json
import os
import re
import subprocess

from harness import DEADLINE, Failed, Process, wait_for

PROGRAM = os.environ.get("ACUSE", "build/release/acuse")
Answer = collections.namedtuple("Answer", "status body headers")


def sending(receiver, domain="x.example"):
    """Keywords of Acuse that make it send to a receiver."""
    return {"options": [("send = false", "send = true")],
            "more": """
smtp { allow_private_exchangers = true }
destination "%s" { exchangers = {"127.0.0.1:%d"} per_minute = 100000 }
""" % (domain, receiver.port())}


class Acuse:
    """options: (pattern, replacement) over the configuration that init made;
    more: text added to it; clock: of --clock."""

    def __init__(self, t, options=(), more="", clock=None, name="acuse",
                 start=True):
        self.t = t
        self.state = t.path(name, "state")
        self.config = t.path(name, "acuse.conf")
        self.clock = clock
        self.name = name
        os.mkdir(t.path(name))
        argv = [PROGRAM, "init", "--state", self.state, "--config",
                self.config, "--domain", "host.example", "--json", "--demo"]
        made = subprocess.run(argv, stdout=subprocess.PIPE, check=True)
        self.key = json.loads(made.stdout)["key"]
        with open(self.config) as f:
            text = f.read()
        for pattern, new in ((r'"127\.0\.0\.1:848\d"', '"127.0.0.1:0"'),
                             *options):
            text, n = re.subn(pattern, new, text, flags=re.M)
            if n == 0:
                raise Failed("the configuration has no " + pattern)
        with open(self.config, "w") as f:
            f.write(text + more)
        self.process = None
        if start:
            self.start()

    def start(self):
        ports = self.t.path(self.name, "ports")
        if os.path.exists(ports):
            os.remove(ports)
        argv = [PROGRAM, "serve", "--state", self.state, "--config",
                self.config, "--ports-file", ports]
        if self.clock:
            argv += ["--clock", self.clock]
        self.process = Process(self.t, argv, self.name)

        def ready():
            self.process.must_live()
            return os.path.exists(ports)
        try:
            wait_for(ready, what="the server's ports file")
        except Failed:
            self.process.kill()
            raise
        self.t.on_end(self.process.stop)
        with open(ports) as f:
            self.ports = {k: int(v) for k, v in (x.split() for x in f)}
        return self

    def stop(self):
        self.process.stop()

    def kill(self):
        self.process.kill()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.ports["private"],
                                          timeout=DEADLINE)

    def call(self, method, path, body=None, headers=None, key=None, on=None):
        """path: under /v1/ unless it starts with a slash."""
        c = on or self.connect()
        head = {"Authorization": "Bearer " + (key or self.key)}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            head["Content-Type"] = "application/json"
        head.update(headers or {})
        head = {k: v for k, v in head.items() if v is not None}
        c.request(method, path if path[0] == "/" else "/v1/" + path, body,
                  head)
        r = c.getresponse()
        data = r.read()
        if on is None:
            c.close()
        kind = r.getheader("Content-Type", "")
        if "json" in kind and "ndjson" not in kind:
            data = json.loads(data)
        return Answer(r.status, data, dict(
            (k.lower(), v) for k, v in r.getheaders()))

    def get(self, path, **kw):
        return self.call("GET", path, **kw)

    def put(self, path, body, **kw):
        return self.call("PUT", path, body, **kw)

    def post(self, path, body=None, **kw):
        return self.call("POST", path, body, **kw)

    def ok(self, answer, status=None):
        """The body of a good answer."""
        if answer.status != status if status else answer.status >= 300:
            raise Failed("answered %d: %s" % (answer.status, answer.body))
        return answer.body

    def batch(self, lines, **kw):
        """{line: answer} of operations (dicts, or bytes as they are)."""
        body = b"".join((x if isinstance(x, bytes)
                         else json.dumps(x).encode()) + b"\n" for x in lines)
        return self.batch_bytes(body, **kw)

    def batch_bytes(self, body, **kw):
        a = self.post("batch", body,
                      headers={"Content-Type": "application/x-ndjson"}, **kw)
        self.ok(a, 200)
        out = [json.loads(x) for x in a.body.splitlines()]
        return {x["line"]: x for x in out}

    def run(self, *argv):
        """A subcommand; (exit code, standard output)."""
        p = subprocess.run([PROGRAM, *argv, "--state", self.state, "--config",
                            self.config], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT)
        return p.returncode, p.stdout.decode()
