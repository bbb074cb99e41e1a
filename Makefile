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
CC       ?= gcc
CFLAGS   ?= -O2 -g

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
hard_link := -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,--as-needed
ifeq ($(SAN),1)
O        := build/san
STATIC   := 0
CFLAGS   := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
else
hardening += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
endif
ifeq ($(STATIC),1)
link     := -static-pie
libs     := -lyajl_s -lcap -lmd
else
link     := -pie
libs     := -lyajl -lcap -lmd
endif

all_cflags := $(CFLAGS) $(warnings) $(hardening) -D_GNU_SOURCE -Iinclude $(CPPFLAGS)

main_src := src/main.c
lib_src  := $(filter-out $(main_src),$(sort $(wildcard src/*.c src/controls/*.c)))
lib_obj  := $(lib_src:%.c=$(O)/%.o) $(O)/src/embed.o
main_obj := $(main_src:%.c=$(O)/%.o)
unit_src := $(sort $(wildcard tests/unit/test_*.c))
unit_bin := $(unit_src:%.c=$(O)/%)
tool_src := $(sort $(wildcard tests/tools/*.c))
tool_bin := $(tool_src:%.c=$(O)/%)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)';)

.PHONY: all
all: $(O)/mantlet

$(O)/mantlet: $(main_obj) $(O)/libmantlet.a
	$(call say,LINK,$@) $(CC) $(all_cflags) $(link) $(hard_link) $(LDFLAGS) -o $@ $^ $(libs)

$(O)/libmantlet.a: $(lib_obj)
	$(call say,AR,$@) rm -f $@ && $(AR) rcs $@ $^

$(O)/%.o: %.c
	$(call say,CC,$<) mkdir -p $(@D) && $(CC) $(all_cflags) -MMD -MP -c -o $@ $<

# The built-in policies and the seccomp profiles are the very files of policy/.
$(O)/src/embed.o: src/embed.S $(wildcard policy/*.json policy/seccomp/*.json)
	$(call say,AS,$<) mkdir -p $(@D) && $(CC) -fPIE -Wa,--noexecstack -I. -c -o $@ $<

$(O)/tests/unit/%: tests/unit/%.c $(O)/libmantlet.a
	$(call say,TEST,$<) mkdir -p $(@D) && $(CC) $(all_cflags) -Itests/unit $(link) $(hard_link) -MMD -MP -o $@ $< $(O)/libmantlet.a $(libs)

$(O)/tests/tools/%: tests/tools/%.c
	$(call say,TOOL,$<) mkdir -p $(@D) && $(CC) $(all_cflags) -static -fno-PIE -no-pie -MMD -MP -o $@ $< -lyajl_s

-include $(shell find $(O) -name '*.d' 2>/dev/null)
