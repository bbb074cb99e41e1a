#!/usr/bin/env bats
#
# Records that outlive their container, and two calls for one id at the same time.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # each test is a subshell, and meant to be

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows
load lib/runtimes

setup() {
  mantlet_setup
  PROGRAM=()
}

teardown() {
  touch "$WORK/go" # whoever still waits for it when a test has failed
  mantlet_teardown
}

# The first line of the test's record.
head_of() {
  head -n 1 "$RECORDS/$ID.json"
}

# A record as of a create whose runtime was killed before it had done anything.
given_stale() {
  given_keeper
  echo 'kill -KILL $$' >"$WORK/before"
  run_mantlet create
  [ "$status" -eq 137 ]
  [ -e "$RECORDS/$ID.json" ]
  : >"$WORK/before"
}

@test "stale: the record names its creator, and the digest of what was written" {
  given_keeper
  run_mantlet create
  assert_ok
  head_of | jq -e --argjson pid "$(cat "$RUNTIME_ROOT/$ID/winner")" --argjson ns "$(stat -L -c %i /proc/self/ns/pid)" \
    --arg digest "sha256:$(sha256sum <"$BUNDLE/config.json" | cut -d' ' -f1)" '
    .creator.pid == $pid and .creator.pid_namespace == $ns and .creator.started > 0 and
    .created.config_digest == $digest'
}

@test "stale: what a killed create left goes with the next call, whatever it is" {
  local command
  given_document p .
  for command in state start "kill --all" pause resume "ps --format json" "events --stats" \
    checkpoint "delete" "delete --force" "exec --process $WORK/p.json" "update --pids-limit 10"; do
    given_stale
    # shellcheck disable=SC2086 # words
    mantlet --root "$RUNTIME_ROOT" $command "$ID"
    [ ! -e "$RECORDS/$ID.json" ] || { echo "$command" >&2; false; }
  done
  [ "$(find "$RECORDS" -mindepth 1 | wc -l)" -eq 0 ]
}

@test "stale: exec and update treat it as absent, and the event says so" {
  given_document p .
  given_stale
  rm "$AUDIT"
  mantlet --root "$RUNTIME_ROOT" exec --process "$WORK/p.json" "$ID"
  assert_event '.event == "exec" and .container.record == "missing" and .container.create_id == null'
  given_stale
  mantlet --root "$RUNTIME_ROOT" update --pids-limit 10 "$ID"
  assert_event '.event == "update" and .container.record == "missing"'
}

@test "stale: a create takes the place of one, and a refused create leaves none" {
  given_stale
  given_spec '.process.user.uid = 2000'
  run_mantlet create
  assert_ok
  [ "$(head_of | jq .created.uid)" = 2000 ]
  rm -rf "$RUNTIME_ROOT"
  given_stale
  given_spec '.process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
  run_mantlet create
  [ "$status" -eq 1 ]
  [ ! -e "$RECORDS/$ID.json" ]
}

@test "stale: it is not, as long as the runtime has a directory of the container" {
  given_stale
  mkdir -p "$RUNTIME_ROOT/$ID"
  mantlet --root "$RUNTIME_ROOT" state "$ID"
  [ -e "$RECORDS/$ID.json" ]
  rmdir "$RUNTIME_ROOT/$ID"
  mantlet --root "$RUNTIME_ROOT" state "$ID"
  [ ! -e "$RECORDS/$ID.json" ]
}

# made_by PID STARTED [NAMESPACE]: the record says that this process made it.
made_by() {
  jq -c --argjson pid "$1" --argjson started "$2" --argjson ns "${3:-null}" \
    '.creator.pid = $pid | .creator.started = $started | if $ns then .creator.pid_namespace = $ns else . end' \
    <(head_of) >"$WORK/record"
  tail -n 1 "$RECORDS/$ID.json" >>"$WORK/record"
  cat "$WORK/record" >"$RECORDS/$ID.json"
}

@test "stale: a creator is known by pid and start, and one of another pid namespace is not judged" {
  local started
  started=$(sed 's/.*) //' "/proc/$$/stat" | cut -d' ' -f20)
  given_stale
  made_by $$ "$started"
  mantlet --root "$RUNTIME_ROOT" state "$ID"
  [ -e "$RECORDS/$ID.json" ]
  made_by $$ $((started + 1)) 1
  mantlet --root "$RUNTIME_ROOT" state "$ID"
  [ -e "$RECORDS/$ID.json" ]
  made_by $$ $((started + 1)) "$(stat -L -c %i /proc/self/ns/pid)"
  mantlet --root "$RUNTIME_ROOT" state "$ID"
  [ ! -e "$RECORDS/$ID.json" ]
}

