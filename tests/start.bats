#!/usr/bin/env bats
# The wrapper's own start: whatever the caller's environment, descriptors, limits and names are, the
# same thing happens; and what is passed on is passed on as it is.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2094,SC2154 # each test is a subshell; inner shells expand

bats_require_minimum_version 1.5.0
load lib/mantlet
load lib/flows

setup() {
  mantlet_setup
  PROGRAM=()
  CREATE=("$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" --log "$LOG" --log-format json
    create -b "$BUNDLE" "$ID")
}

teardown() {
  mantlet_teardown
}

# in_shell SCRIPT: the create call behind what the script does to the process.
in_shell() {
  rm -rf "$RECORDS" "$LOG" "$AUDIT" "$STUB_DIR"
  mkdir "$STUB_DIR"
  given_spec "${SPEC:-.}"
  run --separate-stderr -- bash -c "$1"'; exec "$@"' bash "${CREATE[@]}"
}

assert_same() {
  assert_ok
  sed "s|$RUNTIME_ROOT||" "$BUNDLE/config.json" >"$WORK/got"
  [ -e "$WORK/want" ] || cp "$WORK/got" "$WORK/want"
  cmp "$WORK/got" "$WORK/want"
  cmp "$BUNDLE/config.json" "$STUB_DIR/config.json"
}

@test "start: closed standard descriptors stay closed for the runtime, and nothing lands in them" {
  local closed fd
  in_shell :
  assert_same
  for closed in 0 1 2 "0 1" "0 2" "1 2" "0 1 2"; do
    # shellcheck disable=SC2086 # words
    in_shell "exec $(printf '%s>&- ' $closed)"
    assert_same
    for fd in $closed; do
      refute grep -q "^$fd " "$STUB_DIR/fds"
    done
    refute grep -qE 'config\.json|audit\.jsonl|/run/mantlet|/$' "$STUB_DIR/fds"
    jq -es 'length == 1' "$AUDIT"
  done
}

@test "start: none of our files gets the number of a closed standard descriptor" {
  command -v strace >/dev/null || skip "strace is not installed"
  run --separate-stderr -- bash -c 'exec strace -o "$0" -e trace=openat,open,socket,memfd_create -- \
    bash -c "exec 0>&- 1>&- 2>&-; exec \"\$@\"" bash "$@"' "$WORK/trace" "${CREATE[@]}"
  assert_ok
  sed -n '/audit.jsonl/,$d; /"--mantlet-policy"/,$p; /policy.json/,$p' "$WORK/trace" >"$WORK/ours"
  grep -q "config.json" "$WORK/ours"
  refute grep -E '= [012]$' "$WORK/ours"
}

@test "start: a refusal without standard descriptors reaches the log, and nothing else" {
  SPEC='.process.capabilities.bounding += ["CAP_SYS_ADMIN"]' in_shell "exec 0>&- 1>&- 2>&-"
  [ "$status" -eq 1 ]
  assert_runtime_not_called
  jq -es 'length == 1 and (.[0].msg | startswith("mantlet: refused: "))' "$LOG"
  jq -e '.process.capabilities.bounding | index("CAP_SYS_ADMIN") != null' "$BUNDLE/config.json"
}

@test "start: no variable of the environment changes anything" {
  local variable
  in_shell :
  assert_same
  for variable in LD_PRELOAD=/nowhere/x.so LD_LIBRARY_PATH=/nowhere LD_AUDIT=/nowhere/x.so LD_DEBUG=all \
    PATH=/nowhere PATH= HOME=/nowhere TMPDIR=/nowhere LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8 TZ=:/etc/shadow \
    GLIBC_TUNABLES=glibc.malloc.check=3 MALLOC_CHECK_=3 GCONV_PATH=/nowhere NSS_PATH=/nowhere \
    MANTLET_POLICY=/nowhere MANTLET_PROFILE=observe MANTLET=off MANTLET_PID=1 RUNC=/nowhere \
    XDG_RUNTIME_DIR=/nowhere LISTEN_FDS=3 NOTIFY_SOCKET=/nowhere _OCI_SYNCPIPE=3; do
    [[ $variable != LD_* ]] || is_static || continue
    in_shell 'exec env '"$variable"' "$@"'
    assert_same
    [ -z "$output$stderr" ] || { show; false; }
  done
  in_shell 'exec env -i STUB_DIR="$STUB_DIR" "$@"'
  assert_same
}

