#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "builder.h"

namespace ggml {

std::uint64_t seed_of(const std::string& name, std::size_t input);

/// The bytes of an input. The same seed gives the same bytes on every machine.
std::vector<std::byte> make_data(const Api& api, Type type, const Shape& shape, const Fill& fill,
                                 std::uint64_t seed);

/// What a result's bytes mean.
std::vector<float> to_floats(const Api& api, Type type, std::span<const std::byte> bytes);

}  // namespace ggml
