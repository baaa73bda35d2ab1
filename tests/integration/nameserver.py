"""A name server for tests: authoritative for all there is, signed (DNSSEC).

    ns = Nameserver(t)                        # on 127.0.0.1, ns.port
    ns.add("one.plain", "MX", "10 mx.plain")
    ns.add("mx.plain", "A", "127.0.0.1")
    ns.fail("_25._tcp.mx.signed", "TLSA", "servfail")

It is the root, and has one zone: names below "plain." are as behind an
unsigned delegation, all others are signed by the key in ns.anchor.  That a name
has no such record is proven by an NSEC made for the question; that there is no
name at all is told only below "plain.".  Nothing may be kept (TTL 0).
"""

import base64
import os
import socket
import socketserver
import struct
import subprocess
import threading

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16,
         "AAAA": 28, "DS": 43, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48,
         "TLSA": 52}
ED25519 = 15
UNTIL = 0x7FFFFFFF
SINCE = 1700000000


def wire_name(name):
    labels = [x for x in name.lower().rstrip(".").split(".") if x]
    return b"".join(bytes([len(x)]) + x.encode() for x in labels) + b"\0"


def rdata_of(kind, text):
    if kind == "A":
        return socket.inet_aton(text)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, text)
    if kind == "CNAME":
        return wire_name(text)
    if kind == "MX":
        preference, host = text.split()
        return struct.pack(">H", int(preference)) + wire_name(host)
    if kind == "TXT":
        parts = [text] if isinstance(text, str) else text
        return b"".join(bytes([len(x)]) + x.encode() for x in parts)
    if kind == "TLSA":
        usage, selector, matching, data = text.split()
        return bytes([int(usage), int(selector), int(matching)]) + \
            bytes.fromhex(data)
    raise ValueError(kind)


