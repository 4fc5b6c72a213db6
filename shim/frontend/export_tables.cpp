#include "shim/frontend/export_tables.h"

#include <cstring>
#include <iterator>
#include <utility>

#include "shim/frontend/context_storage.h"
#include "shim/frontend/entry.h"
#include "shim/frontend/export_table_list.h"
#include "shim/frontend/table_functions.h"

namespace vgpu::frontend {
namespace {

// The function in a word of a table: unless said otherwise below, one that counts and refuses.
template <Table table, std::size_t word>
struct Word {
  static CUresult function() { return table_word_not_supported(first_word(table) + word); }
};

// An implemented word; no exception leaves it.
template <auto implementation>
struct Guarded;
template <class... Args, CUresult (*implementation)(Args...)>
struct Guarded<implementation> {
  static CUresult function(Args... args) {
    return guarded(Entry::cuGetExportTable, implementation, args...);
  }
};
template <auto implementation>
struct Direct {
  static constexpr auto function =
      implementation;  // NOLINT(readability-identifier-naming): as above
};

// clang-format off
template <> struct Word<Table::ERROR_LOG, 1> : Guarded<&error_log::log> {};
template <> struct Word<Table::CUDART_INTERFACE, 1> : Guarded<&cudart_interface::load_wrapper> {};
template <> struct Word<Table::CUDART_INTERFACE, 2> : Guarded<&cudart_interface::primary_context> {};
template <> struct Word<Table::CUDART_INTERFACE, 6> : Guarded<&cudart_interface::load_wrapper_with> {};
template <> struct Word<Table::CUDART_INTERFACE, 8> : Guarded<&cudart_interface::load_fatbin_with> {};
template <> struct Word<Table::CUDART_INTERFACE, 12> : Guarded<&cudart_interface::load_compilers> {};
template <> struct Word<Table::TOOLS_RUNTIME_CALLBACK_HOOKS, 2> : Direct<&callback_hooks::flags> {};
template <> struct Word<Table::TOOLS_RUNTIME_CALLBACK_HOOKS, 6> : Direct<&callback_hooks::more_flags> {};
template <> struct Word<Table::TOOLS_TLS, 2> : Guarded<&tools_tls::current_context> {};
template <> struct Word<Table::CONTEXT_LOCAL_STORAGE, 0> : Guarded<&put_context_value> {};
template <> struct Word<Table::CONTEXT_LOCAL_STORAGE, 1> : Guarded<&delete_context_value> {};
template <> struct Word<Table::CONTEXT_LOCAL_STORAGE, 2> : Guarded<&get_context_value> {};
template <> struct Word<Table::CONTEXT_CHECKS, 2> : Guarded<&context_checks::check> {};
template <> struct Word<Table::CONTEXT_CHECKS, 3> : Direct<&context_checks::more> {};
template <> struct Word<Table::INTEGRITY_CHECK, 1> : Guarded<&integrity_check::answer> {};
template <> struct Word<Table::TOOLS_CONTEXT, 3> : Guarded<&tools_context::device> {};
template <> struct Word<Table::TOOLS_CONTEXT, 4> : Guarded<&tools_context::id> {};
template <> struct Word<Table::TOOLS_CONTEXT, 39> : Guarded<&tools_context::stream_id> {};
template <> struct Word<Table::TOOLS_CONTEXT, 51> : Guarded<&tools_context::resolve_stream> {};
template <> struct Word<Table::TOOLS_MODULE, 7> : Direct<&tools_module::each_function> {};
// clang-format on

// Word 0 of a sized table is a number, the last word of the other one null: both fit a pointer.
template <Table table, std::size_t word>
const void* word_value() {
  constexpr TableRow kRow = kTables[static_cast<std::size_t>(table)];
  if constexpr (kRow.sized && word == 0)
    return reinterpret_cast<const void*>(kRow.words * sizeof(void*));
  else if constexpr (!kRow.sized && word + 1 == kRow.words)
    return nullptr;
  else
    return reinterpret_cast<const void*>(
        static_cast<std::decay_t<decltype(Word<table, word>::function)>>(
            Word<table, word>::function));
}

// Made at the first request and leaked: the runtime hashes its address, so it never moves.
template <Table table, std::size_t... word>
const void* make_table(std::index_sequence<word...>) {
  static const void* const* const words =
      new const void* const [sizeof...(word)] { word_value<table, word>()... };
  return words;
}

template <Table table>
const void* table_words() {
  return make_table<table>(
      std::make_index_sequence<kTables[static_cast<std::size_t>(table)].words>());
}

constexpr const void* (*kMakers[])() = {
#define VGPU_TABLE(name, words, sized, ...) &table_words<Table::name>,
    VGPU_EXPORT_TABLES(VGPU_TABLE)
#undef VGPU_TABLE
};
static_assert(first_word(static_cast<Table>(std::size(kTables))) <= kTableWordCount);

}  // namespace

const void* find_export_table(const CUuuid& id) {
  for (std::size_t i = 0; i < std::size(kTables); ++i)
    if (std::memcmp(id.bytes, kTables[i].uuid, sizeof id.bytes) == 0) return kMakers[i]();
  return nullptr;
}

std::string export_table_word_name(std::size_t word_index) {
  for (const TableRow& row : kTables) {
    if (word_index < row.words)
      return std::string(row.name) + "[" + std::to_string(word_index) + "]";
    word_index -= row.words;
  }
  return "export table";
}

}  // namespace vgpu::frontend
