#!/usr/bin/env bats
# The audit log: one line for each decision, into each sink, with nothing in it that is secret.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2154 # each test is a subshell, and meant to be

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows

setup() {
  mantlet_setup
  PROGRAM=()
}

teardown() {
  mantlet_teardown
}

@test "audit: an allowed create has every field of the schema" {
  given_policy '.name = "fleet" | .revision = "2026-11-21.4"'
  run_mantlet create
  assert_ok
  [ "$(events)" -eq 1 ]
  assert_event '.v == 1 and (.id | test("^[0-9A-Z]{20}$")) and .event == "create" and .outcome == "allowed" and .severity == 2'
  assert_event '.time | test("^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\\.[0-9]{6}Z$")'
  assert_event '.host | (.name | length > 0) and has("id") and has("boot")'
  assert_event ".engine == {\"name\": \"plain\", \"by\": \"path\", \"runtime\": \"$STUB\", \"argv0\": \"mantlet\"}"
  assert_event '.actor.uid == 0 and (.actor | has("loginuid")) and .actor.ppid > 1 and (.actor.pcomm | length > 0)'
  assert_event ".container == {\"id\": \"$ID\"}"
  assert_event '.policy | .name == "fleet" and .revision == "2026-11-21.4" and (.digest | test("^sha256:[0-9a-f]{64}$")) and .live == "all" and .source == "current"'
  assert_event '.decision == {"profile": "default", "rule": "default"}'
  assert_event '.counts | keys == ["ask", "audit", "comp", "fill", "trim"] and .ask == 0 and .trim > 0 and .fill > 0'
  assert_event '.changes | length > 5 and all(.[]; (.control | length > 0) and (.class | IN("fill", "trim", "ask", "comp")) and (.path | startswith("/")) and has("from") and has("to"))'
  # The references of a control stand with its first change.
  assert_event '.changes | group_by(.control) | all(.[]; any(.[]; .ref | type == "array"))'
  assert_event '.us > 0 and .cut == false and (has("message") or has("refusals") or has("exit") | not)'
}

@test "audit: the time is now, whatever TZ says" {
  local now seen
  TZ=/etc/passwd run_mantlet create
  assert_ok
  now=$(date -u +%s)
  seen=$(date -u -d "$(tail -n 1 "$AUDIT" | jq -r .time)" +%s)
  [ $((now - seen)) -ge 0 ] && [ $((now - seen)) -le 5 ]
}

@test "audit: run is a create" {
  run_mantlet run
  assert_ok
  assert_event '.event == "create"'
}

@test "audit: a refused create tells all reasons and the sentence that the person saw" {
  given_spec '.process.capabilities.bounding += ["CAP_SYS_ADMIN"] | .linux.namespaces |= map(select(.type != "pid"))'
  run_mantlet create
  assert_refused "2 reasons"
  [ "$(events)" -eq 1 ]
  assert_event '.outcome == "refused" and .severity == 6 and .exit == 1'
  assert_event '[.refusals[].control] | sort == ["capabilities", "namespaces"]'
  assert_event 'all(.refusals[]; (.reason | test("^[a-z-]+$")) and (.asked | length > 0))'
  assert_event ".message == $(jq -n --arg text "$stderr" '$text')"
}

@test "audit: what cannot be parsed is an error, with the policy that held" {
  echo '{' >"$BUNDLE/config.json"
  run_mantlet create
  assert_refused "config.json"
  assert_event '.outcome == "error" and .severity == 6 and .policy.name == "site" and .message == "'"${stderr//\"/\\\"}"'"'
}

@test "audit: under audit the outcome is would-refuse" {
  given_policy '.controls.capabilities = "audit"'
  given_spec '.process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
  run_mantlet create
  assert_ok
  assert_event '.outcome == "would-refuse" and .counts.audit > 0 and any(.refusals[]; .control == "capabilities" and .enforced == false)'
}

@test "audit: an ask that fix took away is no would-refuse, though another control is in audit" {
  given_policy '.controls.capabilities = "fix" | .controls.pids = "audit"'
  given_spec '.process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
  run_mantlet create
  assert_ok
  assert_event '.outcome == "allowed" and .severity == 4 and .counts.audit > 0 and .counts.ask > 0'
}

@test "audit: commands that are passed on are no decisions" {
  mantlet --root "$RUNTIME_ROOT" state "$ID"
  mantlet --root "$RUNTIME_ROOT" delete "$ID"
  [ "$(events)" -eq 0 ]
}

@test "audit: hundreds of changes are cut at 8 KiB, with the counts in front" {
  given_policy '.controls |= {"annotations": "fix", "unknown-fields": "fix"}'
  given_spec '. + ([range(250) | {key: "field\(.)", value: "v"}] | from_entries)'
  run_mantlet create
  assert_ok
  assert_event '.cut == true and .counts.fill + .counts.trim + .counts.ask > 250 and (.changes | length) > 5 and .us > 0'
}

