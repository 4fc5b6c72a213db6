#include "shim/cpu/ptx/names.h"

#include <unordered_map>

namespace vgpu::ptx {
namespace {

struct TypeRow {
  std::string_view name;
  unsigned size;  // Units: bytes
};

// In the order of Type. Elements below a byte take one.
constexpr TypeRow kTypes[] = {
    {"none", 0},    {"pred", 1},   {"b8", 1},         {"b16", 2},     {"b32", 4},    {"b64", 8},
    {"b128", 16},   {"u8", 1},     {"u16", 2},        {"u32", 4},     {"u64", 8},    {"s8", 1},
    {"s16", 2},     {"s32", 4},    {"s64", 8},        {"f16", 2},     {"f16x2", 4},  {"bf16", 2},
    {"bf16x2", 4},  {"tf32", 4},   {"f32", 4},        {"f32x2", 8},   {"f64", 8},    {"e4m3", 1},
    {"e5m2", 1},    {"e4m3x2", 2}, {"e5m2x2", 2},     {"u16x2", 4},   {"s16x2", 4},  {"b1", 1},
    {"u2", 1},      {"s2", 1},     {"u4", 1},         {"s4", 1},      {"e2m1", 1},   {"e2m3", 1},
    {"e3m2", 1},    {"ue8m0", 1},  {"ue4m3", 1},      {"e2m1x2", 1},  {"e2m3x2", 2}, {"e3m2x2", 2},
    {"ue8m0x2", 2}, {"texref", 8}, {"samplerref", 8}, {"surfref", 8},
};
static_assert(std::size(kTypes) == static_cast<std::size_t>(Type::surfref) + 1);

constexpr std::string_view kOpcodes[] = {
#define PTX_INSTRUCTION(opcode, ...) #opcode,
#include "shim/cpu/ptx/isa.def"
#undef PTX_INSTRUCTION
};

constexpr std::string_view kMods[] = {
#define PTX_MODIFIER(name, text) text,
#include "shim/cpu/ptx/modifiers.def"
#undef PTX_MODIFIER
};

constexpr std::string_view kSpecials[] = {
#define PTX_SPECIAL_REGISTER(name, text) text,
#include "shim/cpu/ptx/special_registers.def"
#undef PTX_SPECIAL_REGISTER
};

struct SpaceRow {
  std::string_view name;
  Space space;
};

constexpr SpaceRow kSpaces[] = {
    {"global", Space::global},      {"shared", Space::shared},
    {"shared::cta", Space::shared}, {"shared::cluster", Space::shared},
    {"local", Space::local},        {"param", Space::param},
    {"param::entry", Space::param}, {"param::func", Space::param},
    {"const", Space::constant},
};

using SuffixMap = std::unordered_map<std::string_view, Suffix>;

SuffixMap make_suffixes() {
  SuffixMap map;
  for (std::size_t n = 0; n < std::size(kMods); ++n)
    map[kMods[n]] = {Suffix::Kind::modifier, static_cast<Mod>(n), Type::none, Space::generic};
  for (std::size_t n = 1; n < std::size(kTypes); ++n)
    map[kTypes[n].name] = {Suffix::Kind::type, Mod::count, static_cast<Type>(n), Space::generic};
  for (const SpaceRow& row : kSpaces) {
    const Mod mod = row.name == "shared::cluster" ? Mod::shared_cluster_ : Mod::count;
    map[row.name] = {Suffix::Kind::space, mod, Type::none, row.space};
  }
  return map;
}

template <typename Enum, std::size_t N>
std::unordered_map<std::string_view, Enum> make_map(const std::string_view (&names)[N]) {
  std::unordered_map<std::string_view, Enum> map;
  for (std::size_t n = 0; n < N; ++n) map[names[n]] = static_cast<Enum>(n);
  return map;
}

template <typename Map>
auto find_in(const Map& map, std::string_view text) -> std::optional<typename Map::mapped_type> {
  const auto found = map.find(text);
  if (found == map.end()) return std::nullopt;
  return found->second;
}

}  // namespace

std::optional<Opcode> find_opcode(std::string_view text) {
  static const auto map = make_map<Opcode>(kOpcodes);
  return find_in(map, text);
}

std::optional<Suffix> find_suffix(std::string_view text) {
  static const SuffixMap map = make_suffixes();
  return find_in(map, text);
}

std::optional<Type> find_type(std::string_view text) {
  const std::optional<Suffix> suffix = find_suffix(text);
  if (!suffix || suffix->kind != Suffix::Kind::type) return std::nullopt;
  return suffix->type;
}

std::optional<SpecialReg> find_special(std::string_view text) {
  static const auto map = make_map<SpecialReg>(kSpecials);
  return find_in(map, text);
}

unsigned size_of(Type type) noexcept { return kTypes[static_cast<std::size_t>(type)].size; }

std::string_view name_of(Type type) noexcept { return kTypes[static_cast<std::size_t>(type)].name; }

std::string_view name_of(Opcode op) noexcept {
  return op == Opcode::count ? "?" : kOpcodes[static_cast<std::size_t>(op)];
}

std::string_view name_of(Mod mod) noexcept {
  return mod == Mod::count ? "?" : kMods[static_cast<std::size_t>(mod)];
}

std::string_view name_of(SpecialReg reg) noexcept {
  return reg == SpecialReg::count ? "?" : kSpecials[static_cast<std::size_t>(reg)];
}

std::string_view name_of(Space space) noexcept {
  switch (space) {
    case Space::generic:
      return "generic";
    case Space::reg:
      return "reg";
    case Space::constant:
      return "const";
    case Space::global:
      return "global";
    case Space::local:
      return "local";
    case Space::param:
      return "param";
    case Space::shared:
      return "shared";
  }
  return "?";
}

Type type_of(SpecialReg reg) noexcept {
  switch (reg) {
    case SpecialReg::gridid:
    case SpecialReg::clock64:
    case SpecialReg::globaltimer:
    case SpecialReg::current_graph_exec:
      return Type::u64;
    default:
      break;
  }
  const std::string_view name = name_of(reg);
  return name.size() > 3 && name.substr(name.size() - 3) == "_64" ? Type::u64 : Type::u32;
}

}  // namespace vgpu::ptx
