#include "launcher/smi/help.h"

#include "launcher/smi/fields.h"
#include "launcher/smi/query.h"

namespace vgpu::smi {
namespace {

constexpr const char* kHelp = R"(NVIDIA System Management Interface, as vgpu-run provides it

nvidia-smi [OPTION1 [ARG1]] [OPTION2 [ARG2]] ...

    -h,   --help                Print usage information and exit.
          --version             Print version information and exit.

  LIST OPTIONS:

    -L,   --list-gpus           Display a list of GPUs connected to the system.
    -B,   --list-excluded-gpus  Display a list of excluded GPUs in the system.

  SUMMARY OPTIONS:

    <no arguments>              Show a summary of GPUs connected to the system.

    [plus any of]

    -i,   --id=                 Target a specific GPU: index, UUID, serial number or PCI bus id.
    -f,   --filename=           Log to a specified file, rather than to stdout.
    -l,   --loop=               Probe until Ctrl+C at specified second interval.
    -lms, --loop-ms=            Probe until Ctrl+C at specified millisecond interval.

  QUERY OPTIONS:

    -q,   --query               Display GPU info.

    [plus any of]

    -x,   --xml-format          Produce XML output.
    -d,   --display=            Display only selected information: MEMORY, UTILIZATION, ECC,
                                TEMPERATURE, POWER, CLOCK, COMPUTE, PIDS, PERFORMANCE,
                                SUPPORTED_CLOCKS, PAGE_RETIREMENT, ACCOUNTING, ENCODER_STATS,
                                SUPPORTED_GPU_TARGET_TEMP, VOLTAGE, FBC_STATS, ROW_REMAPPER,
                                RESET_STATUS, GSP_FIRMWARE_VERSION, POWER_SMOOTHING,
                                POWER_PROFILES. Several can be given, separated by commas.

  SELECTIVE QUERY OPTIONS:

          --query-gpu=          Information about GPUs: see --help-query-gpu.
          --query-compute-apps= Information about processes that compute: see
                                --help-query-compute-apps.

    [mandatory]

          --format=             Comma separated list of:
                                  csv - comma separated values (MANDATORY)
                                  noheader - skip the first line with column headers
                                  nounits - don't print units for numerical values

Exit status: 0 success, 2 a mistake in the arguments, 6 no such device, 9 no driver,
12 no libnvidia-ml.so.1, other: the NVML result.
)";

}  // namespace

std::string help() { return kHelp; }

std::string query_gpu_help() {
  std::string text = "List of valid properties to query for the switch \"--query-gpu=\":\n\n";
  for (const Field& row : gpu_fields()) {
    if (row.help.empty()) continue;
    text += "\"" + std::string(row.name) + "\"";
    if (!row.alias.empty()) text += " or \"" + std::string(row.alias) + "\"";
    text += "\n" + std::string(row.help) + "\n\n";
  }
  return text;
}

std::string query_processes_help() {
  return "List of valid properties to query for the switch \"--query-compute-apps=\":\n\n" +
         process_fields_help();
}

}  // namespace vgpu::smi
