#!/bin/sh
# A public cuda-samples program, unmodified, passes its own check: check.sh NAME. Programs are
# kept in SAMPLES_BUILT.
. "$(dirname "$0")/find.sh"
name=$1
row=$(grep "^$name " "$here/samples.txt")
text=$(echo "$row" | awk '{ $1 = $2 = $3 = ""; sub(/^ +/, ""); print }')
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
