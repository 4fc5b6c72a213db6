#include "shim/cpu/ptx/scope.h"

namespace vgpu::ptx {

void Scopes::open() { marks_.push_back(undo_.size()); }

void Scopes::close() {
  while (undo_.size() > marks_.back()) {
    const Undo& undo = undo_.back();
    if (undo.before) {
      (*undo.map)[undo.name] = *undo.before;
    } else {
      undo.map->erase(undo.name);
    }
    undo_.pop_back();
  }
  marks_.pop_back();
}

bool Scopes::put(Map& map, std::string_view name, Symbol symbol) {
  symbol.depth = static_cast<std::uint32_t>(marks_.size());
  const auto [found, is_new] = map.try_emplace(name, symbol);
  Undo undo{&map, name, std::nullopt};
  if (!is_new) {
    if (found->second.depth == symbol.depth) return false;
    undo.before = found->second;
    found->second = symbol;
  }
  undo_.push_back(undo);
  return true;
}

bool Scopes::declare(std::string_view name, Symbol symbol) { return put(names_, name, symbol); }

bool Scopes::declare_range(std::string_view prefix, Symbol symbol) {
  return put(ranges_, prefix, symbol);
}

std::optional<Symbol> Scopes::find(std::string_view name) const {
  std::optional<Symbol> best;
  if (const auto found = names_.find(name); found != names_.end()) best = found->second;
  if (ranges_.empty()) return best;
  // A range's prefix may itself end in digits, %r1<20>, so every split is tried.
  std::size_t digits = 0;
  std::uint64_t number = 0;
  std::uint64_t scale = 1;
  while (digits + 1 < name.size() && digits < 9) {
    const char c = name[name.size() - 1 - digits];
    if (c < '0' || c > '9') break;
    number += static_cast<std::uint64_t>(c - '0') * scale;
    scale *= 10;
    ++digits;
    if (c == '0' && digits > 1) continue;  // %r01 is no member of %r<100>
    const auto found = ranges_.find(name.substr(0, name.size() - digits));
    if (found == ranges_.end() || number >= found->second.count) continue;
    if (best && best->depth > found->second.depth) continue;
    best = Symbol{Symbol::Kind::reg, found->second.index + static_cast<std::uint32_t>(number), 1,
                  found->second.depth};
  }
  return best;
}

void Labels::open() { scopes_.emplace_back(); }

bool Labels::define(std::string_view name, std::size_t index) {
  return scopes_.back().labels.try_emplace(name, index).second;
}

void Labels::refer(const Reference& reference) { scopes_.back().references.push_back(reference); }

void Labels::close(Function& function) {
  Scope scope = std::move(scopes_.back());
  scopes_.pop_back();
  std::vector<Reference>& outer = scopes_.empty() ? rest_ : scopes_.back().references;
  for (const Reference& reference : scope.references) {
    const auto found = scope.labels.find(reference.name);
    if (found == scope.labels.end()) {
      outer.push_back(reference);
    } else if (reference.in_targets) {
      function.targets[reference.instruction].labels[reference.element] =
          static_cast<std::int64_t>(found->second);
    } else {
      function.body[reference.instruction].operands.front().value =
          static_cast<std::int64_t>(found->second);
    }
  }
}

}  // namespace vgpu::ptx
