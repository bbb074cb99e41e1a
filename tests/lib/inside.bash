# shellcheck shell=bash
#
# What a container's process has, and what mantlet says it did. facts() keeps the report of
# /bin/facts (facts.sh) for the assertions behind it; the event functions look at the lines that the
# audit log gained since the last events_mark.

# facts COMMAND...: runs it and keeps what it prints; its failure is the test's failure.
facts() {
  "$@" >"$BATS_TEST_TMPDIR/facts" 2>"$BATS_TEST_TMPDIR/stderr" || {
    echo "failed ($?): $*"
    cat "$BATS_TEST_TMPDIR/facts" "$BATS_TEST_TMPDIR/stderr"
    return 1
  }
}

# The value of a fact; several lines when it occurs several times.
fact() {
  sed -n "s|^$1 ||p" "$BATS_TEST_TMPDIR/facts"
}

assert_fact() {
  local got

  got=$(fact "$1")
  [ "$got" = "$2" ] || { echo "$1 is '$got', expected '$2'"; return 1; }
}

refute_fact() {
  local got

  got=$(fact "$1")
  [ "$got" != "$2" ] || { echo "$1 is '$got'"; return 1; }
}

# assert_fact_between NAME LOW HIGH
assert_fact_between() {
  local got

  got=$(fact "$1")
  ((got >= $2 && got <= $3)) || { echo "$1 is '$got', expected $2 to $3"; return 1; }
}

# assert_mount DESTINATION TYPE OPTION...: the last mount there has this type and all these options.
assert_mount() {
  local dest=$1 type=$2 line option

  shift 2
  line=$(fact "mount $dest" | tail -n 1)
  [ "${line%% *}" = "$type" ] || { echo "$dest is '$line', expected $type"; return 1; }
  for option; do
    [[ ${line// /,} == *,"$option",* ]] || { echo "$dest is '$line', without $option"; return 1; }
  done
}

refute_mount() {
  [ -z "$(fact "mount $1")" ] || { echo "$1 is mounted: $(fact "mount $1")"; return 1; }
}

assert_writable() {
  grep -qx "writable $1" "$BATS_TEST_TMPDIR/facts" || { echo "$1 is not writable"; return 1; }
}

refute_writable() {
  ! grep -qx "writable $1" "$BATS_TEST_TMPDIR/facts" || { echo "$1 is writable"; return 1; }
}

# assert_user UID GID: all four of each.
assert_user() {
  assert_fact Uid "$1 $1 $1 $1"
  assert_fact Gid "$2 $2 $2 $2"
}

assert_no_capabilities() {
  local set

  for set in Inh Prm Eff Bnd Amb; do
    assert_fact "Cap$set" 0000000000000000
  done
}

# What every process has under the built-in policy, whoever started it and as whom.
assert_confined() {
  assert_no_capabilities
  assert_fact NoNewPrivs 1
  assert_fact Seccomp 2
}

# What the built-in policy makes of a container that asks for nothing, under every engine.
assert_hardened() {
  assert_user 65532 65532
  assert_confined
  refute_writable /
  assert_mount /tmp tmpfs rw nosuid nodev noexec size=65536k
  assert_writable /tmp
  assert_own_namespaces
}

assert_own_namespaces() {
  local ns

  for ns in pid net ipc uts mnt; do
    refute_fact "ns.$ns" "$(room_namespace "$ns")"
  done
}

# The name of a limit's file differs between the cgroup versions.
assert_pids_limit() {
  assert_fact cgroup.pids.max "$1"
}

memory_fact() {
  [ -e /sys/fs/cgroup/cgroup.controllers ] && echo cgroup.memory.max || echo cgroup.memory.limit_in_bytes
}

# percent_of_memory N: of the host's memory, in bytes.
percent_of_memory() {
  local kib

  kib=$(sed -n 's/^MemTotal: *\([0-9]*\) kB$/\1/p' /proc/meminfo)
  echo $((kib * 1024 * $1 / 100))
}

# The facts of a container without what differs between any two containers: names, layers, numbers
# of namespaces (only "host" or "own" remains) and of peer groups, and the order of mounts.
comparable_facts() {
  local ns host

  sed -E 's/[0-9a-f]{64}/ID/g; s/^hostname [0-9a-f]{12}$/hostname ID/; s/(buildah)[0-9]+/\1N/
    s/^(mount [^ ]+ overlay [^ ]+) [^ ]+/\1 -/; s/(master|shared):[0-9]+/\1:N/g; / nsfs /d' \
    "$BATS_TEST_TMPDIR/facts" >"$BATS_TEST_TMPDIR/comparable"
  for ns in pid net ipc uts mnt cgroup user; do
    host=$(room_namespace "$ns")
    sed -E -i "s/^ns\.$ns ${host//[][]/.}\$/ns.$ns host/; s/^ns\.$ns [a-z]+:.*/ns.$ns own/" \
      "$BATS_TEST_TMPDIR/comparable"
  done
  sort "$BATS_TEST_TMPDIR/comparable"
}

room_namespace() {
  room readlink "/proc/1/ns/$1"
}

# Events ---------------------------------------------------------------------------------------

AUDIT_LOG=$ROOM/log/mantlet/audit.jsonl

events_mark() {
  EVENTS_SEEN=0
  [ ! -e "$AUDIT_LOG" ] || EVENTS_SEEN=$(wc -l <"$AUDIT_LOG")
}

events() {
  tail -n "+$((EVENTS_SEEN + 1))" "$AUDIT_LOG"
}

# assert_event FILTER [JQ-ARGUMENT...]: one of the events since the mark satisfies the jq filter.
assert_event() {
  local filter=$1

  shift
  events | jq -es "$@" "any(.[]; $filter)" >/dev/null || {
    echo "no event satisfies: $filter $*"
    events
    return 1
  }
}
