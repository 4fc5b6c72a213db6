#include "data.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "random.h"

namespace ggml {
namespace {

/// Different numbers below `limit`, in every row.
void fill_choices(std::vector<double>& values, std::int64_t row, double limit, Random& random) {
  std::vector<double> all(static_cast<std::size_t>(limit));
  std::iota(all.begin(), all.end(), 0.0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t place = i % static_cast<std::size_t>(row);
    const std::size_t other =
        place + static_cast<std::size_t>(random.next()) % (all.size() - place);
    std::swap(all[place], all[other]);
    values[i] = all[place];
  }
}

std::vector<double> make_values(std::size_t count, std::int64_t row, const Fill& fill,
                                std::uint64_t seed) {
  Random random(seed);
  std::vector<double> values(count);
  switch (fill.kind) {
    case Fill::Kind::uniform:
      for (double& value : values) value = fill.low + (fill.high - fill.low) * random.below_one();
      break;
    case Fill::Kind::integers:
      for (double& value : values)
        value = std::floor(fill.low + (fill.high - fill.low) * random.below_one());
      break;
    case Fill::Kind::choices:
      fill_choices(values, row, fill.high, random);
      break;
    case Fill::Kind::mask:
      for (std::size_t i = 0; i < count; ++i) {
        const auto column = static_cast<std::int64_t>(i) % row;
        values[i] = column * 3 >= row * 2 ? -std::numeric_limits<double>::infinity() : 0;
      }
      break;
  }
  return values;
}

template <class T>
std::vector<std::byte> as_bytes(const std::vector<double>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const T value = static_cast<T>(values[i]);
    std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof(T));
  }
  return bytes;
}

template <class T>
std::vector<float> from_bytes(std::span<const std::byte> bytes) {
  std::vector<float> values(bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    T value{};
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    values[i] = static_cast<float>(value);
  }
  return values;
}

}  // namespace

std::uint64_t seed_of(const std::string& name, std::size_t input) {
  std::uint64_t hash = 0xcbf29ce484222325U + input;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

std::vector<std::byte> make_data(const Api& api, Type type, const Shape& shape, const Fill& fill,
                                 std::uint64_t seed) {
  const std::int64_t count =
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  const auto values = make_values(static_cast<std::size_t>(count), shape[0], fill, seed);
  if (type == I32) return as_bytes<std::int32_t>(values);
  if (type == I64) return as_bytes<std::int64_t>(values);
  if (type == F32) return as_bytes<float>(values);
  const std::vector<float> floats(values.begin(), values.end());
  const std::vector<float> importance(static_cast<std::size_t>(shape[0]), 1.0F);
  const std::int64_t rows = count / shape[0];
  std::vector<std::byte> bytes(api.ggml_row_size(type, shape[0]) * static_cast<std::size_t>(rows));
  api.ggml_quantize_chunk(type, floats.data(), bytes.data(), 0, rows, shape[0], importance.data());
  return bytes;
}

std::vector<float> to_floats(const Api& api, Type type, std::span<const std::byte> bytes) {
  if (type == I32) return from_bytes<std::int32_t>(bytes);
  if (type == I64) return from_bytes<std::int64_t>(bytes);
  if (type == F32) return from_bytes<float>(bytes);
  const TypeTraits& traits = *api.ggml_get_type_traits(type);
  const std::size_t blocks = bytes.size() / traits.type_size;
  std::vector<float> values(blocks * static_cast<std::size_t>(traits.block_size));
  traits.to_float(bytes.data(), values.data(), static_cast<std::int64_t>(values.size()));
  return values;
}

}  // namespace ggml
