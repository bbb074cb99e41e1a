#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031 # each test has variables of its own
#
# Somebody changes what a name means while mantlet works: a second process exchanges two names as
# fast as it can, and some hundred starts look for the one that was judged as one thing and handed
# to the runtime as another. What runs must always be what was judged, or be refused.
#
# Not here: root on the host who replaces config.json behind our back. He could as well call the
# runtime himself.

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows

# More by hand: RACE_ROUNDS=1000 bats tests/races.bats
ROUNDS=${RACE_ROUNDS:-60}

setup() {
  mantlet_setup
  EXCHANGE=$(dirname "$STUB")/exchange
  [ -x "$EXCHANGE" ]
  # shellcheck disable=SC2034 # used by engine()
  PROGRAM=()
  SWAPPER='' OPEN=''
  mkdir -p "$WORK/data/users" "$WORK/data/roots/dir" "$WORK/outside/dir" "$WORK/outside/rootfs"
  chown 65532:65532 "$WORK/data/roots/dir" "$WORK/outside/dir"
}

teardown() {
  [ -z "$SWAPPER" ] || { kill "$SWAPPER" && wait "$SWAPPER"; } 2>/dev/null || true
  [ -z "$OPEN" ] || rm -rf "$OPEN"
  mantlet_teardown
}

# exchange A B: as who owns the directory that they lie in could do.
exchange() {
  "$EXCHANGE" "$1" "$2" 3>&- &
  SWAPPER=$!
}

# The race was on until the end, and both sides of it were met.
assert_raced() {
  kill -0 "$SWAPPER"
  echo "passed: $PASSED, refused: $REFUSED"
  [ "$PASSED" -gt 0 ] && [ "$REFUSED" -gt 0 ]
}

# rounds SOURCE WANTED...: starts with this source; the runtime gets one of the wanted ones or none.
rounds() {
  local source=$1 round got

  shift
  PASSED=0 REFUSED=0
  given_spec ".mounts += [{destination: \"/z\", type: \"bind\", source: \"$source\", options: [\"rbind\"]}]"
  cp "$BUNDLE/config.json" "$WORK/config.json"
  for ((round = 0; round < ROUNDS; round++)); do
    forget_calls
    cp "$WORK/config.json" "$BUNDLE/config.json"
    run_mantlet create
    if [ "$status" -ne 0 ]; then
      assert_runtime_not_called
      REFUSED=$((REFUSED + 1))
      continue
    fi
    got=$(jq -r '.mounts[] | select(.destination == "/z").source' "$STUB_DIR/config.json")
    [[ " $* " == *" $got "* ]] || { echo "round $round: the runtime got '$got'"; return 1; }
    PASSED=$((PASSED + 1))
  done
}

@test "races: a bundle behind a link that is switched is hardened and run as one" {
  local round name got

  mkdir "$WORK/links"
  for name in one two; do
    mkdir "$WORK/$name" "$WORK/$name/rootfs"
    given_spec ".hostname = \"$name\" | .root.path = \"rootfs\" | .process.cwd = \"/$name\""
    cp "$BUNDLE/config.json" "$WORK/$name.json"
    ln -s "$WORK/$name" "$WORK/links/$name"
  done
  exchange "$WORK/links/one" "$WORK/links/two"

  local one=0 two=0
  for ((round = 0; round < ROUNDS; round++)); do
    forget_calls
    cp "$WORK/one.json" "$WORK/one/config.json"
    cp "$WORK/two.json" "$WORK/two/config.json"
    mantlet --root "$RUNTIME_ROOT" create --bundle "$WORK/links/one" "$ID"
    assert_ok
    got=$(jq -r 'select(.process.noNewPrivileges and .process.user.uid == 65532
      and .process.cwd == "/" + .hostname).hostname' "$STUB_DIR/config.json")
    [ -n "$got" ] || { echo "round $round"; jq . "$STUB_DIR/config.json"; return 1; }
    grep -q -- "--bundle	$WORK/$got	" "$STUB_DIR/calls" || { echo "round $round: $got"; show; return 1; }
    # The other one is as the engine wrote it.
    [ "$got" = one ] && name=two || name=one
    cmp "$WORK/$name.json" "$WORK/$name/config.json"
    [ "$got" = one ] && one=$((one + 1)) || two=$((two + 1))
  done
  kill -0 "$SWAPPER"
  echo "one: $one, two: $two"
  [ "$one" -gt 0 ] && [ "$two" -gt 0 ]
}