@test "start: the umask changes no mode, and reaches the runtime" {
  local umask mode
  for umask in 0000 0777 0077; do
    in_shell "umask $umask"
    [ "$status" -eq 0 ] || { show; false; }
    [ "$(stat -c %a "$BUNDLE/config.json")" = 644 ]
    [ "$(stat -c %a "$RECORDS/$ID.json")" = 600 ]
    mode=$(printf '%o' $((0666 & ~umask)))
    [ "$(stat -c %a "$STUB_DIR/config.json")" = "$mode" ]
  done
}

@test "start: a current directory that was removed does not matter for an absolute bundle" {
  in_shell :
  assert_same
  in_shell 'mkdir "$STUB_DIR/d"; cd "$STUB_DIR/d"; rmdir "$STUB_DIR/d"'
  assert_same
}

@test "start: without a bundle a removed current directory is refused" {
  run --separate-stderr -- bash -c 'mkdir d; cd d; rmdir ../d; exec "$@"' bash "$MANTLET" \
    --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" create "$ID"
  assert_refused "has no path"
}

@test "start: few descriptors, a small stack and no core are enough" {
  local limit
  in_shell :
  assert_same
  for limit in "-n 24" "-s 256" "-c 0" "-l 0" "-q 0" "-t 5"; do
    in_shell "ulimit $limit"
    assert_same
  done
}

@test "start: too few descriptors are said, and nobody is suspected" {
  local limit
  mkdir "$WORK/volume"
  given_policy ".controls.mounts = {\"allow+\": [\"$WORK/volume\"]}"
  SPEC=".mounts += [{destination: \"/m\", type: \"bind\", source: \"$WORK/volume\", options: [\"rbind\", \"ro\"]}]"
  in_shell :
  assert_ok
  for limit in {4..14}; do
    in_shell "ulimit -n $limit"
    echo "$limit: $stderr"
    [[ $stderr != *"others than root"* && $stderr != *"no path leads to"* ]]
    [ "$status" -eq 0 ] || [[ $stderr == *"Too many open files"* ]]
  done
}

@test "start: a file size limit ends in a sentence, and nothing is left over" {
  local before
  before=$(bundle_state)
  rm -rf "$RECORDS"
  run --separate-stderr -- bash -c 'ulimit -f 1; exec "$@"' bash "${CREATE[@]}"
  assert_failed "File too large"
  [ "$(bundle_state)" = "$before" ]
  [ "$(find "$RECORDS" -type f | wc -l)" -eq 0 ]
}

@test "start: the runtime gets our caller's signal dispositions" {
  local with
  printf '#!/bin/sh\ngrep Sig[BIC] /proc/self/status\n' >"$WORK/runtime"
  chmod 0755 "$WORK/runtime"
  given_policy ".runtime = \"$WORK/runtime\""
  for trap in "trap - XFSZ" "trap '' XFSZ" "trap '' PIPE HUP"; do
    given_spec .
    run --separate-stderr -- bash -c "$trap"'; exec "$@"' bash "${CREATE[@]}"
    assert_ok
    with=$output
    run --separate-stderr -- bash -c "$trap"'; exec "$@"' bash "$WORK/runtime"
    [ "$output" = "$with" ] || { show; echo "$with" >&2; false; }
  done
}

@test "start: whatever we are called, it is the same program" {
  local name
  in_shell :
  assert_same
  for name in runc /usr/bin/runc ./mantlet crun '' ' ' / // 'a b' $'a\nb' "$(printf 'x%.0s' {1..5000})"; do
    in_shell "exec -a $(printf %q "$name")"' "$@"'
    assert_same
  done
}

@test "start: mantlet- without a profile, or with one that there is not, is refused" {
  run --separate-stderr -- bash -c 'exec -a mantlet- "$@"' bash "${CREATE[@]}"
  assert_refused "without a profile"
  run --separate-stderr -- bash -c 'exec -a /usr/bin/mantlet-nosuch "$@"' bash "${CREATE[@]}"
  assert_refused "nosuch"
}

@test "start: called without any argv[0]" {
  command -v perl >/dev/null || skip "perl is not installed"
  run --separate-stderr -- timeout 10 perl -e 'exec { $ARGV[0] } ()' "$MANTLET"
  [ "$status" -ne 124 ]
}

