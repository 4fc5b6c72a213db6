#include "vocabulary.h"

#include <cstdio>

namespace ggml {
namespace {

/// Source: llama.cpp's enum llama_token_type.
enum TokenType : std::int32_t { kNormal = 1, kUnknown = 2, kControl = 3, kByte = 6 };

struct Tokens {
  std::vector<std::string> texts;
  std::vector<float> scores;
  std::vector<std::int32_t> types;

  void add(std::string text, float score, TokenType type) {
    texts.push_back(std::move(text));
    scores.push_back(score);
    types.push_back(type);
  }
};

/// The n-th word: letters, and from 26 on pairs and triples of them. SentencePiece joins
/// neighbours, so that every beginning of a word must be a token too; it is, since shorter words
/// come first.
std::string word(std::uint32_t n) {
  std::string made;
  for (++n; n != 0; n = (n - 1) / 26)
    made.insert(made.begin(), static_cast<char>('a' + (n - 1) % 26));
  return made;
}

}  // namespace

void add_vocabulary(Gguf& file, std::uint32_t size) {
  Tokens tokens;
  tokens.add("<unk>", 0, kUnknown);
  tokens.add("<s>", 0, kControl);
  tokens.add("</s>", 0, kControl);
  for (unsigned byte = 0; byte < 256; ++byte) {
    char text[8];
    std::snprintf(text, sizeof text, "<0x%02X>", byte);
    tokens.add(text, 0, kByte);
  }
  const std::string space = "\xE2\x96\x81";  // U+2581, SentencePiece's visible space
  tokens.add(space, -1, kNormal);
  for (std::uint32_t n = 0; tokens.texts.size() < size; ++n)
    tokens.add(word(n), -2 - static_cast<float>(n), kNormal);
  file.set("tokenizer.ggml.model", "llama");
  file.set("tokenizer.ggml.pre", "default");
  file.set("tokenizer.ggml.tokens", tokens.texts);
  file.set("tokenizer.ggml.scores", tokens.scores);
  file.set("tokenizer.ggml.token_type", tokens.types);
  file.set("tokenizer.ggml.unknown_token_id", std::uint32_t{0});
  file.set("tokenizer.ggml.bos_token_id", std::uint32_t{1});
  file.set("tokenizer.ggml.eos_token_id", std::uint32_t{2});
  file.set("tokenizer.ggml.add_bos_token", true);
  file.set("tokenizer.ggml.add_eos_token", false);
  file.set("tokenizer.ggml.add_space_prefix", true);
}

}  // namespace ggml
