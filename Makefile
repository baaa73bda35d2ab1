# Acuse's build.  One make, no recursion: lists by wildcard, dependencies by
# the compiler.
#
#   make              the program and its tools, into build/release/
#   make deps         installs the Debian packages that are missing
#   make check        all tests; T=part-of-a-path chooses among them
#   make check-unit   unit tests alone; T= as above
#   make check-all    with the slow ones
#   make cov          tests, then the lines that they reach
#   make fuzz T=name  libFuzzer on one target, or on each; SECONDS=60
#   make lint         format, analysis and the rules of the house
#   make fmt          formats the C sources
#   make web-deps     what the browser tests need, from Debian and npm
#   make bench        figures beside their peers'; bench-deps installs those
#   make demo         a billing month lived in a minute; ONCE=1 ends by itself
#   make install      under PREFIX=/usr/local; DESTDIR= is honoured
#
# MODE=release, debug (ASan, UBSan), tsan or cov; BUILD=dir; V=1 shows commands.

MODE ?= release
BUILD ?= build
SECONDS ?= 60

# Fuzzing has objects of its own (clang, libFuzzer).
ifneq ($(filter fuzz,$(MAKECMDGOALS)),)
override MODE := fuzz
endif
ifneq ($(filter cov,$(MAKECMDGOALS)),)
override MODE := cov
endif

B := $(BUILD)/$(MODE)
CC := gcc
Q := $(if $(V),,@)

MAKEFLAGS += -rR --no-print-directory
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

include tools/folders.mk

# ---- flags ----

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wwrite-strings \
	-Wvla -Wformat=2 -Wundef -Wswitch-enum -Wimplicit-fallthrough -Werror
CPPFLAGS_release := -D_FORTIFY_SOURCE=3
CFLAGS_release := -O2 -g -fstack-protector-strong -fPIE
LDFLAGS_release := -pie -Wl,-z,relro,-z,now
CFLAGS_debug := -O1 -g -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all
LDFLAGS_debug := -fsanitize=address,undefined
CFLAGS_tsan := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
LDFLAGS_tsan := -fsanitize=thread
CFLAGS_cov := -O0 -g --coverage
LDFLAGS_cov := --coverage
CFLAGS_fuzz := -O1 -g -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -w
LDFLAGS_fuzz := -fsanitize=fuzzer,address,undefined
ifeq ($(MODE),fuzz)
CC := clang
endif
ifeq ($(filter $(MODE),release debug tsan cov fuzz),)
$(error MODE=$(MODE): it is release, debug, tsan or cov)
endif

# A sanitizer's instrumentation makes gcc see ghosts of these two.
CFLAGS_debug += -Wno-error=maybe-uninitialized -Wno-error=format-truncation
CFLAGS_tsan += -Wno-error=maybe-uninitialized -Wno-error=format-truncation

CPPFLAGS += -I. -D_GNU_SOURCE -include base/banned.h $(CPPFLAGS_$(MODE))
CFLAGS += -std=c11 $(WARN) -fno-common -pthread $(CFLAGS_$(MODE))
LDFLAGS += -pthread -Wl,--as-needed $(LDFLAGS_$(MODE))

PACKAGES := libmicrohttpd gnutls sqlite3 libcurl libpcre2-8 openssl jansson \
	icu-i18n icu-uc gmime-3.0 pangocairo libzstd libzip libqrencode \
	cmocka libsystemd

# Asked once, when the first recipe needs it: `make deps` may just have
# installed the answer.
pkg = $(or $(shell pkg-config $(1) $(PACKAGES) || true),$(error a library is \
	missing: `make deps` installs it))
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(patsubst -I%,-isystem %,$$(call \
	pkg,--cflags)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(call pkg,--libs))$(PKG_LIBS)
# libesmtp has no .pc file, and libunbound's asks for libevent in vain.
LIBS = $(PKG_LIBS) -lesmtp -lunbound -ldl -lm

# ---- what is built ----

SRC := $(filter-out server/main.c,$(wildcard $(FOLDERS:%=%/*.c)))
UNIT_SRC := $(wildcard tests/unit/*/test_*.c)
FIXTURES := $(wildcard tests/unit/*/fixture.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
BENCH_SRC := $(wildcard tests/bench/bench_*.c)
TOOL_SRC := $(wildcard tools/*.c)
TOOL_DIRS := $(patsubst tools/%/,%,$(sort $(dir $(wildcard tools/*/*.c))))
TOOLS := $(sort $(TOOL_SRC:tools/%.c=%) $(TOOL_DIRS))
MAIN := $(wildcard server/main.c)

EMBED_DIRS := $(wildcard conf store/schema store/dictionary \
	templates/mail templates/page proof/bundle portal/static)
