#include "tests/unit/jit/golden_form.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace vgpu::golden {

unsigned bits_of(char kind) {
  switch (kind) {
    case 'p':
      return 1;
    case 'h':
    case 'H':
    case 'B':
    case 'E':
    case 'G':
      return 16;
    case 'd':
    case 'T':
    case 'F':
    case 'L':
      return 64;
    default:
      return 32;
  }
}

namespace {

std::string without_spaces(const std::string& text) {
  std::string result;
  for (const char c : text)
    if (c != ' ') result += c;
  return result;
}

Row read_row(const std::string& line, const Form& form) {
  std::istringstream words(line);
  Row row;
  std::string word;
  for (std::size_t n = 0; n < form.ins.size(); ++n) {
    words >> word;
    row.in[n] = std::stoull(word, nullptr, 16);
  }
  words >> word;
  if (word != "->") throw std::runtime_error("no ->");
  for (std::size_t n = 0; n < form.outs.size(); ++n) {
    words >> word;
    row.out[n] = std::stoull(word, nullptr, 16);
  }
  if (!words || (words >> word)) throw std::runtime_error("wrong number of values");
  return row;
}

void read_line(const std::string& line, std::vector<Form>& forms) {
  if (line.starts_with("form ")) {
    forms.emplace_back().text = line.substr(5);
    return;
  }
  if (forms.empty()) throw std::runtime_error("a row before any form");
  Form& form = forms.back();
  if (line.starts_with("kind ")) {
    const std::size_t at = line.find('=');
    form.outs = without_spaces(line.substr(5, at - 5));
    form.ins = without_spaces(line.substr(at + 1));
  } else if (line.starts_with("check ")) {
    form.check = line.substr(6);
  } else if (line == "warp") {
    form.warp = true;
  } else {
    form.rows.push_back(read_row(line, form));
  }
}

}  // namespace

std::vector<Form> read_forms(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) throw std::runtime_error("cannot open " + file.string());
  std::vector<Form> forms;
  std::string line;
  for (int number = 1; std::getline(stream, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    try {
      read_line(line, forms);
    } catch (const std::exception& error) {
      throw std::runtime_error(fmt::format("{}:{}: {}", file.string(), number, error.what()));
    }
  }
  return forms;
}

namespace {

std::string spaced(const std::string& kinds) {
  std::string result;
  for (const char kind : kinds) {
    result += ' ';
    result += kind;
  }
  return result;
}

std::string hex(std::uint64_t value, char kind) {
  return fmt::format("{:0{}x}", value, std::max(1u, bits_of(kind) / 4));
}

}  // namespace

std::string spell_forms(const std::string& title, const std::vector<Form>& forms) {
  std::string text = "# " + title + "\n";
  for (const Form& form : forms) {
    text += "\nform " + form.text + "\nkind" + spaced(form.outs) + " =" + spaced(form.ins) + "\n";
    if (!form.check.empty()) text += "check " + form.check + "\n";
    if (form.warp) text += "warp\n";
    for (const Row& row : form.rows) {
      for (std::size_t n = 0; n < form.ins.size(); ++n) text += hex(row.in[n], form.ins[n]) + " ";
      text += "->";
      for (std::size_t n = 0; n < form.outs.size(); ++n)
        text += " " + hex(row.out[n], form.outs[n]);
      text += "\n";
    }
  }
  return text;
}

namespace {

bool is_nan_bits(std::uint64_t bits, unsigned exponent, unsigned mantissa) {
  const std::uint64_t magnitude = bits & ((std::uint64_t{1} << (exponent + mantissa)) - 1);
  return magnitude > ((std::uint64_t{1} << exponent) - 1) << mantissa;
}

/// How the elements of a floating-point kind are laid out.
struct Layout {
  char kind;
  unsigned bits, exponent, mantissa;
};
constexpr Layout kLayouts[] = {{'f', 32, 8, 23}, {'F', 64, 11, 52}, {'H', 16, 5, 10},
                               {'B', 16, 8, 7},  {'X', 16, 5, 10},  {'Y', 16, 8, 7},
                               {'L', 32, 8, 23}};

double number(const Layout& layout, std::uint64_t bits) {
  const std::uint64_t ones = (std::uint64_t{1} << layout.mantissa) - 1;
  const auto mantissa = static_cast<double>(bits & ones);
  const auto field = static_cast<int>(bits >> layout.mantissa & ((1u << layout.exponent) - 1));
  const int bias = (1 << (layout.exponent - 1)) - 1;
  const auto digits = static_cast<int>(layout.mantissa);
  const double value =
      field == 0 ? std::ldexp(mantissa, 1 - bias - digits)
                 : std::ldexp(mantissa + static_cast<double>(ones) + 1, field - bias - digits);
  return (bits >> (layout.bits - 1) & 1) != 0 ? -value : value;
}

bool near(const Form& form, const Layout& layout, std::uint64_t want, std::uint64_t got) {
  if (form.check.empty()) return false;
  const std::uint64_t infinity = ((std::uint64_t{1} << layout.exponent) - 1) << layout.mantissa;
  if ((want & infinity) == infinity || (got & infinity) == infinity) return false;
  const double exact = number(layout, want);
  const double error = std::fabs(number(layout, got) - exact);
  const double bound = std::exp2(std::stod(form.check.substr(4)));
  return error <= (form.check.starts_with("rel") ? bound * std::fabs(exact) : bound);
}

bool same_float(const Form& form, const Layout& layout, std::uint64_t want, std::uint64_t got) {
  const unsigned total = bits_of(layout.kind);
  const std::uint64_t mask = ~std::uint64_t{0} >> (64 - layout.bits);
  for (unsigned at = 0; at < total; at += layout.bits) {
    const std::uint64_t a = want >> at & mask;
    const std::uint64_t b = got >> at & mask;
    const bool both_nan = is_nan_bits(a, layout.exponent, layout.mantissa) &&
                          is_nan_bits(b, layout.exponent, layout.mantissa);
    if (a != b && !both_nan && !near(form, layout, a, b)) return false;
  }
  return true;
}

}  // namespace

