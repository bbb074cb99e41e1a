#!/usr/bin/env bats
# The control exec: what may be added to a container at all, which checks always may, and what the
# events say of it.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # each test is a subshell, and meant to be

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows

DENY='.controls.exec = {mode: "deny", tty: "block", commands: {allow: ["id"]}}'

setup() {
  mantlet_setup
  PROGRAM=()
}

teardown() {
  mantlet_teardown
}

# process FILTER: the engine sends this document.
process() {
  forget_calls
  given_document p "$1"
  engine exec --process "$WORK/p.json"
}

# given_docker_container CONFIG [MODE]: created as dockerd does, which says CONFIG in config.v2.json.
given_docker_container() {
  ID=$(printf '%064d' "$BATS_TEST_NUMBER$$")
  BUNDLE=$WORK/io.containerd.runtime.v2.task/moby/$ID
  mkdir -p "$BUNDLE/rootfs/etc" "$WORK/docker/containers/$ID"
  chmod 0755 "$WORK/io.containerd.runtime.v2.task" "$WORK/io.containerd.runtime.v2.task/moby" "$BUNDLE"
  for file in hosts hostname resolv.conf; do
    echo "$file" >"$WORK/docker/containers/$ID/$file"
  done
  jq -n --arg id "$ID" --argjson config "$1" '{ID: $id, Config: $config}' \
    >"$WORK/docker/containers/$ID/config.v2.json"
  chmod "${2:-0600}" "$WORK/docker/containers/$ID/config.v2.json"
  given_container '.process.cwd = "/" | .process.env = ["PATH=/bin", "TERM=xterm", "A=1"] | .mounts += [{destination: "/etc/hosts", type: "bind", options: ["rbind", "rprivate"],
    source: "'"$WORK/docker/containers/$ID/hosts"'"}]'
}

# check FILTER: what dockerd sends for the health check below, changed by the filter.
check() {
  given_document p ".args = [\"/bin/sh\", \"-c\", \"test -d /data\"] | .env = [\"PATH=/bin\", \"A=1\"] | .cwd = \"/\" | $1"
  rm -rf "$STUB_DIR" "$LOG"
  mkdir "$STUB_DIR"
  engine exec --process "$WORK/p.json"
}

CHECKED='{"Healthcheck": {"Test": ["CMD-SHELL", "test -d /data"]}}'

@test "exec rules: restricted lets shells and terminals pass, and says what deny would do" {
  given_container
  process '.args = ["/bin/bash", "-l"] | .terminal = true'
  assert_ok
  assert_event '.outcome == "would-refuse" and .severity == 4 and .exec.shell and .exec.tty'
  assert_event '[.refusals[] | [.control, .reason, .enforced]] == [["exec", "exec-shell", false], ["exec", "exec-terminal", false]]'
  process '.args = ["id"]'
  assert_ok
  assert_event '.outcome == "allowed" and (.exec.shell | not) and (has("refusals") | not)'
}

@test "exec rules: shells, terminals and other commands are refused, all reasons at once" {
  given_policy "$DENY"
  given_container
  process '.args = ["busybox", "sh"] | .terminal = true'
  assert_refused "3 reasons: (1) exec of 'busybox' starts a shell in the container; name the program that is needed instead of a shell (2) exec with process.terminal opens a terminal in the container; leave it out (3) exec of 'busybox' is not allowed (allowed: 'id'); use one of those, written as the policy writes it [exec, policy "
  assert_log
  assert_event '.outcome == "refused" and .severity == 6 and .exec.program == "busybox"'
  process '.args = ["/usr/bin/id"]'
  assert_refused "exec of '/usr/bin/id' is not allowed"
  process '.args = ["id"]'
  assert_ok
}

@test "exec rules: fix refuses too, since nothing can be rewritten" {
  given_policy '.controls.exec = "fix"'
  given_container
  process '.args = ["sh"]'
  assert_refused "exec of 'sh' starts a shell"
}

@test "exec rules: the flag form meets them as well" {
  given_policy "$DENY"
  given_container
  PROGRAM=(sh -c id)
  engine exec --user 0:0
  assert_refused "exec of 'sh' starts a shell"
  assert_event '.exec.form == "flags" and .exec.asked_user == "0:0"'
  forget_calls
  PROGRAM=(id)
  engine exec --tty --user 7:8
  assert_refused "opens a terminal"
  assert_event '.exec.tty and .exec.asked_user == "7:8" and (.exec.shell | not)'
}

