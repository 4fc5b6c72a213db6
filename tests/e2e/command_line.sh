#!/bin/sh
. "$(dirname "$0")/../lib/check.sh"
model='grep Model: /proc/driver/nvidia/gpus/*/information'

law '--help and --version print to standard output and succeed'
says '[Uu]sage|vgpu-run \[' "$VGPU_RUN" --help
says '[0-9]+\.[0-9]+' "$VGPU_RUN" --version

law '--list-gpus lists the profiles; each of them can be used and is what the guest sees'
for gpu in t4:T4 rtx3090:3090 rtx4090:4090 a100:A100 h100:H100; do
  says "${gpu%:*}" "$VGPU_RUN" --list-gpus
  says "${gpu#*:}" "$VGPU_RUN" --gpu "${gpu%:*}" sh -c "$model"
done

law 'the default GPU has compute capability 7.5, and one of 6.1 is listed'
says '7\.5' "$VGPU_RUN" --list-gpus
says '6\.1' "$VGPU_RUN" --list-gpus

law '--gpu repeated gives several devices, each at an address of its own'
prints 3 "$VGPU_RUN" --gpu t4 --gpu t4 --gpu a100 sh -c 'ls /proc/driver/nvidia/gpus | wc -l'
says '^/dev/nvidia2$' "$VGPU_RUN" --gpu t4 --gpu t4 --gpu a100 sh -c 'ls -d /dev/nvidia*'

law 'a GPU has the properties it was given'
says 'Model:.*Blue Whale' "$VGPU_RUN" --gpu 't4:name="Blue Whale",memory=3GiB' sh -c "$model"

law '--gpu none: nothing is virtual'
run "$VGPU_RUN" --gpu none ls -d /dev/nvidia0 /proc/driver/nvidia
[ ! -s "$scratch/out" ] || fail "$(shown 'ls')"

law 'what follows the program is its own, options or not'
prints '--gpu --help -- x' "$VGPU_RUN" echo --gpu --help -- x
prints '-n' "$VGPU_RUN" -- printf '%s\n' -n

law '--dry-run prints the plan and starts nothing'
says 'cpu' "$VGPU_RUN" --device cpu --dry-run touch "$scratch/started"
says '/dev/nvidia0' "$VGPU_RUN" --dry-run touch "$scratch/started"
says 'libcuda' "$VGPU_RUN" --dry-run touch "$scratch/started"
[ ! -e "$scratch/started" ] || fail 'the program was started'

law "the command line wins over the environment, that over the user's file, that over the given default"
mkdir -p "$scratch/home/.config"
echo 'gpu = a100' >"$scratch/home/.config/vgpu-run.conf"
says 'A100' env HOME="$scratch/home" "$VGPU_RUN" sh -c "$model"
says '4090' env HOME="$scratch/home" VGPU_GPU=rtx4090 "$VGPU_RUN" sh -c "$model"
says 'T4' env HOME="$scratch/home" VGPU_GPU=rtx4090 "$VGPU_RUN" --gpu t4 sh -c "$model"
echo 'gpu = h100' >"$scratch/other.conf"
says 'H100' env HOME="$scratch/home" "$VGPU_RUN" --config "$scratch/other.conf" sh -c "$model"

law 'a broken file is named with its line'
printf 'gpu = t4\nnonsense\n' >"$scratch/broken.conf"
complains 'broken.conf' 125 "$VGPU_RUN" --config "$scratch/broken.conf" true

finish
