#!/bin/sh
# A public cuda-samples program, unmodified, passes its own check: check.sh NAME. It needs nvcc, and a checkout of
# https://github.com/NVIDIA/cuda-samples in VGPU_CUDA_SAMPLES. Programs are kept in SAMPLES_BUILT.
. "$(dirname "$0")/../lib/check.sh"
name=$1
row=$(grep "^$name " "$here/samples.txt")
text=$(echo "$row" | awk '{ $1 = $2 = $3 = ""; sub(/^ +/, ""); print }')
if [ ! -d "${VGPU_CUDA_SAMPLES:-}/Samples" ]; then
  echo 'SKIP: cuda-samples: VGPU_CUDA_SAMPLES names no checkout of them'
  exit 77
fi
if ! nvcc=$("$lib/find-nvcc"); then
  echo 'SKIP: cuda-samples: no CUDA toolkit (nvcc)'
  exit 77
fi
LD_LIBRARY_PATH=$(dirname "$(dirname "$nvcc")")/lib64
export LD_LIBRARY_PATH

# bf16, tf32 and f64 are newer than the default device.
case $name in *TensorCoreGemm) gpu=a100 ;; *) gpu=vgpu75 ;; esac

for cudart in static shared; do
  law "$name with $cudart cudart ends with 0 and says: $text"
  program=$SAMPLES_BUILT/$name-$cudart
  if [ ! -e "$program" ]; then
    run "$here/build" "$name" "$cudart" "$VGPU_CUDA_SAMPLES" "$SAMPLES_BUILT"
    [ "$status" -eq 0 ] || { fail 'it does not compile' "$(shown nvcc)"; continue; }
  fi
  cd "$SAMPLES_BUILT"  # the driver-API samples look for their kernels here
  ends_with 0 "$VGPU_RUN" --gpu $gpu "$program"
  grep -qF -- "$text" "$scratch/out" || fail 'the text is missing' "$(shown "$program")"
done
finish
