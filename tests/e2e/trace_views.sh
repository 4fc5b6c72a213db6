#!/bin/sh
# The same run through every view. Given by the environment besides: COMPARE_VIEWS.
. "$(dirname "$0")/../lib/check.sh"
: "${COMPARE_VIEWS:?}"
need "$GUESTS/vector_add" 'the guest vector_add'
trace=$scratch/trace.jsonl

# same_in_all_views KIND...: $trace through each view says the same, and has events of these kinds.
same_in_all_views() {
  for format in text perfetto html; do
    run "$VGPU_RUN" trace show "$trace" --format $format
    [ $status -eq 0 ] || fail "$format: status $status" "$(cat "$scratch/err")"
    cp "$scratch/out" "$scratch/as.$format"
  done
  run "$COMPARE_VIEWS" "$trace" "$scratch/as.text" "$scratch/as.perfetto" "$scratch/as.html"
  [ $status -eq 0 ] || fail 'the views differ' "$(cat "$scratch/err")"
  for kind in "$@"; do
    grep -q "^$kind [1-9]" "$scratch/out" || fail "no event of kind $kind" "$(cat "$scratch/out")"
  done
}

law 'a run with calls, launches and copies is the same in text, jsonl, perfetto and html'
run "$VGPU_RUN" --trace="$trace" --trace-format jsonl --trace-filter all "$GUESTS/vector_add"
[ $status -eq 0 ] || fail "status $status" "$(cat "$scratch/err")"
same_in_all_views trace exec file map api load compile launch copy memory exit end

law 'so is a run of many processes, with names that are hostile'
hostile=$(printf 'a\377\n</script><b>"\\\033[1m')
run "$VGPU_RUN" --trace="$trace" --trace-format jsonl --trace-filter all /bin/sh -c \
  'cat "$1"; env -u HOME A="$1" /bin/ls "$1"; (exit 3); no-such-program; kill -9 $$' - "$hostile"
same_in_all_views trace process exec file map exit end

law 'a view that is written directly has what one of a recorded trace has'
for format in perfetto html; do
  run "$VGPU_RUN" --trace="$scratch/direct" --trace-format $format --trace-filter all "$GUESTS/vector_add"
  [ $status -eq 0 ] || fail "status $status" "$(cat "$scratch/err")"
  grep -qa cuLaunchKernel "$scratch/direct" || fail "$format: no launch" "$(ls -l "$scratch/direct")"
done
grep -q '^</html>$' "$scratch/direct" || fail 'the page has no end'

law 'a guest that is killed, and a disk that is full, leave a view whole, or it is said'
for format in perfetto html; do
  run "$VGPU_RUN" --trace="$scratch/killed.$format" --trace-format $format --trace-filter all sh -c 'kill -KILL $$'
  [ $status -eq 137 ] || fail "$format: status $status" "$(cat "$scratch/err")"
  grep -qa SIGKILL "$scratch/killed.$format" || fail "$format: no end of the guest"
  run "$VGPU_RUN" --trace=/dev/full --trace-format $format --trace-filter all sh -c 'exit 6'
  [ $status -eq 6 ] || fail "$format: status $status on a full disk" "$(cat "$scratch/err")"
  grep -qE '^vgpu-run: trace: [0-9]+ events are missing: No space left on device$' "$scratch/err" || fail "$format: nothing is said" "$(cat "$scratch/err")"
done
grep -q '^</html>$' "$scratch/killed.html" || fail 'the page has no end'
cat >"$scratch/on_tmpfs" <<'STEPS'
mount -t tmpfs -o size=128k none "$1" || exit 77
"$2" --trace="$1/trace" --trace-format perfetto --trace-filter all "$3" 5000 || exit 1
cat "$1/trace"
STEPS
mkdir "$scratch/disk"
own='unshare -m'
[ "$(id -u)" -eq 0 ] || own='unshare -Urm'
status=77
! $own true 2>/dev/null || run $own sh "$scratch/on_tmpfs" "$scratch/disk" "$VGPU_RUN" "$GUESTS/many_probes"
case $status in
  0)
    cp "$scratch/out" "$scratch/full.perfetto"
    [ "$(wc -c <"$scratch/full.perfetto")" -gt 100000 ] || fail 'the room there was is not used' "$(cat "$scratch/err")"
    ;;
  77) skip 'no tmpfs of our own' ;;
  *) fail 'the program was harmed' "$(cat "$scratch/err")" ;;
esac

law 'Perfetto files are protobuf messages to others too'
if command -v protoc >/dev/null; then
  for file in "$scratch"/*.perfetto; do
    protoc --decode_raw <"$file" >"$scratch/raw" 2>&1 || fail "protoc does not read ${file##*/}" "$(head -3 "$scratch/raw")"
  done
else
  skip 'protoc is not here'
fi

finish
