#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vgpu::tracer {

/// Builds the bytes of one protobuf message, field by field.
/// Source: protobuf.dev/programming-guides/encoding
class Protobuf {
 public:
  Protobuf& number(unsigned field, std::uint64_t value) {
    varint(field << 3U | kVarint);
    varint(value);
    return *this;
  }

  /// An int64 is written as its two's complement: a negative one takes ten bytes.
  Protobuf& signed_number(unsigned field, std::int64_t value) {
    return number(field, static_cast<std::uint64_t>(value));
  }

  Protobuf& fixed64(unsigned field, std::uint64_t value) {
    varint(field << 3U | kFixed64);
    for (int i = 0; i < 8; ++i, value >>= 8U) bytes_ += static_cast<char>(value & 0xffU);
    return *this;
  }

  /// Text, bytes, or a message within.
  Protobuf& bytes(unsigned field, std::string_view value) {
    varint(field << 3U | kLengthDelimited);
    varint(value.size());
    bytes_ += value;
    return *this;
  }

  Protobuf& message(unsigned field, const Protobuf& value) { return bytes(field, value.bytes_); }

  const std::string& str() const noexcept { return bytes_; }

 private:
  enum WireType : unsigned { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2 };

  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) bytes_ += static_cast<char>((value & 0x7fU) | 0x80U);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

}  // namespace vgpu::tracer
