#pragma once

#include <string>

#include "shim/abi/cuda_types.h"

/// The tables of cuGetExportTable: undocumented, asked for by every CUDA runtime. Each is an array
/// of 8-byte words, the first of which is its size in bytes; the others are functions. No word is
/// null, and none that we do not implement pretends: it answers CUDA_ERROR_NOT_SUPPORTED.
namespace vgpu::frontend {

/// The table of that name, or null. It stays where it is for the life of the process.
const void* find_export_table(const CUuuid& id);

/// "TOOLS_TLS[1]" for a word's number among the words of all tables.
std::string export_table_word_name(std::size_t word_index);

}  // namespace vgpu::frontend