@test "stale: a creator without a /proc that counts as it does is not named" {
  given_keeper
  echo 'kill -KILL $$' >"$WORK/before"
  run unshare --pid --fork "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID"
  head_of | jq -e '.creator == {"pid": 0, "started": 0, "pid_namespace": 0}'
  mantlet --root "$RUNTIME_ROOT" state "$ID"
  [ -e "$RECORDS/$ID.json" ]
  mantlet --root "$RUNTIME_ROOT" delete "$ID"
  [ ! -e "$RECORDS/$ID.json" ]
}

@test "stale: the record of a runtime that we do not know stays until delete" {
  given_container
  mantlet --root "$RUNTIME_ROOT" state "$ID"
  [ -e "$RECORD" ]
  # runsc keeps its state in another form.
  cp "$STUB" "$WORK/runsc"
  given_policy ".runtime = \"$WORK/runsc\""
  given_container
  mantlet --root "$RUNTIME_ROOT" state "$ID"
  [ -e "$RECORD" ]
  mantlet --root "$RUNTIME_ROOT" delete "$ID"
  [ ! -e "$RECORD" ]
}

@test "stale: one under another root is nobody's business" {
  local other=/run/mantlet/${WORK//\//%2F}%2Fother
  given_stale
  echo 'kill -KILL $$' >"$WORK/before"
  mantlet --root "$WORK/other" create -b "$BUNDLE" "$ID"
  : >"$WORK/before"
  mantlet --root "$RUNTIME_ROOT" state "$ID"
  [ ! -e "$RECORDS/$ID.json" ]
  [ -e "$other/$ID.json" ]
  mantlet --root "$WORK/other" state "$ID"
  [ ! -e "$other/$ID.json" ]
  rmdir "$other"
}

@test "stale: without --root it is found under both default roots" {
  local name
  given_stale
  cp -r "$WORK/keeper" "$WORK/c"
  mv "$WORK/c/runc" "$WORK/c/crun"
  cat >"$WORK/steps" <<'SCRIPT'
for name in keeper/runc c/crun; do
  echo 'kill -KILL $$' >"$WORK/before"
  jq --arg runtime "$WORK/$name" '.runtime = $runtime' "$POLICY" >"$WORK/named.json"
  XDG_RUNTIME_DIR='' "$MANTLET" --mantlet-policy "$WORK/named.json" create -b "$BUNDLE" "$ID" >/dev/null 2>&1
  find /run/mantlet -name '*.json' -printf '%P\n'
  : >"$WORK/before"
  XDG_RUNTIME_DIR='' "$MANTLET" --mantlet-policy "$POLICY" state "$ID" >/dev/null 2>&1
  find /run/mantlet -name '*.json' | wc -l
done
SCRIPT
  export MANTLET POLICY ID BUNDLE WORK
  run_in_mounts "mount -t tmpfs -o mode=0755 tmpfs /run" bash "$WORK/steps"
  diff <(echo "$output") - <<WANT || { show; false; }
%2Frun%2Frunc/$ID.json
0
%2Frun%2Fcrun/$ID.json
0
WANT
}

@test "stale: a state that is polled while the create goes on keeps the record, before and after" {
  given_keeper
  echo "touch $WORK/here; while [ -d $WORK ] && [ ! -e $WORK/go ]; do sleep 0.02; done" >"$WORK/before"
  m create -b "$BUNDLE" "$ID" &
  until_there "$WORK/here"
  for _ in {1..20}; do
    mantlet --root "$RUNTIME_ROOT" state "$ID"
    [ "$status" -eq 1 ]
    [ -e "$RECORDS/$ID.json" ]
  done
  touch "$WORK/go"
  wait $!
  mantlet --root "$RUNTIME_ROOT" state "$ID"
  assert_ok
  [ -e "$RECORDS/$ID.json" ]
}

@test "stale: a delete while the create goes on keeps the record, and while run waits it does not" {
  given_keeper
  echo "touch $WORK/here; while [ -d $WORK ] && [ ! -e $WORK/go ]; do sleep 0.02; done" >"$WORK/before"
  m create -b "$BUNDLE" "$ID" &
  until_there "$WORK/here"
  mantlet --root "$RUNTIME_ROOT" delete --force "$ID"
  [ -e "$RECORDS/$ID.json" ]
  mantlet --root "$RUNTIME_ROOT" delete "$ID"
  [ -e "$RECORDS/$ID.json" ]
  touch "$WORK/go"
  wait $!
  [ -e "$RECORDS/$ID.json" ]
  mantlet --root "$RUNTIME_ROOT" delete "$ID"
  [ ! -e "$RECORDS/$ID.json" ]

  mv "$WORK/before" "$WORK/after"
  : >"$WORK/before"
  rm "$WORK/here" "$WORK/go"
  m run -b "$BUNDLE" "$ID" &
  until_there "$WORK/here"
  mantlet --root "$RUNTIME_ROOT" delete --force "$ID"
  [ ! -e "$RECORDS/$ID.json" ]
  touch "$WORK/go"
  wait $!
}

@test "stale: a second create while the first goes on is refused, and leaves the first one's record" {
  given_keeper
  echo "touch $WORK/here; while [ -d $WORK ] && [ ! -e $WORK/go ]; do sleep 0.02; done" >"$WORK/before"
  m create -b "$BUNDLE" "$ID" &
  until_there "$WORK/here"
  sha256sum "$RECORDS/$ID.json" "$BUNDLE/config.json" >"$WORK/sums"
  run_mantlet create
  assert_refused "there is a container '$ID' under this runtime root already"
  assert_log
  sha256sum -c "$WORK/sums"
  # Another id has nothing to wait for: no lock is held while the runtime works.
  : >"$WORK/before"
  cp -r "$BUNDLE" "$WORK/second"
  m create -b "$WORK/second" "other"
  touch "$WORK/go"
  wait
  m delete "$ID"
  m delete other
  [ "$(find "$RECORDS" -mindepth 1 | wc -l)" -eq 0 ]
}

# twenty_at_once: $WORK/won has the ids of those bundles whose create ended well.
twenty_at_once() {
  local i
  : >"$WORK/won"
  for i in {1..20}; do
    mkdir "$WORK/b$i"
    jq --argjson uid $((1000 + i)) '.process.user.uid = $uid' "$BUNDLE/config.json" >"$WORK/b$i/config.json"
    (m create -b "$WORK/b$i" "$ID" >/dev/null 2>"$WORK/b$i/err" </dev/null && echo "$i" >>"$WORK/won") &
  done
  wait
}

@test "stale: of twenty creates of one id exactly one wins, and the record is its own" {
  local i winner
  given_keeper
  echo 'sleep 0.2' >"$WORK/before"
  twenty_at_once
  [ "$(wc -l <"$WORK/won")" -eq 1 ]
  winner=$(cat "$WORK/won")
  [ "$(ls "$RECORDS"/*.json)" = "$RECORDS/$ID.json" ]
  [ "$(find "$RECORDS" -mindepth 1 | wc -l)" -eq 2 ] # with the plan of its firewall
  jq -es 'length == 2' "$RECORDS/$ID.json"
  [ "$(head_of | jq .created.uid)" -eq $((1000 + winner)) ]
  [ "$(head_of | jq -r .bundle)" = "$WORK/b$winner" ]
  [ "$(head_of | jq .creator.pid)" -eq "$(cat "$RUNTIME_ROOT/$ID/winner")" ]
  # The others were refused by us, and their documents are as they were.
  for i in {1..20}; do
    [ "$i" -ne "$winner" ] || continue
    grep -q "under this runtime root already" "$WORK/b$i/err"
    jq -e --argjson uid $((1000 + i)) '.process.user.uid == $uid and (.process.noNewPrivileges // false) == false' "$WORK/b$i/config.json"
  done
}

@test "stale: of three creates that found the id free together, the first to have the lock wins" {
  local i
  given_keeper
  echo 'sleep 0.5' >"$WORK/before"
  mkdir -p /run/mantlet
  flock /run/mantlet sh -c "touch $WORK/held; while [ -d $WORK ] && [ ! -e $WORK/go ]; do sleep 0.02; done" 3>&- &
  until_there "$WORK/held"
  for i in 1 2 3; do
    cp -r "$BUNDLE" "$WORK/b$i"
    (m create -b "$WORK/b$i" "$ID" >/dev/null 2>"$WORK/b$i/err" && echo "$i" >>"$WORK/won") &
  done
  sleep 1 # until all three wait for the lock
  [ ! -e "$RECORDS/$ID.json" ]
  touch "$WORK/go"
  wait
  [ "$(wc -l <"$WORK/won")" -eq 1 ]
  [ "$(head_of | jq -r .bundle)" = "$WORK/b$(cat "$WORK/won")" ]
  [ "$(grep -l 'under this runtime root already' "$WORK"/b*/err | wc -l)" -eq 2 ]
}

@test "stale: of twenty creates of one id with real runc one wins, and the record is its own" {
  local winner
  given_real runc
  twenty_at_once
  [ "$(wc -l <"$WORK/won")" -eq 1 ] || { cat "$WORK"/b*/err >&2; false; }
  winner=$(cat "$WORK/won")
  [ "$(ls "$RECORDS"/*.json)" = "$RECORDS/$ID.json" ]
  [ "$(find "$RECORDS" -mindepth 1 | wc -l)" -eq 3 ] # with the plan of its firewall and its namespace
  jq -es 'length == 2' "$RECORDS/$ID.json"
  [ "$(head_of | jq -r .bundle)" = "$(jq -r .bundle <(m state "$ID"))" ]
  [ "$(head_of | jq .created.uid)" -eq $((1000 + winner)) ]
  m delete --force "$ID"
  [ "$(find "$RECORDS" -mindepth 1 | wc -l)" -eq 0 ]
}

@test "stale: creates and deletes of one id for 200 rounds leave nothing, and no container without a record" {
  local i j creators=()
  given_keeper
  for j in 1 2; do
    cp -r "$BUNDLE" "$WORK/bundle$j"
    (for i in {1..100}; do m create -b "$WORK/bundle$j" "$ID" >/dev/null 2>&1 && echo won >>"$WORK/won$j"; done) &
    creators+=($!)
    # As long as there are creates: one that nobody deletes would be the last that can win.
    (while [ ! -e "$WORK/done" ]; do m delete ${j/1/--force} "$ID" >/dev/null 2>&1; [ "$j" = 1 ] || sleep 0.02; done) &
  done
  wait "${creators[@]}" || true
  touch "$WORK/done"
  wait
  [ "$(cat "$WORK"/won* | wc -l)" -gt 10 ] || { wc -l "$WORK"/won* >&2; false; }
  [ ! -e "$RUNTIME_ROOT/$ID" ] || [ -e "$RECORDS/$ID.json" ]
  mantlet --root "$RUNTIME_ROOT" delete --force "$ID"
  assert_ok
  [ "$(find "$RECORDS" "$RUNTIME_ROOT" -mindepth 1 | wc -l)" -eq 0 ] || { ls -lAR "$RECORDS" "$RUNTIME_ROOT" >&2; false; }
}

@test "stale: the lock is waited for, held for no longer than needed, and not the runtime's" {
  local holder
  given_container
  refute grep -q /run/mantlet "$STUB_DIR/fds"
  flock /run/mantlet sh -c "touch $WORK/held; while [ -d $WORK ] && [ ! -e $WORK/go ]; do sleep 0.02; done; touch $WORK/released" 3>&- &
  holder=$!
  until_there "$WORK/held"
  printf '#!/bin/sh\n[ -e %s/released ] && touch %s/after_release\n' "$WORK" "$WORK" >"$WORK/runtime"
  chmod 0755 "$WORK/runtime"
  given_policy ".runtime = \"$WORK/runtime\""
  given_spec .
  m create -b "$BUNDLE" second &
  sleep 0.3
  touch "$WORK/go"
  wait $!
  wait "$holder"
  [ -e "$WORK/after_release" ]
}

@test "stale: a create that is killed before its record is in place leaves nothing" {
  local pid
  given_keeper
  mkdir -p /run/mantlet
  flock /run/mantlet sh -c "touch $WORK/held; while [ -d $WORK ] && [ ! -e $WORK/go ]; do sleep 0.02; done" 3>&- &
  until_there "$WORK/held"
  "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID" 3>&- &
  pid=$!
  # It will wait for the lock; its new record has no name.
  for _ in {1..250}; do
    # shellcheck disable=SC2010,SC2012 # links, no odd names
    ls -l "/proc/$pid/fd" | grep -q '%2F.*(deleted)' && break || sleep 0.02
  done
  ls -l "/proc/$pid/fd" >&2
  [ -d "$RECORDS" ]
  kill -KILL "$pid"
  wait "$pid" || true
  touch "$WORK/go"
  [ "$(find "$RECORDS" "$BUNDLE" -mindepth 1 -name '*.mantlet-*' | wc -l)" -eq 0 ]
  [ "$(find "$RECORDS" -mindepth 1 | wc -l)" -eq 0 ]
  wait
}

@test "stale: nobody but root can hold the lock, also when a group may read records" {
  cat >"$WORK/steps" <<'SCRIPT'
"$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID"
setpriv --reuid=65534 --regid=daemon --clear-groups flock -n /run/mantlet true 2>/dev/null && echo locked
setpriv --reuid=65534 --regid=daemon --clear-groups flock "$RECORDS" sleep 1 &
sleep 0.3
timeout 0.5 "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID" && echo created
wait
SCRIPT
  given_policy '.records_group = "daemon"'
  export MANTLET POLICY RUNTIME_ROOT RECORDS ID BUNDLE
  mkdir -p /run/mantlet
  run_in_mounts "mount -t tmpfs -o mode=0700 tmpfs /run/mantlet" bash "$WORK/steps"
  [ "$output" = created ] || { show; false; }
}

# With real runtimes: all the ways in which a container ends without a delete.
leftovers() {
  given_real "$1"
  in_real_life <<'SCRIPT'
for command in state start "kill" "delete --force" "exec -p $WORK/p.json" "update --pids-limit 10"; do
  document '.process.args = ["/bin/true"]'
  m run -b "$BUNDLE" "$ID"
  step "run ended"
  m $command "$ID" >/dev/null 2>&1
  step "${command//$WORK/WORK}"
done
document '.process.args = ["/bin/missing"]'
m create -b "$BUNDLE" "$ID" >/dev/null 2>"$WORK/err" || echo "failed"
"$REAL" --root "$RUNTIME_ROOT" delete --force "$ID" 2>/dev/null
m state "$ID" >/dev/null 2>&1
step "failed create, state"
document '.process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
m create -b "$BUNDLE" "$ID" >/dev/null 2>&1 || step refused
m delete --force "$ID" >"$WORK/out" 2>&1
echo "$? $("$REAL" --root "$RUNTIME_ROOT" delete --force "$ID" >"$WORK/want" 2>&1; echo $?)"
cmp "$WORK/out" "$WORK/want"
find "$RECORDS" -mindepth 1
SCRIPT
  diff <(echo "$output") - <<'WANT' || { show; false; }
run ended: record
state: none
run ended: record
start: none
run ended: record
kill: none
run ended: record
delete --force: none
run ended: record
exec -p WORK/p.json: none
run ended: record
update --pids-limit 10: none
failed
failed create, state: none
refused: none
0 0
WANT
}

@test "stale: what real runc leaves goes with the next call" { leftovers runc; }
@test "stale: what real crun leaves goes with the next call" { leftovers crun; }

@test "stale: start and delete at the same moment leave no running container of runc without a record" {
  given_real runc
  in_real_life <<'SCRIPT'
for round in {1..60}; do
  document .
  m create -b "$BUNDLE" "$ID" >/dev/null 2>&1 || echo "round $round: not created"
  m start "$ID" >/dev/null 2>&1 &
  start=$!
  sleep "0.00$((round % 10))"
  m delete "$ID" >/dev/null 2>&1 &
  wait "$start" "$!"
  if [ "$("$REAL" --root "$RUNTIME_ROOT" state "$ID" 2>/dev/null | jq -r .status)" = running ]; then
    [ -e "$RECORDS/$ID.json" ] || echo "round $round: running without a record"
  fi
  m delete --force "$ID"
  [ ! -e "$RECORDS/$ID.json" ] || echo "round $round: the record is left"
done
echo done
SCRIPT
  [ "$output" = "done" ] || { show; false; }
}

@test "stale: the record of a created container of runc that is deleted goes with the next call" {
  given_real runc
  in_real_life <<'SCRIPT'
document .
m create -b "$BUNDLE" "$ID" >/dev/null 2>&1
m delete "$ID"
m state "$ID" 2>&1 | grep -c "does not exist"
step "next call"
document .
m create -b "$BUNDLE" "$ID" >/dev/null 2>&1
m delete "$ID"
document .
m create -b "$BUNDLE" "$ID" >/dev/null 2>&1 && echo again
m kill "$ID" KILL
ended
m delete "$ID"
step "killed before start"
SCRIPT
  diff <(echo "$output") - <<'WANT' || { show; false; }
1
next call: none
again
killed before start: none
WANT
}
