#pragma once

#include "gguf.h"

namespace ggml {

/// Adds a SentencePiece vocabulary of `size` tokens: three of control, the 256 bytes, and words of
/// lower-case letters. Returns nothing; `size` is at least 512.
void add_vocabulary(Gguf& file, std::uint32_t size);

}  // namespace ggml
