#pragma once

#include <optional>
#include <string_view>

#include "launcher/explain/program.h"

namespace vgpu::explain {

CallGroup group_of(std::string_view call) noexcept;

enum class Outcome : std::uint8_t {
  good,
  bad,
  neither,  ///< an error that programs expect, such as "not ready"
};

/// Of a call's result by its name.
Outcome outcome_of(std::string_view call, std::string_view answer) noexcept;

/// What a result usually means, as a sentence; empty if the table does not have it.
std::string_view meaning_of(std::string_view answer) noexcept;

/// The number that follows `key` in readable arguments ("count=2, ..."): nullopt if there is none.
std::optional<std::int64_t> number_in(std::string_view args, std::string_view key) noexcept;

}  // namespace vgpu::explain
