#!/usr/bin/env bats
#
# What a user types first: contrib/quickstart with a real runtime, and contrib/deps with an apt that
# is not one.

bats_require_minimum_version 1.5.0

setup_file() {
  CONTRIB=$(cd "$BATS_TEST_DIRNAME/../contrib" && pwd)
  MANTLET=$(realpath "${MANTLET:-$BATS_TEST_DIRNAME/../build/mantlet}")
  export CONTRIB MANTLET
  cd "$BATS_FILE_TMPDIR" || return
  host >before
  "$CONTRIB/quickstart" -n 3 "$MANTLET" >out 2>err || { cat err >&2; return 1; }
  host >after
}

setup() {
  cd "$BATS_FILE_TMPDIR" || return
}

# What a run could leave on the host: cgroups, records, log, mounts, processes.
host() {
  {
    find /sys/fs/cgroup -maxdepth 2 -type d -name docker
    find /sys/fs/cgroup -maxdepth 3 -type d -name 'quick*'
    find /run/quickstart /run/docker.sock -maxdepth 0
    find /run/mantlet /var/log/mantlet -name '*quick*'
    grep -E ' quickstart |/run/quickstart' /proc/self/mounts
    pgrep -fa 'quickstart --insid[e]|sleep 1017'
  } 2>/dev/null || true
}

# column N LABEL: of the row in the table.
column() {
  awk -v n="$1" -v label=" $2 " 'index($0, label) == 1 {
    text = n == 1 ? substr($0, 30, 25) : substr($0, 55)
    gsub(/^ +| +$/, "", text); print text; exit }' "${3:-out}"
}

@test "quickstart: the table has every row, filled in both columns, within 80 columns" {
  for label in 'runs as' capabilities 'gain by set-uid programs' 'root file system' processes \
    memory 'system calls allowed' 'kernel paths masked' 'exec -u 0' 'exec --privileged' \
    'update --pids-limit -1' 'mount the Docker socket' 'start, run true, end' recorded; do
    echo "$label: $(column 1 "$label") | $(column 2 "$label")"
    [ -n "$(column 1 "$label")" ]
    [ -n "$(column 2 "$label")" ]
  done
  # Where the program lies is not ours to shorten.
  run awk -v program="$MANTLET" 'length > 80 && !index($0, program)' out
  [ -z "$output" ]
  [ ! -s err ]
}

@test "quickstart: the plain container is what an engine starts, the other one is hardened" {
  [ "$(column 1 'runs as')" = 'uid 0' ]
  [ "$(column 2 'runs as')" = 'uid 65532' ]
  [ "$(column 1 capabilities)" = 14 ]
  [ "$(column 2 capabilities)" = 'none, cannot be regained' ]
  [ "$(column 1 'gain by set-uid programs')" = possible ]
  [ "$(column 2 'gain by set-uid programs')" = impossible ]
  [ "$(column 1 'root file system')" = writable ]
  [ "$(column 2 'root file system')" = 'read-only, /tmp 64 MiB' ]
  [ "$(column 1 processes)" = unlimited ]
  [ "$(column 2 processes)" = 2048 ]
  [ "$(column 2 memory)" = '50% of the host' ]
  [ "$(column 2 'exec -u 0')" = 'uid 65532, none' ]
  [ "$(column 2 'exec --privileged')" = refused ]
  [ "$(column 2 'mount the Docker socket')" = 'refused, see below' ]
}

@test "quickstart: the refusal is shown whole" {
  run tr -s ' \n' ' ' <out
  [[ $output == *'mantlet: refused: -v /var/run/docker.sock mounts the Docker socket'*' rule default, quick'*'] '* ]]
}

@test "quickstart: figures are measured: a mantlet that does nothing shows as plain runc" {
  local runtime label

  runtime=$(command -v runc || command -v crun)
  printf '#!/bin/sh\nexec %s "$@"\n' "$runtime" >nothing
  chmod 0755 nothing
  "$CONTRIB/quickstart" -n 1 "$PWD/nothing" >nothing.out
  for label in 'runs as' capabilities 'root file system' processes memory 'system calls allowed' \
    'kernel paths masked' 'exec -u 0' 'exec --privileged' 'update --pids-limit -1' \
    'gain by set-uid programs' 'mount the Docker socket'; do
    echo "$label: $(column 1 "$label" nothing.out) | $(column 2 "$label" nothing.out)"
    [ "$(column 1 "$label" nothing.out)" = "$(column 2 "$label" nothing.out)" ]
  done
  [ "$(column 2 recorded nothing.out)" = '0 decisions, a line each' ]
  run grep -c 'mantlet: refused' nothing.out
  [ "$output" = 0 ]
}

@test "quickstart: nothing of a run remains on the host" {
  diff before after
}

@test "quickstart: a run that is ended in the middle leaves nothing either" {
  local pid

  host >before.ended
  setsid "$CONTRIB/quickstart" -n 500 "$MANTLET" >ended.out 2>&1 3>&- &
  pid=$!
  for _ in {1..200}; do
    ! grep -q 'mount the Docker socket' ended.out || break
    sleep 0.05
  done
  grep 'mount the Docker socket' ended.out
  kill -TERM -- "-$pid"
  run wait "$pid"
  for _ in {1..100}; do
    host >after.ended
    ! diff before.ended after.ended >/dev/null || break
    sleep 0.05
  done
  diff before.ended after.ended
}

