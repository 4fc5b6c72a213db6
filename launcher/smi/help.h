#pragma once

#include <string>

namespace vgpu::smi {

std::string help();
std::string query_gpu_help();
std::string query_processes_help();

}  // namespace vgpu::smi