EMBED := $(sort $(if $(EMBED_DIRS),$(shell find $(EMBED_DIRS) -type f \
	! -name '*.[ch]' ! -name '*.def' ! -name 'README*' ! -name '.*' \
	! -name '*~' ! -name '*.service' ! -name '*.sysusers')))

PROGRAM := $(if $(MAIN),$(B)/acuse)
TOOL_BIN := $(TOOLS:%=$(B)/%)
UNIT_BIN := $(UNIT_SRC:%.c=$(B)/%)
FUZZ_BIN := $(FUZZ_SRC:%.c=$(B)/%)
BENCH_BIN := $(BENCH_SRC:%.c=$(B)/%)

lib = $(1:%=$(B)/lib%.a)
# Libraries of a folder and of all that it may include, highest first.
reverse = $(if $(1),$(call reverse,$(wordlist 2,99,$(1))) $(firstword $(1)))
DOWN := $(call reverse,$(FOLDERS))
libs_of = $(call lib,$(if $(filter $(1),$(FOLDERS)),$(filter $(1) $(MAY_$(1)) \
	base,$(DOWN)),$(DOWN)))

.PHONY: all
all: $(PROGRAM) $(TOOL_BIN) $(call lib,$(FOLDERS))

.PHONY: FORCE
FORCE:

# Rewritten only when its text changes, so that what hangs on it is remade
# when flags or lists do, and only then.
keep = $(Q)mkdir -p $(@D); printf '%s\n' '$(strip $(1))' | \
	{ cmp -s - $@ || printf '%s\n' '$(strip $(1))' >$@; }

$(B)/flags: FORCE
	$(call keep,$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS))

$(B)/embedded.list: FORCE
	$(call keep,$(EMBED))

$(B)/sources.list: FORCE
	$(call keep,$(SRC))

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/embedded.S: $(B)/embedded.list $(EMBED) tools/embed
	$(Q)tools/embed $(EMBED) >$@

$(B)/embedded.o: $(B)/embedded.S
	$(Q)$(CC) -c -o $@ $<

define folder_lib
$(B)/lib$(1).a: $(patsubst %.c,$(B)/%.o,$(filter $(1)/%,$(SRC))) \
	$(if $(filter base,$(1)),$(B)/embedded.o)
endef
$(foreach f,$(FOLDERS),$(eval $(call folder_lib,$(f))))

$(B)/lib%.a: $(B)/sources.list
	@mkdir -p $(@D); rm -f $@
	$(Q)ar rcs $@ $(filter %.o,$^)

# What each program of a mode has besides its own.
MODE_OBJ := $(if $(filter debug,$(MODE)),$(B)/tests/sanitizer.o)

link = @echo "LD $(patsubst $(B)/%,%,$@)"; mkdir -p $(@D)
do_link = $(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) \
	$(filter %.a,$^) $(LIBS)

$(PROGRAM) $(TOOL_BIN) $(UNIT_BIN) $(FUZZ_BIN) $(BENCH_BIN): $(MODE_OBJ)

$(B)/acuse: $(B)/server/main.o $(call lib,$(DOWN))
	$(link)
	$(do_link)

# A tool is tools/NAME.c, or all of tools/NAME/*.c; NAME_libs tells a smaller
# list of folders than all.
receiver_libs := base
define tool_bin
$(B)/$(1): $(patsubst %.c,$(B)/%.o,$(wildcard tools/$(1).c tools/$(1)/*.c)) \
	$(call lib,$(or $($(1)_libs),$(DOWN)))
	$$(link)
	$$(do_link)
endef
$(foreach t,$(TOOLS),$(eval $(call tool_bin,$(t))))

# A unit test links with its folder and those below it, and with the fixture.c
# that stands beside it.
fixture_of = $(patsubst %.c,$(B)/%.o,$(wildcard $(dir $(1:$(B)/%=%))fixture.c))
define unit_bin
$(1): $(1).o $(call fixture_of,$(1)) $(call libs_of,$(word 3,$(subst /, ,$(1:$(B)/%=%))))
	$$(link)
	$$(do_link)
endef
$(foreach t,$(UNIT_BIN),$(eval $(call unit_bin,$(t))))

# libFuzzer brings its own main(); elsewhere ours replays the corpus.
FUZZ_MAIN := $(if $(filter fuzz,$(MODE)),,$(B)/tests/fuzz/replay.o)
$(FUZZ_BIN): %: %.o $(FUZZ_MAIN) $(call lib,$(DOWN))
	$(link)
	$(do_link)

$(BENCH_BIN): %: %.o $(call lib,$(DOWN))
	$(link)
	$(do_link)

-include $(patsubst %.c,$(B)/%.d,$(SRC) $(MAIN) $(UNIT_SRC) $(FIXTURES) \
	$(FUZZ_SRC) $(BENCH_SRC) $(TOOL_SRC) $(wildcard tools/*/*.c) \
	tests/fuzz/replay.c tests/sanitizer.c)

