"""A disk that does not answer: links lead on, and nothing is lost."""

import glob
import signal

from harness import DEADLINE, run, test, wait_for
from mailed import Frozen, mailed, metric
from tracker import Load


def clicked(a, mref):
    return len(a.events(mref, "message.clicked"))


def threads(a):
    """Names of the server's, but for those that wait for the disk."""
    names = set()
    for path in glob.glob("/proc/%d/task/*/comm" % a.process.proc.pid):
        try:
            with open(path) as f:
                names.add(f.read().strip())
        except OSError:
            pass
    return {n for n in names if not n.startswith("public-")}


@test("links lead on while the disk does not answer, also of a server that is"
      " to stop then; what was answered follows")
def _(t):
    disk = Frozen(t)
    a, mref, _, click = mailed(t, disk)
    a.stop()
    a.args = ["--role", "redirect"]
    a.start()
    clicks = 0
    for end in False, True:
        Load(a.ports["public"], 4, [click] * 10).run()
        told = len(a.log("journal.late"))
        disk.freeze()
        t.eq(len(Load(a.ports["public"], 4, [click] * 40).run()), 40,
             "all are answered")
        clicks += 50
        a.wait_log("journal.late", told + 1)
        if end:
            a.process.proc.send_signal(signal.SIGTERM)
            wait_for(lambda: threads(a) <= {"acuse", "journal"},
                     what="all that can end")
        disk.thaw()
    t.eq(a.process.proc.wait(DEADLINE), 0, a.process.stderr())
    t.ok(a.log("journal.in_time"), "it is said")
    a.args = []
    a.start()
    wait_for(lambda: clicked(a, mref) == clicks, what="each click, once")
    t.eq(metric(a, "acuse_hits_lost"), 0)


if __name__ == "__main__":
    run()
