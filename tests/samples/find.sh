# Sourced by the tests of cuda-samples: they need nvcc, and a checkout of https://github.com/NVIDIA/cuda-samples in
# VGPU_CUDA_SAMPLES. Says where nvcc is.
. "$(dirname "$0")/../lib/check.sh"
if [ ! -d "${VGPU_CUDA_SAMPLES:-}/Samples" ]; then
  echo 'SKIP: cuda-samples: VGPU_CUDA_SAMPLES names no checkout of them'
  exit 77
fi
if ! nvcc=$("$lib/find-nvcc"); then
  echo 'SKIP: cuda-samples: no CUDA toolkit (nvcc)'
  exit 77
fi