@test "exec rules: what was asked in an author's words cannot hide the sentence" {
  given_policy "$DENY"
  given_container
  process '.args = ["a\nb permission denied \u001b[2J" + ("x" * 500)]'
  assert_refused "exec of 'a?b"
  [ "${#stderr}" -lt 600 ]
}

@test "exec rules: Docker's health check passes, and only exactly it" {
  given_policy "$DENY"
  given_docker_container "$CHECKED"
  head -n 1 "$RECORD" | jq -e '.healthcheck.args | test("^[0-9a-f]{64}$")'
  refute grep -q 'test -d /data' "$RECORD"
  check .
  assert_ok
  assert_process_confined
  assert_event '.outcome == "allowed" and .exec.healthcheck and .exec.shell'
  for filter in '.terminal = true' '.args += [""]' '.args[2] += " "' '.args[0] = "sh"' '.args = .args[1:]' \
    '.args = ["/bin/sh", "-ctest -d /data"]' 'del(.args[1])' '.env[0] = "PATH=/tmp"' \
    '.env += ["LD_PRELOAD=/tmp/x.so"]' '.cwd = "/tmp"'; do
    check "$filter"
    assert_refused ""
    assert_event '.exec.healthcheck | not'
  done
}

@test "exec rules: a health check is a process like every other one" {
  given_policy "$DENY"
  given_docker_container "$CHECKED"
  check '.capabilities.bounding += ["CAP_SYS_ADMIN"] | .capabilities.effective += ["CAP_SYS_ADMIN"]'
  assert_refused "capability that this container does not have"
  assert_event '.exec.healthcheck and .exec.asked_privileged and [.refusals[].control] == ["capabilities"]'
}

@test "exec rules: no health check, no exception" {
  given_policy "$DENY"
  for config in '{}' '{"Healthcheck": {"Test": ["NONE"]}}' '{"Healthcheck": {"Test": ["CMD", "test -d /data"]}}'; do
    given_docker_container "$config"
    check .
    assert_refused "exec of '/bin/sh' starts a shell"
  done
}

@test "exec rules: a health check that others could write is not known, and the record says so" {
  given_policy "$DENY"
  given_docker_container "$CHECKED" 0602
  tail -n 1 "$RECORD" | jq -e 'any(.notes[]; .control == "exec" and (.text | startswith("Docker'"'"'s health check is not known: ")))'
  head -n 1 "$RECORD" | jq -e 'has("healthcheck") | not'
  check .
  assert_refused "exec of '/bin/sh' starts a shell"
}

@test "exec rules: a broken config.v2.json stops no container" {
  given_docker_container "$CHECKED"
  for text in '' '{' '[1]' '{"ID":"x"}'; do
    printf '%s' "$text" >"$WORK/docker/containers/$ID/config.v2.json"
    rm -f "$RECORD"
    run_mantlet create
    assert_ok
    head -n 1 "$RECORD" | jq -e 'has("healthcheck") | not'
  done
}

@test "exec rules: a health check is one event, until something is different" {
  given_policy "$DENY"
  given_docker_container "$CHECKED"
  for _ in 1 2 3; do
    check .
    assert_ok
    assert_process_confined
  done
  [ "$(events)" -eq 1 ]
  [ "$(stat -c '%a %u' "${RECORD%.json}.health")" = "600 0" ]
  check '.user = {"uid": 1000, "gid": 1000}'
  [ "$(events)" -eq 2 ]
  check '.env += ["A_NAME=SECRETVALUE"]'
  [ "$(events)" -eq 3 ]
  refute grep -rq SECRETVALUE "$AUDIT" "$RECORDS"
  check .
  [ "$(events)" -eq 4 ]
  check .
  [ "$(events)" -eq 4 ]
  # Everything else is always an event.
  for _ in 1 2; do
    given_document p '.args = ["id"] | .env = ["PATH=/bin"]'
    engine exec --process "$WORK/p.json"
    assert_ok
  done
  [ "$(events)" -eq 6 ]
}

