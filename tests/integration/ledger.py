"""The ledger, computed again from EVIDENCE's words alone: struct, hashlib and
sqlite3, none of the program's code."""

import hashlib
import json
import os
import re
import sqlite3
import struct

SOURCE = os.environ.get("SRC_DIR", ".")


def sha256(data):
    return hashlib.sha256(data).digest()


def kinds():
    """{number: (name, fields)} of proof/kinds.def."""
    with open(os.path.join(SOURCE, "proof/kinds.def")) as f:
        text = f.read().replace("\\\n", " ")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    macros = dict(re.findall(r"^#define (\w+)\s+(.+)$", text, flags=re.M))
    text = re.sub(r"^#.*$", "", text, flags=re.M)

    def words(fields):
        out = ""
        for quoted, macro in re.findall(r'"([^"]*)"|(\w+)', fields):
            out += words(macros[macro]) if macro else quoted
        return out
    return {int(number): (name, set(words(fields).split()))
            for number, name, fields in re.findall(
                r'KIND\((\d+), \w+, "([^"]+)",(.*?)\)', text, flags=re.S)}


def root(leaves):
    """RFC 9162, 2.1.1, as it is written."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\1" + root(leaves[:k]) + root(leaves[k:]))


class Ledger:
    """Reads and checks all of it; faults: what is wrong, in words."""

    def __init__(self, path):
        known = kinds()
        db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
        rows = db.execute("SELECT position, kind, time_us, ref, seq, entry,"
                          " salt, payload FROM events ORDER BY position")
        self.faults = []
        self.names = {}
        self.leaves = []
        self.payloads = []
        seqs = {}
        last = 0
        for position, kind, us, ref, seq, entry, salt, payload in rows:
            name, fields = known.get(kind, (None, set()))
            commit = sha256(b"acuse-event/v1\n" + salt + payload)
            want = struct.pack(">BBQ16sI32s", 1, kind, us // 1000, ref, seq,
                               commit)
            self.check(position == len(self.leaves), position, "a gap")
            self.check(name is not None, position, "kind %d" % kind)
            self.check(us >= last, position, "time goes back")
            self.check(seq == seqs.get(ref, 0), position, "seq %d" % seq)
            self.check(entry == want, position, "entry")
            extra = set(json.loads(payload)) - fields - {"observed_at"}
            self.check(not extra, position,
                       "%s has fields not in kinds.def: %s" % (name, extra))
            seqs[ref] = seq + 1
            last = us
            self.names[name] = self.names.get(name, 0) + 1
            self.leaves.append(sha256(b"\0" + entry))
            self.payloads.append((name, json.loads(payload)))
        db.close()

    def check(self, condition, position, what):
        if not condition:
            self.faults.append("event %d: %s" % (position, what))

    def root(self):
        return root(self.leaves).hex()
