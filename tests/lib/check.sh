# The words of the e2e tests. A test file is POSIX sh: it sources this, states laws with checks below them, and ends
# with `finish`. Given by the environment: VGPU_RUN (the program under test), GUESTS (where the guests are built).
set -u
: "${VGPU_RUN:?}" "${GUESTS:?}"
LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
lib=$(cd "$(dirname "$0")/../lib" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/e2e.XXXXXX")
chmod 755 "$scratch"
trap 'rm -rf "$scratch"' EXIT
XDG_CACHE_HOME=$scratch/cache # no code of an earlier run, none left
export XDG_CACHE_HOME
trap 'exit 1' HUP INT TERM
limit=${LIMIT:-60}
laws=0 failures=0 skips=0 law='(no law stated)'

# law TEXT: what the next checks prove.
law() {
  law=$1
  laws=$((laws + 1))
}

fail() {
  failures=$((failures + 1))
  printf 'FAILED: %s\n' "$law"
  printf '  %s\n' "$@"
}

# skip WHY: this law cannot be tried here.
skip() {
  skips=$((skips + 1))
  printf 'SKIP: %s: %s\n' "$law" "$1"
}

# run COMMAND...: runs it with a time limit; leaves $status, and its output in $scratch/out and $scratch/err.
run() {
  timeout -k 5 "$limit" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
  status=$?
  [ $status -ne 124 ] && [ $status -ne 137 ] || echo "(ended by the time limit of ${limit}s, or killed)" >>"$scratch/err"
}

shown() {
  printf 'command: %s\n' "$1"
  sed 's/^/  out: /' "$scratch/out" | head -20
  sed 's/^/  err: /' "$scratch/err" | head -20
}

# ends_with STATUS COMMAND...
ends_with() {
  _want=$1
  shift
  run "$@"
  [ "$status" -eq "$_want" ] || fail "status $status, not $_want" "$(shown "$*")"
}

# prints TEXT COMMAND...: standard output is TEXT, status is 0.
prints() {
  _want=$1
  shift
  run "$@"
  [ "$status" -eq 0 ] || fail "status $status, not 0" "$(shown "$*")"
  printf '%s\n' "$_want" >"$scratch/want"
  diff -u "$scratch/want" "$scratch/out" >"$scratch/diff" || fail "other output than wanted" "$(cat "$scratch/diff")" "$(shown "$*")"
}

# says REGEX COMMAND...: standard output has a line that matches, status is 0.
says() {
  _want=$1
  shift
  run "$@"
  [ "$status" -eq 0 ] || fail "status $status, not 0" "$(shown "$*")"
  grep -qE -- "$_want" "$scratch/out" || fail "no line like: $_want" "$(shown "$*")"
}

# complains REGEX STATUS COMMAND...: standard error has a line that matches, with that status.
complains() {
  _want=$1
  _status=$2
  shift 2
  run "$@"
  [ "$status" -eq "$_status" ] || fail "status $status, not $_status" "$(shown "$*")"
  grep -qE -- "$_want" "$scratch/err" || fail "no error like: $_want" "$(shown "$*")"
}

# same_as_bare COMMAND...: under vgpu-run the output, the errors and the status are those of the bare command.
same_as_bare() {
  run "$@"
  mv "$scratch/out" "$scratch/bare.out"
  mv "$scratch/err" "$scratch/bare.err"
  bare=$status
  run "$VGPU_RUN" "$@"
  [ "$status" -eq "$bare" ] || fail "status $status, bare $bare" "$(shown "$*")"
  diff -u "$scratch/bare.out" "$scratch/out" >"$scratch/diff" || fail "output differs from bare" "$(cat "$scratch/diff")" "command: $*"
  diff -u "$scratch/bare.err" "$scratch/err" >"$scratch/diff" || fail "errors differ from bare" "$(cat "$scratch/diff")" "command: $*"
}

# appears FILE: somebody who is not waited for makes it soon.
appears() {
  polls=$((limit * 20))
  until [ -e "$1" ]; do
    polls=$((polls - 1))
    [ $polls -gt 0 ] || { fail "$1 never appeared"; return; }
    sleep 0.05
  done
}

# need FILE WHAT: the whole test is skipped where FILE is not there.
need() {
  [ -e "$1" ] && return
  echo "SKIP: $(basename "$0"): $2 is not here"
  exit 77
}

finish() {
  echo "$(basename "$0"): $laws laws, $failures failures, $skips skipped"
  [ "$failures" -eq 0 ] || exit 1
  exit 0
}
