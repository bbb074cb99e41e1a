#!/usr/bin/env bats
# shellcheck disable=SC2016 # dollars are for jq
#
# The same as seccomp_docker.bats through podman, whose default profile is another one: it lets
# namespaces be made, calls like keyctl and mount through to the kernel, and answers ENOSYS to what it
# does not know.

FIXTURE=$BATS_TEST_DIRNAME/../data/fixtures/podman-4.3.1/config/default.json
# podman's default profile has no NETLINK_AUDIT sockets. Ours alone has, and the kernel asks for a
# capability before it does anything with them.
AUDIT_SOCKET='?socket-audit EINVAL|EPERM|ENOSYS ok'

setup_file() {
  load ../lib/engines
  load ../lib/engines_more
  load ../lib/probe
  engines_start && probe_into_image && podman_start
  # What mantlet's own filter does, to compare with.
  podman run --rm bb probe >"$ROOM/ours"
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
  cp "$ROOM/ours" "$BATS_TEST_TMPDIR/ours"
}

teardown() {
  podman rm -a -f -t 0 >/dev/null
}

plain() {
  podman run --rm --runtime runc -u 65532:65532 --cap-drop ALL --security-opt no-new-privileges \
    "$@" bb probe
}

hardened() {
  podman run --rm "$@" bb probe
}

@test "podman: the filter of a default container blocks what podman's allows, call by call" {
  probed before plain
  probed after hardened
  assert_differences before after <<'EOT'
?acct                     EPERM|ENOENT|EBADF  ENOSYS
?add_key                  ENOSYS|EPERM  ENOSYS
adjtimex             EFAULT           EPERM
clone-net            EPERM            ENOSYS
clone-user           ok               EPERM
?clone3              EINVAL           ENOSYS
?delete_module            EPERM|ENOENT|EBADF  ENOSYS
fanotify_init        EPERM            ENOSYS
?finit_module             EPERM|ENOENT|EBADF  ENOSYS
?fsopen                   EPERM|ENOENT|EBADF  ENOSYS
?i386-getpid         ok               SIGSYS
?init_module              EPERM|ENOENT|EBADF  ENOSYS
?io_uring_setup      ENOSYS           EPERM
?ioperm                   EPERM|ENOENT|EBADF  ENOSYS
?iopl                     EPERM|ENOENT|EBADF  ENOSYS
kcmp                 EPERM            ENOSYS
?kexec_load               EPERM|ENOENT|EBADF  ENOSYS
keyctl               ok               EPERM
mbind                EINVAL           ENOSYS
?memfd_secret        EINVAL           ENOSYS
?modify_ldt          ok               ENOSYS
mount                ENOENT           EPERM
mq_open              ENOENT           ENOSYS
msgget               ENOENT           ENOSYS
?name_to_handle_at        ENOENT|EPERM  ENOSYS
?open_by_handle_at        EPERM|ENOENT|EBADF  ENOSYS
?open_tree                ENOENT|EPERM  ENOSYS
personality-linux32  ok               ENOSYS
?pidfd_getfd              EBADF|EPERM  ENOSYS
?pivot_root               EPERM|ENOENT|EBADF  ENOSYS
?pkey_alloc          EINVAL|EPERM     ENOSYS
?process_vm_readv         ok|EPERM  ENOSYS
?process_vm_writev        ok|EPERM  ENOSYS
ptrace               ok               EPERM
?quotactl                 EPERM|ENOENT|EBADF  ENOSYS
?reboot                   EPERM|ENOENT|EBADF  ENOSYS
?request_key              ENOSYS|EPERM  ENOSYS
setns                EBADF            EPERM
?settimeofday             EPERM|ENOENT|EBADF  ENOSYS
?socket-alg          EAFNOSUPPORT|ok  ENOSYS
?socket-audit        EINVAL           ENOSYS|EPERM
?socket-can          EAFNOSUPPORT|ok  ENOSYS
socket-dirty         ok               ENOSYS
socket-packet        EPERM            ENOSYS
?socket-vsock        EAFNOSUPPORT|ok  ENOSYS
?swapoff                  EPERM|ENOENT|EBADF  ENOSYS
?swapon                   EPERM|ENOENT|EBADF  ENOSYS
umount2              ENOENT           EPERM
?unshare-user        ok               EPERM
vmsplice             EPERM            ENOSYS
?x32-getpid          ENOSYS|ok        SIGSYS
EOT
}

