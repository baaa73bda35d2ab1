"""A hosting company that runs Acuse: a short configuration written for the
test, a policy in UTC without windows, and what its billing system would say.

    r = t.receiver()
    a = Hosting(t, to=[r])
    a.customer("c1", "ana@one.example")
    a.notice("c1")
    a.wait_messages(state="accepted")
"""

import os
import signal
import socket
import struct

import acuse
from harness import DEADLINE, Failed, Process, wait_count, wait_for

CONF = """\
include = {"policies.conf"%(include)s}
general {
	hostname = "acuse.test.example"
	origin = "acuse.test.example/log"
	send = %(send)s
	%(general)s
}
smtp {
	allow_private_exchangers = true
	connect_timeout = "%(patience)s"
	reply_timeout = "%(patience)s"
	io_timeout = "%(patience)s"
	stop_wait = "%(stop_wait)s"
	%(smtp)s
}
http {
	public_listen = "127.0.0.1:%(public)s"
	private_listen = "127.0.0.1:%(private)s"
	%(http)s
}
destination "*" {
	%(exchangers)s
	connections = 4
	per_minute = 1000000
	per_connection = 50
}
%(more)s
brand "default" {
	id = 1
	title = "Hosting"
	from_address = "billing@hosting.example"
	return_domain = "bounces.hosting.example"
	public_url = "https://notices.hosting.example"
	website = "https://www.hosting.example"
	support_url = "https://help.hosting.example"
	abuse_contact = "abuse@hosting.example"
	postal_address = "1 Main Street"
	locale = "en_US"
	time_zone = "UTC"
	policy = "default"
	route = "mx"
	tracking_basis = "%(basis)s"
	opens = %(opens)s
	links = %(links)s
	link_hosts = {"*.hosting.example"}
	dkim_domain = "hosting.example"
	dkim_selector = "t"
}
"""

POLICY = """\
policy "default" {
	time_zone = "UTC"
	group = "due_date"
	spread = "0s"
	step "proforma" { at = "due-15d" template = "proforma" }
	step "reminder-1" { at = "due-10d" template = "reminder" }
	step "reminder-2" { at = "due-5d" template = "reminder" }
	step "pre-suspension" { at = "suspend-24h" template = "pre-suspension" }
	act "suspend" {
		at = "due+2d" needs = {"pre-suspension"} proof = {"mx_accepted"}
	}
	on "payment.received" { template = "receipt" }
}
"""


def to(*receivers):
    """The line that sends a destination to receivers, in order."""
    return "exchangers = {%s}" % ", ".join(
        '"%s:%d"' % r.address() for r in receivers)


def elsewhere(pattern, *receivers, more="connections = 4"):
    """A destination of its own."""
    return 'destination "%s" { %s %s }\n' % (pattern, to(*receivers), more)


def black_hole(t):
    """An address that answers no SYN: its listener's queue is full."""
    hole = socket.socket()
    t.on_end(hole.close)
    hole.bind(("127.0.0.1", 0))
    hole.listen(0)
    for _ in range(4):
        s = socket.socket()
        t.on_end(s.close)
        s.setblocking(False)
        s.connect_ex(hole.getsockname())
    return hole.getsockname()


