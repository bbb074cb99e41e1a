# mantlet: `make` builds, `make check` tests, `make help` lists the rest.
#
# STATIC=1 (default) links one static-pie binary: no library path, no loader to influence, and the
# dynamic loading of three libraries costs more than all of mantlet's own work. STATIC=0 links
# dynamically, for distributions.

O        ?= build
PREFIX   ?= /usr/local
SYSCONF  ?= /etc
STATIC   ?= 1
SAN      ?= 0
ifeq ($(origin CC),default)
CC       := gcc
endif
CFLAGS   ?= -O2 -g
# For programs of the build, which run here even when mantlet is built for another machine.
HOSTCC   ?= $(CC)

VERSION := $(shell sed -n 's/.*MANTLET_VERSION "\(.*\)".*/\1/p' include/common.h)

warnings := -std=gnu11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings \
	-Wundef -Wvla -Wformat=2 -Wnull-dereference -Wimplicit-fallthrough -Wswitch-enum \
	-Wno-unused-parameter
ifneq ($(findstring clang,$(CC)),clang)
warnings += -Wformat-signedness -Wduplicated-cond -Wduplicated-branches -Wlogical-op
endif
ifdef CI
warnings += -Werror
endif

hardening := -fstack-protector-strong -fstack-clash-protection -fcf-protection \
	-ftrivial-auto-var-init=zero -fno-strict-aliasing -fno-delete-null-pointer-checks \
	-fvisibility=hidden -fPIE
# What a program does not call is not in it: of libmantlet mantlet-net takes a fifth.
sections  := -ffunction-sections -fdata-sections
hard_link := -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,--as-needed,--gc-sections
ifeq ($(SAN),1)
O        := build/san
STATIC   := 0
CFLAGS   := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
else
hardening += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
endif
ifeq ($(STATIC),1)
link     := -static-pie
libs     := -lyajl_s -lcap -lseccomp -lmd
else
link     := -pie
libs     := -lyajl -lcap -lseccomp -lmd
endif

all_cflags := $(CFLAGS) $(warnings) $(hardening) $(sections) -D_GNU_SOURCE -iquote include $(CPPFLAGS)

