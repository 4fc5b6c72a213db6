// The name of an instruction with its suffixes, against the forms of isa.def.

#include <algorithm>
#include <optional>
#include <string>

#include "shim/cpu/ptx/check.h"
#include "shim/cpu/ptx/mismatch.h"

namespace vgpu::ptx {
namespace {

struct Word {
  Suffix suffix;
  std::string_view text;
  Location at;
};

std::vector<Word> split_words(const Token& dotted) {
  std::vector<Word> words;
  std::size_t dot = dotted.text.find('.');
  while (dot != std::string_view::npos) {
    const std::size_t end = std::min(dotted.text.find('.', dot + 1), dotted.text.size());
    Word word;
    word.text = dotted.text.substr(dot + 1, end - dot - 1);
    word.at = {dotted.at.line, dotted.at.column + static_cast<std::uint32_t>(dot)};
    const std::optional<Suffix> suffix = find_suffix(word.text);
    if (!suffix) throw Error(word.at, "unknown suffix '." + std::string(word.text) + "'");
    word.suffix = *suffix;
    words.push_back(word);
    dot = end == dotted.text.size() ? std::string_view::npos : end;
  }
  return words;
}

bool takes(const ModGroup& group, const Suffix& suffix) {
  if (suffix.kind == Suffix::Kind::space)
    return std::find(group.spaces.begin(), group.spaces.end(), suffix.space) != group.spaces.end();
  return std::find(group.mods.begin(), group.mods.end(), suffix.mod) != group.mods.end();
}

std::string choices(const ModGroup& group) {
  std::string text;
  for (const Mod mod : group.mods)
    text += (text.empty() ? "." : " or .") + std::string(name_of(mod));
  for (const Space space : group.spaces)
    text += (text.empty() ? "." : " or .") + std::string(name_of(space));
  return text;
}

/// Matches the suffixes against one form.
std::optional<Mismatch> match_words(const Form& form, std::string_view op,
                                    const std::vector<Word>& words) {
  std::vector<bool> used(form.groups.size(), false);
  std::size_t next_type = 0;
  Type last = Type::none;
  const auto refuse = [&](std::size_t n) {
    return Mismatch{
        n, "'." + std::string(words[n].text) + "' does not fit this '" + std::string(op) + "'"};
  };
  for (std::size_t n = 0; n < words.size(); ++n) {
    const Suffix& suffix = words[n].suffix;
    if (suffix.kind == Suffix::Kind::type) {
      if (form.any_types) continue;
      while (next_type < form.types.size() && form.types[next_type].optional &&
             !form.types[next_type].has(suffix.type))
        ++next_type;
      const bool fits = next_type < form.types.size() &&
                        (form.types[next_type].same ? suffix.type == last
                                                    : form.types[next_type].has(suffix.type));
      last = suffix.type;
      if (!fits) return refuse(n);
      ++next_type;
      continue;
    }
    std::size_t group = 0;
    while (group < form.groups.size() && (used[group] || !takes(form.groups[group], suffix)))
      ++group;
    if (group < form.groups.size()) {
      used[group] = true;
    } else if (!form.any_modifiers) {
      return refuse(n);
    }
  }
  for (std::size_t n = 0; n < form.groups.size(); ++n)
    if (form.groups[n].required && !used[n])
      return Mismatch{words.size(), "'" + std::string(op) + "' needs " + choices(form.groups[n])};
  for (; next_type < form.types.size(); ++next_type)
    if (!form.types[next_type].optional)
      return Mismatch{words.size(), "'" + std::string(op) + "' needs a type"};
  return std::nullopt;
}

}  // namespace

Head read_head(const Token& dotted) {
  Head head;
  const std::string_view name = dotted.text.substr(0, dotted.text.find('.'));
  const std::optional<Opcode> op = find_opcode(name);
  if (!op) Lexer::fail(dotted, "unknown instruction '" + std::string(name.substr(0, 40)) + "'");
  head.op = *op;
  const std::vector<Word> words = split_words(dotted);
  std::optional<Mismatch> furthest;
  for (const Form& form : forms_of(*op)) {
    std::optional<Mismatch> mismatch = match_words(form, name, words);
    if (mismatch) {
      keep_furthest(furthest, std::move(*mismatch));
    } else {
      head.forms.push_back(&form);
    }
  }
  if (head.forms.empty() && furthest)
    throw Error(furthest->at < words.size() ? words[furthest->at].at : dotted.at, furthest->why);
  for (const Word& word : words) {
    if (word.suffix.kind == Suffix::Kind::type) head.types.push_back(word.suffix.type);
    if (word.suffix.mod != Mod::count) head.mods.push_back(word.suffix.mod);
    if (word.suffix.kind != Suffix::Kind::space) continue;
    (head.space == Space::generic ? head.space : head.source_space) = word.suffix.space;
  }
  return head;
}

}  // namespace vgpu::ptx
