#pragma once

#include <cstring>
#include <string_view>
#include <type_traits>

#include "shim/trace/enum_name.h"
#include "shim/trace/text.h"

/// Arguments of an entry point in readable form: everything follows from a row's roles and types.
/// A structure is shown by its address, unless there is a show(Text&, const Structure&) beside it.
namespace vgpu::trace {

/// As the head of cuda.def explains them.
enum class Role { in, out, inout, ref, text, list, room, call, args };

/// What a type's name says and the type itself does not.
enum class Spelling { plain, address, attribute, device };

consteval Spelling spelling_of(std::string_view type) {
  if (type.starts_with("CUdeviceptr")) return Spelling::address;
  if (type == "CUdevice_attribute") return Spelling::attribute;
  return type == "CUdevice" ? Spelling::device : Spelling::plain;
}

/// What may be looked at once a call has ended.
struct Outcome {
  bool succeeded = false;   ///< what it writes is there
  bool read_texts = false;  ///< it has read its texts, so we may
};

/// One argument, with how to show it.
struct Shown {
  const char* name;
  void (*print)(Text& text, const void* value, Outcome outcome);
  const void* value;
};

/// The profile's name of a device attribute; empty if there is none.
std::string_view name_of_attribute(int attribute) noexcept;

template <class T>
concept HasShow = requires(Text& text, const T& value) {
  show(text, value);
};

template <class T>
concept IsText = std::is_same_v<T, const char*>;

/// True for what a pointer to it may be followed to.
template <class T>
concept IsShowable = HasShow<T> || std::is_enum_v<T> || std::is_pointer_v<T> ||
    (std::is_arithmetic_v<T> && !std::is_same_v<T, char>);

inline void print_text(Text& text, const char* value, std::size_t room = 1024) noexcept {
  if (value == nullptr)
    text.add("NULL");
  else
    text.quoted({value, ::strnlen(value, room)});
}

template <Spelling spelling, class T>
void print_value(Text& text, const T& value) noexcept {
  if constexpr (HasShow<T>) {
    show(text, value);
  } else if constexpr (std::is_enum_v<T>) {
    const std::string_view name = name_of_enum(value);
    if (name.empty())
      text.number(static_cast<std::underlying_type_t<T>>(value));
    else
      text.add(name);
  } else if constexpr (std::is_pointer_v<T>) {
    text.address(reinterpret_cast<std::uint64_t>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    text.real(static_cast<double>(value));
  } else if constexpr (spelling == Spelling::address) {
    text.address(value);
  } else if constexpr (spelling == Spelling::attribute) {
    const std::string_view name = name_of_attribute(value);
    if (name.empty())
      text.number(value);
    else
      text.add(name);
  } else if constexpr (std::is_integral_v<T>) {
    text.number(value);
  } else {
    text.add("{...}");
  }
}

template <Role role, Spelling spelling, class T>
void print_argument(Text& text, const void* at, Outcome outcome) {
  const T& value = *static_cast<const T*>(at);
  if constexpr (!std::is_pointer_v<T>) {
    print_value<spelling>(text, value);
  } else {
    using Pointee = std::remove_pointer_t<T>;
    constexpr bool kIsWritten = role == Role::out || role == Role::inout;
    if (value == nullptr) {
      text.add("NULL");
    } else if constexpr (role == Role::text) {
      if (outcome.read_texts) return print_text(text, value);
      print_value<spelling>(text, value);
    } else if constexpr (role == Role::room && std::is_same_v<T, char*>) {
      if (outcome.succeeded) return print_text(text, value);
      print_value<spelling>(text, value);
    } else if constexpr (role == Role::ref && HasShow<std::remove_cv_t<Pointee>>) {
      if (!outcome.succeeded) return print_value<spelling>(text, value);
      text.add('{');
      show(text, *value);
      text.add('}');
    } else if constexpr (kIsWritten && IsShowable<std::remove_cv_t<Pointee>>) {
      if (!outcome.succeeded) return print_value<spelling>(text, value);
      text.add('[');
      if constexpr (IsText<Pointee>)
        print_text(text, *value);
      else
        print_value<spelling>(text, *value);
      text.add(']');
    } else {
      print_value<spelling>(text, value);
    }
  }
}

/// An argument that can be shown.
template <Role role, Spelling spelling, class T>
struct Argument {
  static constexpr Spelling kSpelling = spelling;
  static constexpr Role kRole = role;
  const char* name;
  T value;

  Shown shown() const noexcept { return {name, &print_argument<role, spelling, T>, &value}; }
};

/// What cuda.def's and nvml.def's `(role, type, name)` are to a traced call.
#define TRACE_ARGUMENT(role, type, name, ...)                                           \
  ::vgpu::trace::Argument<::vgpu::trace::Role::role, ::vgpu::trace::spelling_of(#type), \
                          std::remove_cv_t<decltype(name)>> {                           \
#name, name                                                                         \
  }

}  // namespace vgpu::trace
