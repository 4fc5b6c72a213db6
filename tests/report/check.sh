#!/bin/sh
# The report's own laws: check.sh VGPU-PTX-REPORT.
set -u
report=$1
here=$(mktemp -d) || exit 1
trap 'rm -rf "$here"' EXIT
failures=0

law() {
  [ "$2" = "$3" ] && return
  failures=$((failures + 1))
  printf 'FAILED: %s\nwant: %s\ngot:  %s\n' "$1" "$2" "$3"
}

head='.version 7.5
.target sm_75
.address_size 64
'
printf '%s.visible .entry fine() { .reg .b32 %%r<2>; add.s32 %%r0, %%r1, 1; ret; }\n' "$head" >"$here/fine.ptx"
printf '%s.visible .entry fine() { ret; }
.func hidden() {
  tcgen05.wait::ld.sync.aligned;
  ret;
}
.visible .entry refused() { call hidden; ret; }\n' "$head" >"$here/refused.ptx"

law 'all kernels fine: exit status 0' '0' "$("$report" "$here/fine.ptx" >"$here/out"; echo $?)"
law 'a kernel is named on demand' '1' "$("$report" --all "$here/fine.ptx" | grep -c 'fine: can be compiled')"
law 'a kernel is compiled on demand' '1' "$("$report" --compile . --all "$here/fine.ptx" | grep -c 'fine: can be compiled (')"
law 'a kernel is verified on demand' '1' "$("$report" --verify . --all "$here/fine.ptx" | grep -c 'fine: can be compiled (')"
law 'and one that is refused is found so too' '1' "$("$report" --verify . "$here/refused.ptx" | grep -c '2 kernels, 1 cannot')"
law 'a sample is the first and every Nth' '1' "$("$report" --verify . --every 2 "$here/refused.ptx" | grep -c '1 kernels, 0 cannot')"
law 'a kernel refused: exit status 1' '1' "$("$report" "$here/refused.ptx" >"$here/out"; echo $?)"
law 'what prevents it is named with its line, also in a function that it calls' '1' \
  "$(grep -c 'refused: line 6: tcgen05' "$here/out")"
law 'only that kernel is refused' '1' "$(grep -c '2 kernels, 1 cannot' "$here/out")"
law 'a file that is none: exit status 2' '2' "$("$report" "$here/none" 2>/dev/null; echo $?)"

echo "report: $failures laws broken"
[ "$failures" -eq 0 ]
