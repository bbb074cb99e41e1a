#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq and for shells in containers
#
# No engine at all: a bundle as `runc spec` writes it, and the commands a person types. What runs is
# hardened with runc and with crun below, the asks are judged as under the engines, a refused bundle
# stays as it was, and everything that mantlet passes on looks as if runc had been called.

bats_require_minimum_version 1.5.0

setup_file() {
  load ../lib/engines
  load ../lib/engines_more
  load ../lib/probe
  engines_start && probe_into_image
  engines_policy crun "$(jq -n --arg path "$(command -v crun)" '{version: 1, runtime: $path}')"
  engines_policy crun-strict "$(jq -n --arg path "$(command -v crun)" \
    '{version: 1, runtime: $path, controls: {seccomp: {profile: "strict"}}}')"
}

teardown_file() {
  load ../lib/engines
  engines_stop
}

setup() {
  load ../lib/engines
  load ../lib/engines_more
  load ../lib/inside
  load ../lib/probe
}

teardown() {
  runtime mantlet delete --force one >/dev/null 2>&1 || true
}

# runtime NAME ARGUMENT...: one call of a runtime in the room.
runtime() {
  local path

  path=$(runtime_path "$1")
  shift
  room "$path" "$@"
}

# run_bundle RUNTIME JQ-FILTER
run_bundle() {
  runtime "$1" run --bundle "$(bundle one "${2:-.}")" one
}

# What a document can ask, one a line: control, filter.
asks() {
  cat <<'EOT'
namespaces|del(.linux.namespaces[] | select(.type == "pid"))
namespaces|del(.linux.namespaces[] | select(.type == "ipc"))
namespaces|.linux.namespaces |= map(if .type == "network" then .path = "/proc/1/ns/net" else . end)
mounts|.mounts += [{destination: "/x", type: "bind", source: "/", options: ["rbind"]}]
mounts|.mounts += [{destination: "/x", type: "bind", source: "/run", options: ["rbind"]}]
mounts|.mounts += [{destination: "/x", type: "none", source: "/etc", options: ["bind", "ro"]}]
devices|.linux.devices = [{path: "/dev/kmsg", type: "c", major: 1, minor: 11}]
capabilities|.process.capabilities |= map_values(. + ["CAP_NET_ADMIN"])
sysctl|.linux.sysctl = {"net.core.somaxconn": "77"}
EOT
}

@test "plain: the bundle of runc spec is hardened" {
  facts run_bundle mantlet
  assert_hardened
  assert_pids_limit 2048
}

@test "plain: crun below makes the same of it" {
  facts run_bundle mantlet
  grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|writable|umask|limit)' "$BATS_TEST_TMPDIR/facts" \
    >"$BATS_TEST_TMPDIR/runc"
  facts run_bundle mantlet-crun
  assert_hardened
  grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|writable|umask|limit)' "$BATS_TEST_TMPDIR/facts" |
    diff "$BATS_TEST_TMPDIR/runc" -
}

PROGRAM='run.oci.seccomp_bpf_data'

# The bundle's document as it is, by crun itself.
crun_as_it_is() {
  room crun run --bundle "$ROOM/bundle/one" one
}

edit_bundle() {
  jq "${@:2}" "$1" "$ROOM/bundle/one/config.json" >"$ROOM/bundle/one/new"
  mv "$ROOM/bundle/one/new" "$ROOM/bundle/one/config.json"
}

@test "plain: the filter that crun gets ready made is the one that it would make" {
  local strict

  run_bundle mantlet-crun-strict '.process.args = ["probe"]' >/dev/null
  strict=$(jq -r ".annotations[\"$PROGRAM\"]" "$ROOM/bundle/one/config.json")
  probed runc run_bundle mantlet '.process.args = ["probe"]'
  probed ready run_bundle mantlet-crun '.process.args = ["probe"]'
  jq -e ".annotations[\"$PROGRAM\"] | length > 2000" "$ROOM/bundle/one/config.json"
  diff "$BATS_TEST_TMPDIR/runc" "$BATS_TEST_TMPDIR/ready"
  # The same document, compiled by crun.
  edit_bundle "del(.annotations[\"$PROGRAM\"])"
  probed made crun_as_it_is
  diff "$BATS_TEST_TMPDIR/made" "$BATS_TEST_TMPDIR/ready"
  # And crun does take it from there: strict's program under the text of default.
  edit_bundle ".annotations[\"$PROGRAM\"] = \$it" --arg it "$strict"
  probed other crun_as_it_is
  grep -qx 'personality-query ok' "$BATS_TEST_TMPDIR/ready"
  grep -qx 'personality-query ENOSYS' "$BATS_TEST_TMPDIR/other"
}

