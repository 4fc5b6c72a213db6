#include "launcher/smi/arguments.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "launcher/smi/query.h"
#include "launcher/smi/value.h"

namespace vgpu::smi {
namespace {

Arguments parse(std::vector<std::string> words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  return parse_arguments(pointers);
}

}  // namespace

TEST_CASE("nvidia-smi: values stand behind '=' or in the next word") {
  for (const auto& words :
       {std::vector<std::string>{"-i", "1"}, {"-i=1"}, {"--id", "1"}, {"--id=1"}})
    CHECK(parse(words).devices == "1");
  CHECK(parse({"-l", "3"}).every == 3000);
  CHECK(parse({"-l"}).every == 5000);
  CHECK(parse({"--loop-ms=20"}).every == 20);
  CHECK(parse({"-q", "-d", "memory,ECC"}).sections == "MEMORY,ECC");
}

TEST_CASE("nvidia-smi: what does not go together is a mistake, and so is what is not known") {
  for (const auto& words : {std::vector<std::string>{"--query-gpu=name"},
                            {"--format=csv"},
                            {"-x"},
                            {"-L", "-q"},
                            {"-q", "-d", "NOTHING"},
                            {"-l", "0"},
                            {"--loop-ms=x"},
                            {"topo", "-m"},
                            {"-i"}})
    CHECK_FALSE(parse(words).mistake.empty());
  CHECK(parse({"--foo=1"}).mistake ==
        "ERROR: Option --foo is not recognized. Please run 'nvidia-smi -h' for help.");
  CHECK(parse({}).mistake.empty());
  CHECK(parse({"-q", "-x"}).mistake.empty());
}

TEST_CASE("nvidia-smi: a format is csv, with or without head and units") {
  CHECK_FALSE(parse_format("noheader").has_value());
  CHECK_FALSE(parse_format("csv,xml").has_value());
  CHECK(parse_format("csv,noheader")->header == false);
  CHECK(parse_format("csv, nounits")->units == false);
}

TEST_CASE("nvidia-smi: a value shows its unit, what is unknown shows why") {
  CHECK(known("35", "C").shown() == "35 C");
  CHECK(known("35", "C").in_csv(false) == "35");
  CHECK(unknown(NVML_ERROR_NOT_SUPPORTED).shown() == "N/A");
  CHECK(unknown(NVML_ERROR_NOT_SUPPORTED).in_csv(true) == "[N/A]");
  CHECK(unknown(NVML_ERROR_DEPRECATED).in_csv(true) ==
        "[Requested functionality has been deprecated]");
  CHECK(unknown(NVML_ERROR_UNKNOWN).shown() == "Unknown Error");
}

}  // namespace vgpu::smi
