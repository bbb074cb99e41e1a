#!/usr/bin/env bats
# The tables of seccomp profiles that the build makes are for the machine that the program is for,
# not for the one that builds it.

bats_require_minimum_version 1.5.0

# number_of TABLE NAME: the call's number in the profile "default".
number_of() {
  sed -nE "/ default_calls\[\]/,/^};/s|.*\{ [0-9]+, (-?[0-9]+), .*/\* $2 \*/|\1|p" "$1"
}

# has_numbers MACHINE NAME=NUMBER...
has_numbers() {
  local machine=$1 table=$BATS_TEST_TMPDIR/$1/gen/seccomp_table.c pair

  shift
  make --no-print-directory -s -C "$BATS_TEST_DIRNAME/.." O="$BATS_TEST_TMPDIR/$machine" \
    target="$machine" "$table" >/dev/null
  for pair; do
    [ "$(number_of "$table" "${pair%=*}")" = "${pair#*=}" ] || {
      echo "$machine: $pair: it is '$(number_of "$table" "${pair%=*}")'"
      return 1
    }
  done
}

@test "seccomp table: for arm64 the calls have the numbers of arm64" {
  has_numbers aarch64 read=63 openat=56 clone=220 mount=40 ptrace=117 futex_waitv=449
}

@test "seccomp table: for x86-64 the calls have the numbers of x86-64" {
  has_numbers x86_64 read=0 openat=257 clone=56 mount=165 ptrace=101 futex_waitv=449
}
