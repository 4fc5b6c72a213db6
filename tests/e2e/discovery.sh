#!/bin/sh
# A server that looks for GPUs as LLM servers do finds them, however it starts and ends its children.
. "$(dirname "$0")/../lib/check.sh"
need "$GUESTS/discovery" 'a Go compiler'

law 'without vgpu-run nothing is found (else this test proves nothing)'
says 'FAIL: no GPUs in /proc' sh -c '"$0" "$@"; true' "$GUESTS/discovery" "$GUESTS/runner" "$GUESTS/bundled" libbackend.so

law 'the GPU is found through a bundled library, by UUID, again after kills, and all versions agree'
prints 'library=CUDA compute=7.5 name=CUDA0 description="vGPU 7.5" driver=13.0 total=8192 MiB' \
  "$VGPU_RUN" "$GUESTS/discovery" "$GUESTS/runner" "$GUESTS/bundled" libbackend.so

law 'so it is for every GPU of several, the fastest first, by path, and whatever the program had in its own environment'
prints "$(printf '%s\n' 'library=CUDA compute=9.0 name=CUDA0 description="NVIDIA H100 80GB HBM3" driver=13.0 total=20480 MiB' \
  'library=CUDA compute=8.0 name=CUDA1 description="NVIDIA A100-SXM4-40GB" driver=13.0 total=40338 MiB')" \
  "$VGPU_RUN" --gpu a100 --gpu h100:memory=20GiB env LD_LIBRARY_PATH=/nonexistent \
  "$GUESTS/discovery" "$GUESTS/runner" "$GUESTS/bundled" "$GUESTS/bundled/libbackend.so"

law 'a search by several servers at once finds the same'
run "$VGPU_RUN" sh -c 'for i in 1 2 3; do "$@" & done; wait' sh "$GUESTS/discovery" "$GUESTS/runner" "$GUESTS/bundled" libbackend.so
[ "$(grep -c '^library=CUDA' "$scratch/out")" -eq 3 ] || fail "$(shown 'three at once')"

finish
