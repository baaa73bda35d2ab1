"""Forms while the store's disk does not answer: who waits is told in time."""

import os
import re
import signal
import threading

from harness import DEADLINE, run, test, wait_for
from mailed import Frozen
from portal import World, day, wants
from tracker import Tracker


class OnDisk(World):
    """With the state on a disk that can cease to answer."""

    def prepare(self):
        self.disk = Frozen(self.t)
        self.disk(self.acuse)

    def posted(self, **forms):
        """What forms get, by name, that are posted at once."""
        pages = {}

        def post(name, path, fields):
            pages[name] = self.post(path, fields)
        threads = [threading.Thread(target=post, args=(name, *form))
                   for name, form in forms.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return pages


@test("a form whose change does not come back is answered, and counts once")
def _(t):
    w = OnDisk(t)
    forms = {"answer": (w.links["a"], {"answer": "paid", "paid_on": day(0),
                                       "paid_by": "transferencia 77"}),
             "withdrawal": (w.links["u"], {"action": "withdraw"})}

    def said():
        return (len(w.events("message.objected")),
                w.acuse.get("customers/c1").body.get("consent") is not None)
    w.disk.freeze()
    pages = w.posted(**forms)
    for name, page in pages.items():
        t.eq(page.status, 503, name)
        t.eq(page.headers["retry-after"], "60")
        wants(t, page, "Todavía no sabemos", "cuenta una sola")
    wants(t, pages["answer"], "transferencia 77", 'value="paid"')
    wants(t, pages["withdrawal"], 'value="withdraw"')
    # past that it is known at once, and said to be so
    wants(t, w.posted(answer=forms["answer"])["answer"], "no podemos guardarla")
    w.disk.thaw()
    wait_for(lambda: said() == (1, True), what="both, after all")
    for name, page in w.posted(**forms).items():
        t.eq(page.status, 200, name)
    t.eq(said(), (1, True), "sent twice")


@test("a server stops though answered forms are still at the disk")
def _(t):
    w = OnDisk(t)
    w.disk.freeze()
    form = {"answer": "received"}
    t.eq(w.posted(answer=(w.links["a"], form))["answer"].status, 503)
    threading.Timer(1, w.disk.thaw).start()
    w.acuse.stop()
    w.acuse.start()
    t.eq(len(w.events("message.answered")), 1)


@test("who waits for a disk is answered in time, once, whatever comes later")
def _(t):
    stall = t.path("stall")
    tracker = Tracker(t, stall=stall, request_ms=60000)
    body = b"x" * 5000

    def post(s):
        s.sendall(b"POST /t/late HTTP/1.1\r\nHost: x\r\n"
                  b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def one(s):
        """Its status and its body."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += s.recv(65536)
        head, data = data.split(b"\r\n\r\n", 1)
        n = int(re.search(rb"Content-Length: (\d+)", head).group(1))
        while len(data) < n:
            data += s.recv(65536)
        return int(head.split()[1]), data

    def back():
        return int(tracker.get("/t/late_bytes")[2])
    s = tracker.connect()
    post(s)
    t.eq(one(s), (200, body), "in time")
    for i in range(3):
        open(stall, "w").close()
        waiting = [tracker.connect() for _ in range(8)]
        for w in waiting:
            post(w)
        for w in waiting[:2]:
            w.close()  # they do not wait for it
        for w in waiting[2:]:
            t.eq(one(w), (503, b"late\n"))
        w.sendall(b"GET /t/hello HTTP/1.1\r\nHost: x\r\n\r\n")
        t.eq(one(w)[0], 200, "the connection goes on")
        post(w)  # it is at its end, or given back before that
        os.unlink(stall)
        wait_for(lambda: back() == (1 + 9 * (i + 1)) * len(body),
                 what="all to come back, there are %d" % back())
        t.ok(one(w) in ((200, body), (503, b"late\n")), "once")
        w.sendall(b"GET /t/hello HTTP/1.1\r\nHost: x\r\n\r\n")
        t.eq(one(w)[0], 200)
    # what comes back after the end of its server
    open(stall, "w").close()
    post(s)
    t.eq(one(s), (503, b"late\n"))
    tracker.proc.send_signal(signal.SIGTERM)
    wait_for(lambda: refused(tracker), what="the stop")
    os.unlink(stall)
    t.eq(tracker.proc.wait(DEADLINE), 0)


def refused(tracker):
    try:
        tracker.connect().close()
        return False
    except OSError:
        return True


if __name__ == "__main__":
    run()
