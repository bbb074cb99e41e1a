# shellcheck shell=bash
# Completion of mantlet for bash: its commands and its own two flags; all others are the runtime's.

_mantlet() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} word
  COMPREPLY=()
  case $prev in
    --mantlet-policy | --bundle | -b | --process | -p | --log) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
    --root) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
    --mantlet-profile) mapfile -t COMPREPLY < <(compgen -W 'restricted baseline observe build default' -- "$cur"); return ;;
  esac
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* || $word == /* ]] || return
  done
  mapfile -t COMPREPLY < <(compgen -W '--mantlet-policy --mantlet-profile --root --log --log-format
    --version --help checkpoint create delete events exec features kill list pause ps restore resume
    run spec start state update' -- "$cur")
}
complete -F _mantlet mantlet
