#!/bin/sh
# Programs of others that watch GPUs see ours. Each is tried where it is installed.
. "$(dirname "$0")/../lib/check.sh"
[ ! -e /usr/bin/nvidia-smi ] || { echo 'SKIP: monitors.sh: a real nvidia-smi is installed here'; exit 77; }

law 'hashcat lists the device'
if command -v hashcat >/dev/null; then
  run env HOME="$scratch" hashcat -I --force
  bare=$status
fi
if [ "${bare:-0}" -ge 128 ]; then
  skip "hashcat crashes without vgpu-run too (status $bare): a user without an entry in passwd?"
elif command -v hashcat >/dev/null; then
  run "$VGPU_RUN" --gpu t4 env HOME="$scratch" hashcat -I --force
  grep -q 'Name\.*: Tesla T4' "$scratch/out" || fail 'no Tesla T4' "$(shown 'hashcat -I')"
  grep -q 'Memory.Total\.*: 15095 MB' "$scratch/out" || fail 'other memory' "$(shown 'hashcat -I')"
else
  skip 'hashcat is not here'
fi

# What netdata's collector reads of `nvidia-smi -q -x`: a missing element would end it; N/A it leaves out.
law 'the report has what the collector of netdata reads'
if command -v python3 >/dev/null; then
  run "$VGPU_RUN" --gpu t4 nvidia-smi -q -x
  mv "$scratch/out" "$scratch/report.xml"
  prints 'Tesla T4, Turing, 15360 MiB, 0 MiB, 15095 MiB, 0 %, 0 %, N/A, P0, N/A, Default' python3 -c '
import sys, xml.etree.ElementTree as tree
gpu = tree.parse(sys.argv[1]).getroot().find("gpu")
names = ["product_name", "product_architecture", "fb_memory_usage/total", "fb_memory_usage/used", "fb_memory_usage/free",
         "utilization/gpu_util", "utilization/memory_util", "temperature/gpu_temp", "performance_state",
         "gpu_power_readings/instant_power_draw", "compute_mode"]
for name in ["uuid", "fan_speed", "pci/pci_bus_id", "pci/rx_util", "pci/tx_util", "bar1_memory_usage/used", "clocks/graphics_clock",
             "clocks/sm_clock", "clocks/mem_clock", "clocks/video_clock", "utilization/encoder_util", "utilization/decoder_util",
             "mig_mode/current_mig", "processes"]:
    assert gpu.find(name) is not None, name
assert gpu.get("id") == gpu.find("pci/pci_bus_id").text
print(", ".join(gpu.find(name).text for name in names) + "")' "$scratch/report.xml"
else
  skip 'python3 is not here'
fi

finish
