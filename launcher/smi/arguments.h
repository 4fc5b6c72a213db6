#pragma once

#include <span>
#include <string>

namespace vgpu::smi {

/// What was asked for on the command line.
struct Arguments {
  enum class Job : unsigned char {
    overview,
    list,
    excluded,
    report,
    query_gpu,
    query_processes,
    version,
    help,
    help_query_gpu,
    help_query_processes,
  };
  Job job = Job::overview;
  bool xml = false;
  std::string sections;  ///< -d
  std::string devices;   ///< -i
  std::string fields;    ///< --query-...
  std::string format;
  std::string file;     ///< -f
  long every = 0;       ///< Units: milliseconds; 0: once
  std::string mistake;  ///< not empty: what is wrong with the command line
};

Arguments parse_arguments(std::span<char* const> words);

}  // namespace vgpu::smi
