#!/bin/sh
# Every view of a GPU is made from one profile: the CUDA driver, NVML, /proc and /sys cannot disagree.
. "$(dirname "$0")/../lib/check.sh"

# agree GPU_OPTION...
agree() {
  # CUDA counts the fastest first unless told otherwise; the other views go by address.
  ends_with 0 "$VGPU_RUN" "$@" env CUDA_DEVICE_ORDER=PCI_BUS_ID "$GUESTS/cuda_identity"
  mv "$scratch/out" "$scratch/cuda"
  ends_with 0 "$VGPU_RUN" "$@" "$GUESTS/nvml_identity"
  diff -u "$scratch/cuda" "$scratch/out" >"$scratch/diff" || fail 'CUDA and NVML disagree' "$(cat "$scratch/diff")"
  sed 's/, [0-9.]*$//' "$scratch/cuda" >"$scratch/identities"
  run "$VGPU_RUN" "$@" sh -c 'for gpu in /proc/driver/nvidia/gpus/*; do
    field() { sed -n "s/^$1:[[:space:]]*//p" "$gpu/information"; }
    [ "$(cat "/sys/bus/pci/devices/${gpu##*/}/vendor")" = 0x10de ] || echo "${gpu##*/}: not in /sys"
    echo "$(field Model), $(field "GPU UUID"), $(field "Bus Location")"
  done'
  diff -u "$scratch/identities" "$scratch/out" >"$scratch/diff" || fail 'CUDA and /proc disagree' "$(cat "$scratch/diff")"
}

law 'each profile is the same GPU in every view'
for gpu in $("$VGPU_RUN" --list-gpus | awk '{ print $1 }' | grep -E '^[a-z]+[0-9a-z]*$'); do
  agree --gpu "$gpu"
done

law 'several GPUs are, one by one, the same in every view, and in the order of their addresses'
agree --gpu h100 --gpu t4 --gpu a100
agree --gpu 't4:name="Blue Whale"' --gpu t4

law 'a property that was given is seen in every view'
says 'Blue Whale' "$VGPU_RUN" --gpu 't4:name="Blue Whale",cc=6.1' "$GUESTS/cuda_identity"
says ', 6\.1$' "$VGPU_RUN" --gpu 't4:name="Blue Whale",cc=6.1' "$GUESTS/cuda_identity"

finish
