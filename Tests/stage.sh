# shellcheck shell=bash
# Steps of a test run, and the line that sums them up. Sourced; $results is a folder.
# shellcheck disable=SC2154

# stage [--must] NAME COMMAND...: one step that passes or fails as a whole. After a --must that
# failed there is nothing left to do.
stage() {
  local must=
  if [ "$1" = --must ]; then
    must=yes
    shift
  fi
  local name=$1
  shift
  printf '\n== %s\n' "$name"
  local begun=$SECONDS
  if "$@" </dev/null; then
    echo passed >"$results/$name.stage"
  else
    echo failed >"$results/$name.stage"
    echo "== $name: failed after $((SECONDS - begun)) s" >&2
    [ -z "$must" ] || closing_line
    return 1
  fi
  echo "== $name: $((SECONDS - begun)) s"
}

# counted NAME COMMAND...: a step that counts its own tests in a JUnit file in $results. It fails as
# a whole only where it failed without counting a failure, or counted nothing.
counted() {
  local name=$1
  shift
  printf '\n== %s\n' "$name"
  local begun=$SECONDS status=0 before after
  before=$(count)
  "$@" </dev/null || status=$?
  after=$(count)
  echo "== $name: $((SECONDS - begun)) s"
  if [ "$before" = "$after" ] || { [ "$status" != 0 ] && [ "${before#* passed}" = "${after#* passed}" ]; }; then
    echo failed >"$results/$name.stage"
    echo "== $name: failed with $status" >&2
  fi
}

count() {
  /usr/bin/python3 Tests/count.py "$results"
}

# Prints "N passed, N failed" and ends: 0 where nothing failed.
closing_line() {
  local line
  line=$(count)
  /usr/bin/python3 Tests/count.py --failed "$results"
  printf '\n%s\n' "$line"
  case $line in
    *", 0 failed"*) exit 0 ;;
    *) exit 1 ;;
  esac
}