# crun_started PROGRAM: the environment of the crun that it became, which waits for the container.
crun_started() {
  local dir

  dir=$(bundle one '.process.args = ["sleep", "600"]')
  room_spawn started "$1" run --bundle "$dir" one
  wait_for 10 "the container" is_running
  # shellcheck disable=SC2016 # the inner shell expands them
  room sh -c 'read -r _ _ _ parent _ <"/proc/$1/stat" && tr "\0" "\n" <"/proc/$parent/environ"' sh \
    "$(room crun state one | jq .pid)"
  room crun kill one KILL
  wait_for 10 "its end" is_gone
}

is_running() {
  room crun state one | jq -e '.status == "running"'
}

is_gone() {
  ! room crun state one
}

@test "plain: crun by itself starts a second time, and behind mantlet it need not" {
  crun_started crun >"$BATS_TEST_TMPDIR/crun"
  crun_started "$(runtime_path mantlet-crun)" >"$BATS_TEST_TMPDIR/mantlet"
  grep -x _LIBCONTAINER_CLONED_BINARY=1 "$BATS_TEST_TMPDIR/crun"
  grep -q '^MANTLET_PID=' "$BATS_TEST_TMPDIR/mantlet"
  run ! grep _LIBCONTAINER "$BATS_TEST_TMPDIR/mantlet"
}

NEEDED='close execve exit_group fstatfs futex getdents64 openat rt_sigreturn write'
NEEDED_KILLING='epoll_ctl getpid'
NEEDED_EARLY='capget capset chdir faccessat2 fchown fstat getcwd getppid newfstatat prctl read rt_sigaction
  rt_sigprocmask setgid setgroups setresgid setresuid setuid'

# starts ACTION NO-NEW-PRIVILEGES RUNTIME CALLS: fifteen containers under such a profile of the site's,
# whose program does nothing but end. Go's scheduler interrupts a start at random.
starts() {
  local policy="least-$1-$2-$3" site="$ROOM/tmp/least-$1-$2.json" turn

  jq -n --arg action "SCMP_ACT_$1" --arg names "$4" '{defaultAction: $action,
    syscalls: [{names: ($names | [splits("\\s+")]), action: "SCMP_ACT_ALLOW"}]}' >"$site"
  engines_policy "$policy" "$(jq -n --arg path "$(command -v "$3")" --arg site "$site" --arg flag "$2" \
    '{version: 1, runtime: $path, controls: {seccomp: {profile: $site}, "no-new-privileges": $flag}}')"
  for turn in {1..15}; do
    echo "$policy, turn $turn"
    run_bundle "mantlet-$policy" '.process.args = ["/only-end"] | .process.noNewPrivileges = false'
  done
}

@test "plain: the least profile of a site's that is accepted starts containers, every time" {
  local runtime

  [ -d "$ROOM/rootfs" ] || bundle one >/dev/null
  gcc -static -nostdlib -o "$ROOM/rootfs/only-end" -x c - <<'EOT'
void _start(void)
{
	__asm__ volatile("syscall" : : "a"(231 /* exit_group */), "D"(0));
}
EOT
  for runtime in runc crun; do
    starts ERRNO fix $runtime "$NEEDED"
    starts KILL_PROCESS fix $runtime "$NEEDED $NEEDED_KILLING"
    starts ERRNO off $runtime "$NEEDED $NEEDED_EARLY"
    starts KILL_PROCESS off $runtime "$NEEDED $NEEDED_KILLING $NEEDED_EARLY fcntl"
  done
}

@test "plain: exec into a container of crun's has the ready made filter too" {
  runtime mantlet-crun create --bundle "$(bundle one '.process.args = ["sleep", "600"]')" one
  runtime mantlet-crun start one
  probed first run_probe_in one
  grep -qx 'keyctl EPERM' "$BATS_TEST_TMPDIR/first"
  grep -qx 'msgget ENOSYS' "$BATS_TEST_TMPDIR/first"
}

run_probe_in() {
  runtime mantlet-crun exec "$1" probe
}

@test "plain: tighter requests stay as they are" {
  facts run_bundle mantlet '.process.user = {uid: 1000, gid: 1000}
    | .linux.resources.memory = {limit: 67108864} | .linux.resources.pids = {limit: 100}
    | .root.readonly = true'
  assert_user 1000 1000
  assert_confined
  assert_pids_limit 100
  assert_fact "$(memory_fact)" $((64 * 1024 * 1024))
  refute_writable /
  refute_mount /tmp
}