@test "exec rules: when the outcome of a health check changes, there is an event" {
  given_docker_container "$CHECKED"
  check .
  check '.capabilities.bounding += ["CAP_SYS_ADMIN"] | .capabilities.effective += ["CAP_SYS_ADMIN"]'
  [ "$status" -eq 1 ]
  check '.capabilities.bounding += ["CAP_SYS_ADMIN"] | .capabilities.effective += ["CAP_SYS_ADMIN"]'
  [ "$status" -eq 1 ]
  [ "$(events)" -eq 2 ]
  check .
  assert_ok
  [ "$(events)" -eq 3 ]
}

@test "exec rules: a key that is gone or not root's own file is none, so no health check is known" {
  local seen damage
  given_policy "$DENY"
  given_docker_container "$CHECKED"
  seen=${RECORD%.json}.health
  cp -a "$seen" "$WORK/seen"
  for damage in "true" "chown 65534 $seen" "chmod 0640 $seen" "chmod 0606 $seen" "truncate -s 5 $seen" \
    "ln $seen $WORK/second-name" "ln -s $WORK/seen $seen" "mkfifo $seen" "mkdir $seen"; do
    case $damage in true | *"-s $WORK"* | mk*) ;; *) cp -a "$WORK/seen" "$seen" ;; esac
    [ "$damage" != true ] || rm "$seen"
    $damage
    check .
    assert_refused "starts a shell"
    assert_event '.exec.healthcheck | not'
    rm -rf "$seen"
  done
  cp -a "$WORK/seen" "$seen"
  check .
  assert_ok
}

@test "exec rules: an event that could not be written is not taken for the last one" {
  given_docker_container "$CHECKED"
  rm -f "$AUDIT"
  mkdir "$AUDIT"
  check .
  assert_ok
  rmdir "$AUDIT"
  check .
  [ "$(events)" -eq 1 ]
}

@test "exec rules: what is known of the last health check goes with the record" {
  given_docker_container "$CHECKED"
  check .
  [ -e "${RECORD%.json}.health" ]
  # A container of the same name, after one that ended without a delete.
  run_mantlet create
  assert_ok
  [ "$(stat -c %s "${RECORD%.json}.health")" -eq 64 ]
  check .
  [ "$(stat -c %s "${RECORD%.json}.health")" -eq 128 ]
  # One that has no health check any more.
  echo "{\"ID\": \"$ID\"}" >"$WORK/docker/containers/$ID/config.v2.json"
  run_mantlet create
  [ ! -e "${RECORD%.json}.health" ]
  check .
  run_mantlet create
  mantlet --root "$RUNTIME_ROOT" delete --force "$ID"
  [ -z "$(find "$RECORDS" -type f)" ]
}

@test "exec rules: no id is another one's last health check" {
  local record
  given_container
  record=$RECORD
  for ID in "$ID.health" "$ID.json"; do
    given_container
  done
  rm "$record"
  mantlet --root "$RUNTIME_ROOT" delete --force "${record##*/}"
  [ "$(find "$RECORDS" -type f -name '*.json' | wc -l)" -eq 1 ]
  [ -e "${record%.json}.health.json" ]
}

# given_from_before: Docker started it with plain runc: its own document, and no record.
given_from_before() {
  given_docker_container "$CHECKED"
  jq '.process.env = ["PATH=/bin", "TERM=xterm", "A=1"] | del(.process.capabilities)' "$BUNDLE/config.json" >"$WORK/as-docker.json"
  cat "$WORK/as-docker.json" >"$BUNDLE/config.json"
  rm -f "$RECORDS/$ID".*
  LOG=$BUNDLE/log.json
}

@test "exec rules: Docker's health check of a container from before mantlet passes, and only exactly it" {
  local filter
  given_policy "$DENY"
  given_from_before
  check .
  assert_ok
  assert_process_confined
  assert_event '.outcome == "allowed" and .exec.healthcheck and .container.record == "missing"'
  [ -z "$(find "$RECORDS" -type f)" ]
  for filter in '.terminal = true' '.args += [""]' '.args[2] += " "' '.env[0] = "PATH=/tmp"' \
    '.env += ["LD_PRELOAD=/tmp/x.so"]' '.cwd = "/tmp"' '.args = ["/bin/sh"]'; do
    check "$filter"
    assert_refused ""
    assert_event '.exec.healthcheck | not'
  done
}