# ---- what is needed from Debian ----

# `make check` and the like install what is missing before anything compiles;
# plain `make` only says so.
WITH_DEPS := check check-all check-unit demo lint bench fuzz cov
ifneq ($(filter $(WITH_DEPS) deps,$(MAKECMDGOALS)),)
$(B)/flags: | deps
endif

.PHONY: deps bench-deps
deps:
	$(Q)tools/deps build check $(if $(filter lint fuzz,$(MAKECMDGOALS)),lint)
bench-deps:
	$(Q)tools/deps build check bench
	$(Q)tools/npm-deps tests/bench $(BUILD)/bench
# For the browser tests, which are left out without it.
.PHONY: web-deps
web-deps:
	$(Q)tools/web-deps $(BUILD)/web

# ---- tests ----

TEST_ENV = ACUSE=$(abspath $(B)/acuse) RECEIVER=$(abspath $(B)/receiver) \
	BUILD_DIR=$(abspath $(B)) SRC_DIR=$(CURDIR) MODE=$(MODE) \
	BENCH_MODULES=$(abspath $(BUILD))/bench/node_modules
SCRIPTS := $(wildcard tests/golden/test_*.py tests/integration/test_*.py \
	tests/crash/test_*.py tests/web/test_*.py)
# T= chooses by part of the path: T=base, T=store/test_writer.
chosen = $(if $(T),$(foreach f,$(1),$(if $(findstring $(T:%.c=%),$(f:$(B)/%=%)),\
	$(f))),$(1))

.PHONY: check check-all check-unit
check: deps all $(call chosen,$(UNIT_BIN) $(FUZZ_BIN))
	$(Q)$(TEST_ENV) tools/check $(call chosen,$(UNIT_BIN) $(FUZZ_BIN) \
		$(SCRIPTS))
check-all: deps all $(call chosen,$(UNIT_BIN) $(FUZZ_BIN))
	$(Q)$(TEST_ENV) ACUSE_SLOW=1 tools/check $(call chosen,$(UNIT_BIN) \
		$(FUZZ_BIN) $(SCRIPTS))
check-unit: $(call chosen,$(UNIT_BIN))
	$(Q)$(TEST_ENV) tools/check $^

# Lines of each folder that the tests reach.
.PHONY: cov
cov: check
	$(Q)tools/coverage $(B) $(SRC)

# T= names one target; without it each has its turn.
.PHONY: fuzz
fuzz: $(call chosen,$(FUZZ_BIN))
	$(Q)tools/fuzz $(SECONDS) $(B) $(or $^,$(error no such fuzz target))

# ---- code ----

LINT_SRC := $(SRC) $(MAIN) $(TOOL_SRC) $(wildcard tools/*/*.c)
.PHONY: lint fmt
lint: deps
	$(Q)LINT_CFLAGS='$(CPPFLAGS) $(PKG_CFLAGS) $(filter-out -Werror,$(CFLAGS))' \
		tools/lint --stamps $(BUILD)/lint $(T)
fmt:
	$(Q)clang-format -i $(wildcard $(foreach d,$(FOLDERS) tools tools/* \
		tests/* tests/unit/*,$d/*.[ch]))

# ---- figures ----

# T= chooses by part of a program's path.
.PHONY: bench
bench: all $(BENCH_BIN)
	$(Q)$(TEST_ENV) tools/bench --json $(BUILD)/bench.json $(call chosen, \
		$(BENCH_BIN) $(wildcard tests/bench/bench_*.py))

# The next dictionary to pack contents with.
.PHONY: dictionary
dictionary: all
	$(Q)$(TEST_ENV) tools/dictionary $(BUILD)/dictionary
	@echo "$(BUILD)/dictionary"

# ---- to try it, and to keep it ----

.PHONY: demo install
demo: deps all
	$(Q)$(TEST_ENV) ONCE=$(ONCE) tools/demo/run

PREFIX ?= /usr/local
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/systemd/system \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d \
		$(DESTDIR)$(PREFIX)/share/doc/acuse/docs
	install -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/
	for s in acuse acuse-standby; do \
		sed 's,@PREFIX@,$(PREFIX),' conf/$$s.service \
			>$(DESTDIR)$(PREFIX)/lib/systemd/system/$$s.service; \
	done
	install -m 644 conf/acuse.sysusers \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/acuse.conf
	install -m 644 LICENSE README.md $(DESTDIR)$(PREFIX)/share/doc/acuse/
	install -m 644 docs/* $(DESTDIR)$(PREFIX)/share/doc/acuse/docs/

.PHONY: clean
clean:
	rm -rf $(BUILD)