@test "races: who is not root can neither replace nor exchange a bundle or its document" {
  local what

  # Below a directory that everybody can enter, unlike that of a test.
  OPEN=$(mktemp -d /tmp/mantlet-races.XXXXXX)
  chmod 0755 "$OPEN"
  mv "$BUNDLE" "$OPEN"
  BUNDLE=$OPEN/bundle
  given_spec '.'
  mkdir "$OPEN/theirs"
  chown 65532 "$OPEN/theirs"
  as_nobody cp "$BUNDLE/config.json" "$OPEN/theirs/config.json"
  for what in bundle bundle/config.json; do
    run as_nobody "$EXCHANGE" "$OPEN/$what" "$OPEN/theirs/config.json"
    [[ $status -eq 1 && $output == *denied* ]]
    refute as_nobody mv -f "$OPEN/$what" "$OPEN/theirs/x"
    refute as_nobody mv -f "$OPEN/theirs/config.json" "$OPEN/$what"
  done
  refute as_nobody dd if=/dev/null of="$BUNDLE/config.json"
  refute as_nobody touch "$BUNDLE/new"
  run_mantlet create
  assert_ok
  [ "$(stat -c '%u %a %h' "$BUNDLE/config.json")" = "0 644 1" ]
  run as_nobody "$EXCHANGE" "$BUNDLE/config.json" "$OPEN/theirs/config.json"
  [[ $status -eq 1 && $output == *denied* ]]
}

as_nobody() {
  setpriv --reuid 65532 --regid 65532 --clear-groups --bounding-set -all "$@"
}

@test "races: a bundle in a directory of somebody else is refused, whatever he does" {
  local round

  mkdir -p "$WORK/theirs/bundle/rootfs" "$WORK/theirs/other"
  cp "$BUNDLE/config.json" "$WORK/theirs/bundle"
  cp "$BUNDLE/config.json" "$WORK/theirs/other"
  chown 65532:65532 "$WORK/theirs"
  exchange "$WORK/theirs/bundle" "$WORK/theirs/other"
  for ((round = 0; round < ROUNDS; round++)); do
    mantlet --root "$RUNTIME_ROOT" create --bundle "$WORK/theirs/bundle" "$ID"
    # His directory, or one that has no path any more when it is asked for.
    assert_refused ""
    # shellcheck disable=SC2154 # set by run
    [[ $stderr == *"belongs to uid 65532"* || $stderr == *"has no path"* ]]
  done
  kill -0 "$SWAPPER"
}

@test "races: a source behind a link that is switched: the runtime gets the one that was judged" {
  given_policy ".controls.mounts = {\"allow\": [\"$WORK/data/**\"]}"
  chown 65532:65532 "$WORK/data/users"
  ln -s ../roots/dir "$WORK/data/users/a"
  ln -s /etc "$WORK/data/users/b"
  exchange "$WORK/data/users/a" "$WORK/data/users/b"
  rounds "$WORK/data/users/a" "$WORK/data/roots/dir"
  assert_raced
}

@test "races: a source that its owner exchanges for a link is always refused in restricted" {
  given_policy ".controls.mounts = {\"allow\": [\"$WORK/data/**\"]}"
  mkdir "$WORK/data/users/dir"
  ln -s "$WORK/outside/dir" "$WORK/data/users/evil"
  chown 65532:65532 "$WORK/data/users" "$WORK/data/users/dir"
  exchange "$WORK/data/users/dir" "$WORK/data/users/evil"
  rounds "$WORK/data/users/dir" nothing
  kill -0 "$SWAPPER"
  [ "$PASSED" -eq 0 ]
}

@test "races: where the policy lets anybody own what is above, it is judged, and noted" {
  given_policy ".controls.mounts = {\"allow\": [\"$WORK/data/**\"], \"parents\": \"any\"}"
  mkdir -p "$WORK/data/users/dir"
  ln -s "$WORK/outside/dir" "$WORK/data/users/evil"
  chown 65532:65532 "$WORK/data/users" "$WORK/data/users/dir"
  exchange "$WORK/data/users/dir" "$WORK/data/users/evil"
  # RENAME_EXCHANGE gives the directory the other name: that is then the one which was judged.
  rounds "$WORK/data/users/dir" "$WORK/data/users/dir" "$WORK/data/users/evil"
  assert_raced
  kill "$SWAPPER"
  wait "$SWAPPER" || true
  SWAPPER=''
  mkdir "$WORK/data/users/calm"
  chown 65532:65532 "$WORK/data/users/calm"
  ROUNDS=1 rounds "$WORK/data/users/calm" "$WORK/data/users/calm"
  [ "$PASSED" -eq 1 ]
  tail -n 1 "$RECORDS/$ID.json" | jq -e 'any(.notes[]; .text | contains("can be changed by others than root"))'
}