@test "plain: a bundle that asks for nothing passes in every mode" {
  facts run_bundle mantlet-deny
  assert_hardened
  facts run_bundle mantlet-fix
  assert_hardened
  facts run_bundle runc
  comparable_facts >"$BATS_TEST_TMPDIR/plain"
  facts run_bundle mantlet-audit
  comparable_facts | diff "$BATS_TEST_TMPDIR/plain" -
}

@test "plain: what is asked is refused under deny, and the bundle stays as it was" {
  local control filter dir

  while IFS='|' read -r control filter <&4; do
    dir=$(bundle one "$filter")
    cp "$dir/config.json" "$BATS_TEST_TMPDIR/before"
    events_mark
    run runtime mantlet-deny run --bundle "$dir" one
    echo "$filter: $status: ${output:0:600}"
    [ "$status" -eq 1 ]
    [[ $output == "mantlet: refused: "* ]]
    [[ $output =~ \[[^]]*"$control"[^]]*\]$ ]]
    cmp "$BATS_TEST_TMPDIR/before" "$dir/config.json"
    [ "$(ls -A "$dir")" = config.json ]
    assert_event '.outcome == "refused" and any(.refusals[]; .control == $c)' --arg c "$control"
  done 4< <(asks)
}

@test "plain: what is asked is neutralised under fix" {
  local control filter

  while IFS='|' read -r control filter <&4; do
    echo "$filter"
    events_mark
    facts run_bundle mantlet-fix "$filter"
    assert_hardened
    refute_mount /x
    refute_fact sysctl.somaxconn 77
    assert_event 'any(.changes[]; .control == $c and .class == "ask")' --arg c "$control"
  done 4< <(asks)
}

@test "plain: what is asked is only journalled under audit" {
  local control filter

  while IFS='|' read -r control filter <&4; do
    echo "$filter"
    facts run_bundle runc "$filter"
    comparable_facts >"$BATS_TEST_TMPDIR/plain"
    events_mark
    facts run_bundle mantlet-audit "$filter"
    comparable_facts | diff "$BATS_TEST_TMPDIR/plain" -
    assert_event '.outcome == "would-refuse"
      and any(.refusals[]; .control == $c and .enforced == false)' --arg c "$control"
  done 4< <(asks)
}

@test "plain: the life of a container, step by step, is as with runc" {
  local dir

  dir=$(bundle one '.process.args = ["sleep", "600"]')
  runtime mantlet create --bundle "$dir" --pid-file "$ROOM/tmp/pid" one >/dev/null 2>&1 </dev/null 3>&-
  [ "$(runtime mantlet state one | jq -r .status)" = created ]
  runtime mantlet start one
  [ "$(runtime mantlet state one | jq -r .pid)" = "$(cat "$ROOM/tmp/pid")" ]
  [[ $(runtime mantlet list -q) == one ]]
  [[ $(runtime mantlet ps one) == *"sleep 600"* ]]
  runtime mantlet pause one
  [ "$(runtime mantlet state one | jq -r .status)" = paused ]
  runtime mantlet resume one
  runtime mantlet events --stats one | jq -e '.data.pids.current >= 1'
  runtime mantlet kill one KILL
  wait_for 5 "the end" eval 'runtime mantlet state one | grep stopped'
  runtime mantlet delete one
  run runtime mantlet state one
  [ "$status" -eq 1 ]
  [ -z "$(find "$ROOM/run/mantlet" -type f -name '*one*')" ]
}

@test "plain: exec gives no more than the container has, by flags or by document" {
  local dir

  dir=$(bundle one '.process.args = ["sleep", "600"]')
  runtime mantlet run --detach --bundle "$dir" one >/dev/null 2>&1 </dev/null 3>&-
  facts runtime mantlet exec one facts
  assert_user 65532 65532
  assert_confined

  run runtime mantlet exec --user 0:0 --cap CAP_SYS_ADMIN --cap CAP_NET_ADMIN one facts
  [[ $output == "mantlet: refused: "* || $output == *"CapBnd 0000000000000000"*"NoNewPrivs 1"* ]]
  [[ $output != *"Uid 0"* ]]

  jq '.process + {user: {uid: 0, gid: 0}, args: ["facts"], noNewPrivileges: false}
    | .capabilities |= map_values(["CAP_SYS_ADMIN"])' "$dir/config.json" >"$ROOM/tmp/process.json"
  run runtime mantlet exec --process "$ROOM/tmp/process.json" one
  [[ $output == "mantlet: refused: "* || $output == *"CapBnd 0000000000000000"*"NoNewPrivs 1"* ]]
  [[ $output != *"Uid 0"* ]]
}

