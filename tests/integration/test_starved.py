"""What this machine lacks is no fault of a destination, and no death."""

import os
import resource

from harness import run, test, wait_for
from hosting import Hosting


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def limit(pid, n):
    hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (n, hard))


def load(a, n):
    lines = []
    for i in range(n):
        lines += [
            {"put": "customer", "id": "c%d" % i, "body": {
                "name": "Ana", "brand": "default", "contacts": [
                    {"id": "k0", "role": "billing",
                     "email": "u%d@d%d.example" % (i, i % 10)}]}},
            {"post": "notice", "key": "n%d" % i, "body": {
                "template": "contact-confirmation", "customer": "c%d" % i}}]
    return a.batch(lines)


@test("descriptors run out while mail is sent: it goes once there are some")
def _(t):
    for room in (2, 3, 5):
        r = t.receiver(rules="stage=mail action=delay:300ms")
        a = Hosting(t, to=[r], name="acuse-%d" % room)
        pid = a.process.proc.pid
        few = descriptors(pid) + room
        limit(pid, few)
        said = load(a, 40)
        t.eq({x["status"] for x in said.values()} - {200, 201, 202}, set())
        a.wait_log("machine.starved")
        t.ok(a.process.alive(), a.process.stderr()[-300:])
        limit(pid, few + 400)
        lanes = a.items("queue")
        t.eq([x for x in lanes if x["failures"] > 0], [])
        t.ok({x["reason"] for x in lanes} <= {None, "starved"}, lanes)
        t.eq(a.run("queue", "retry", "all")[0], 0)
        wait_for(lambda: len(a.messages(state="accepted")) == 40,
                 deadline=60, what="all forty")


run()
