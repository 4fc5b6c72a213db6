#include "launcher/explain/steps.h"

#include <doctest/doctest.h>

#include "story.h"

namespace vgpu::explain {
namespace {

Progress progress_in(std::string_view story) {
  const auto facts = facts_of(story);
  return progress_of(*facts->programs().back());
}

State state(const Progress& progress, Step step) {
  return progress[static_cast<std::size_t>(step)].state;
}

}  // namespace

TEST_CASE("steps: what was not seen was done if later steps were") {
  const auto progress = progress_in(
      kProgram +
      R"({"pid":10,"event":"api","api":"cuda","call":"cuInit","answer":"CUDA_ERROR_NO_DEVICE"})");
  CHECK(state(progress, Step::load) == State::done);
  CHECK(last_done(progress) == Step::symbols);
  CHECK(first_failed(progress) == Step::initialise);
  CHECK(state(progress, Step::devices) == State::never);
}

TEST_CASE("steps: the last call of a kind says how its step stands") {
  const std::string good =
      R"({"pid":10,"event":"api","api":"cuda","call":"cuMemAlloc_v2","answer":"CUDA_SUCCESS"})"
      "\n";
  const std::string bad =
      R"({"pid":10,"event":"api","api":"cuda","call":"cuMemAlloc_v2","answer":"CUDA_ERROR_OUT_OF_MEMORY"})"
      "\n";
  CHECK(state(progress_in(kLoaded + bad + good), Step::memory) == State::done);
  CHECK(state(progress_in(kLoaded + good + bad), Step::memory) == State::failed);
}

TEST_CASE("steps: a library that the loader has linked has its symbols resolved") {
  const auto progress = progress_in(
      kProgram +
      R"({"pid":10,"event":"map","library":"libcuda.so.1","resolved":"/lib/libcuda.so.1","real":0,"needed_by":"/bin/app"})");
  CHECK(state(progress, Step::symbols) == State::done);
}

TEST_CASE("steps: what a driver does that is not ours is unknown, not undone") {
  const auto progress = progress_in(
      kBareProgram +
      R"({"pid":10,"event":"map","library":"libcuda.so.1","resolved":"/lib/libcuda.so.1","real":1}
{"pid":10,"event":"file","call":"openat","path":"/dev/nvidiactl","result":3})");
  CHECK(state(progress, Step::initialise) == State::done);
  CHECK(state(progress, Step::launch) == State::unknown);
}

TEST_CASE("steps: a program that never looked has done nothing") {
  CHECK(furthest(*facts_of(kProgram)->programs().back()) == Step::none);
  CHECK(furthest(*facts_of(kLoaded)->programs().back()) == Step::load);
}

}  // namespace vgpu::explain
