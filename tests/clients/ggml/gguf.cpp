#include "gguf.h"

#include <fstream>
#include <stdexcept>

namespace ggml {
namespace {

constexpr std::uint64_t kAlignment = 32;

enum ValueType : std::uint32_t {
  kUint32 = 4,
  kInt32 = 5,
  kFloat32 = 6,
  kBool = 7,
  kString = 8,
  kArray = 9
};

std::uint64_t padding(std::uint64_t size) { return (kAlignment - size % kAlignment) % kAlignment; }

template <class T>
void put(std::string& to, const T& value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_text(std::string& to, std::string_view text) {
  put(to, static_cast<std::uint64_t>(text.size()));
  to.append(text);
}

void put_head(std::string& to, std::string_view key, ValueType type) {
  put_text(to, key);
  put(to, type);
}

template <class T>
void put_array(std::string& to, std::string_view key, ValueType type,
               const std::vector<T>& values) {
  put_head(to, key, kArray);
  put(to, type);
  put(to, static_cast<std::uint64_t>(values.size()));
  for (const T& value : values) put(to, value);
}

}  // namespace

void Gguf::set(std::string_view key, std::uint32_t value) {
  ++pair_count_;
  put_head(pairs_, key, kUint32);
  put(pairs_, value);
}

void Gguf::set(std::string_view key, float value) {
  ++pair_count_;
  put_head(pairs_, key, kFloat32);
  put(pairs_, value);
}

void Gguf::set(std::string_view key, bool value) {
  ++pair_count_;
  put_head(pairs_, key, kBool);
  put(pairs_, static_cast<std::uint8_t>(value ? 1 : 0));
}

void Gguf::set(std::string_view key, std::string_view value) {
  ++pair_count_;
  put_head(pairs_, key, kString);
  put_text(pairs_, value);
}

void Gguf::set(std::string_view key, const std::vector<std::string>& values) {
  ++pair_count_;
  put_head(pairs_, key, kArray);
  put(pairs_, kString);
  put(pairs_, static_cast<std::uint64_t>(values.size()));
  for (const std::string& value : values) put_text(pairs_, value);
}

void Gguf::set(std::string_view key, const std::vector<float>& values) {
  ++pair_count_;
  put_array(pairs_, key, kFloat32, values);
}

void Gguf::set(std::string_view key, const std::vector<std::int32_t>& values) {
  ++pair_count_;
  put_array(pairs_, key, kInt32, values);
}

void Gguf::add_tensor(std::string_view name, const std::vector<std::int64_t>& shape, int type,
                      std::vector<std::byte> data) {
  put_text(infos_, name);
  put(infos_, static_cast<std::uint32_t>(shape.size()));
  for (const std::int64_t extent : shape) put(infos_, extent);
  put(infos_, static_cast<std::uint32_t>(type));
  put(infos_, data_size_);
  data.resize(data.size() + padding(data.size()));
  data_size_ += data.size();
  data_.push_back(std::move(data));
}

void Gguf::write(const std::string& path) const {
  std::string head = "GGUF";
  put(head, std::uint32_t{3});
  put(head, static_cast<std::uint64_t>(data_.size()));
  put(head, pair_count_);
  head += pairs_ + infos_;
  head.append(padding(head.size()), '\0');
  std::ofstream file(path, std::ios::binary);
  file << head;
  for (const auto& data : data_)
    file.write(reinterpret_cast<const char*>(data.data()),
               static_cast<std::streamsize>(data.size()));
  if (!file.flush()) throw std::runtime_error(path + " cannot be written");
}

}  // namespace ggml