# The other half of mantlet, which lies beside it or in ../libexec/mantlet of it.
with_net="mkdir -p /usr/local/libexec/mantlet && cp ${MANTLET_NET:-${MANTLET%/*}/mantlet-net} /usr/local/libexec/mantlet/ &&
  cp ${MANTLET_NET:-${MANTLET%/*}/mantlet-net} /usr/sbin/"

# diverted SCRIPT COMMAND...: in a host whose /usr/sbin and /usr/local are ours to change.
diverted() {
  local script=$1
  shift
  run_in_mounts "mount -t tmpfs -o mode=0755 tmpfs /mnt && mkdir /mnt/up /mnt/work &&
    mount -t overlay overlay -o lowerdir=/usr/sbin,upperdir=/mnt/up,workdir=/mnt/work /usr/sbin &&
    mount -t tmpfs -o mode=0755 tmpfs /usr/local && mkdir /usr/local/bin /usr/local/sbin &&
    mount -t tmpfs tmpfs /var/log && $script" timeout 20 "$@"
}

@test "start: in the place of runc, the diverted runc is executed" {
  diverted "rm -f /usr/sbin/runc; cp $STUB /usr/sbin/runc.distrib && cp $MANTLET /usr/sbin/runc && $with_net" \
    /usr/sbin/runc --root "$RUNTIME_ROOT" run -b "$BUNDLE" "$ID"
  assert_ok
  assert_spec '.process.user.uid == 65532'
  # shellcheck disable=SC2153
  jq -r .runtime <(head -n 1 "$RECORDS/$ID.json") | grep -qx /usr/sbin/runc.distrib
}

@test "start: mantlet under several names in the search list is never executed by itself" {
  diverted "cp $MANTLET /usr/local/sbin/runc && ln /usr/local/sbin/runc /usr/local/bin/runc && ln -s /usr/local/sbin/runc /usr/sbin/runc.distrib && rm -f /usr/sbin/runc && cp $STUB /usr/sbin/runc && $with_net" \
    /usr/local/bin/runc --root "$RUNTIME_ROOT" run -b "$BUNDLE" "$ID"
  assert_ok
  assert_spec '.process.user.uid == 65532'
}

@test "start: a copy of mantlet as the real runtime is found out" {
  diverted "rm -f /usr/sbin/runc; cp $MANTLET /usr/sbin/runc && cp $MANTLET /usr/sbin/runc.distrib && $with_net" \
    /usr/sbin/runc --root "$RUNTIME_ROOT" run -b "$BUNDLE" "$ID"
  assert_refused "is a copy of mantlet"
  diverted "rm -f /usr/sbin/runc; cp $MANTLET /usr/sbin/runc && cp $MANTLET /usr/sbin/runc.distrib && $with_net" \
    /usr/sbin/runc --root "$RUNTIME_ROOT" state "$ID"
  assert_refused "is a copy of mantlet"
}

@test "start: a container from before the divert can be listed, executed in and deleted" {
  local called command
  given_container
  jq -c '.runtime = "/usr/sbin/runc"' <(head -n 1 "$RECORD") >"$WORK/record"
  tail -n 1 "$RECORD" >>"$WORK/record"
  mkdir -p "$RUNTIME_ROOT/$ID" # else the record is stale
  given_document p .
  # By its new name, and by its own: then what is called runc is a copy of mantlet.
  for called in /usr/sbin/runc "$MANTLET"; do
    for command in "state $ID" "exec --process $WORK/p.json $ID" "delete $ID"; do
      cat "$WORK/record" >"$RECORD"
      rm -f "$STUB_DIR/calls"
      # shellcheck disable=SC2086 # words
      diverted "rm -f /usr/sbin/runc; cp $STUB /usr/sbin/runc.distrib && cp $MANTLET /usr/sbin/runc && $with_net" \
        "$called" --root "$RUNTIME_ROOT" $command
      assert_ok
      [ "$(wc -l <"$STUB_DIR/calls")" -eq 1 ]
    done
  done
}

@test "start: without root everything that starts or changes is refused, and the rest works" {
  local command
  chmod 0711 "$BATS_RUN_TMPDIR" 2>/dev/null || true
  mkdir -m 0777 "$WORK/shared"
  cp "$MANTLET" "$WORK/shared/mantlet"
  for command in "create -b $BUNDLE x" "run -b $BUNDLE x" "restore -b $BUNDLE x" "exec x sh" "update -r - x" "checkpoint x" "start x"; do
    # shellcheck disable=SC2086 # words
    run --separate-stderr -- setpriv --reuid=65534 --regid=65534 --clear-groups \
      "$WORK/shared/mantlet" $command
    assert_refused "must run as root (rootless containers are not supported in this version)"
  done
  run --separate-stderr -- setpriv --reuid=65534 --regid=65534 --clear-groups "$WORK/shared/mantlet" --version
  assert_ok
}

# passed_on COMMAND...: through mantlet and directly; both must be the same.
passed_on() {
  local want_status want
  run --separate-stderr -- "$WORK/runtime" "$@" </dev/null
  want_status=$status want=$output$stderr
  run --separate-stderr -- "$MANTLET" --mantlet-policy "$POLICY" "$@" </dev/null
  if [ "$status" -ne "$want_status" ] || [ "$output$stderr" != "$want" ]; then
    show
    echo "want: $want" >&2
    return 1
  fi
}

@test "start: commands that are passed on keep arguments, output, error output and exit status" {
  cat >"$WORK/runtime" <<'SCRIPT'
#!/bin/sh
printf '[%s]' "$@"
echo error >&2
exit 42
SCRIPT
  chmod 0755 "$WORK/runtime"
  given_policy ".runtime = \"$WORK/runtime\""
  passed_on --version
  passed_on features
  passed_on state "$ID"
  passed_on --root /x --log y --log-format json kill --all "$ID" KILL
  passed_on ps --format json "$ID" -- -ef 'a b'
  passed_on list -q
  passed_on events --stats "$ID"
  passed_on spec
  passed_on --root=/x delete --force "$ID"
}

@test "start: standard input of a command that is passed on is the runtime's" {
  printf '#!/bin/sh\nexec cat\n' >"$WORK/runtime"
  chmod 0755 "$WORK/runtime"
  given_policy ".runtime = \"$WORK/runtime\""
  head -c 300000 /dev/urandom >"$WORK/data"
  "$MANTLET" --mantlet-policy "$POLICY" events "$ID" <"$WORK/data" | cmp - "$WORK/data"
  given_spec .
  "$MANTLET" --mantlet-policy "$POLICY" --root "$RUNTIME_ROOT" run -b "$BUNDLE" "$ID" <"$WORK/data" | cmp - "$WORK/data"
}

@test "start: a signal meets the runtime, which has our process id" {
  local pid
  printf '#!/bin/sh\ntrap "exit 9" TERM\necho $$ >%s/pid\nwhile :; do sleep 0.05; done\n' "$WORK" >"$WORK/runtime"
  chmod 0755 "$WORK/runtime"
  given_policy ".runtime = \"$WORK/runtime\""
  "$MANTLET" --mantlet-policy "$POLICY" events "$ID" 3>&- &
  pid=$!
  for _ in {1..100}; do [ -s "$WORK/pid" ] && break || sleep 0.05; done
  [ "$(cat "$WORK/pid")" = "$pid" ]
  kill -TERM "$pid"
  run wait "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$status" -eq 9 ]
}

@test "start: real runc's version and features are runc's own" {
  command -v runc >/dev/null || skip "runc is not installed"
  given_policy ".runtime = \"$(command -v runc)\""
  [ "$("$MANTLET" --mantlet-policy "$POLICY" --version)" = "$(runc --version)" ]
  [ "$("$MANTLET" --mantlet-policy "$POLICY" features)" = "$(runc features)" ]
}

@test "start: the program is position independent, with nothing writable that is executable" {
  readelf -hW "$MANTLET" | grep -q 'Type: *DYN'
  readelf -dW "$MANTLET" | grep -q 'FLAGS_1.* PIE'
  readelf -dW "$MANTLET" | grep -Eq 'BIND_NOW|FLAGS_1.* NOW'
  readelf -lW "$MANTLET" | grep -q GNU_RELRO
  readelf -lW "$MANTLET" | grep -Eq 'GNU_STACK .* RW '
  readelf -lWd "$MANTLET" >"$WORK/headers"
  refute grep -E ' RWE |W E|TEXTREL|RPATH|RUNPATH' "$WORK/headers"
}

@test "start: a static program has no loader, no libraries and no name services to load" {
  is_static || return 0
  readelf -lW "$MANTLET" >"$WORK/headers"
  refute grep INTERP "$WORK/headers"
  readelf -sW "$MANTLET" >"$WORK/symbols"
  refute grep -E ' (getpw[a-z]*|getgr(nam|gid|ouplist)|getaddrinfo|gethostby[a-z]*|getspnam|__nss_(lookup|module)[a-z_]*)(@|$)' "$WORK/symbols"
}

@test "start: nothing is opened that the task does not need" {
  command -v strace >/dev/null || skip "strace is not installed"
  given_policy '.records_group = "daemon"'
  run --separate-stderr -- strace -f -e trace=openat,open,execve,socket,connect,clone,fork,vfork,clone3 -o "$WORK/trace" "${CREATE[@]}"
  assert_ok
  is_static || return 0
  refute grep -Eq '"[^"]*(nsswitch\.conf|ld\.so[^"]*|/localtime|/locale/[^"]*|\.so[0-9.]*)"' "$WORK/trace"
  refute grep -Eq '^[0-9]+ +(clone3?|v?fork|socket|connect)\(' "$WORK/trace"
  [ "$(grep -c execve "$WORK/trace")" -eq 2 ]
}