@test "audit: hundreds of refusals are cut at 8 KiB, and so is the sentence, with its bracket" {
  given_spec '.mounts += [range(200) | {destination: "/x\(.)", type: "bind", source: "/etc", options: ["rbind", "ro"]}]'
  run_mantlet create
  assert_refused "and "
  [[ $stderr == *" more"*", policy site, rule default, $ID]" ]] || { show; false; }
  [ "${#stderr}" -lt 4096 ]
  assert_event '.cut == true and .outcome == "refused" and (.refusals | length) > 3'
}

@test "audit: texts that are long or full of escapes do not make a line longer" {
  local long
  given_container
  long=$(printf '"\\\001%.0s' {1..2000})
  jq -n --arg long "$long" '{args: [$long], cwd: "/", env: [], terminal: true}' >"$WORK/p.json"
  run --separate-stderr -- bash -c 'exec -a "$0" "$@"' "$long" "$MANTLET" --root "$RUNTIME_ROOT" exec -p "$WORK/p.json" "$ID"
  assert_ok
  assert_event '(.exec.program | length) == 120 and (.engine.argv0 | length) == 120'
  given_policy '.audit.exec_args = "full"'
  rm -f "$RECORD"
  given_container
  jq -n --arg long "$long" '{args: [range(300) | $long], cwd: "/", env: []}' >"$WORK/p.json"
  engine exec -p "$WORK/p.json"
  assert_ok
  assert_event '.exec.argc == 300 and (.exec.args | length) < 10'
}

@test "audit: an event is one line, whatever stands in names" {
  given_container
  jq -n '{args: ["/bin/a\nb\u2028{\"v\":1}"], cwd: "/", env: []}' >"$WORK/p.json"
  run --separate-stderr -- bash -c 'exec -a "$0" "$@"' $'man\nt{"event":"create"}' "$MANTLET" --root "$RUNTIME_ROOT" exec -p "$WORK/p.json" "$ID"
  assert_ok
  [ "$(events)" -eq 1 ]
  assert_event '.event == "exec" and .exec.program == "/bin/a\nb\u2028{\"v\":1}" and (.engine.argv0 | startswith("man\nt{"))'
}

@test "audit: neither the log nor the record says an environment or an argument value" {
  given_spec '.process.env += ["TOKEN=SECRET1"] | .process.args = ["x", "SECRET2"]'
  run_mantlet create
  assert_ok
  refute grep -q SECRET "$AUDIT"
  refute grep -q SECRET1 "$RECORDS/$ID.json"
}

