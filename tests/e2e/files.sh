#!/bin/sh
# What a process of the tree sees of the GPU in the file system, by whatever road it looks.
. "$(dirname "$0")/../lib/check.sh"
expected=$here/expected

law 'the device nodes have the type, numbers, mode and owner that a real driver gives them'
prints "$(cat "$expected/nodes.txt")" "$VGPU_RUN" stat -c '%n %F %a %u:%g %t:%T' \
  /dev/nvidia0 /dev/nvidiactl /dev/nvidia-uvm /dev/nvidia-uvm-tools /dev/nvidia-caps
says '^crw-rw-rw- +1 root +root +195, +0 .* /dev/nvidia0$' "$VGPU_RUN" ls -l /dev/nvidia0

law 'a listing shows the same names that a probe finds'
says '^crw-rw-rw- .* 195, +255 .* nvidiactl$' "$VGPU_RUN" ls -l /dev
says '^c.* 195, +0 .* nvidia0$' "$VGPU_RUN" ls -l /dev
says '^/dev/nvidia-caps /dev/nvidia-uvm /dev/nvidia-uvm-tools /dev/nvidia0 /dev/nvidiactl$' "$VGPU_RUN" sh -c 'echo /dev/nvidia*'
says '^/dev/nvidia0$' "$VGPU_RUN" find /dev -maxdepth 1 -name 'nvidia*'
says '^version$' "$VGPU_RUN" ls /proc/driver/nvidia
says '^nvidia$' "$VGPU_RUN" ls /proc/driver
says '^/proc/driver/nvidia/gpus/[0-9a-f:.]*/information$' "$VGPU_RUN" find /proc/driver/nvidia -type f
run "$VGPU_RUN" sh -c 'for f in /dev/*; do [ -e "$f" ] || [ -L "$f" ] || echo "$f"; done'
[ ! -s "$scratch/out" ] || fail "listed, but not there: $(cat "$scratch/out")"

law 'what else is in a folder with virtual files is all still there, once'
ls -A /dev | grep -vx char | sort >"$scratch/bare.dev"
run "$VGPU_RUN" ls -A /dev
grep -vE '^(nvidia.*|char)$' "$scratch/out" | sort >"$scratch/dev"
diff "$scratch/bare.dev" "$scratch/dev" >"$scratch/diff" || fail "$(cat "$scratch/diff")"
run "$VGPU_RUN" sh -c 'ls -A /dev /proc/driver /sys/bus/pci/devices | grep . | sort | uniq -d'
[ ! -s "$scratch/out" ] || fail "listed twice: $(cat "$scratch/out")"

law 'every spelling of a path leads to the same file'
one='%F %t:%T'
want='character special file c3:0'
ln -s /dev "$scratch/dev-link"
for path in /dev/nvidia0 //dev//nvidia0 /dev/./nvidia0 /dev/../dev/nvidia0 /usr/../dev/nvidia0 /proc/self/root/dev/nvidia0 \
  "$scratch/dev-link/nvidia0"; do
  prints "$want" "$VGPU_RUN" stat -L -c "$one" "$path"
done
for folder in /dev /dev/shm/.. /proc/self/root/dev; do
  prints "$want" "$VGPU_RUN" sh -c 'cd "$1" && stat -c "$2" nvidia0 && exit' sh "$folder" "$one"
done
prints "$want" "$VGPU_RUN" sh -c 'cd /usr/share && stat -c "$1" ../../dev/nvidia0' sh "$one"
says 'NVRM version' "$VGPU_RUN" sh -c 'cd /proc/driver/nvidia && cat version'
says 'NVRM version' "$VGPU_RUN" sh -c 'cd /proc/driver/nvidia/gpus && cat ../version'
prints /proc/driver/nvidia "$VGPU_RUN" sh -c 'cd /proc/driver/nvidia && pwd -P'
for target in /dev/nvidia0 ../../../../../../../../dev/nvidia0; do
  rm -f "$scratch/link"
  prints "$want" "$VGPU_RUN" sh -c 'ln -s "$1" "$2" && stat -L -c "$3" "$2"' sh "$target" "$scratch/link" "$one"
done
prints /dev/nvidia0 "$VGPU_RUN" sh -c 'ln -sf /dev/nvidia0 "$1" && readlink -f "$1"' sh "$scratch/link"

