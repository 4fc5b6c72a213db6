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
  agree_smi "$@"
}

# nvidia-smi, /sys and /dev of the same GPUs; a real nvidia-smi would ask the same NVML.
agree_smi() {
  run "$VGPU_RUN" "$@" sh -c 'query() { nvidia-smi --query-gpu="$1" --format=csv,noheader,nounits; }
    query name,uuid,pci.bus_id,compute_cap | sed "s/, 0000\([0-9A-F]*:\)/, \1/"
    query pci.bus_id | while read -r id; do
      address=$(echo "${id#0000}" | tr A-F a-f) sys=/sys/bus/pci/devices/$(echo "${id#0000}" | tr A-F a-f)
      field() { nvidia-smi -i "$id" --query-gpu="$1" --format=csv,noheader,nounits; }
      same() { [ "$2" = "$3" ] || echo "$address: $1: $2 and $3"; }
      same "PCI id" "$(field pci.device_id | tr A-F a-f)" "$(cut -c3- "$sys/device" | sed s/^/0x/)$(cut -c3- "$sys/vendor")"
      same "sub system" "$(field pci.sub_device_id | tr A-F a-f)" "$(cut -c1- "$sys/subsystem_device")$(cut -c3- "$sys/subsystem_vendor")"
      same "link width" "$(field pcie.link.width.max)" "$(cat "$sys/max_link_width")"
      same "driver" "$(field driver_version)" "$(cat /sys/module/nvidia/version)"
      minor=$(sed -n "s/^Device Minor:[[:space:]]*//p" "/proc/driver/nvidia/gpus/$address/information")
      same "minor" "$(nvidia-smi -i "$id" -q | sed -n "s/^ *Minor Number *: //p")" "$minor"
      [ -c "/dev/nvidia$minor" ] || echo "$address: no /dev/nvidia$minor"
    done'
  diff -u "$scratch/cuda" "$scratch/out" >"$scratch/diff" || fail 'CUDA and nvidia-smi, /sys or /dev disagree' "$(cat "$scratch/diff")" "$(cat "$scratch/err")"
  run env CUDA_DEVICE_ORDER=PCI_BUS_ID "$VGPU_RUN" "$@" sh -c '"$0" 0; nvidia-smi -i 0 --query-gpu=memory.free --format=csv,noheader,nounits' "$GUESTS/hold_memory"
  of_cuda=$(sed -n 's/^result 0, \([0-9]*\) MiB of .* are free$/\1/p' "$scratch/out")
  [ -n "$of_cuda" ] && [ "$of_cuda" = "$(tail -1 "$scratch/out")" ] || fail 'CUDA and nvidia-smi disagree on memory' "$(cat "$scratch/out")"
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
