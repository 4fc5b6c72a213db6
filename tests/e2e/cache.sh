#!/bin/sh
# Compiled kernels are kept on the disk between runs.
. "$(dirname "$0")/../lib/check.sh"
vector_add=$GUESTS/vector_add
need "$vector_add" 'the guest vector_add'
unset CUDA_CACHE_PATH CUDA_CACHE_DISABLE CUDA_CACHE_MAXSIZE
HOME=$scratch/home XDG_CACHE_HOME=
export HOME XDG_CACHE_HOME
mkdir "$HOME"

law 'a second run of a program compiles nothing'
complains 'kernels: 1 compiled in [0-9.]+ s, 0 from the cache, 2 kept, 0 not kept' 0 "$VGPU_RUN" -v "$vector_add"
complains 'kernels: 0 compiled in 0.0 s, 1 from the cache, 0 kept, 0 not kept' 0 "$VGPU_RUN" -v "$vector_add"
[ -d "$HOME/.cache/vgpu-run" ] || fail 'nothing in ~/.cache/vgpu-run'

law 'another virtual GPU takes the same code'
complains 'kernels: 0 compiled' 0 "$VGPU_RUN" -v --gpu h100 "$vector_add"

law 'CUDA_CACHE_DISABLE=1 neither reads nor writes'
complains 'kernels: 1 compiled in [0-9.]+ s, 0 from the cache, 0 kept, 0 not kept' 0 \
  "$VGPU_RUN" -v env CUDA_CACHE_DISABLE=1 "$vector_add"

law 'CUDA_CACHE_PATH and XDG_CACHE_HOME say where'
for name in CUDA_CACHE_PATH XDG_CACHE_HOME; do
  complains 'kernels: 1 compiled' 0 "$VGPU_RUN" -v env "$name=$scratch/$name" "$vector_add"
  complains 'kernels: 0 compiled' 0 "$VGPU_RUN" -v env "$name=$scratch/$name" "$vector_add"
  [ -d "$scratch/$name/vgpu-run" ] || fail "nothing in $name"
done

law 'CUDA_CACHE_MAXSIZE=0 keeps nothing'
complains 'kernels: 1 compiled in [0-9.]+ s, 0 from the cache, 0 kept' 0 \
  "$VGPU_RUN" -v env "CUDA_CACHE_PATH=$scratch/none" CUDA_CACHE_MAXSIZE=0 "$vector_add"
[ ! -e "$scratch/none" ] || fail 'a folder was made'

law 'a place that cannot be written is no reason to fail, and no home is none'
complains 'kernels: 1 compiled in [0-9.]+ s, 0 from the cache, 0 kept, 2 not kept' 0 \
  "$VGPU_RUN" -v env CUDA_CACHE_PATH=/dev/null "$vector_add"
complains 'kernels: 1 compiled in [0-9.]+ s, 0 from the cache, 0 kept, 0 not kept' 0 \
  "$VGPU_RUN" -v env -i "$vector_add"

law 'damaged files are replaced'
for file in "$HOME"/.cache/vgpu-run/*; do
  : >"$file"
done
complains 'kernels: 1 compiled in [0-9.]+ s, 0 from the cache, 2 kept' 0 "$VGPU_RUN" -v "$vector_add"
complains 'kernels: 0 compiled' 0 "$VGPU_RUN" -v "$vector_add"

law 'without -v nothing is said of quick compilations'
run "$VGPU_RUN" env CUDA_CACHE_DISABLE=1 "$vector_add"
[ ! -s "$scratch/err" ] || fail 'standard error is not empty' "$(shown vector_add)"

finish