def bitmap(kinds):
    bits = bytearray(32)
    for kind in kinds:
        n = TYPES[kind]
        bits[n // 8] |= 0x80 >> n % 8
    while bits and not bits[-1]:
        bits.pop()
    return bytes([0, len(bits)]) + bytes(bits)


class Nameserver:
    def __init__(self, t):
        self.dir = t.path("ns")
        os.mkdir(self.dir)
        self.records = {}
        self.failing = {}
        self.asked = []
        self.signatures = {}
        self.lock = threading.Lock()
        self._make_key()
        self._start(t)

    # ---- what is told ----

    def add(self, name, kind, *values):
        """Replaces the records of a name and kind."""
        with self.lock:
            self.records[name, kind] = [rdata_of(kind, v) for v in values]

    def remove(self, name, kind):
        with self.lock:
            self.records.pop((name, kind), None)

    def fail(self, name, kind, how=None):
        """how: "servfail", "bogus", "drop"; None: no more."""
        with self.lock:
            self.failing[name, kind] = how

    def count(self, name, kind):
        with self.lock:
            return self.asked.count((name, kind))

    # ---- signing ----

    def _make_key(self):
        self.key = os.path.join(self.dir, "key.pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out",
                        self.key], check=True, stderr=subprocess.DEVNULL)
        der = subprocess.run(
            ["openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER"],
            check=True, stdout=subprocess.PIPE).stdout
        self.dnskey = struct.pack(">HBB", 257, 3, ED25519) + der[-32:]
        total = sum(b << 8 if i % 2 == 0 else b
                    for i, b in enumerate(self.dnskey))
        self.tag = (total + (total >> 16)) & 0xFFFF
        self.records["", "DNSKEY"] = [self.dnskey]
        self.anchor = os.path.join(self.dir, "anchor")
        with open(self.anchor, "w") as f:
            f.write(". IN DNSKEY 257 3 %d %s\n" % (
                ED25519, base64.b64encode(der[-32:]).decode()))

    def _sign(self, name, kind, rdatas):
        known = (name, kind, tuple(sorted(rdatas)))
        if known in self.signatures:
            return self.signatures[known]
        labels = len([x for x in name.split(".") if x])
        head = struct.pack(">HBBIIIH", TYPES[kind], ED25519, labels, 0, UNTIL,
                           SINCE, self.tag) + b"\0"
        text = head + b"".join(
            wire_name(name) + struct.pack(">HHIH", TYPES[kind], 1, 0, len(d)) +
            d for d in sorted(rdatas))
        path = os.path.join(self.dir, "tbs")
        with open(path, "wb") as f:
            f.write(text)
        signature = subprocess.run(
            ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.key,
             "-in", path], check=True, stdout=subprocess.PIPE).stdout
        self.signatures[known] = head + signature
        return head + signature

    # ---- answering ----

    def _set(self, name, kind, rdatas, bogus=False):
        """Resource records of a set, its signature among them."""
        out = [(name, kind, d) for d in rdatas]
        if not plain(name):
            signature = self._sign(name, kind, rdatas)
            if bogus:
                signature = signature[:-1] + bytes([signature[-1] ^ 1])
            out.append((name, "RRSIG", signature))
        return out

    def _absent(self, name, kind):
        soa = wire_name("ns") + wire_name("root") + struct.pack(
            ">IIIII", 1, 60, 60, 60, 0)
        if plain(name):
            return [("plain", "SOA", soa)]
        there = {k for n, k in self.records if n == name and k != kind}
        if name == "plain":
            there.add("NS")
        nsec = (b"\1\0" + wire_name(name)) + bitmap(there | {"RRSIG", "NSEC"})
        return self._set("", "SOA", [soa]) + self._set(name, "NSEC", [nsec])

    def answer(self, name, kind):
        """(rcode, answers, authority)"""
        self.asked.append((name, kind))
        how = self.failing.get((name, kind))
        if how == "drop":
            return None
        if how == "servfail":
            return 2, [], []
        found = []
        while (name, "CNAME") in self.records and kind != "CNAME":
            found += self._set(name, "CNAME", self.records[name, "CNAME"])
            name = text_name(self.records[name, "CNAME"][0])
        if (name, kind) in self.records:
            return 0, found + self._set(name, kind, self.records[name, kind],
                                        how == "bogus"), []
        exists = any(n == name or n.endswith("." + name)
                     for n, _ in self.records) or not plain(name)
        return (0 if exists else 3), found, self._absent(name, kind)

    def reply(self, query):
        if len(query) < 17:
            return None
        ident, flags, _, _, _, additional = struct.unpack(">HHHHHH",
                                                          query[:12])
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]])
            at += 1 + query[at]
        number = struct.unpack(">H", query[at + 1:at + 3])[0]
        question = query[12:at + 5]
        name = b".".join(labels).decode("latin-1").lower()
        kind = {v: k for k, v in TYPES.items()}.get(number, "?")
        with self.lock:
            answered = self.answer(name, kind)
        if answered is None:
            return None
        rcode, answers, authority = answered
        out = struct.pack(">HHHHHH", ident,
                          0x8480 | (flags & 0x0100) | rcode, 1, len(answers),
                          len(authority), 1 if additional else 0) + question
        for owner, kind, data in answers + authority:
            out += wire_name(owner) + struct.pack(
                ">HHIH", TYPES[kind], 1, 0, len(data)) + data
        if additional:
            out += b"\0" + struct.pack(">HHIH", 41, 4096, 0x8000, 0)
        return out

    # ---- serving ----

    def _start(self, t):
        outer = self

        class Udp(socketserver.BaseRequestHandler):
            def handle(self):
                data, sock = self.request
                reply = outer.reply(data)
                if reply:
                    sock.sendto(reply, self.client_address)

        server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Udp)
        server.daemon_threads = True
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,),
                         daemon=True).start()
        t.on_end(server.server_close)
        t.on_end(server.shutdown)


def plain(name):
    return name.endswith(".plain")


def text_name(wire):
    labels, at = [], 0
    while wire[at]:
        labels.append(wire[at + 1:at + 1 + wire[at]].decode())
        at += 1 + wire[at]
    return ".".join(labels)
