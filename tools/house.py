"""The rules of the house that no compiler checks: tables, then checkers.

Each checker takes a Source and yields (line, text); undefined() takes all."""

import re

# What a file may include, and say, only in some places: pattern over the code
# without comments, where it is allowed, and why not elsewhere.  A place is a
# folder ("store/") or a file's path without its suffix.
SOLE_USERS = [
    (r'<sqlite3\.h>', ['store/'], 'SQLite is known to store/ alone'),
    (r'<microhttpd\.h>', ['tracker/'], 'libmicrohttpd is tracker/\'s'),
    (r'<libesmtp\.h>', ['mailer/transport'], 'libesmtp is known to one file'),
    (r'<curl/', ['base/fetch'], 'libcurl is base/fetch.c\'s'),
    (r'<openssl/ssl\.h>', ['base/', 'mailer/tls', 'mailer/wire',
                           'tools/receiver/'], 'TLS is mailer/tls.c\'s'),
    (r'<openssl/', ['base/', 'mailer/tls', 'mailer/wire', 'tools/receiver/'],
     'OpenSSL\'s primitives are base/\'s'),
    (r'<unicode/', ['templates/', 'base/idn'],
     'ICU is templates/locale\'s and base/idn\'s'),
    (r'<(pango|cairo|qrencode)', ['templates/'], 'drawing is templates/pdf\'s'),
    (r'<gmime/', ['mailer/'], 'parsing mail is mailer/\'s'),
    (r'<unbound\.h>', ['mailer/'], 'DNS is mailer/\'s'),
    (r'<zip\.h>', ['proof/'], 'libzip is proof/\'s'),
    (r'<systemd/', ['server/'], 'systemd is server/\'s'),
    (r'\bpthread_(mutex|cond|rwlock|spin)', ['base/', 'store/'],
     'mutexes live in base/ and store/ alone'),
    (r'\bpthread_create\b', ['base/thread'], 'threads start in base/thread.c'),
    (r'\b(clock_gettime|gettimeofday)\s*\(', ['base/', 'tools/'],
     'time comes from base/clock.h'),
    (r'\b(?<!_)abort\s*\(', ['base/', 'tests/fuzz/replay'],
     'only base/ aborts (die)'),
]

# SQL text in a string, outside store/.
SQL = re.compile(r'"\s*(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|'
                 r'UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b')

BANNED = re.compile(r'\b(strcpy|strcat|sprintf|strncpy|strtok|gmtime|'
                    r'localtime|atoi|gets|vsprintf)\s*\(')
PATHS = re.compile(r'(?<![\w.])/(work|root|home)/\w')

HEADER_LINES = 150
FILE_LINES = 700
FUNCTION_LINES = 80


def blank(match):
    """Spaces in place of a comment or string, so that places stay."""
    return re.sub(r'[^\n]', ' ', match.group(0))


class Source:
    TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'
                       r"'(?:\\.|[^'\\\n])*'", re.S)
    COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/', re.S)

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.folder = path.split('/')[0]
        # Comments gone, strings kept; then both gone.
        self.said = self.TOKEN.sub(
            lambda m: blank(m) if m.group(0)[0] == '/' else m.group(0), text)
        self.code = self.TOKEN.sub(
            lambda m: blank(m) if m.group(0)[0] == '/' else
            m.group(0)[0] + re.sub(r'[^\n]', ' ', m.group(0)[1:-1]) +
            m.group(0)[-1], text)

    def line(self, offset):
        return self.text.count('\n', 0, offset) + 1

    def within(self, places):
        stem = self.path.rsplit('.', 1)[0]
        return any(self.path.startswith(p) if p.endswith('/') else
                   stem == p or stem.startswith(p + '_') for p in places)


INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(["<])([^">]+)[">]', re.M)


def direction(src, may):
    """A folder includes from itself, base/ and those of its row, by path."""
    allowed = may.get(src.folder)
    for m in INCLUDE.finditer(src.said):
        where, name = src.line(m.start()), m.group(2)
        if name.endswith('.c'):
            yield where, f'includes a .c file: {name}'
        if m.group(1) == '<':
            continue
        if '/' not in name:
            yield where, f'include by path from the root: "{name}"'
            continue
        folder = name.split('/')[0]
        if allowed is not None and folder not in allowed | {src.folder, 'base'}:
            yield where, (f'{src.folder}/ may not include from {folder}/ '
                          '(tools/folders.mk)')


def sole_users(src):
    if src.folder == 'tests' or src.folder == 'bench':
        return
    for pattern, places, why in SOLE_USERS:
        if src.within(places):
            continue
        for m in re.finditer(pattern, src.said):
            # Inside a string it is only text.
            if src.code[m.start()] == src.said[m.start()]:
                yield src.line(m.start()), f'{m.group(0).strip()}: {why}'
    if src.folder not in ('store', 'tests', 'tools'):
        for m in SQL.finditer(src.said):
            yield src.line(m.start()), 'SQL is store/\'s'


def banned(src):
    if src.path == 'base/banned.h':
        return
    for m in BANNED.finditer(src.code):
        yield src.line(m.start()), f'{m.group(1)} is banned (base/banned.h)'
    if src.folder == 'tests':
        for m in re.finditer(r'\b(u|nano)?sleep\s*\(', src.code):
            yield (src.line(m.start()),
                   'a test waits for a condition, not for a time')


def machine_paths(src):
    for m in PATHS.finditer(src.text):
        yield src.line(m.start()), 'a path of one machine'


def lengths(src):
    lines = src.text.count('\n')
    if src.path.endswith('.h') and lines > HEADER_LINES:
        yield 1, f'{lines} lines; a header stops at {HEADER_LINES}'
    if src.path.endswith('.c') and lines > FILE_LINES:
        yield 1, f'{lines} lines; a file stops at {FILE_LINES}'
    for number, line in enumerate(src.text.split('\n'), 1):
        # .def tables and long strings break where they read best.
        if len(line.expandtabs(8)) > 100 and not src.path.endswith('.def'):
            yield number, f'{len(line.expandtabs(8))} columns'
    for name, start, length in functions(src):
        if length > FUNCTION_LINES:
            yield start, (f'{name} has {length} lines; a function stops at '
                          f'{FUNCTION_LINES}')


def functions(src):
    """Each definition: name, line, lines without those of its tables."""
    name, start, table, in_table = None, 0, 0, False
    for number, line in enumerate(src.code.split('\n'), 1):
        m = re.match(r'(\w+)\(', line)
        if m:
            name, start, table = m.group(1), number, 0
        elif line == '}' and name:
            yield name, start, number - start - table
            name = None
        elif re.match(r'\t.*= \{$', line):
            in_table = True
        elif re.match(r'\t\};', line):
            in_table = False
        table += in_table


def contracts(src):
    """A header has its guard, and each function it declares a contract: a
    comment directly above, or above the block of declarations it stands in."""
    if not src.path.endswith('.h') or src.folder == 'tests':
        return
    guard = re.sub(r'\W', '_', '/'.join(src.path.split('/')[-2:])).upper()
    if not re.search(r'#ifndef %s\n#define %s\n' % (guard, guard), src.text):
        yield 1, f'no include guard {guard}'
    if src.path == 'tools/analysis.h':
        return  # it repeats declarations of base/
    lines = src.text.split('\n')
    covered = False
    for number, item in items(src):
        above = lines[number - 2].rstrip() if number > 1 else ''
        if above.endswith('*/') or above.lstrip().startswith('//'):
            covered = True
        elif above == '':
            covered = False
        name = declared(item)
        if name and not covered and not re.search(r'_(free|fini)$', name):
            yield number, f'{name} has no contract above it'


def items(src):
    """Top-level items of a header: (line, text without comments)."""
    code = re.sub(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', blank, src.code,
                  flags=re.M)
    depth, start = 0, None
    for i, c in enumerate(code):
        if start is None and not c.isspace():
            start = i
        if c == '{':
            depth += 1
        elif c == '}':
            depth -= 1
        if start is not None and depth == 0 and (
                c == ';' or c == '}' and is_inline(code[start:i + 1])):
            if c != ';' or i > start:
                yield src.line(start), code[start:i + 1]
            start = None


def is_inline(text):
    return re.match(r'\s*static\s+inline\b', text) is not None


def declared(item):
    """The name of the function that an item declares, or None."""
    if re.match(r'(typedef|struct\s+\w+\s*\{|enum\s*\w*\s*\{|union)', item):
        return None
    head = re.sub(r'__attribute__\s*\(\(.*?\)\)', '', item.split('{')[0],
                  flags=re.S)
    m = re.match(r'[\w\s*]*?\b(\w+)\s*\(', head)
    if not m or re.search(r'\(\s*\*', head[:m.end() + 1]):
        return None
    return None if m.group(1).isupper() else m.group(1)


def defined(src):
    """Names of the functions that a source defines."""
    return set(re.findall(r'^(\w+)\(', src.code, re.M)) | set(
        re.findall(r'\bstatic\s+inline\b[^;{(]*?\b(\w+)\s*\(', src.code))


def undefined(sources):
    """Over all sources: functions that a header promises and nobody defines."""
    names = set().union(*map(defined, sources))
    for src in sources:
        if src.path.endswith('.h'):
            for number, item in items(src):
                name = declared(item)
                if name and name not in names and '{' not in item:
                    yield (src.path, number,
                           f'{name} is declared and defined nowhere')


CHECKERS = [sole_users, banned, machine_paths, lengths, contracts]
