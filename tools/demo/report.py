"""The table at the end, computed from the store through the API, and whether
it adds up with what the receiving server really got."""

import json


def table(stats):
    n, m = stats["notices"], stats["messages"]
    others = n["cancelled"] - stats["stopped_by_payment"]
    rows = [
        ("notices planned", stats["planned"], ""),
        ("  released", stats["released"], ""),
        ("  still to come", n["planned"], ""),
        ("  held", n["held"], why(stats["held"])),
        ("  stopped by payment", stats["stopped_by_payment"], ""),
        ("  cancelled for another reason", others,
         why(stats["cancelled"], but="paid")),
        ("  skipped", n["skipped"], why(stats["skipped"])),
        ("messages", sum(m.values()), ""),
        ("  accepted", stats["accepted"], ""),
        ("    deferred, then accepted", stats["deferred_then_accepted"], ""),
        ("  refused", stats["refused"], ""),
        ("  expired", m["expired"], ""),
        ("  cancelled", m["cancelled"], ""),
        ("  waiting", m["queued"] + m["deferred"] + m["claimed"]
         + m["uncertain"], ""),
        ("  opened (pictures loaded)", stats["opened"], ""),
        ("  clicked", stats["clicked"], ""),
    ]
    width = max(len(r[0]) for r in rows)
    for name, value, note in rows:
        print("  %-*s %6d   %s" % (width, name, value, note))


def why(reasons, but=None):
    return ", ".join("%s %d" % (reason.replace("_", " "), count)
                     for reason, count in sorted(reasons.items())
                     if reason != but)


def received(journal):
    """mref -> SHA-256 of each copy that the server kept, by its journal."""
    got = {}
    refused = set()
    with open(journal) as f:
        for line in f:
            e = json.loads(line)
            if e["event"] == "message" and e.get("kept"):
                mref = (e.get("evidence_ref") or "").rsplit("/", 1)[-1]
                got.setdefault(mref, []).append(e["sha256"])
            elif e["event"] == "rcpt" and (e.get("reply") or "")[:1] == "5":
                refused.add(e["recipient"])
    return got, refused


def adds_up(stats, messages, journal, asked):
    """Says what does not agree; nothing: all does."""
    got, refused = received(journal)
    wrong = []
    known = {m["mref"]: m for m in messages}
    arrived = {mref: m for mref, m in known.items()
               if m["state"] in ("accepted", "delivered")}
    for mref, m in arrived.items():
        if mref not in got:
            wrong.append("%s is accepted, and the server has it not" % mref)
        elif set(got[mref]) != {m["sha256"]}:
            wrong.append("%s arrived with other bytes" % mref)
        elif len(got[mref]) > 1 and not m["uncertain"]:
            wrong.append("%s arrived %d times, unmarked"
                         % (mref, len(got[mref])))
    for mref in sorted(set(got) - set(arrived)):
        m = known.get(mref)
        # Its end is unknown, and said to be: it may have arrived.
        if m and m["uncertain"] and set(got[mref]) == {m["sha256"]}:
            continue
        wrong.append("the server has %s, which is %s" % (
            mref, "%s (%s)" % (m["state"], m.get("reason"))
            if m else "unknown"))
    if stats["accepted"] != len(arrived):
        wrong.append("the table counts other messages than the list")
    failed = {m["to"] for m in messages if m["state"] == "failed"}
    if failed - refused:
        wrong.append("refused by nobody: %s" % ", ".join(failed - refused))
    for kind, name in (("open", "opened"), ("click", "clicked")):
        if stats[name] != len(asked[kind]):
            wrong.append("%s: the store has %d messages, the customers %d"
                         % (name, stats[name], len(asked[kind])))
    return wrong
