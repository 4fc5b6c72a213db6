#include "shim/frontend/context_storage.h"

#include <doctest/doctest.h>

#include <thread>

#include "shim/frontend/exports.h"
#include "tests/unit/frontend/fake_device.h"

using namespace vgpu;
using frontend::delete_context_value;
using frontend::get_context_value;
using frontend::put_context_value;

namespace {

CUcontext current = nullptr;

CUcontext context(std::uintptr_t number) { return reinterpret_cast<CUcontext>(number); }
void* key(std::uintptr_t number) { return reinterpret_cast<void*>(number); }

std::string look(CUcontext in, std::uintptr_t number) {
  void* value = nullptr;
  const auto result = get_context_value(&value, in, key(number));
  return result == CUDA_SUCCESS ? std::to_string(reinterpret_cast<std::uintptr_t>(value))
                                : "error " + std::to_string(result);
}

void start() {
  fake::use_gpus(1);
  fake::hooks().current_context = [] { return current; };
  cuInit(0);
}

std::string ended;
void note_end(CUcontext in, void* key, void* value) {
  ended += std::to_string(reinterpret_cast<std::uintptr_t>(in)) + "/" +
           std::to_string(reinterpret_cast<std::uintptr_t>(key)) + "/" +
           std::to_string(reinterpret_cast<std::uintptr_t>(value)) + " ";
  ended += look(in, reinterpret_cast<std::uintptr_t>(key)) + "; ";  // may call back
}

}  // namespace

TEST_CASE("context storage: a missing key is INVALID_HANDLE, a present one cannot be put again") {
  CHECK(fake::in_child([] {
          start();
          std::string said = look(context(8), 1);
          said += " " + std::to_string(put_context_value(context(8), key(1), key(50), nullptr));
          said += " " + std::to_string(put_context_value(context(8), key(1), key(51), nullptr));
          said += " " + look(context(8), 1) + " " + look(context(8), 2) + " " + look(context(9), 1);
          said += " " + std::to_string(delete_context_value(context(8), key(1)));
          said += " " + std::to_string(delete_context_value(context(8), key(1)));
          return said + " " + look(context(8), 1);
        }) == "error 400 0 400 50 error 400 error 400 0 400 error 400");
}

TEST_CASE("context storage: null is the current context; without one nothing can be put") {
  CHECK(fake::in_child([] {
          start();
          std::string said = look(nullptr, 1);
          said += " " + std::to_string(put_context_value(nullptr, key(1), key(50), nullptr));
          current = context(8);
          said += " " + std::to_string(put_context_value(nullptr, key(1), key(50), nullptr));
          current = context(9);
          said += " " + look(nullptr, 1);
          return said + " " + look(context(8), 1);
        }) == "error 400 201 0 error 400 50");
}

TEST_CASE("context storage: what another thread changes is seen at once") {
  CHECK(fake::in_child([] {
          start();
          put_context_value(context(8), key(1), key(50), nullptr);
          std::string said = look(context(8), 1);
          std::thread([] {
            delete_context_value(context(8), key(1));
            put_context_value(context(8), key(1), key(51), nullptr);
          }).join();
          return said + " " + look(context(8), 1);
        }) == "50 51");
}

TEST_CASE("context storage: the end of a context ends its values, once, and no other's") {
  CHECK(fake::in_child([] {
          start();
          put_context_value(context(8), key(1), key(50), note_end);
          put_context_value(context(8), key(2), key(60), nullptr);
          put_context_value(context(9), key(1), key(70), note_end);
          frontend::forget_context(context(8));
          frontend::forget_context(context(8));
          return ended + look(context(8), 2) + " " + look(context(9), 1);
        }) == "8/1/50 error 400; error 400 70");
}

TEST_CASE("context storage: keys that share a place in a thread's memory do not mix") {
  CHECK(fake::in_child([] {
          start();
          bool good = true;
          for (std::uintptr_t i = 1; i < 100; ++i)
            put_context_value(context(8), key(i << 16), key(i), nullptr);
          for (int round = 0; round < 2; ++round)
            for (std::uintptr_t i = 1; i < 100; ++i)
              good = good && look(context(8), i << 16) == std::to_string(i);
          return std::string(good ? "good" : "mixed");
        }) == "good");
}
