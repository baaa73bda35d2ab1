"""The examples of docs/integrating.md are true: each request is sent to the
real program, in the page's order, and gets the answer that stands behind it.

A fenced block "http" is a request (method, path, headers, an empty line, a
body) or the answer to the one before it (status, an empty line, a body).  An
answer shows what matters: objects may have more members, "…" stands for any
value, and a list that ends in "…" for a longer one.  SHOW=1 prints the real
answers."""

import json
import os
import re
import subprocess

from acuse import PROGRAM, Acuse
from harness import Failed, run, test

PAGE = os.path.join(os.environ.get("SRC_DIR", "../.."), "docs",
                    "integrating.md")


def blocks():
    """(line number, text) of the page's http blocks."""
    with open(PAGE) as f:
        text = f.read()
    for m in re.finditer(r"^```http\n(.*?)^```$", text, re.M | re.S):
        yield text[:m.start()].count("\n") + 2, m.group(1)


def cut(block):
    """First line, headers and body of a block."""
    head, _, body = block.partition("\n\n")
    first, *headers = head.strip().splitlines()
    return first, dict(h.split(": ", 1) for h in headers), body.strip()


def differs(want, got, at=""):
    """Where got is not what want shows; None: nowhere."""
    if want == "…":
        return None
    if isinstance(want, dict) and isinstance(got, dict):
        for key in want:
            if key not in got:
                return "%s/%s is absent" % (at, key)
            why = differs(want[key], got[key], at + "/" + key)
            if why:
                return why
        return None
    if isinstance(want, list) and isinstance(got, list):
        more = want[-1:] == ["…"]
        want = want[:-1] if more else want
        if len(got) < len(want) or (not more and len(got) > len(want)):
            return "%s has %d elements" % (at, len(got))
        for i, one in enumerate(want):
            why = differs(one, got[i], "%s/%d" % (at, i))
            if why:
                return why
        return None
    return None if want == got else "%s is %r, not %r" % (at, got, want)


def values(body):
    if isinstance(body, (dict, list)):
        return [body]
    text = body.decode() if isinstance(body, bytes) else body
    return [json.loads(line) for line in text.splitlines()]


def compare(number, want, answer):
    status, _, body = cut(want)
    where = "integrating.md:%d" % number
    if int(status.split()[0]) != answer.status:
        raise Failed("%s: answered %d: %s" % (where, answer.status,
                                              answer.body))
    if not body:
        return
    wanted = values(body) if "\n{" in body else [json.loads(body)]
    got = values(answer.body)
    if len(wanted) != len(got):
        raise Failed("%s: %d values: %s" % (where, len(got), got))
    for one, other in zip(wanted, got):
        why = differs(one, other)
        if why:
            raise Failed("%s: %s\n%s" % (where, why, json.dumps(
                other, indent=1, ensure_ascii=False)))


@test("each example of integrating.md gets the answer that it shows")
def _(t):
    a = Acuse(t, clock="2026-11-05T12:00:00Z,1", options=[
        (r'(time_zone\s*=\s*)"[^"]*"',
         r'\1"America/Argentina/Buenos_Aires"')])
    answer, asked, shown, wrong = None, 0, 0, []
    for number, block in blocks():
        first, headers, body = cut(block)
        if first[0].isdigit():
            if answer is None:
                raise Failed("integrating.md:%d: no request" % number)
            try:
                compare(number, block, answer)
            except Failed as e:
                wrong.append(str(e))
            shown += 1
            answer = None
            continue
        method, path = first.split()
        answer = a.call(method, path, body.encode() if body else None,
                        headers=headers)
        asked += 1
        if os.environ.get("SHOW"):
            print("# %s\n%s" % (first, json.dumps(
                answer.body, indent=1, ensure_ascii=False)
                if isinstance(answer.body, (dict, list)) else answer.body))
        if answer.status >= 500:
            raise Failed("integrating.md:%d: %s" % (number, answer.body))
    t.ok(not wrong, "\n".join(wrong))
    t.ok(asked >= 20 and shown >= 20, "%d and %d examples" % (asked, shown))


@test("the page's JSON is JSON, and each path of it is in the reference")
def _(t):
    with open(os.path.join(os.path.dirname(PAGE), "openapi.yaml")) as f:
        known = {re.sub(r"\{[^}]*\}", "x", p) for p in re.findall(
            r"^  (/\S+):", f.read(), re.M)}
    for number, block in blocks():
        first, _, _ = cut(block)
        if first[0].isdigit():
            continue
        path = first.split()[1].split("?")[0]
        parts = path.split("/")
        t.ok(any(len(parts) == len(k.split("/")) and
                 all(x in (y, "x") or y == "x"
                     for x, y in zip(parts, k.split("/"))) for k in known),
             "integrating.md:%d: %s is not in openapi.yaml" % (number, path))


@test("operating.md tells of each command, and of no other")
def _(t):
    said = subprocess.run([PROGRAM, "help"], stdout=subprocess.PIPE,
                          text=True, check=True).stdout
    there = set(re.findall(r"^  ([a-z-]+)", said, re.M)) - {"help"}
    with open(os.path.join(os.path.dirname(PAGE), "operating.md")) as f:
        table = f.read().split("\n## Commands\n")[1].split("\n## ")[0]
    told = set()
    for row in re.findall(r"^\| (`.*?) \|", table, re.M):
        told.update(re.findall(r"`([a-z-]+)`", row))
    t.eq(told, there)


run()
