#include "shim/cpu/exec/device_printf.h"

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace vgpu::exec {
namespace {

constexpr int kMaxArguments = 32;
constexpr int kMaxWidth = 4096;  // of one conversion; a kernel must not ask for gigabytes

// Reads values from the block one after the other.
class Arguments {
 public:
  explicit Arguments(const void* block) : block_(static_cast<const std::byte*>(block)) {}

  template <class T>
  T next() {
    offset_ = (offset_ + sizeof(T) - 1) / sizeof(T) * sizeof(T);
    T value;
    std::memcpy(&value, block_ + offset_, sizeof value);
    offset_ += sizeof value;
    ++count_;
    return value;
  }

  int count() const noexcept { return count_; }

 private:
  const std::byte* block_;
  std::size_t offset_ = 0;
  int count_ = 0;
};

// One conversion: everything from '%' to the type, without the size, which we put back ourselves.
struct Conversion {
  std::string spec = "%";
  bool wide = false;        // an l, ll, j, z or t size: 8 bytes
  std::string_view narrow;  // "h" or "hh": the value is cut, as printf(3) does
  char type = 0;
};

void append(std::string& out, const std::string& spec, auto value) {
  char text[256];
  const int size = std::snprintf(text, sizeof text, spec.c_str(), value);
  if (size < 0) return;
  const auto wanted = static_cast<std::size_t>(size);
  if (wanted < sizeof text) {
    out.append(text, wanted);
    return;
  }
  std::string longer(wanted + 1, 0);
  if (std::snprintf(longer.data(), longer.size(), spec.c_str(), value) == size)
    out.append(longer, 0, wanted);
}

// Copies digits, or the value of a '*', into `spec`. Returns false if it is too large.
bool parse_number(const char*& at, Arguments& arguments, std::string& spec) {
  int value = 0;
  if (*at == '*') {
    ++at;
    value = arguments.next<int>();
    if (value < -kMaxWidth || value > kMaxWidth) return false;
    spec += std::to_string(value);
    return true;
  }
  for (; *at >= '0' && *at <= '9'; ++at) {
    value = value * 10 + (*at - '0');
    if (value > kMaxWidth) return false;
    spec += *at;
  }
  return true;
}

// Reads the conversion after a '%'. Returns false for what CUDA does not accept.
bool parse(const char*& at, Arguments& arguments, Conversion& result) {
  for (; *at != 0 && std::strchr("-+ #0", *at) != nullptr; ++at) result.spec += *at;
  if (!parse_number(at, arguments, result.spec)) return false;
  if (*at == '.') {
    result.spec += *at++;
    if (!parse_number(at, arguments, result.spec)) return false;
  }
  if (*at == 'h') {
    result.narrow = at[1] == 'h' ? "hh" : "h";
    at += result.narrow.size();
  }
  for (; *at != 0 && std::strchr("ljzt", *at) != nullptr; ++at) result.wide = true;
  result.type = *at;
  if (result.type != 0) ++at;
  return result.type != 0;
}

void append_integer(std::string& out, Conversion& item, Arguments& arguments) {
  if (item.wide) return append(out, item.spec + "ll" + item.type, arguments.next<long long>());
  append(out, item.spec + std::string(item.narrow) + item.type, arguments.next<int>());
}

bool format_one(std::string& out, Conversion& item, Arguments& arguments) {
  switch (item.type) {
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
      append_integer(out, item, arguments);
      return true;
    case 'c':
      append(out, item.spec + 'c', arguments.next<int>());
      return true;
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
      append(out, item.spec + item.type, arguments.next<double>());
      return true;
    case 'p':
      append(out, item.spec + 'p', arguments.next<void*>());
      return true;
    case 's': {
      const auto* text = arguments.next<const char*>();
      append(out, item.spec + 's', text == nullptr ? "(null)" : text);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace

int format_device_printf(const char* format, const void* block, std::string& out) {
  Arguments arguments(block);
  for (const char* at = format; *at != 0;) {
    if (*at != '%') {
      out += *at++;
      continue;
    }
    ++at;
    if (*at == '%') {
      out += *at++;
      continue;
    }
    Conversion item;
    if (!parse(at, arguments, item)) return -1;
    if (arguments.count() >= kMaxArguments || !format_one(out, item, arguments)) return -1;
  }
  return arguments.count();
}

}  // namespace vgpu::exec
