#pragma once

#include <llvm/IR/IRBuilder.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "shim/cpu/jit/host_features.h"
#include "shim/cpu/jit/lane_sum.h"
#include "shim/cpu/jit/windows.h"

namespace vgpu::jit {

/// One of so many groups of a sum's lanes, from its first one on.
std::vector<std::int64_t> apart(const LaneSum& sum, std::size_t group, std::size_t groups);

/// What `make(lanes, group, groups)` makes of the lanes of each group, in as few groups as that can
/// be; else nothing.
template <class T, class Make>
std::vector<T> of_groups(const LaneSum* sum, const Make& make) {
  if (sum == nullptr) return {};
  for (std::size_t groups = sum->groups(); groups <= kMostGroups && sum->lanes.size() % groups == 0;
       groups *= 2) {
    std::vector<T> all;
    for (std::size_t n = 0; n < groups; ++n)
      if (std::optional<T> one = make(apart(*sum, n, groups), n, groups))
        all.push_back(std::move(*one));
    if (all.size() == groups) return all;
  }
  return {};
}

/// Does what gather.h says of one function: gathers, tests and, in scatter.cpp, scatters.
class Improver {
 public:
  Improver(llvm::Function& function, const HostFeatures& features);
  void run();

 private:
  using Value = llvm::Value;
  /// A gather, a scatter, or a test of addresses.
  struct Access {
    llvm::CallInst* call = nullptr;
    Value* addresses = nullptr;  ///< as integers, or nullptr
    Value* mask = nullptr;
    const LaneSum* sum = nullptr;
  };
  struct Ways {
    llvm::Instruction* quick = nullptr;
    llvm::Instruction* careful = nullptr;
  };

  void add(llvm::CallInst& call);
  void gather(const Access& access);
  void ahead(Value* address, const Windows& windows);
  void scatter(const Access& access);
  void test(const Access& access);
  Value* outside(Value* addresses, const Access& access);
  Ways split(const Access& access);
  void replace(const Access& access, const Ways& ways, Value* quick, Value* careful);
  Value* first(const LaneSum& sum, std::size_t group, std::size_t groups);
  Phase phase(Value* address) const;
  Value* group(Value* vector, std::size_t from, std::size_t width);
  void address_again(const Access& access, unsigned argument);
  void lower(llvm::CallInst& call);
  void lower_scatter(llvm::CallInst& call);
  llvm::AllocaInst* memory(llvm::Type* type);

  const HostFeatures& features_;
  llvm::Function& function_;
  LaneSums sums_;
  llvm::IRBuilder<> b_;
  std::vector<Access> accesses_;
  std::vector<llvm::StoreInst*> rare_;  ///< of addresses that are about to be looked at
  std::map<llvm::Type*, llvm::AllocaInst*> memory_;  ///< vectors of which lanes are picked
};

}  // namespace vgpu::jit