law 'what does not exist in the virtual folders does not exist'
run "$VGPU_RUN" stat /dev/nvidia1 /dev/nvidia00 /proc/driver/nvidia/nothing /dev/nvidia0/below
[ "$(grep -c 'No such file\|Not a directory' "$scratch/err")" -eq 4 ] || fail "$(shown stat)"

law 'virtual files are read-only, and a failed change names the reason'
complains 'Permission denied|Read-only|Operation not permitted' 1 "$VGPU_RUN" cp /etc/passwd /proc/driver/nvidia/new
complains 'denied|Read-only|not permitted|cannot' 1 "$VGPU_RUN" mkdir /proc/driver/nvidia/folder

law '/proc/driver/nvidia/version is that of the driver'
says '^NVRM version: NVIDIA UNIX .*Kernel Module.* 580\.[0-9.]+ ' "$VGPU_RUN" cat /proc/driver/nvidia/version
says '^GCC version:' "$VGPU_RUN" cat /proc/driver/nvidia/version
says '^nvidia .* Live ' "$VGPU_RUN" cat /proc/modules
says '^nvidia_uvm ' "$VGPU_RUN" cat /proc/modules

law '/proc/devices lists the driver among the devices that are there'
run "$VGPU_RUN" cat /proc/devices
while read -r line; do
  grep -qx " *$line" "$scratch/out" || fail "no line: $line"
done <"$expected/devices.txt"
grep -v nvidia "$scratch/out" | diff /proc/devices - >"$scratch/diff" || fail "$(cat "$scratch/diff")"

law 'each profile shows its product, and /proc, /sys and lspci agree on it'
grep -v '^#' "$expected/gpus.txt" | while read -r gpu id class name; do
  law="profile $gpu: /proc, /sys and lspci agree"
  failures=0
  run "$VGPU_RUN" --gpu "$gpu" sh -c 'ls /proc/driver/nvidia/gpus'
  address=$(cat "$scratch/out")
  says "^Model: .*$name" "$VGPU_RUN" --gpu "$gpu" cat "/proc/driver/nvidia/gpus/$address/information"
  says "^Bus Location: .*$address" "$VGPU_RUN" --gpu "$gpu" cat "/proc/driver/nvidia/gpus/$address/information"
  says "^$address$" "$VGPU_RUN" --gpu "$gpu" ls /sys/bus/pci/devices
  says "^0x${id%:*} 0x${id#*:} 0x${class}00 $" "$VGPU_RUN" --gpu "$gpu" \
    sh -c 'cd "/sys/bus/pci/devices/$1" && cat vendor device class | tr "\n" " "; echo' sh "$address"
  says "^PCI_SLOT_NAME=$address$" "$VGPU_RUN" --gpu "$gpu" cat "/sys/bus/pci/devices/$address/uevent"
  if command -v lspci >/dev/null; then
    says "^${address#0000:} .*\[$class\].*\[$id\]" "$VGPU_RUN" --gpu "$gpu" lspci -nn
    says "^Slot:.${address#0000:}|^Device:" "$VGPU_RUN" --gpu "$gpu" lspci -vmm
  fi
  [ $failures -eq 0 ]
done || failures=$((failures + 1))

law 'the libraries are where a loader, a glob and a cache listing look'
says '/libcuda\.so\.1$' "$VGPU_RUN" sh -c 'ls /usr/lib/x86_64-linux-gnu/libcuda.so*'
says '/libnvidia-ml\.so\.1$' "$VGPU_RUN" sh -c 'echo /usr/lib/x86_64-linux-gnu/libnvidia-ml.so* | tr " " "\n"'
says 'libcuda\.so\.1 .*=> /' "$VGPU_RUN" sh -c 'PATH=$PATH:/sbin:/usr/sbin; ldconfig -p'
says 'libcuda\.so\.1 => /' "$VGPU_RUN" ldd "$GUESTS/vector_add_linked"

law 'nothing of it is seen outside'
for path in /dev/nvidia0 /proc/driver/nvidia /usr/lib/x86_64-linux-gnu/libcuda.so.1; do
  [ ! -e $path ] || fail "$path exists outside"
done

finish
