#include "launcher/help.h"

#include <fmt/format.h>

#include <algorithm>

#include "launcher/option_table.h"

namespace vgpu::launcher {
namespace {

constexpr std::size_t kColumn = 30;
constexpr std::size_t kWidth = 98;

std::string left_side(const OptionRow& row) {
  std::string left = row.letter != 0 ? fmt::format("  -{}, --{}", row.letter, row.name)
                                     : fmt::format("      --{}", row.name);
  if (row.takes == Takes::optional)
    left += fmt::format("[={}]", row.argument);
  else if (row.takes != Takes::nothing)
    left += fmt::format(" {}", row.argument);
  if (left.size() + 2 > kColumn) left += "\n" + std::string(kColumn, ' ');
  return left + std::string(left.size() < kColumn ? kColumn - left.size() : 0, ' ');
}

/// Returns `words` in lines that fit to the right of kColumn.
std::string right_side(const std::string& words) {
  std::string lines;
  std::size_t column = kColumn;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    if (column + (end - at) + 1 > kWidth) {
      lines.back() = '\n';
      lines += std::string(kColumn, ' ');
      column = kColumn;
    }
    lines += words.substr(at, end - at) + ' ';
    column += end - at + 1;
    at = end + 1;
  }
  lines.back() = '\n';
  return lines;
}

}  // namespace

std::string help_text() {
  std::string help =
      "Usage: vgpu-run [options] [--] PROGRAM [ARGUMENT...]\n"
      "Starts PROGRAM, and gives it and all that it starts a virtual NVIDIA GPU.\n\n";
  for (const OptionRow& row : option_rows()) {
    help += left_side(row) + right_side(std::string(row.help));
  }
  help +=
      "\nEvery option is also an environment variable (--gpu: VGPU_GPU) and a key (gpu = t4) in\n"
      "~/.config/vgpu-run.conf or /etc/vgpu-run.conf.\n"
      "Exit status: the program's; 128+N if signal N ended it; 125 if vgpu-run failed, 126 if the\n"
      "program cannot be executed, 127 if it is not found.\n";
  return help;
}

}  // namespace vgpu::launcher
