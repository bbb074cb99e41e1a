#!/usr/bin/env bats
# shellcheck disable=SC2016 # backquotes are of Markdown
#
# Each row of the threat model that says what stops an attack names a test, and that test exists:
# a bats file has it as the name of a test, a C file as a text that it prints.

MODEL=contrib/doc/threat-model.md

setup() {
  cd "$BATS_TEST_DIRNAME/.." || return
}

# Lines "ROW<tab>LAST COLUMN" of the tables whose last column is headed "test".
rows() {
  awk -F ' *[|] *' '
    !/^[|]/ { in_table = 0; next }
    !in_table { in_table = 1; has_test = $(NF - 1) == "test"; next }
    has_test && !/^[|][-|]+$/ { print NR "\t" $(NF - 1) }
  ' "$1"
}

# check FILE ROWS: prints what is wrong in it, or that it has fewer rows.
check() {
  local line cell name file row names count=0

  while IFS=$'\t' read -r line cell; do
    count=$((count + 1))
    mapfile -t names < <(grep -oE '`[^`]+`' <<<"$cell" | tr -d '`')
    [ "${#names[@]}" -gt 0 ] || echo "line $line names no test"
    for row in "${names[@]}"; do
      file=${row%%: *} name=${row#*: }
      if [ "$file" = "$row" ] || [ ! -f "tests/$file" ]; then
        echo "line $line: there is no file tests/$file"
      elif [[ $file == *.bats ]]; then
        grep -qF "@test \"$name\" {" "tests/$file" || echo "line $line: no test '$name' in $file"
      else
        tr -d '\n' <"tests/$file" | sed -E 's/"[[:space:]]+"//g' | grep -qF "\"$name\"" ||
          echo "line $line: no text '$name' in $file"
      fi
    done
  done < <(rows "$1")
  [ "$count" -ge "$2" ] || echo "only $count rows were found"
}

@test "threat model: every row names a test that exists" {
  run check "$MODEL" 130
  [ -z "$output" ] || { echo "$output"; return 1; }
}

@test "threat model: a test that is gone, misspelled or missing is found" {
  local copy=$BATS_TEST_TMPDIR/model.md

  sed 's/races: a bundle behind a link that/races: a bundle behind a lonk that/' \
    "$MODEL" >"$copy"
  run check "$copy" 130
  [[ $output == *"no test 'races: a bundle behind a lonk that"* ]]
  sed 's/a disk under a harmless name/a disk under no name/' "$MODEL" >"$copy"
  run check "$copy" 130
  [[ $output == *"no text 'a disk under no name' in unit/test_control_devices.c"* ]]
  sed 's/`races.bats:/`racing.bats:/' "$MODEL" >"$copy"
  run check "$copy" 130
  [[ $output == *"there is no file tests/racing.bats"* ]]
  sed -E 's/`races.bats: [^`]*`/(none)/' "$MODEL" >"$copy"
  run check "$copy" 130
  [[ $output == *"names no test"* ]]
  run check "$MODEL" 1000
  [[ $output == "only "*" rows were found" ]]
}

@test "threat model: README, SECURITY.md and architecture.md lead to it" {
  grep -qF "($MODEL)" README.md
  grep -qF "($MODEL)" SECURITY.md
  grep -qF "(${MODEL##*/})" contrib/doc/architecture.md
}