@test "audit: one write for each line, with O_APPEND" {
  command -v strace >/dev/null || skip "strace is not installed"
  run --separate-stderr -- strace -o "$WORK/trace" -e trace=openat,write "$MANTLET" --mantlet-policy "$POLICY" \
    --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID"
  assert_ok
  grep -q "audit.jsonl.*O_APPEND" "$WORK/trace"
  [ "$(grep -c '^write(.*"{\\"v\\":1,\\"id\\":\\"0' "$WORK/trace")" -eq 1 ]
}

@test "audit: a new log is root's, readable by its group only, whatever the umask" {
  local umask
  for umask in 0000 0777; do
    rm -f "$AUDIT"
    run --separate-stderr -- sh -c "umask $umask; exec \"\$@\"" sh "$MANTLET" --mantlet-policy "$POLICY" \
      --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID"
    assert_ok
    [ "$(stat -c '%a %u' "$AUDIT")" = "640 0" ]
  done
}

# log_is_not_used SCRIPT: a log that the script made gets nothing, and a required one stops the start.
log_is_not_used() {
  rm -rf "$AUDIT"
  eval "$1"
  given_policy .
  run --separate-stderr -- timeout 10 "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID"
  assert_ok
  given_policy '.audit.required = true'
  rm -f "$STUB_DIR/calls" "$LOG"
  run --separate-stderr -- timeout 10 "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID"
  assert_failed "the audit log 'file:$AUDIT', which the policy requires, cannot be written"
}

@test "audit: a log that is no file of root's alone gets nothing" {
  : >"$WORK/victim"
  log_is_not_used 'mkfifo "$AUDIT"'
  log_is_not_used 'mkdir "$AUDIT"'
  log_is_not_used 'ln -s "$WORK/victim" "$AUDIT"'
  log_is_not_used 'ln "$WORK/victim" "$AUDIT"'
  log_is_not_used 'touch "$AUDIT"; chown 65534 "$AUDIT"'
  log_is_not_used 'touch "$AUDIT"; chmod 0666 "$AUDIT"'
  [ ! -s "$WORK/victim" ]
}

@test "audit: a full disk leaves no half line" {
  run_in_mounts "mount -t tmpfs -o size=4k,mode=0755 tmpfs $WORK/root; mount -t tmpfs -o size=8k,mode=0755 tmpfs /mnt; head -c 4000 /dev/zero | tr '\\0' '\\n' >/mnt/audit.jsonl" \
    sh -c "mkdir -p /tmp; jq '.audit.sinks = [\"file:/mnt/audit.jsonl\"]' $POLICY >$WORK/p2.json; $MANTLET --mantlet-policy $WORK/p2.json --root $RUNTIME_ROOT create -b $BUNDLE $ID; stat -c %s /mnt/audit.jsonl" || true
  mkdir -p "$RUNTIME_ROOT"
  [ "$status" -eq 0 ] || { show; false; }
  [ "$output" = 4000 ] || { show; false; }
}

# listen SOCKET OUTPUT SCRIPT: what mantlet sends to a datagram socket, in a mount namespace that the
# script has shaped.
listen() {
  perl -MIO::Socket::UNIX -e '
    my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die "$ARGV[0]: $!";
    open(my $ready, ">", "$ARGV[1].ready"); close($ready);
    alarm 10; my $m; $s->recv($m, 100000); open(my $o, ">", $ARGV[1]); print $o $m; close($o);' "$1" "$2" 3>&- &
  LISTENER=$!
  for _ in {1..100}; do
    [ ! -e "$2.ready" ] || return 0
    sleep 0.05
  done
  return 1
}

@test "audit: syslog gets one datagram, authpriv, with the line" {
  command -v perl >/dev/null || skip "perl is not installed"
  given_policy '.audit.sinks = ["syslog"]'
  mkdir "$WORK/s"
  listen "$WORK/s/log" "$WORK/got"
  run_in_mounts "mount -t tmpfs tmpfs /mnt && touch /mnt/log && mount --bind $WORK/s/log /mnt/log && mount --rbind /mnt /dev" \
    "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID"
  assert_ok
  wait "$LISTENER"
  [[ $(cat "$WORK/got") == '<85>mantlet: {"v":1,'*'}' ]] || { cat "$WORK/got" >&2; false; }
  sed 's/^<85>mantlet: //' "$WORK/got" | jq -e '.event == "create"'
}

@test "audit: journald gets its fields and the line" {
  command -v perl >/dev/null || skip "perl is not installed"
  given_policy '.audit.sinks = ["journald"]'
  given_spec '.process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
  mkdir "$WORK/s"
  listen "$WORK/s/socket" "$WORK/got"
  run_in_mounts "mkdir -p /run/systemd; mount -t tmpfs tmpfs /run/systemd && mkdir /run/systemd/journal && mount --bind $WORK/s /run/systemd/journal" \
    "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID"
  assert_refused "SYS_ADMIN"
  wait "$LISTENER"
  [ "$(sed -n 1p "$WORK/got")" = SYSLOG_IDENTIFIER=mantlet ]
  [ "$(sed -n 2p "$WORK/got")" = PRIORITY=4 ]
  sed -n 's/^MESSAGE=//p' "$WORK/got" | jq -e '.outcome == "refused"'
  [ "$(wc -l <"$WORK/got")" -eq 3 ]
}

@test "audit: a socket that nobody reads stops nothing, unless it is required" {
  given_policy '.audit.sinks = ["journald", "syslog"]'
  run_in_mounts "mkdir -p /run/systemd; mount -t tmpfs tmpfs /run/systemd; mount -t tmpfs tmpfs /mnt; mount --bind /mnt /dev" \
    "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID"
  assert_ok
  rm "$STUB_DIR/calls"
  given_policy '.audit.sinks = ["journald"] | .audit.required = true'
  run_in_mounts "mkdir -p /run/systemd; mount -t tmpfs tmpfs /run/systemd" \
    "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create -b "$BUNDLE" "$ID"
  assert_failed "'journald', which the policy requires"
}

@test "audit: several sinks get the same line, and one that fails does not keep it from the others" {
  given_policy ".audit.sinks = [\"file:/nowhere/a\", \"file:$AUDIT\", \"file:$WORK/second.jsonl\"]"
  run_mantlet create
  assert_ok
  cmp "$AUDIT" "$WORK/second.jsonl"
}

@test "audit: without a policy the log is made in /var/log/mantlet" {
  run_in_mounts "mount -t tmpfs tmpfs /var/log" sh -c "cd $BUNDLE && $MANTLET --root / run x; stat -c '%n %a %U' /var/log/mantlet /var/log/mantlet/audit.jsonl; jq -c '[.outcome, .policy]' /var/log/mantlet/audit.jsonl"
  [ "${lines[0]}" = "/var/log/mantlet 750 root" ] || { show; false; }
  [ "${lines[1]}" = "/var/log/mantlet/audit.jsonl 640 root" ]
  [ "${lines[2]}" = '["error",null]' ]
}