@test "exec rules: of a container from before, Docker's files are trusted as at create" {
  local damage
  given_policy "$DENY"
  given_from_before
  for damage in "chmod 0602 $WORK/docker/containers/$ID/config.v2.json" "chown 65534 $WORK/docker/containers/$ID/config.v2.json" \
    "chmod 0777 $WORK/docker/containers/$ID" "chmod 0666 $BUNDLE/config.json" "chmod 0777 $BUNDLE" \
    "rm $BUNDLE/config.json" "truncate -s 50 $BUNDLE/config.json" "rm $WORK/docker/containers/$ID/config.v2.json"; do
    $damage
    check .
    assert_refused "starts a shell"
    rm -rf "$BUNDLE" "$WORK/docker"
    given_from_before
  done
  check .
  assert_ok
  # Another container's bundle, and a log that is nobody's.
  LOG=${BUNDLE%"$ID"}$(printf '%064d' 1)/log.json
  mkdir -p "${LOG%/*}"
  cp "$BUNDLE/config.json" "${LOG%/*}"
  check .
  assert_refused "starts a shell"
  LOG=$WORK/log.json
  check .
  assert_refused "starts a shell"
}

@test "exec rules: Docker's health check is known anew when another version's record does not say it" {
  given_policy "$DENY"
  given_from_before
  given_docker_container "$CHECKED"
  LOG=$BUNDLE/log.json
  change_record '.v = 1 | del(.policy, .healthcheck)'
  check .
  assert_ok
  assert_event '.exec.healthcheck and .container.record == "other-version"'
}

