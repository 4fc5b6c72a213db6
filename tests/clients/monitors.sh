#!/bin/sh
# systeminformation (npm), which reads what nvidia-smi and lspci say, shows the virtual GPUs.
. "$(dirname "$0")/find.sh"
modules=$VGPU_CLIENTS/node_modules
need "$modules/systeminformation" 'systeminformation (run tests/clients/fetch)'
node=$(command -v node) || { echo "SKIP: $(basename "$0"): node is not here"; exit 77; }
[ ! -e /usr/bin/nvidia-smi ] || { echo "SKIP: $(basename "$0"): a real nvidia-smi is installed here"; exit 77; }

# What it knows of each controller that nvidia-smi told of.
cat >"$scratch/show.cjs" <<'END'
require(process.argv[2] + "/systeminformation").graphics().then((all) => {
  const told = all.controllers.filter((gpu) => gpu.name);
  for (const gpu of told) console.log([gpu.name, gpu.vendor, gpu.memoryTotal, gpu.memoryFree, gpu.driverVersion, gpu.pciBus].join(", "));
  console.log(told.length + " GPUs");
});
END

law 'without vgpu-run it shows no GPU of NVIDIA (else this test proves nothing)'
prints '0 GPUs' "$node" "$scratch/show.cjs" "$modules"

law 'the device, its memory, driver and place'
says '^Tesla T4, NVIDIA Corporation, 15360, 15095, 580\.159\.04, 00000000:01:00\.0$' \
  "$VGPU_RUN" --gpu t4 "$node" "$scratch/show.cjs" "$modules"
says '^1 GPUs$' "$VGPU_RUN" --gpu t4 "$node" "$scratch/show.cjs" "$modules"

law 'two devices'
says '^NVIDIA A100.*, 00000000:02:00\.0$' "$VGPU_RUN" --gpu t4 --gpu a100 "$node" "$scratch/show.cjs" "$modules"
says '^2 GPUs$' "$VGPU_RUN" --gpu t4 --gpu a100 "$node" "$scratch/show.cjs" "$modules"

finish