@test "races: a directory on the way that is exchanged leads to what was judged, or nowhere" {
  given_policy ".controls.mounts = {\"allow\": [\"$WORK/data/**\"], \"parents\": \"any\"}"
  mkdir -p "$WORK/data/users/mid/dir"
  ln -s "$WORK/outside" "$WORK/data/users/evil"
  chown -R 65532:65532 "$WORK/data/users"
  exchange "$WORK/data/users/mid" "$WORK/data/users/evil"
  rounds "$WORK/data/users/mid/dir" "$WORK/data/users/mid/dir" "$WORK/data/users/evil/dir"
  assert_raced
}

@test "races: a root directory behind a link that is switched is written without it" {
  local round got passed=0

  mkdir -p "$WORK/data/users/real/rootfs"
  ln -s "$WORK/outside" "$WORK/data/users/link"
  chown 65532:65532 "$WORK/data/users"
  given_spec ".root.path = \"$WORK/data/users/link/rootfs\""
  cp "$BUNDLE/config.json" "$WORK/config.json"
  exchange "$WORK/data/users/real" "$WORK/data/users/link"
  for ((round = 0; round < ROUNDS; round++)); do
    forget_calls
    cp "$WORK/config.json" "$BUNDLE/config.json"
    run_mantlet create
    if [ "$status" -ne 0 ]; then
      assert_refused "could be exchanged for a link"
      continue
    fi
    got=$(jq -r .root.path "$STUB_DIR/config.json")
    [ "$got" = "$WORK/outside/rootfs" ] || { echo "round $round: $got"; return 1; }
    passed=$((passed + 1))
  done
  kill -0 "$SWAPPER"
  echo "passed: $passed"
  [ "$passed" -gt 0 ] && [ "$passed" -lt "$ROUNDS" ]
}

@test "races: a process document that is replaced while it is read ends confined" {
  local round refused=0

  given_container
  given_document process '.'
  given_document evil '.user = {uid: 0, gid: 0, additionalGids: [6]} | .noNewPrivileges = false
    | .capabilities |= map_values(["CAP_SYS_ADMIN", "CAP_SYS_PTRACE"])'
  mkdir "$WORK/docs"
  mv "$WORK/process.json" "$WORK/evil.json" "$WORK/docs"
  exchange "$WORK/docs/process.json" "$WORK/docs/evil.json"
  for ((round = 0; round < ROUNDS; round++)); do
    forget_calls
    engine exec --process "$WORK/docs/process.json"
    if [ "$status" -ne 0 ]; then
      assert_runtime_not_called
      refused=$((refused + 1))
    else
      assert_process_confined
    fi
  done
  kill -0 "$SWAPPER"
  echo "refused: $refused"
  [ "$refused" -gt 0 ] && [ "$refused" -lt "$ROUNDS" ]
}

@test "races: a FIFO that says something else the second time is read once" {
  given_container
  mkfifo "$WORK/fifo"
  given_document process '.args = ["first"]'
  given_document evil '.args = ["second"] | .capabilities.bounding = ["CAP_SYS_ADMIN"]'
  # The second writer waits for a second reader, unless he comes in time for the first.
  # shellcheck disable=SC2016 # the inner shell expands them
  timeout 20 sh -c 'cat "$1" >"$3"; cat "$2" >"$3"' sh "$WORK/process.json" "$WORK/evil.json" \
    "$WORK/fifo" 3>&- &
  SWAPPER=$!
  engine exec --process "$WORK/fifo"
  if [ "$status" -eq 0 ]; then
    assert_process '.args == ["first"]'
    assert_process_confined
  else
    assert_refused "trailing garbage"
  fi
}

@test "races: a resources document that is replaced while it is read is never above the policy" {
  local round

  given_container
  given_document resources '{pids: {limit: 11}}' docker-20.10/resources/update-pids.json
  given_document evil '{pids: {limit: -1}, memory: {limit: -1}}' docker-20.10/resources/update-pids.json
  mkdir "$WORK/docs"
  mv "$WORK/resources.json" "$WORK/evil.json" "$WORK/docs"
  exchange "$WORK/docs/resources.json" "$WORK/docs/evil.json"
  for ((round = 0; round < ROUNDS; round++)); do
    forget_calls
    engine update --resources "$WORK/docs/resources.json"
    assert_ok
    assert_resources '.pids.limit == 11 or (.pids.limit == 16384 and .memory.limit > 0)'
  done
  kill -0 "$SWAPPER"
}
