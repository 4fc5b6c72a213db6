#include "shim/frontend/export_tables.h"

#include <doctest/doctest.h>
#include <pthread.h>
#include <unistd.h>

#include <cstring>

#include "shim/frontend/export_table_list.h"
#include "shim/frontend/exports.h"
#include "shim/frontend/integrity.h"
#include "shim/frontend/unsupported.h"
#include "tests/unit/frontend/fake_device.h"

using namespace vgpu;
using frontend::kTables;
using frontend::Table;

namespace {

// A table as a program gets it.
const void* const* words(Table table) {
  CUuuid id;
  std::memcpy(id.bytes, kTables[static_cast<std::size_t>(table)].uuid, sizeof id.bytes);
  const void* found = nullptr;
  return cuGetExportTable(&found, &id) == CUDA_SUCCESS ? static_cast<const void* const*>(found)
                                                       : nullptr;
}

template <class Function>
Function* word(Table table, std::size_t index) {
  return reinterpret_cast<Function*>(const_cast<void*>(words(table)[index]));
}

}  // namespace

TEST_CASE("export tables: an unknown UUID is INVALID_VALUE, before cuInit too") {
  const void* table = nullptr;
  const CUuuid unknown{};
  CHECK(cuGetExportTable(&table, &unknown) == CUDA_ERROR_INVALID_VALUE);
  CHECK(cuGetExportTable(nullptr, &unknown) == CUDA_ERROR_INVALID_VALUE);
  CHECK(cuGetExportTable(&table, nullptr) == CUDA_ERROR_INVALID_VALUE);
}

TEST_CASE("export tables: each has its size in word 0 and no other word null") {
  for (std::size_t i = 0; i < std::size(kTables); ++i) {
    CAPTURE(kTables[i].name);
    const void* const* const table = words(static_cast<Table>(i));
    REQUIRE(table != nullptr);
    CHECK(table == words(static_cast<Table>(i)));  // it stays where it is
    const std::size_t last = kTables[i].words - 1;
    if (kTables[i].sized) CHECK(reinterpret_cast<std::size_t>(table[0]) == kTables[i].words * 8);
    for (std::size_t w = kTables[i].sized ? 1 : 0; w < last; ++w) CHECK(table[w] != nullptr);
    CHECK((table[last] == nullptr) == !kTables[i].sized);
  }
}

TEST_CASE("export tables: a word that is not implemented is NOT_SUPPORTED and counted") {
  CHECK(fake::in_child([] {
          const auto result = word<CUresult()>(Table::TOOLS_CONTEXT, 94)();
          const std::string report = frontend::unsupported_report();
          return std::to_string(result) + report.substr(report.rfind(": "));
        }) == "801: TOOLS_CONTEXT[94] x1\n");
}

TEST_CASE("CUDART_INTERFACE: a primary context's handle, and nothing before cuInit") {
  using Primary = CUresult(CUcontext*, CUdevice);
  CUcontext context{};
  CHECK(word<Primary>(Table::CUDART_INTERFACE, 2)(&context, 0) == CUDA_ERROR_NOT_INITIALIZED);
  CHECK(fake::in_child([] {
          fake::use_gpus(1);
          fake::hooks().primary_context = [](CUdevice device) {
            return device == 0 ? reinterpret_cast<CUcontext>(std::uintptr_t{64}) : nullptr;
          };
          cuInit(0);
          CUcontext got{};
          auto* const primary = word<Primary>(Table::CUDART_INTERFACE, 2);
          std::string said = std::to_string(primary(&got, 0)) + " ";
          said += std::to_string(reinterpret_cast<std::uintptr_t>(got)) + " ";
          return said + std::to_string(primary(&got, 1));
        }) == "0 64 101");
}

TEST_CASE("TOOLS_RUNTIME_CALLBACK_HOOKS: a flag for every callback id, all zero") {
  std::uint32_t* flags = nullptr;
  std::size_t count = 0;
  word<void(std::uint32_t**, std::size_t*)>(Table::TOOLS_RUNTIME_CALLBACK_HOOKS, 2)(&flags, &count);
  CHECK(count == 1024);
  for (std::size_t i = 0; i < count; ++i) CHECK(flags[i] == 0);
  word<void(std::uint32_t**, std::size_t*)>(Table::TOOLS_RUNTIME_CALLBACK_HOOKS, 6)(&flags, &count);
  CHECK(count == 14);
  CHECK(flags != nullptr);
}