bool same(const Form& form, unsigned out, std::uint64_t want, std::uint64_t got) {
  if (want == got) return true;
  for (const Layout& layout : kLayouts)
    if (layout.kind == form.outs[out]) return same_float(form, layout, want, got);
  return false;
}

namespace {

constexpr const char* kHeader =
    ".version 8.6\n.target sm_100a\n.address_size 64\n.global .align 32 .b8 golden_memory[1024];\n";

/// Declares the registers of a form.
std::string registers_of(const Form& form) {
  std::string text;
  const auto declare = [&](char letter, const std::string& kinds) {
    for (std::size_t n = 0; n < kinds.size(); ++n) {
      const unsigned bits = bits_of(kinds[n]);
      const std::string type = bits == 1 ? "pred" : "b" + std::to_string(bits);
      text += fmt::format(".reg .{} %{}{};\n", type, letter, n);
    }
  };
  declare('i', form.ins);
  declare('o', form.outs);
  return text;
}

std::string load(std::size_t n, char kind) {
  const std::size_t at = n * kRows * 8;
  if (kind == 'p')
    return fmt::format("ld.global.b32 %w, [%in+{}];\nsetp.ne.b32 %i{}, %w, 0;\n", at, n);
  return fmt::format("ld.global.b{} %i{}, [%in+{}];\n", bits_of(kind), n, at);
}

std::string store(std::size_t n, char kind) {
  const std::size_t at = n * kRows * 8;
  if (kind == 'p')
    return fmt::format("selp.b32 %w, 1, 0, %o{};\nst.global.b32 [%out+{}], %w;\n", n, at);
  return fmt::format("st.global.b{} [%out+{}], %o{};\n", bits_of(kind), at, n);
}

}  // namespace

namespace {

/// The two parts of a form's text: the functions that it calls, and its instructions.
std::pair<std::string, std::string> parts_of(const Form& form) {
  constexpr std::string_view kSeparator = " => ";
  const std::size_t at = form.text.find(kSeparator);
  if (at == std::string::npos) return {"", form.text};
  return {form.text.substr(0, at) + "\n", form.text.substr(at + kSeparator.size())};
}

}  // namespace

std::string module_of(const Form& form) {
  const auto [functions, body] = parts_of(form);
  return kHeader + functions + ".visible .entry k() {\n" + registers_of(form) + body +
         "\nret;\n}\n";
}

std::string program_of(const std::vector<Form>& forms) {
  std::string text = kHeader;
  for (std::size_t k = 0; k < forms.size(); ++k) {
    const Form& form = forms[k];
    const auto [functions, body] = parts_of(form);
    text += functions;
    text += fmt::format(".visible .entry k{}(.param .u64 inputs, .param .u64 outputs) {{\n", k);
    text += registers_of(form);
    text += ".reg .b32 %w;\n.reg .b64 %in, %out, %offset;\n";
    text += "ld.param.u64 %in, [inputs];\nld.param.u64 %out, [outputs];\n";
    text += "mov.u32 %w, %tid.x;\nmul.wide.u32 %offset, %w, 8;\n";
    text += "add.s64 %in, %in, %offset;\nadd.s64 %out, %out, %offset;\n";
    for (std::size_t n = 0; n < form.ins.size(); ++n) text += load(n, form.ins[n]);
    text += body + "\n";
    for (std::size_t n = 0; n < form.outs.size(); ++n) text += store(n, form.outs[n]);
    text += "ret;\n}\n";
  }
  return text;
}

}  // namespace vgpu::golden