@test "podman: what a program needs is left, and what is blocked says so" {
  assert_answers ours <<'EOT'
getpid ok
clone-plain ok
personality-query ok
socket-unix ok
socket-inet ok
socket-inet6 ok
socket-netlink ok
clone3 ENOSYS
unknown ENOSYS
unshare-user EPERM
unshare-mount EPERM
clone-user EPERM
setns EPERM
mount EPERM
keyctl EPERM
add_key ENOSYS
request_key ENOSYS
bpf EPERM
io_uring_setup EPERM
userfaultfd EPERM
perf_event_open EPERM
pidfd_getfd ENOSYS
open_by_handle_at ENOSYS
EOT
}

@test "podman: seccomp=unconfined is refused under deny" {
  events_mark
  run podman run --rm --runtime mantlet-deny --security-opt seccomp=unconfined bb probe
  echo "$output"
  [ "$status" -eq 126 ]
  [[ $output == *"mantlet: refused: --security-opt seccomp=unconfined "* ]]
  [[ $output != *getpid* ]]
  assert_event '.outcome == "refused" and any(.refusals[]; .control == "seccomp")'
}

@test "podman: seccomp=unconfined under fix has our filter, to the last call" {
  probed before plain --security-opt seccomp=unconfined
  assert_answers before <<'EOT'
keyctl ok
unshare-user ok
EOT
  probed after hardened --runtime mantlet-fix --security-opt seccomp=unconfined
  assert_differences ours after <<<"$AUDIT_SOCKET"
}

@test "podman: a stricter profile stays as strict, and gains nothing" {
  local profile

  profile=$(seccomp_profile stricter "$(jq '.linux.seccomp
    | .syscalls[].names -= ["getpid", "socket", "msgget"]' "$FIXTURE")")
  probed before plain --security-opt "seccomp=$profile"
  assert_answers before <<'EOT'
getpid ENOSYS
socket-unix ENOSYS
socket-inet ENOSYS
EOT
  probed after hardened --security-opt "seccomp=$profile"
  assert_differences ours after <<'EOT'
getpid          ok      EPERM|ENOSYS
?socket-audit   ENOSYS|EINVAL  EPERM|ENOSYS
socket-inet     ok      EPERM|ENOSYS
socket-inet6    ok      EPERM|ENOSYS
socket-netlink  ok      EPERM|ENOSYS
socket-unix     ok      EPERM|ENOSYS
?msgget         ENOSYS  EPERM
?socket-alg     ENOSYS  EPERM
?socket-can     ENOSYS  EPERM
?socket-dirty   ENOSYS  EPERM
?socket-packet  ENOSYS  EPERM
?socket-vsock   ENOSYS  EPERM
EOT
}

@test "podman: a looser profile loosens nothing" {
  local profile

  profile=$(seccomp_profile looser '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names":
    ["keyctl", "unshare", "bpf", "ptrace", "io_uring_setup"], "action": "SCMP_ACT_ALLOW"}]}')
  probed before plain --security-opt "seccomp=$profile"
  assert_answers before <<'EOT'
keyctl ok
unshare-user ok
clone-user ok
ptrace ok
EOT
  probed after hardened --security-opt "seccomp=$profile"
  assert_differences ours after <<<"$AUDIT_SOCKET"
}

@test "podman: a profile with one condition takes what it says and nothing else" {
  local profile

  profile=$(seccomp_profile condition '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names":
    ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13, "args": [{"index": 0, "value": 2, "op":
    "SCMP_CMP_EQ"}]}]}')
  probed before plain --security-opt "seccomp=$profile"
  assert_answers before <<'EOT'
socket-inet EACCES
socket-inet6 ok
socket-unix ok
EOT
  probed after hardened --security-opt "seccomp=$profile"
  assert_differences ours after <<'EOT'
socket-inet    ok                   EACCES|EPERM|ENOSYS
?socket-audit  EINVAL|EPERM|ENOSYS  ok
EOT
}

@test "podman: a profile that hands calls to another process, or only logs them, is no way out" {
  local action profile

  for action in SCMP_ACT_LOG SCMP_ACT_TRACE; do
    profile=$(seccomp_profile "$action" "{\"defaultAction\": \"$action\", \"syscalls\": []}")
    run hardened --security-opt "seccomp=$profile"
    echo "$action: $status: ${output:0:300}"
    if [ "$status" -eq 0 ]; then
      printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/after"
      assert_differences ours after <<<"$AUDIT_SOCKET"
    else
      [[ $output == *"mantlet: refused: "*"[seccomp"* ]]
    fi
  done
}
