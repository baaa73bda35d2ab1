"""Scripted customers: they read their mail where it arrives, in the receiver's
Maildir, and do what their line in people.json says.

    never           does nothing
    opens           loads the pictures, hours later
    clicks          and follows the pay link
    pays:STEP       reads; pays when the mail of that step has come
    scanner         a machine of theirs follows every link within a second
"""

import email
import email.policy
import heapq
import http.client
import json
import os
import re
import time
import urllib.parse

HOUR = 3600 * 1000000
PIXEL = re.compile(rb'src="(https?://[^"]+/o/[^"]+)"')
CLICK = re.compile(rb'href="(https?://[^"]+/c/[^"]+)"')

PHONE = ("Mozilla/5.0 (Linux; Android 14; SM-A546B) AppleWebKit/537.36 "
         "(KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36")
SCANNER = "Mozilla/5.0 (compatible; MailGuard/4.2)"


class People:
    def __init__(self, habits, journal, maildir, billing, retries):
        self.habits = habits
        self.journal = journal
        self.maildir = maildir
        self.billing = billing
        self.retries = retries
        self.offset = 0
        self.agenda = []  # (when, number, action, arguments)
        self.count = 0
        self.asked = {"open": set(), "click": set()}

    def at(self, when, action, *arguments):
        self.count += 1
        heapq.heappush(self.agenda, (when, self.count, action, arguments))

    def next(self):
        return self.agenda[0][0] if self.agenda else None

    def read_mail(self, now):
        """Takes in what has arrived since the last look."""
        try:
            with open(self.journal, "rb") as f:
                f.seek(self.offset)
                lines = f.read()
        except FileNotFoundError:
            return
        end = lines.rfind(b"\n") + 1
        self.offset += end
        for line in lines[:end].splitlines():
            entry = json.loads(line)
            if entry["event"] == "message" and entry.get("kept"):
                self.receive(entry, now)

    def receive(self, entry, now):
        address = entry["recipients"][0]["recipient"]
        habit = self.habits.get(address, "never")
        if habit == "never":
            return
        with open(os.path.join(self.maildir, "new", entry["file"]), "rb") as f:
            mail = email.message_from_binary_file(
                f, policy=email.policy.default)
        html = mail.get_body(("html",))
        content = html.get_content().encode() if html else b""
        ref = entry["evidence_ref"]
        step = (mail["Feedback-ID"] or "").split(":")[0]
        pixels = [unescape(u) for u in PIXEL.findall(content)]
        links = [unescape(u) for u in CLICK.findall(content)]
        delay = HOUR + hash_of(address + ref) % (9 * HOUR)
        if habit == "scanner":
            for link in dict.fromkeys(links):
                self.at(now, self.get, link, SCANNER, "click", ref)
            return
        for pixel in pixels:
            self.at(now + delay, self.get, pixel, PHONE, "open", ref)
        if habit != "opens" and links:
            self.at(now + delay + 60000000, self.get, links[0], PHONE,
                    "click", ref)
        if habit == "pays:" + step:
            self.at(now + delay + 300000000, self.billing.paid, address)

    def act(self, now):
        """Does what is due by now."""
        while self.agenda and self.agenda[0][0] <= now:
            _, _, action, arguments = heapq.heappop(self.agenda)
            action(*arguments)

    def get(self, url, agent, kind, ref):
        for attempt in range(self.retries):
            try:
                answer = self.fetch(url, agent)
                break
            except (http.client.HTTPException, OSError):
                if attempt + 1 == self.retries:
                    raise
                time.sleep(0.02)
        want = 200 if kind == "open" else 302
        if answer.status != want:
            raise SystemExit("%s %s answered %d" % (kind, url, answer.status))
        self.asked[kind].add(ref)

    def fetch(self, url, agent):
        parts = urllib.parse.urlsplit(url)
        c = http.client.HTTPConnection(parts.netloc, timeout=60)
        c.request("GET", parts.path, headers={
            "User-Agent": agent, "Accept": "*/*",
            "Accept-Language": "es-AR,es;q=0.9"})
        answer = c.getresponse()
        answer.read()
        c.close()
        return answer


def unescape(url):
    return url.decode().replace("&amp;", "&")


def hash_of(text):
    h = 0
    for c in text.encode():
        h = (h * 131 + c) & 0xffffffff
    return h