TEST_CASE("TOOLS_TLS: without a current context the answer is null, not an error") {
  auto context = reinterpret_cast<CUcontext>(std::uintptr_t{1});
  CHECK(word<CUresult(CUcontext*)>(Table::TOOLS_TLS, 2)(&context) == CUDA_SUCCESS);
  CHECK(context == nullptr);
}

TEST_CASE("CONTEXT_CHECKS: nothing is wrong with any context") {
  std::uint32_t flag = 7;
  CHECK(word<CUresult(CUcontext, std::uint32_t*, void**)>(Table::CONTEXT_CHECKS, 2)(
            nullptr, &flag, nullptr) == CUDA_SUCCESS);
  CHECK(flag == 0);
  CHECK(word<std::uint32_t()>(Table::CONTEXT_CHECKS, 3)() == 0);
}

TEST_CASE("INTEGRITY_CHECK: the answer is made of this process and the devices as it sees them") {
  CHECK(fake::in_child([] {
          fake::use_gpus(2);
          cuInit(0);
          frontend::IntegrityQuestion question;
          question.driver_version = 13000;
          question.version = 13002;
          question.process = static_cast<std::uint32_t>(::getpid());
          question.thread = static_cast<std::uint32_t>(::pthread_self());
          question.cudart_table = reinterpret_cast<std::uintptr_t>(words(Table::CUDART_INTERFACE));
          question.integrity_table =
              reinterpret_cast<std::uintptr_t>(words(Table::INTEGRITY_CHECK));
          question.integrity_function =
              reinterpret_cast<std::uintptr_t>(words(Table::INTEGRITY_CHECK)[1]);
          question.seconds = 12345;
          for (const auto& gpu : fake::starts().visible)
            question.devices.push_back({gpu.uuid, 0, gpu.pci.bus, 0});
          std::uint64_t out[2] = {};
          using Answer = CUresult(std::uint32_t, std::uint64_t, std::uint64_t*);
          const auto result = word<Answer>(Table::INTEGRITY_CHECK, 1)(13002, 12345, out);
          const auto expected = frontend::integrity_answer(question);
          return std::to_string(result) +
                 (out[0] == expected[0] && out[1] == expected[1] ? " same" : "");
        }) == "0 same");
}

TEST_CASE("TOOLS_CONTEXT: streams are resolved to what stream_id takes") {
  CHECK(
      fake::in_child([] {
        fake::use_gpus(1);
        fake::hooks().stream_id = [](CUstream stream, bool) -> std::uint64_t {
          const auto number = reinterpret_cast<std::uintptr_t>(stream);
          return number == 1 || number == 2 ? number + 10 : 0;
        };
        cuInit(0);
        using Resolve = CUresult(CUcontext, CUstream, void**, int);
        using StreamId = CUresult(CUcontext, void*, std::uint64_t*);
        std::string said;
        for (const auto& [handle, per_thread] : {std::pair{0, 0}, {0, 1}, {1, 0}, {2, 0}, {9, 0}}) {
          void* stream = nullptr;
          std::uint64_t id = 0;
          const auto result = word<Resolve>(Table::TOOLS_CONTEXT, 51)(
              nullptr, reinterpret_cast<CUstream>(static_cast<std::uintptr_t>(handle)), &stream,
              per_thread);
          if (result == CUDA_SUCCESS)
            word<StreamId>(Table::TOOLS_CONTEXT, 39)(nullptr, stream, &id);
          said += std::to_string(result) + ":" + std::to_string(id) + " ";
        }
        return said;
      }) == "0:11 0:12 0:11 0:12 400:0 ");
}

TEST_CASE("TOOLS_MODULE: calls back for each function and returns their number") {
  CHECK(fake::in_child([] {
          fake::use_gpus(1);
          fake::hooks().module_functions = [](CUmodule) {
            return std::vector<CUfunction>(3, reinterpret_cast<CUfunction>(std::uintptr_t{8}));
          };
          cuInit(0);
          int calls = 0;
          using Each = int(CUcontext, CUmodule, void (*)(void*, CUfunction, void*), void*);
          const int count = word<Each>(Table::TOOLS_MODULE, 7)(
              nullptr, nullptr, [](void* user, CUfunction, void*) { ++*static_cast<int*>(user); },
              &calls);
          return std::to_string(count) + std::to_string(calls);
        }) == "33");
}