@test "plain: update by flags or by document cannot lift the limits" {
  local dir

  dir=$(bundle one '.process.args = ["sleep", "600"]')
  runtime mantlet run --detach --bundle "$dir" one >/dev/null 2>&1 </dev/null 3>&-
  run runtime mantlet update --pids-limit 4000000 one
  [ "$status" -eq 0 ] || [[ $output == "mantlet: refused: "* ]]
  run runtime mantlet update --resources - one <<<'{"pids": {"limit": -1}, "memory": {"limit": -1}}'
  [ "$status" -eq 0 ] || [[ $output == "mantlet: refused: "* ]]
  runtime mantlet update --pids-limit 77 one
  facts runtime mantlet exec one facts
  assert_pids_limit 77
  assert_fact_between "$(memory_fact)" 1 "$(percent_of_memory 90)"
}

@test "plain: exit status, input, output and terminal are the program's own" {
  run run_bundle mantlet '.process.args = ["sh", "-c", "exit 7"]'
  [ "$status" -eq 7 ]
  run run_bundle mantlet '.process.args = ["sh", "-c", "sh -c \"kill -9 \\$\\$\"; exit $?"]'
  [ "$status" -eq 137 ]
  [ "$(echo word | run_bundle mantlet '.process.args = ["cat"]')" = word ]
  [ "$(run_bundle mantlet '.process.args = ["sh", "-c", "echo out; echo err >&2"]' 2>/dev/null)" = out ]
  run script -qec "nsenter -t $ROOM_PID -m -n -p -C $ROOM/bin/mantlet run --bundle \
    $(bundle one '.process.terminal = true | .process.args = ["tty"]') one" /dev/null
  [[ $output == */dev/pts/0* ]]
}

@test "plain: the bundle may be the current directory or a relative path" {
  local dir

  dir=$(bundle one '.process.args = ["true"]')
  room sh -c "cd $dir && $ROOM/bin/mantlet run one"
  dir=$(bundle one '.process.args = ["true"]')
  room sh -c "cd $dir/.. && $ROOM/bin/mantlet run --bundle ./one one"
  dir=$(bundle one '.process.args = ["true"]')
  room sh -c "cd / && $ROOM/bin/mantlet run -b ${dir#/} one"
}

@test "plain: version, features and list are the real runtime's" {
  local command

  for command in --version features list; do
    diff <(runtime runc "$command") <(runtime mantlet "$command")
  done
}

@test "plain: a refusal is one record in the log, the same sentence on stderr, nothing on stdout" {
  local dir log=$ROOM/tmp/log.json

  dir=$(bundle one 'del(.linux.namespaces[] | select(.type == "pid"))')
  # Not with run, which would wait for a container that came to life after all.
  status=0
  runtime mantlet --log "$log" --log-format json create --bundle "$dir" one \
    >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- || status=$?
  [ "$status" -eq 1 ]
  [ ! -s "$BATS_TEST_TMPDIR/out" ]
  [[ $(cat "$BATS_TEST_TMPDIR/err") == "mantlet: refused: "* ]]
  [ "$(wc -l <"$log")" -eq 1 ]
  [ "$(jq -r .level "$log")" = error ]
  [ "$(jq -r .msg "$log")" = "$(cat "$BATS_TEST_TMPDIR/err")" ]
}

@test "plain: a hook that no policy names is refused, and does not run" {
  run run_bundle mantlet '.hooks.createRuntime = [{path: "/bin/touch", args: ["touch", "/srv/hooked"]}]'
  echo "$output"
  [ "$status" -eq 1 ]
  [[ $output == "mantlet: refused: "*"[hooks"* ]]
  [ ! -e "$ROOM/srv/hooked" ]
}

@test "plain: a container of the same name starts again after its end" {
  run_bundle mantlet >"$BATS_TEST_TMPDIR/first"
  run_bundle mantlet >"$BATS_TEST_TMPDIR/second"
  grep -c ^CapEff "$BATS_TEST_TMPDIR/second"
  # The very same, hardened document is hardened again.
  runtime mantlet run --bundle "$ROOM/bundle/one" one >"$BATS_TEST_TMPDIR/facts"
  assert_hardened
}
