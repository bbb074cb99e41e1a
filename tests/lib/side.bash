# shellcheck shell=bash disable=SC2016,SC2034 # dollars for jq and for shells inside; read by suites
#
# The doors beside the front one: a process that an engine adds to a running container, and limits
# that it changes. Here is what the side_*.bats files share: what the added process has, what the
# kernel's cgroup files say, and the runtimes that are a plain runc until mantlet takes their place.
# A suite loads engines.bash and inside.bash first.

# A container from before -----------------------------------------------------------------------

# side_before NAME...: for each the runtime before-NAME, a copy of the real runc. An engine has to
# know it from its start, so this comes before docker_start and podman_start.
side_before() {
  local name

  for name; do
    cp "$(command -v runc)" "$ROOM/bin/before-$name"
  done
}

# side_divert NAME...: mantlet-NAME takes the place of before-NAME, with what runs staying as it is.
side_divert() {
  local name

  for name; do
    cp "$ROOM/bin/mantlet-$name" "$ROOM/bin/before-$name.new"
    mv "$ROOM/bin/before-$name.new" "$ROOM/bin/before-$name"
  done
}

# side_own_sbin: /usr/sbin of the room becomes ours to change, and nobody else's.
side_own_sbin() {
  mkdir "$ROOM/sbin"
  room mount -t tmpfs -o mode=0755 tmpfs "$ROOM/sbin"
  room mkdir "$ROOM/sbin/up" "$ROOM/sbin/work"
  room mount -t overlay overlay \
    -o "lowerdir=/usr/sbin,upperdir=$ROOM/sbin/up,workdir=$ROOM/sbin/work" /usr/sbin
}

# As dpkg-divert(1) does it: the real runc moves aside, and mantlet is what everybody finds as runc.
side_divert_runc() {
  room mv /usr/sbin/runc /usr/sbin/runc.distrib
  room ln -s "$ROOM/bin/mantlet" /usr/sbin/runc.new
  room mv /usr/sbin/runc.new /usr/sbin/runc
}

# A process that was added ----------------------------------------------------------------------

# status_of FILE: the lines of a /proc/PID/status become the facts (inside.bash).
status_of() {
  tr -d '\r' <"$1" |
    sed -nE 's/[[:space:]]+/ /g; s/ $//
      s/^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp):/\1/p' >"$BATS_TEST_TMPDIR/facts"
  grep -q ^CapEff "$BATS_TEST_TMPDIR/facts" || { echo "no report:"; cat "$1"; return 1; }
}

# added COMMAND...: the command gets a program to execute inside; its process is then the facts.
added() {
  "$@" /bin/cat /proc/self/status >"$BATS_TEST_TMPDIR/status" 2>&1 || {
    echo "failed ($?): $*"
    cat "$BATS_TEST_TMPDIR/status"
    return 1
  }
  status_of "$BATS_TEST_TMPDIR/status"
}

# on_terminal COMMAND...: in the room, on a terminal of its own.
on_terminal() {
  room script -qec "$(printf '%q ' "$@")" /dev/null
}

# assert_process UID GID GROUPS [SECCOMP]: what every process has that is added under the built-in
# policy. The filter is the container's: no exec of any engine can bring one.
assert_process() {
  assert_user "$1" "$2" &&
    assert_fact Groups "$3" &&
    assert_no_capabilities &&
    assert_fact NoNewPrivs 1 &&
    assert_fact Seccomp "${4:-2}"
}

# assert_refusal WORDS: the call failed, nothing ran, and somebody reads why, in one line that ends
# with control and policy. WORDS is an extended regular expression for all of the sentence.
assert_refusal() {
  # shellcheck disable=SC2154 # set by run
  [ "$status" -ne 0 ] || { echo "not refused: $output"; return 1; }
  grep -qE "mantlet: refused: $1" <<<"$output" || { echo "not '$1': $output"; return 1; }
  [[ $output != *CapEff* ]] || { echo "it ran: $output"; return 1; }
}

