#include "shim/cpu/driver/code.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "shim/cpu/driver/error.h"
#include "shim/cpu/driver/load_note.h"
#include "shim/cpu/driver/ptx_error.h"
#include "shim/cpu/image/image.h"

namespace vgpu::cpu {
namespace {

/// In front of what linked_image makes, with the texts' number and then their sizes behind it.
constexpr std::uint64_t kLinkedMagic = 0x3158'5450'5550'4756;  // "VGPUPTX1"

/// Reads a linked image. `size` is what is known of its length: nothing when the program gave an
/// address only, which is then trusted as any address of its own.
class LinkedReader {
 public:
  LinkedReader(const char* image, std::optional<std::size_t> size)
      : at_(image), left_(size.value_or(SIZE_MAX)) {}

  std::vector<std::string> texts() {
    take(sizeof kLinkedMagic);
    const std::uint64_t count = number();
    require(count <= left_ / sizeof(std::uint64_t), CUDA_ERROR_INVALID_IMAGE,
            "the linked image is cut");
    std::vector<std::uint64_t> sizes;
    for (std::uint64_t i = 0; i < count; ++i) sizes.push_back(number());
    std::vector<std::string> found;
    found.reserve(sizes.size());
    for (const std::uint64_t length : sizes) found.emplace_back(take(length), length);
    return found;
  }

 private:
  const char* take(std::uint64_t bytes) {
    require(bytes <= left_, CUDA_ERROR_INVALID_IMAGE, "the linked image is cut");
    left_ -= bytes;
    return std::exchange(at_, at_ + bytes);
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    std::memcpy(&value, take(sizeof value), sizeof value);
    return value;
  }

  const char* at_;
  std::uint64_t left_;
};

bool is_linked(const char* image, std::optional<std::size_t> size) {
  std::uint64_t magic = 0;
  // Byte by byte: an image that ends earlier has a NUL or another byte first.
  if (size && *size < sizeof magic) return false;
  return std::strncmp(image, reinterpret_cast<const char*>(&kLinkedMagic), sizeof magic) == 0;
}

}  // namespace

Code code_of(const void* data, std::optional<std::size_t> size, int capability, std::string& log,
             LoadNote* note) {
  require_value(data != nullptr, "the image is null");
  const char* const bytes = static_cast<const char*>(data);
  if (is_linked(bytes, size)) return {LinkedReader(bytes, size).texts(), false};
  try {
    image::Image found = size
                             ? image::load_image(std::as_bytes(std::span(bytes, *size)), capability)
                             : image::load_image(data, capability);
    if (note != nullptr) note->found(found);
    return {std::move(found.ptx), found.plain};
  } catch (const image::Error& error) {
    if (note != nullptr) note->found(error);
    log += fmt::format("error   : {}\n", error.what());
    if (error.reason == image::Reason::no_binary)
      throw NoCodeForGpu(CUDA_ERROR_NO_BINARY_FOR_GPU, error.what());
    fail(CUDA_ERROR_INVALID_IMAGE, error.what());
  }
}

std::vector<ptx::Module> parse_code(const Code& code, int capability, std::string& log,
                                    LoadNote* note) {
  std::vector<ptx::Module> modules = parse_texts(code.texts, code.plain, log);
  if (note != nullptr && code.plain)
    for (const ptx::Module& module : modules) note->found({module.target, module.target_suffix});
  require_target(modules, capability,
                 code.plain ? CUDA_ERROR_INVALID_PTX : CUDA_ERROR_NO_BINARY_FOR_GPU, log);
  return modules;
}

std::vector<char> read_image_file(const char* path) {
  struct Close {
    void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path, "rbe"));
  require(file != nullptr, CUDA_ERROR_FILE_NOT_FOUND, "the file cannot be opened");
  std::vector<char> content;
  char piece[65536];
  for (std::size_t got = 0; (got = std::fread(piece, 1, sizeof piece, file.get())) != 0;)
    content.insert(content.end(), piece, piece + got);
  require(std::ferror(file.get()) == 0, CUDA_ERROR_FILE_NOT_FOUND, "the file cannot be read");
  return content;
}

std::vector<char> linked_image(const std::vector<std::string>& texts) {
  std::vector<char> image;
  const auto append = [&image](const void* from, std::size_t size) {
    const char* const bytes = static_cast<const char*>(from);
    image.insert(image.end(), bytes, bytes + size);
  };
  const std::uint64_t count = texts.size();
  append(&kLinkedMagic, sizeof kLinkedMagic);
  append(&count, sizeof count);
  for (const std::string& text : texts) {
    const std::uint64_t size = text.size();
    append(&size, sizeof size);
  }
  for (const std::string& text : texts) append(text.data(), text.size());
  return image;
}

}  // namespace vgpu::cpu