@test "exec rules: under Kubernetes and podman an exec without terminal is never refused" {
  local name
  given_policy "$DENY"
  for name in io.containerd.runtime.v2.task/k8s.io/x overlay-containers/x/userdata; do
    BUNDLE=$WORK/$name
    ID=test-${name//[^a-z]/}-$$
    mkdir -p "$BUNDLE/rootfs"
    chmod -R go-w "$WORK"/*/
    given_container
    process '.args = ["sh", "-c", "x"] | .env += ["LD_PRELOAD=/tmp/x.so"]'
    assert_ok
    assert_event '.outcome == "allowed" and .exec.shell and (.exec.healthcheck | not)'
    process '.args = ["sh"] | .terminal = true'
    assert_refused "exec of 'sh' starts a shell"
  done
}

@test "exec rules: the event says who was asked for, and whether for more than the container" {
  given_container
  process '.user = {"uid": 5, "gid": 6}'
  assert_event '.exec.asked_user == "5:6" and .exec.asked_privileged == false and .exec.form == "document"'
  process 'del(.user)'
  assert_event '.exec.asked_user == "0:0"'
  given_document p . docker-20.10/process/exec-privileged-root.json
  engine exec --process "$WORK/p.json"
  assert_event '.exec.asked_privileged and .outcome == "refused"'
  ID=gone-$$
  given_document p .
  engine exec --process "$WORK/p.json"
  assert_event '.container.record == "missing" and .exec.asked_privileged == false'
}

@test "exec rules: a record from before this control has today's, and never none" {
  given_policy "$DENY"
  given_container
  change_record 'del(.policy.controls.exec)'
  process '.args = ["sh"]'
  assert_failed "the container's record in /run/mantlet is not whole"
  change_record '.mantlet = "0.0.9 0"'
  process '.args = ["sh"]'
  assert_refused "exec of 'sh' starts a shell"
  assert_event '.container.record == "other-version"'
  process '.args = ["id"]'
  assert_ok
}

@test "exec rules: Docker's health check of a container of another version passes, sampled" {
  given_policy "$DENY"
  given_docker_container "$CHECKED"
  change_record '.v = 1 | del(.policy)'
  rm -f "$AUDIT"
  check .
  assert_ok
  check .
  assert_ok
  [ "$(events)" -eq 1 ]
  assert_event '.exec.healthcheck and .container.record == "other-version"'
}

@test "exec rules: beside a list of allowed commands no variable of a loader or interpreter comes along" {
  local variable name
  given_policy "$DENY"
  given_container '.process.env += ["PYTHONPATH=/app", "LD_BIND_NOW=1"]'
  process '.args = ["id"] | .env += ["A=1", "PYTHONPATH=/app", "LD_BIND_NOW=1", "TERM=x", "ENVIRONMENT=x", "PATHS=x", "LDX=1", "HOME=/"]'
  assert_ok
  for variable in LD_PRELOAD=/tmp/SECRET.so LD_=SECRET PATH=/tmp/SECRET PATH= GCONV_PATH=SECRET \
    GLIBC_TUNABLES=SECRET BASH_ENV=SECRET 'BASH_FUNC_id%%=() { SECRET; }' ENV=SECRET PYTHONPATH=SECRET PYTHONSTARTUP=SECRET \
    PYTHONPATH= LD_BIND_NOW= PERL5LIB=SECRET PERL5OPT=-MSECRET RUBYOPT=SECRET NODE_OPTIONS=SECRET JAVA_TOOL_OPTIONS=SECRET; do
    name=${variable%%=*}
    process "$(jq -n --arg v "$variable" '$v' | sed 's/.*/.args = ["id"] | .env += [&]/')"
    assert_refused "exec with the variable '$name' can make an allowed program another one, and this container does not have it with that value; leave it out"
    assert_event '[.refusals[] | [.control, .reason]] == [["exec", "exec-variable"]]'
    refute grep -rq SECRET "$LOG" "$AUDIT"
    [[ $stderr != *SECRET* ]]
    forget_calls
    PROGRAM=(id)
    engine exec --env "$variable"
    assert_refused "exec with the variable '$name'"
    PROGRAM=()
  done
  PROGRAM=(id)
  forget_calls
  engine exec --env A=1 --env PYTHONPATH=/app
  assert_ok
  PROGRAM=()
  # Only beside such a list, and under audit it is said only.
  for policy in '.controls.exec = {mode: "deny", commands: {block: ["ls"]}}' '.controls.exec = "deny"'; do
    given_policy "$policy"
    given_container
    process '.args = ["id"] | .env += ["LD_PRELOAD=/tmp/x.so"]'
    assert_ok
  done
  given_policy '.controls.exec = {mode: "audit", commands: {allow: ["id"]}}'
  given_container
  process '.args = ["id"] | .env += ["LD_PRELOAD=/tmp/x.so"]'
  assert_ok
  assert_event '.outcome == "would-refuse" and .refusals[0].reason == "exec-variable"'
}

@test "exec rules: what the container's own variables are is the word of its own config.json only" {
  given_policy "$DENY"
  given_container '.process.env += ["LD_BIND_NOW=1"]'
  # Changed since, or gone.
  sed -i 's/LD_BIND_NOW=1/LD_BIND_NOW=2/' "$BUNDLE/config.json"
  process '.args = ["id"] | .env += ["LD_BIND_NOW=2"]'
  assert_refused "'PATH' can make an allowed program another one, and config.json, which would tell the container's own, is gone or was changed"
  rm "$BUNDLE/config.json"
  process '.args = ["id"] | .env = ["LD_BIND_NOW=1"]'
  assert_refused "'LD_BIND_NOW' can make an allowed program another one, and config.json"
  process '.args = ["id"] | .env = ["A=1"]'
  assert_ok
  # Without a record: PATH, which every engine sends, passes.
  given_spec .
  rm -f "$RECORD"
  process '.args = ["id"]'
  assert_ok
  assert_event '.container.record == "missing"'
  process '.args = ["id"] | .env += ["LD_BIND_NOW=1"]'
  assert_refused "'LD_BIND_NOW' can make an allowed program another one, and without a record nobody knows"
  given_container
  change_record '.v = 1'
  process '.args = ["id"] | .env += ["LD_BIND_NOW=1"]'
  assert_refused "without a record nobody knows"
}

@test "exec rules: a hundred thousand variables of loaders are judged in a moment" {
  given_policy "$DENY"
  given_container '.process.env += [range(1000) | "LD_X\(.)=1"]'
  forget_calls
  given_document p '.args = ["id"] | .env += [range(100000) | "LD_X60=1"]'
  SECONDS=0
  engine exec --process "$WORK/p.json"
  [ "$SECONDS" -lt 5 ]
  assert_ok
}

@test "exec rules: a wrong command in the policy is an error with its line" {
  given_policy '.controls.exec = {commands: {allow: ["bin/id"]}}'
  run_mantlet create
  assert_refused "'exec.commands' has 'allow': 'bin/id' is neither a name"
  given_policy '.controls.exec = {commands: {deny: ["id"]}}'
  run_mantlet create
  assert_refused "the keys here are 'allow' and 'block'"
}