main_src := src/main.c
lib_src  := $(filter-out $(main_src),$(sort $(wildcard src/*.c src/controls/*.c)))
lib_obj  := $(lib_src:%.c=$(O)/%.o) $(O)/src/embed.o $(O)/gen/seccomp_table.o
main_obj := $(main_src:%.c=$(O)/%.o)
# What needs libmnl is in src/net, for mantlet-net alone: mantlet is static, and libmnl is not. It is
# not linked either: net_mnl.c loads it, and says so when it cannot.
net_main := src/net/mantlet_net.c
net_src  := $(filter-out $(net_main),$(sort $(wildcard src/net/*.c)))
net_obj  := $(net_src:%.c=$(O)/%.o)
# What a hook has to load costs every start: only libc and libmnl are looked for at run time.
ifeq ($(STATIC),1)
net_libs := -Wl,-Bstatic -lyajl_s -lcap -lseccomp -lmd -Wl,-Bdynamic
else
net_libs := -lyajl -lcap -lseccomp -lmd
endif
ctl_main := src/ctl/main.c
ctl_src  := $(filter-out $(ctl_main),$(sort $(wildcard src/ctl/*.c)))
all_src  := $(lib_src) $(main_src) $(ctl_src) $(ctl_main) $(net_src) $(net_main)
ctl_obj  := $(ctl_src:%.c=$(O)/%.o)
unit_src := $(sort $(wildcard tests/unit/test_*.c))
unit_bin := $(unit_src:%.c=$(O)/%)
tool_src := $(sort $(wildcard tests/tools/*.c))
tool_bin := $(tool_src:%.c=$(O)/%)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)';)

.PHONY: all
all: $(O)/mantlet $(O)/mantletctl $(O)/mantlet-net

$(O)/mantlet: $(main_obj) $(O)/libmantlet.a
	$(call say,LINK,$@) $(CC) $(all_cflags) $(link) $(hard_link) $(LDFLAGS) -o $@ $^ $(libs)

$(O)/mantlet-net: $(net_main:%.c=$(O)/%.o) $(O)/libmantletnet.a $(O)/libmantlet.a
	$(call say,LINK,$@) $(CC) $(all_cflags) -pie $(hard_link) $(LDFLAGS) -o $@ $^ $(net_libs)

$(O)/libmantletnet.a: $(net_obj)
	$(call say,AR,$@) rm -f $@ && $(AR) rcs $@ $^

$(O)/mantletctl: $(ctl_main:%.c=$(O)/%.o) $(O)/libctl.a $(O)/libmantlet.a
	$(call say,LINK,$@) $(CC) $(all_cflags) $(link) $(hard_link) $(LDFLAGS) -o $@ $^ $(libs)

$(O)/libctl.a: $(ctl_obj)
	$(call say,AR,$@) rm -f $@ && $(AR) rcs $@ $^

$(O)/libmantlet.a: $(lib_obj)
	$(call say,AR,$@) rm -f $@ && $(AR) rcs $@ $^

$(O)/%.o: %.c
	$(call say,CC,$<) mkdir -p $(@D) && $(CC) $(all_cflags) -MMD -MP -c -o $@ $<

# The built-in policies are the very files of policy/.
$(O)/src/embed.o: src/embed.S $(wildcard policy/*.json)
	$(call say,AS,$<) mkdir -p $(@D) && $(CC) -fPIE -Wa,--noexecstack -I. -c -o $@ $<

# The seccomp profiles are checked and turned into tables by a program of our own sources. It is
# told for which machine, because calls are sorted by that one's numbers.
host_src  := src/tools/seccomp_table.c src/tools/seccomp_compile.c src/seccomp_names.c \
	src/seccomp_words.c src/seccomp_terms.c src/seccomp_tests.c src/seccomp_write.c \
	$(wildcard src/seccomp_profile_*.c) src/arena.c src/caps.c src/error.c \
	src/fdio.c src/fd_trust.c $(wildcard src/json*.c) src/strbuf.c src/text.c
target    := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
profiles  := $(addprefix policy/seccomp/,default.json strict.json)
HOSTFLAGS ?= -O1
$(O)/host/seccomp-table: $(host_src) $(wildcard include/*.h src/tools/*.h)
	$(call say,HOSTCC,$@) mkdir -p $(@D) && $(HOSTCC) -std=gnu11 $(HOSTFLAGS) -D_GNU_SOURCE \
	  -DMANTLET_TARGET_$(shell echo $(target) | tr a-z A-Z) -iquote include \
	  -o $@ $(host_src) -lyajl -lcap -lseccomp
$(O)/gen/seccomp_table.c: $(O)/host/seccomp-table $(profiles)
	$(call say,TABLE,$@) mkdir -p $(@D) && $< $(profiles) >$@.new && mv $@.new $@
$(O)/gen/seccomp_table.o: $(O)/gen/seccomp_table.c
	$(call say,CC,$<) $(CC) $(all_cflags) -Wno-overlength-strings -MMD -MP -c -o $@ $<

$(O)/tests/unit/%: tests/unit/%.c $(O)/libctl.a $(O)/libmantlet.a
	$(call say,TEST,$<) mkdir -p $(@D) && $(CC) $(all_cflags) -Itests/unit -iquote src/ctl $(link) $(hard_link) -MMD -MP -o $@ $< $(O)/libctl.a $(O)/libmantlet.a $(libs)

$(O)/tests/unit/test_netlink%: tests/unit/test_netlink%.c $(O)/libmantletnet.a $(O)/libmantlet.a
	$(call say,TEST,$<) mkdir -p $(@D) && $(CC) $(all_cflags) -Itests/unit -pie $(hard_link) -MMD -MP -o $@ $< $(O)/libmantletnet.a $(O)/libmantlet.a $(net_libs)

# Each fuzz target over its corpus, without libFuzzer.
fuzz_src   := $(sort $(wildcard tests/fuzz/fuzz_*.c))
replay_bin := $(fuzz_src:%.c=$(O)/%)
$(O)/tests/fuzz/%: tests/fuzz/%.c tests/fuzz/replay.c tests/fuzz/fuzz.h $(O)/libmantlet.a
	$(call say,TEST,$<) mkdir -p $(@D) && $(CC) $(all_cflags) -Itests/unit $(link) $(hard_link) -o $@ $< tests/fuzz/replay.c $(O)/libmantlet.a $(libs)

$(O)/tests/tools/net-plan: tests/tools/net-plan.c $(O)/libmantlet.a
	$(call say,TOOL,$<) mkdir -p $(@D) && $(CC) $(all_cflags) $(link) -MMD -MP -o $@ $< $(O)/libmantlet.a $(libs)

$(O)/tests/tools/net-time: tests/tools/net-time.c $(O)/libmantletnet.a $(O)/libmantlet.a
	$(call say,TOOL,$<) mkdir -p $(@D) && $(CC) $(all_cflags) -pie $(hard_link) -MMD -MP -o $@ $< $(O)/libmantletnet.a $(O)/libmantlet.a $(net_libs)

$(O)/tests/tools/%: tests/tools/%.c
	$(call say,TOOL,$<) mkdir -p $(@D) && $(CC) -O2 -g $(warnings) -D_GNU_SOURCE -static -MMD -MP -o $@ $< -lyajl_s

# These build the filter that a runtime builds; the program itself does not.
$(addprefix $(O)/tests/unit/,test_bpf_sim test_seccomp_compiled test_seccomp_library test_seccomp_pairs \
  test_seccomp_proof): libs += -lseccomp

-include $(shell find $(O) -name '*.d' 2>/dev/null)

# ---- tests -------------------------------------------------------------------------------------

bats_files   := $(sort $(wildcard tests/*.bats))
engine_files := $(sort $(wildcard tests/engine/*.bats))

.PHONY: tests check check-unit check-bats check-engine
tests: all $(unit_bin) $(replay_bin) $(tool_bin)

# All of them; `make check-unit`, `make check-bats` and `make check-engine` are its parts.
check: deps-test tests
	tests/run $(unit_bin) $(replay_bin) $(bats_files) $(engine_files)
check-unit: tests
	tests/run $(unit_bin) $(replay_bin)
check-bats: tests
	tests/run $(bats_files)
check-engine: tests
	tests/run $(engine_files)

export MANTLET ?= $(abspath $(O)/mantlet)
export MANTLET_NET ?= $(abspath $(O)/mantlet-net)
export MANTLET_TOOLS ?= $(abspath $(O)/tests/tools)

.PHONY: check-san check-valgrind
# ASan and UBSan over the unit tests, the program and the bats files that need no engine.
check-san:
	$(MAKE) SAN=1 tests
	$(MAKE) SAN=1 check-unit check-bats
# valgrind over the unit tests of a dynamic build: a static one hides malloc from it. Only its own
# findings count: valgrind 3.19 has no openat2(2), so some tests see a kernel that is too old.
# Not those that build thousands of filters: minutes here, and the sanitised build runs them.
valgrind_not := $(addprefix build/valgrind/tests/unit/test_,seccomp_library seccomp_pairs seccomp_proof \
  seccomp_random bpf_sim)
check-valgrind:
	$(MAKE) O=build/valgrind STATIC=0 tests
	$(Q)for t in $(filter-out $(valgrind_not),$(unit_src:%.c=build/valgrind/%)); do \
	  echo "valgrind $$t"; \
	  valgrind -q --error-exitcode=99 --leak-check=no $$t >build/valgrind/log 2>&1; \
	  [ $$? -ne 99 ] || { grep -A9 '^==' build/valgrind/log | head -n 40; exit 1; }; done

# ---- lint --------------------------------------------------------------------------------------

c_files   := $(sort $(wildcard src/*.c src/controls/*.c src/ctl/*.c src/net/*.c tests/unit/*.c src/tools/*.c tests/tools/*.c tests/fuzz/*.c))
h_files   := $(sort $(wildcard include/*.h src/ctl/*.h src/tools/*.h tests/unit/*.h tests/fuzz/*.h))
sh_files  := tests/run .ci/run contrib/deps contrib/quickstart tests/bench tests/bench_docker tests/bench_seccomp \
  $(wildcard tests/lib/*.bash tests/lib/*.sh contrib/completions/*.bash)
man_files := $(sort $(wildcard contrib/man/*.[1-9]))
tidy_args := -- -std=gnu11 -D_GNU_SOURCE -iquote include -iquote tests/unit -iquote src/ctl

.PHONY: lint lint-format lint-tidy lint-cppcheck lint-analyzer lint-shell lint-man
lint: lint-format lint-shell lint-man lint-cppcheck lint-analyzer lint-tidy
lint-format:
	clang-format --dry-run -Werror $(c_files) $(h_files)
lint-tidy:
	clang-tidy --quiet --warnings-as-errors='*' $(all_src) $(tidy_args)
lint-cppcheck:
	cppcheck --quiet --enable=warning,portability,performance --inline-suppr --error-exitcode=1 \
	  --suppress=missingIncludeSystem -D_GNU_SOURCE -D__x86_64__ -Iinclude $(all_src)
lint-analyzer:
	$(Q)for f in $(all_src); do \
	  $(CC) $(all_cflags) -fanalyzer -Werror -S -o /dev/null $$f || exit 1; done
lint-shell:
	shellcheck -x $(sh_files)
	shellcheck -x -s bats $(bats_files) $(engine_files)
lint-man:
	for m in $(man_files); do \
	  out=$$(LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z $$m 2>&1 >/dev/null); \
	  [ -z "$$out" ] || { printf '%s: %s\n' $$m "$$out"; exit 1; }; done

# ---- fuzzing, measuring ------------------------------------------------------------------------

FUZZ_SECONDS ?= 30
fuzz_bin := $(fuzz_src:tests/fuzz/%.c=build/fuzz/%)

.PHONY: fuzz
fuzz: $(fuzz_bin)
	for f in $(fuzz_bin); do \
	  $$f -max_total_time=$(FUZZ_SECONDS) -max_len=65536 -artifact_prefix=build/fuzz/ \
	    build/fuzz/new.$$(basename $$f) tests/fuzz/corpus/$$(basename $$f | sed s/fuzz_//) || exit 1; done

build/fuzz/%: tests/fuzz/%.c $(lib_src) src/embed.S $(O)/gen/seccomp_table.c
	mkdir -p $(@D)/new.$*
	clang -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -iquote include \
	  -I. -iquote tests/unit -o $@ $< $(lib_src) src/embed.S $(O)/gen/seccomp_table.c -lyajl \
	  -lcap -lseccomp -lmd

.PHONY: bench bench-docker bench-seccomp
bench: tests
	tests/bench

bench-docker: tests
	tests/bench_docker

bench-seccomp: tests
	tests/bench_seccomp

.PHONY: coverage
coverage:
	$(MAKE) O=build/coverage STATIC=0 CFLAGS='-O0 -g --coverage' tests
	$(MAKE) O=build/coverage STATIC=0 check-unit check-bats
	gcov -o build/coverage/src build/coverage/src/*.gcda -n | awk '/^File/{f=$$2} /^Lines/{print $$0, f}' | grep src/

# ---- installing --------------------------------------------------------------------------------

.PHONY: install uninstall
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/mantlet $(DESTDIR)$(PREFIX)/share/man/man5 \
	  $(DESTDIR)$(PREFIX)/share/man/man8 $(DESTDIR)$(PREFIX)/share/mantlet/policy/seccomp \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 0755 $(O)/mantlet $(DESTDIR)$(PREFIX)/bin/mantlet
	install -m 0755 $(O)/mantlet-net $(DESTDIR)$(PREFIX)/libexec/mantlet/mantlet-net
	install -m 0755 $(O)/mantletctl $(DESTDIR)$(PREFIX)/bin/mantletctl
	install -m 0644 contrib/completions/mantlet.bash \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/mantlet
	install -m 0644 contrib/completions/mantletctl.bash \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/mantletctl
	install -m 0644 contrib/man/mantlet.8 contrib/man/mantlet-net.8 contrib/man/mantletctl.8 $(DESTDIR)$(PREFIX)/share/man/man8/
	install -m 0644 contrib/man/mantlet-policy.5 $(DESTDIR)$(PREFIX)/share/man/man5/
	install -m 0644 $(wildcard policy/*.json) $(DESTDIR)$(PREFIX)/share/mantlet/policy/
	install -m 0644 $(wildcard policy/seccomp/*.json) \
	  $(DESTDIR)$(PREFIX)/share/mantlet/policy/seccomp/
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/mantlet $(DESTDIR)$(PREFIX)/bin/mantletctl \
	  $(DESTDIR)$(PREFIX)/share/man/man8/mantlet.8 \
	  $(DESTDIR)$(PREFIX)/share/man/man8/mantletctl.8 $(DESTDIR)$(PREFIX)/share/man/man8/mantlet-net.8 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/mantlet \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/mantletctl \
	  $(DESTDIR)$(PREFIX)/share/man/man5/mantlet-policy.5
	rm -rf $(DESTDIR)$(PREFIX)/share/mantlet $(DESTDIR)$(PREFIX)/libexec/mantlet

.PHONY: deps deps-test quickstart
deps:
	contrib/deps build
deps-test:
	contrib/deps test
quickstart: deps
	$(MAKE) all install
	contrib/quickstart $(PREFIX)/bin/mantlet

.PHONY: dist clean help
dist:
	git archive --prefix=mantlet-$(VERSION)/ -o mantlet-$(VERSION).tar.gz HEAD
clean:
	rm -rf build
help:
	@echo 'make              build $(O)/mantlet, $(O)/mantletctl (STATIC=0 links dynamically, V=1 shows commands)'
	@echo 'make quickstart   install what is needed, build, install, show a container both ways'
	@echo 'make check        install what the tests need, run all of them'
	@echo 'make check-unit | check-bats | check-engine | check-san | check-valgrind'
	@echo 'make lint         formatting, shellcheck, man pages, cppcheck, gcc and clang analysers'
	@echo 'make fuzz         FUZZ_SECONDS for each fuzz target'
	@echo 'make bench        what mantlet costs; make bench-docker: docker run; make bench-seccomp: filters'
	@echo 'make coverage     line coverage of unit and bats tests'
	@echo 'make install      into PREFIX=$(PREFIX), DESTDIR; make uninstall'
	@echo 'make deps         install what the build needs (apt), or say what is missing'
	@echo 'make dist clean'
