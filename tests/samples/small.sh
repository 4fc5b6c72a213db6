#!/bin/sh
# The tensor-core samples compute right: their sizes are made smaller, so that their own check against the processor, which
# is off by default, ends within seconds. The programs as they are: check.sh; those check nothing.
. "$(dirname "$0")/find.sh"

for name in $(awk '/^[a-z0-9]+TensorCoreGemm / { print $1 }' "$here/samples.txt"); do
  law "$name, made smaller, finds no difference to the processor"
  source=$VGPU_CUDA_SAMPLES/Samples/3_CUDA_Features/$name/$name.cu
  if [ ! -e "$source" ]; then
    skip "$name is not in the checkout"
    continue
  fi
  sed -E 's/^(#define [MNK]_TILES) .*/\1 32/' "$source" >"$scratch/$name.cu"
  run "$nvcc" -std=c++17 -O2 -DCPU_DEBUG=1 -gencode arch=compute_80,code=compute_80 -cudart static \
    -I "$VGPU_CUDA_SAMPLES/Common" -o "$scratch/$name" "$scratch/$name.cu"
  [ "$status" -eq 0 ] || { fail 'it does not compile' "$(shown nvcc)"; continue; }
  ends_with 0 "$VGPU_RUN" --gpu a100 "$scratch/$name"
  grep -q '(.. x 32)\|(. x 32)' "$scratch/out" || fail 'it is not smaller' "$(shown "$name")"
  grep -q '^Verifying correctness' "$scratch/out" || fail 'it checked nothing' "$(shown "$name")"
  ! grep -q mismatch "$scratch/out" || fail 'it found a difference' "$(shown "$name")"
done
finish
