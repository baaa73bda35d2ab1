"""tools/tracktest as an object, and clients that load it."""

import base64
import collections
import os
import selectors
import socket
import subprocess
import time

from harness import DEADLINE, Failed, Process

PROGRAM = os.environ.get("TRACKTEST") or os.path.join(
    os.environ.get("BUILD_DIR", "build/release"), "tracktest")
GIF = b"GIF89a"


class Tracker(Process):
    """tools/tracktest on a state directory; under: a program that runs it."""

    def __init__(self, t, state=None, name="tracker", under=(), **options):
        self.t = t
        self.state = state or t.path("state")
        os.makedirs(self.state, exist_ok=True)
        argv = [*under, PROGRAM, self.state]
        argv += ["%s=%s" % item for item in options.items()]
        super().__init__(t, argv, name)
        line = self.proc.stdout.readline().decode()
        if not line.startswith("ready "):
            self.kill()
            raise Failed("the tracker did not start: " + self.stderr())
        self.port = int(line.split()[1])
        t.on_end(self.stop)

    def tokens(self, n, **options):
        return tokens(self.state, n, **options)

    def connect(self, timeout=DEADLINE):
        s = socket.create_connection(("127.0.0.1", self.port), timeout)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.t.on_end(s.close)
        return s

    def raw(self, data, timeout=DEADLINE):
        """All that comes back until they close, or until one reply and
        silence for those that stay open."""
        with self.connect(timeout) as s:
            try:
                s.sendall(data)
            except (ConnectionResetError, BrokenPipeError):
                pass
            return read_all(s)

    def get(self, path, headers="", method="GET", body=b""):
        head = "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s" % (
            method, path, headers)
        if body:
            head += "Content-Length: %d\r\n" % len(body)
        return parse(self.raw((head + "\r\n").encode() + body))

    def ledger(self):
        """Committed hits: the lines before the last offset."""
        try:
            with open(os.path.join(self.state, "ledger"),
                      errors="replace") as f:
                lines = f.read().split("\n")
        except FileNotFoundError:
            return []
        while lines and not lines[-1].startswith("offset "):
            lines.pop()
        return [line for line in lines if line.startswith("hit ")]


def tokens(state, n, **options):
    os.makedirs(state, exist_ok=True)
    out = subprocess.run([PROGRAM, state, "tokens=%d" % n] +
                         ["%s=%s" % item for item in options.items()],
                         check=True,
                         stdout=subprocess.PIPE).stdout.decode().split()
    return out[0::2], out[1::2]


def ref_of(path):
    token = path.split("/")[2]
    return base64.urlsafe_b64decode(token)[5:21].hex()


def read_all(s):
    data = b""
    while True:
        try:
            more = s.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            return data
        if not more:
            return data
        data += more


Reply = collections.namedtuple("Reply", "status headers body")


def parse(data):
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/1."):
        return Reply(0, {}, data)
    headers = {}
    for line in lines[1:]:
        key, _, value = line.partition(":")
        headers[key.lower()] = value.strip()
    return Reply(int(lines[0].split()[1]), headers, body)


class Load:
    """Closed-loop clients: each sends its next request when the last was
    answered; counts whole answers."""

    def __init__(self, port, connections, paths):
        self.port = port
        self.paths = iter(paths)
        self.answered = []
        self.statuses = collections.Counter()
        self.sel = selectors.DefaultSelector()
        self.open = 0
        for _ in range(connections):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", port))
            self.sel.register(s, selectors.EVENT_WRITE, [None, b""])
            self.open += 1

    def request(self, path):
        return ("GET %s HTTP/1.1\r\nHost: x\r\nUser-Agent: t\r\n\r\n" %
                path).encode()

    def _next(self, key):
        path = next(self.paths, None)
        if path is None:
            self._close(key)
            return
        try:
            key.fileobj.send(self.request(path))
        except OSError:
            self._close(key)
            return
        key.data[0] = path
        key.data[1] = b""
        self.sel.modify(key.fileobj, selectors.EVENT_READ, key.data)

    def _close(self, key):
        self.sel.unregister(key.fileobj)
        key.fileobj.close()
        self.open -= 1

    def _read(self, key):
        try:
            data = key.fileobj.recv(8192)
        except OSError:
            data = b""
        if not data:
            self._close(key)
            return
        key.data[1] += data
        head, sep, body = key.data[1].partition(b"\r\n\r\n")
        if not sep:
            return
        reply = parse(key.data[1])
        if len(body) >= int(reply.headers.get("content-length", 0)):
            self.statuses[reply.status] += 1
            self.answered.append(key.data[0])
            self._next(key)

    def run(self, deadline=DEADLINE, stop=lambda: False):
        end = time.monotonic() + deadline
        while self.open:
            if stop():
                break
            if time.monotonic() > end:
                raise Failed("stalled: %d answered, %d connections open" % (
                    len(self.answered), self.open))
            for key, mask in self.sel.select(0.1):
                if mask & selectors.EVENT_WRITE:
                    self._next(key)
                else:
                    self._read(key)
        for key in list(self.sel.get_map().values()):
            self._close(key)
        return self.answered