class Hosting(acuse.Acuse):
    """to: receivers, the exchangers of every domain; fills: of CONF, by name
    (send="false"); clock: of --clock."""

    def __init__(self, t, to=(), policy=POLICY, clock=None, args=(), env=None,
                 name="acuse", start=True, init=True, **fills):
        self.t = t
        self.name = name
        self.clock = clock
        self.args = list(args)
        self.env = env
        self.dir = t.path(name)
        self.state = os.path.join(self.dir, "state")
        self.config = os.path.join(self.dir, "acuse.conf")
        self.ports_path = os.path.join(self.dir, "ports")
        self.process = None
        os.mkdir(self.dir)
        self.fills = {
            "include": "", "send": "true", "general": "", "smtp": "",
            "http": "", "more": "", "public": "0", "private": "0",
            "patience": "60s", "stop_wait": "0s",
            "opens": "individual", "links": "true",
            "basis": "our contract with you",
            "exchangers": exchangers(to)}
        self.configure(policy=policy, **fills)
        if init:
            code, out = self.run("init", "--json",
                                 *(["--demo"] if clock else []))
            if code:
                raise Failed("acuse init: %d %s" % (code, out))
            self.key = acuse.json.loads(out)["key"]
        if start:
            self.start()

    def configure(self, policy=None, text=None, **fills):
        """Writes the configuration anew; the reload is the caller's."""
        self.fills.update(fills)
        with open(self.config, "w") as f:
            f.write(CONF % self.fills if text is None else text)
        if policy is not None:
            with open(os.path.join(self.dir, "policies.conf"), "w") as f:
                f.write(policy)

    def spawn(self, *args):
        """Starts `acuse serve` without waiting for it."""
        if os.path.exists(self.ports_path):
            os.unlink(self.ports_path)
        clock = ["--clock", self.clock] if self.clock else []
        self.process = Process(
            self.t, [acuse.PROGRAM, "serve", "--state", self.state, "--config",
                     self.config, "--ports-file", self.ports_path, *clock,
                     *self.args, *args], self.name, self.env)
        self.t.on_end(self.process.stop)
        return self.process

    def start(self, *args):
        process = self.spawn(*args)

        def ready():
            process.must_live()
            return os.path.exists(self.ports_path)
        wait_for(ready, what="the server's ports file")
        with open(self.ports_path) as f:
            self.ports = {k: int(v) for k, v in (x.split() for x in f)}
        return self

    def log(self, event):
        """Lines of its log of one event, over all its lives."""
        return [line for line in self.process.stderr().splitlines()
                if " event=%s " % event in line + " "]

    def wait_log(self, event, n=1):
        return wait_for(
            lambda: self.log(event) if len(self.log(event)) >= n else None,
            what="%s in the log" % event)

    def reload(self):
        """SIGHUP; the line of the log that tells what came of it."""
        def told():
            return [line for line in self.process.stderr().splitlines()
                    if " event=conf.re" in line]
        before = len(told())
        self.process.proc.send_signal(signal.SIGHUP)
        return wait_for(lambda: told() if len(told()) > before else None,
                        what="the reload")[-1]

    def set_speed(self, times):
        """Of its fast clock, from now on."""
        with open(os.path.join(self.state, "clock"), "r+b") as f:
            f.seek(16)
            f.write(struct.pack("<q", times))

    # ---- what billing says ----

    def customer(self, id, *emails, **more):
        """The first address is the billing contact's, others technical."""
        body = {"name": "Ana", "brand": "default", "contacts": [
            {"id": "k%d" % i, "role": "technical" if i else "billing",
             "email": e} for i, e in enumerate(emails)]}
        body.update(more)
        return self.ok(self.put("customers/" + id, body))

    def invoice(self, id, customer, due, status="open", rev=1, **more):
        body = {"customer": customer, "number": id, "rev": rev,
                "status": status, "currency": "USD", "total": "10.00",
                "balance": "10.00" if status == "open" else "0.00",
                "issued_on": "2026-01-01", "due_on": due,
                "pay_url": "https://pay.hosting.example/i/%s?a=1&b=2" % id,
                "lines": [{"description": "Hosting", "quantity": "1",
                           "amount": "10.00"}]}
        body.update(more)
        return self.ok(self.put("invoices/" + id, body))

    def notice(self, customer, template="contact-confirmation", **more):
        body = {"template": template, "customer": customer}
        body.update(more)
        return self.ok(self.post("notices", body))

    # ---- what it answers ----

    def items(self, path):
        """All items of a list."""
        items, cursor = [], ""
        while True:
            page = self.ok(self.get(path + cursor))
            items += page["items"]
            if not page.get("next"):
                return items
            cursor = ("&" if "?" in path else "?") + "cursor=" + page["next"]

    def messages(self, **query):
        return self.items("messages?limit=500" + "".join(
            "&%s=%s" % kv for kv in query.items()))

    def wait_messages(self, n=1, deadline=DEADLINE, **query):
        """Messages of a query, once there are n of them."""
        return wait_count(lambda: self.messages(**query), n, deadline,
                          "%d messages %s" % (n, query))

    def events(self, mref, kind=None):
        return [e for e in self.items("messages/%s/events" % mref)
                if kind is None or e["type"] == kind]


def exchangers(receivers):
    return to(*receivers) if receivers else ""
