# shellcheck shell=bash
# Completion of mantletctl for bash.

# Only root can read the records.
_mantletctl_ids() {
  (cd /run/mantlet 2>/dev/null && printf '%s\n' */*.json | sed -n 's|.*/\(.*\)\.json$|\1|p')
}

_mantletctl() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words=''
  COMPREPLY=()
  case $prev in
    --arch) words='amd64 arm64' ;;
    --cap) words='ALL' ;;
    --kernel) return ;;
    --root) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    --container)
      words=$(_mantletctl_ids)
      ;;
    *)
      case "$COMP_CWORD ${COMP_WORDS[1]} ${COMP_WORDS[2]:-}" in
        1\ *) words='net seccomp help --help --version' ;;
        2\ seccomp\ *) words='show diff --help' ;;
        2\ help\ *) words='net seccomp' ;;
        *\ net\ *) words="$(_mantletctl_ids) --root --json --help" ;;
        *\ seccomp\ show) words='default strict --cap --compat --arch --kernel --container --root --json --help' ;;
        *\ seccomp\ diff) words='default strict container: --cap --compat --arch --kernel --root --json --help' ;;
      esac
      [[ $words != default* || $cur == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
  esac
  mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -F _mantletctl mantletctl
