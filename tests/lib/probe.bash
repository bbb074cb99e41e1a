# shellcheck shell=bash
#
# What the program probe (tests/tools/probe.c) may do in a container, one line a call: "name answer".
# Plain runc is the "before", with the user, capabilities and flags that mantlet would give the
# process, so that nothing but the filter differs; mantlet is the "after".

PROBE=$(realpath -m "${MANTLET_TOOLS:-$(dirname "${MANTLET:-build/mantlet}")/tests/tools}/probe")

# Between engines_start and the start of an engine: the probe becomes part of the image.
probe_into_image() {
  [ -x "$PROBE" ] || { echo "$PROBE is missing: run make tests first" >&2; return 1; }
  install -m 0755 "$PROBE" "$ROOM/image/bin/probe"
  tar -C "$ROOM/image" --numeric-owner -cf "$ROOM/image.tar" .
}

# probed NAME COMMAND...: runs it and keeps the answers under NAME.
probed() {
  local name=$1

  shift
  "$@" >"$BATS_TEST_TMPDIR/$name" 2>"$BATS_TEST_TMPDIR/stderr" || {
    echo "failed ($?): $*"
    cat "$BATS_TEST_TMPDIR/$name" "$BATS_TEST_TMPDIR/stderr"
    return 1
  }
  [ "$(wc -l <"$BATS_TEST_TMPDIR/$name")" -gt 60 ]
}

# assert_differences BEFORE AFTER <<TABLE: the lines "name before after" are all there are. Answers
# may be alternatives (ok|EPERM); a "?" before the name says that some kernels or engines answer the
# same before and after.
assert_differences() {
  sort "$BATS_TEST_TMPDIR/$1" >"$BATS_TEST_TMPDIR/sorted.before"
  sort "$BATS_TEST_TMPDIR/$2" >"$BATS_TEST_TMPDIR/sorted.after"
  join "$BATS_TEST_TMPDIR/sorted.before" "$BATS_TEST_TMPDIR/sorted.after" |
    awk '$2 != $3' >"$BATS_TEST_TMPDIR/differences"
  awk '
    is_table {
      name = $1
      optional = sub(/^\?/, "", name)
      may[name] = optional
      want[name] = $2 " " $3
      next
    }
    !($1 in want) { print "not expected: " $0; bad = 1; next }
    { split(want[$1], w, " "); seen[$1] = 1 }
    $2 !~ ("^(" w[1] ")$") || $3 !~ ("^(" w[2] ")$") { print $0 ", expected " want[$1]; bad = 1 }
    END {
      for (name in want)
        if (!seen[name] && !may[name]) { print "the same before and after: " name; bad = 1 }
      exit bad
    }' is_table=1 - is_table=0 "$BATS_TEST_TMPDIR/differences"
}

# assert_answers NAME <<TABLE: these answers, whatever the others are.
assert_answers() {
  local line wrong=0

  while read -r line; do
    grep -qx "$line" "$BATS_TEST_TMPDIR/$1" || {
      echo "expected '$line', got '$(grep "^${line%% *} " "$BATS_TEST_TMPDIR/$1")'"
      wrong=1
    }
  done
  return "$wrong"
}

# seccomp_profile NAME JSON: a profile file in the engines' format; prints its path.
seccomp_profile() {
  printf '%s\n' "$2" >"$ROOM/tmp/$1.json"
  chmod 0644 "$ROOM/tmp/$1.json"
  echo "$ROOM/tmp/$1.json"
}
