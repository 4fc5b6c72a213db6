#include "launcher/smi/value.h"

#include <doctest/doctest.h>

#include <string>

namespace vgpu::smi {
namespace {

TEST_CASE("nvidia-smi: a process's name cannot command the terminal or begin a line") {
  struct Row {
    std::string name;
    std::string shown;
  };
  const Row rows[] = {
      {"/usr/bin/python3 -c", "/usr/bin/python3 -c"},
      {"/home/J\u00fcrgen/\u6a21\u578b \U0001f680", "/home/J\u00fcrgen/\u6a21\u578b \U0001f680"},
      {"\x1b]0;title\x07\x1b[2J", "?]0;title??[2J"},
      {"a\n|    0   N/A  N/A  1  C\r\t\x7f", "a?|    0   N/A  N/A  1  C???"},
      {"\xc2\x9b"
       "2J",
       "??2J"},  // a control character in UTF-8
      {"\x9b"
       "2J",
       "?2J"},                            // the same in Latin 1
      {"\xc0\x9b\xe0\x80\x9b", "?????"},  // in more bytes than it takes
      {"\xed\xa0\x80", "???"},            // half of a pair
      {"\xf4\x90\x80\x80", "????"},       // past the last character
      {"x\xe2\x80\xae"
       "fdp",
       "x???fdp"},  // right to left from here
      {"cut \xe6\xa8", "cut ??"},
      {"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(printable(row.name) == row.shown);
  }
}

}  // namespace
}  // namespace vgpu::smi