@test "quickstart: it says the lines that register the program that it was called with" {
  grep -F "\"mantlet\": { \"path\": \"$MANTLET\" }" out
  grep -E 'systemctl reload docker|kill -HUP [0-9]+' out
}

@test "quickstart: a program that is not there, and words it does not know, are refused" {
  run "$CONTRIB/quickstart" "$PWD/absent"
  [ "$status" -eq 1 ]
  [[ $output == *'mantlet is not there'* ]]
  run "$CONTRIB/quickstart" -n none "$MANTLET"
  [ "$status" -eq 1 ]
  [[ $output == *usage* ]]
  run "$CONTRIB/quickstart" --help
  [ "$status" -eq 1 ]
  [[ $output == *usage* ]]
}

@test "quickstart: a container that does not start is said, and why" {
  printf '#!/bin/sh\necho "broken on purpose" >&2\nexit 1\n' >broken
  chmod 0755 broken
  run "$CONTRIB/quickstart" -n 1 "$PWD/broken"
  [ "$status" -ne 0 ]
  [[ $output == *'does not start hardened: broken on purpose'* ]]
}

@test "examples: daemon.json and the lines in README are what the engines read" {
  jq -e '.runtimes.mantlet.path == "/usr/local/bin/mantlet" and .["default-runtime"] == "mantlet"
    and (.runtimes.mantlet | has("runtimeArgs") | not)' "$CONTRIB/daemon.json"
  run -0 containerd --config "$CONTRIB/containerd.toml" config dump
  [[ $output == *'default_runtime_name = "mantlet"'*'BinaryName = "/usr/local/bin/mantlet"'* ]]
}

# The program as it is, but for the host's audit log.
mantlet() {
  run -1 unshare --mount --propagation private sh -c 'mount -t tmpfs tmpfs /var/log && exec "$@"' \
    sh "$MANTLET" "$@"
}

# json_block N: the Nth JSON example of the README.
json_block() {
  awk -v n="$1" '/^```json$/ { if (++count == n) { on = 1; next } } /^```$/ { on = 0 } on' \
    "$CONTRIB/../README.md"
}

@test "examples: the policies in the README are read, the daemon.json there is in contrib" {
  local block count

  [ "$(json_block 1 | jq -cS .runtimes)" = "$(jq -cS .runtimes "$CONTRIB/daemon.json")" ]
  count=$(grep -c '^```json$' "$CONTRIB/../README.md")
  [ "$count" -ge 3 ]
  for ((block = 2; block <= count; block++)); do
    json_block "$block" >readme.json
    jq -e .version readme.json
    mantlet --mantlet-policy "$PWD/readme.json" run --bundle "$PWD/absent" none
    [[ $output == *"$PWD/absent"* ]]
    [[ $output != *'policy is broken'* ]]
    ! grep -q '"live"' readme.json || sed 's/"live"/"lives"/' readme.json >wrong.json
  done
  mantlet --mantlet-policy "$PWD/wrong.json" run --bundle "$PWD/absent" none
  [[ $output == *'policy is broken'* ]]
}

# A PATH with nothing but what contrib/deps itself calls, and an apt-get that writes down its words.
given_empty_system() {
  local name

  mkdir -p system
  for name in bash cat cut sort sed id env; do
    ln -sf "$(command -v "$name")" "system/$name"
  done
  sed '/^PATH=/d' "$CONTRIB/deps" >system/deps
  # shellcheck disable=SC2016 # for the new script
  printf '#!%s\necho "$*" >>%s/apt.calls\n%s\n' "$BASH" "$PWD" "${1:-exit 0}" >system/apt-get
  # shellcheck disable=SC2016
  printf '#!%s\n[ "$2" != docker-cli ]\n' "$BASH" >system/apt-cache
  chmod 0755 system/apt-get system/apt-cache
  rm -f apt.calls
}

deps() {
  PATH=$PWD/system run bash system/deps "$@"
}

@test "deps: what is there is not asked for" {
  run -0 "$CONTRIB/deps" -n try
  [ -z "$output" ]
}

@test "deps: what is missing is installed by package, and nothing may be removed for it" {
  given_empty_system
  deps test
  grep -- '--no-remove .*install .*bats.*docker.io.*runc' apt.calls
  run ! grep docker-cli apt.calls
}

@test "deps: what is still missing afterwards is a failure with a list" {
  given_empty_system 'exit 100'
  deps build
  [ "$status" -eq 1 ]
  [[ $output == *'apt-get did not succeed'* ]]
  [[ $output == *'the header <yajl/yajl_parse.h>'*'Debian: libyajl-dev'* ]]
  given_empty_system
  deps build
  [ "$status" -eq 1 ]
  [[ $output == *'the command gcc'*'Debian: gcc'* ]]
}

@test "deps: without apt it lists what is missing and fails" {
  given_empty_system
  rm system/apt-get
  deps build try
  [ "$status" -eq 1 ]
  [[ $output == *'the command runc or crun'* ]]
  [[ $output == *'install them with the tools of this system'* ]]
}

@test "deps: an unknown word is refused" {
  run "$CONTRIB/deps" everything
  [ "$status" -eq 2 ]
  run "$CONTRIB/deps"
  [ "$status" -eq 2 ]
}