# assert_added RECORD OUTCOME [FILTER]: an exec event since the mark says so. The control exec, which
# is in audit here, has words of its own about terminals and shells.
assert_added() {
  assert_event '.event == "exec" and .container.record == $record
    and (.outcome == $outcome or ($outcome == "allowed" and .outcome == "would-refuse"
      and any(.refusals[]; .control == "exec") and all(.refusals[]; .enforced == false)))
    and '"(${3:-true})" --arg record "$1" --arg outcome "$2"
}

# What an ask of capabilities looks like in the event when it was cut.
CUT='any(.changes[]; .control == "capabilities" and .class == "ask") and .counts.ask > 0'

# Limits ------------------------------------------------------------------------------------------

# limits PID: the kernel's limits of the cgroups that a process of the room is in, as facts:
# limit.memory, limit.swap (swap alone), limit.soft, limit.kernel, limit.pids, limit.quota,
# limit.period, limit.weight (shares as cgroup v2 counts them), limit.cpus, limit.io. "max" means
# that there is none; a controller that the kernel does not have gives no fact.
limits() {
  local dirs=() hierarchy path

  while IFS=: read -r _ hierarchy path; do
    dirs+=("/sys/fs/cgroup${hierarchy:+/$hierarchy}${path%/}")
  done < <(room cat "/proc/$1/cgroup")
  [ "${#dirs[@]}" -gt 0 ] || return
  room sh -c 'for dir; do grep -sH . "$dir"/memory.* "$dir"/pids.max "$dir"/cpu.* \
    "$dir"/cpuset.cpus "$dir"/blkio.*weight "$dir"/io.*weight; done' sh "${dirs[@]}" |
    _limits_of_files | sort >"$BATS_TEST_TMPDIR/facts"
  grep -q '^limit.memory' "$BATS_TEST_TMPDIR/facts"
}

_limits_of_files() {
  awk '
    function bytes(n) { return n == "max" || n + 0 > 9e18 ? "max" : n }
    function say(name, value) { if (value != "") print "limit." name, value }
    {
      file = $0; sub(/:.*/, "", file); sub(/.*\//, "", file)
      value = $0; sub(/^[^:]*:/, "", value)
      if (!(file in v)) v[file] = value
    }
    END {
      say("memory", bytes(v["memory.limit_in_bytes"] v["memory.max"]))
      say("soft", bytes(v["memory.soft_limit_in_bytes"] v["memory.low"]))
      if ("memory.kmem.limit_in_bytes" in v) say("kernel", bytes(v["memory.kmem.limit_in_bytes"]))
      if ("memory.memsw.limit_in_bytes" in v) {
        both = bytes(v["memory.memsw.limit_in_bytes"])
        say("swap", both == "max" ? "max" : sprintf("%d", both - v["memory.limit_in_bytes"]))
      }
      if ("memory.swap.max" in v) say("swap", bytes(v["memory.swap.max"]))
      say("pids", v["pids.max"])
      if ("cpu.cfs_quota_us" in v) {
        say("quota", v["cpu.cfs_quota_us"] < 0 ? "max" : v["cpu.cfs_quota_us"])
        say("period", v["cpu.cfs_period_us"])
        say("weight", 1 + int((v["cpu.shares"] - 2) * 9999 / 262142))
      } else if (split(v["cpu.max"], cpu, " ") == 2) {
        say("quota", cpu[1]); say("period", cpu[2]); say("weight", v["cpu.weight"])
      }
      say("cpus", v["cpuset.cpus"])
      for (file in v)
        if (file ~ /^(blkio|io)(\.bfq)?\.weight$/) say("io", v[file])
    }'
}

# weight_of SHARES: as the helper above gives them.
weight_of() {
  echo $((1 + ($1 - 2) * 9999 / 262142))
}

MIB=$((1024 * 1024))
