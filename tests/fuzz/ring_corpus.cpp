// Makes the seeds of fuzz_ring: ring_corpus FOLDER. The tree holds no binary files.
#include <cstdint>
#include <fstream>
#include <span>
#include <string>

namespace {

// Words of a ring: what is reserved, then records (shim/abi/trace_channel.h): a call with its name,
// three records one of which lists an image, and one that is shorter than it says.
constexpr std::uint64_t kOne[] = {0x0101010101010101, 0x8000000100000038, 0x0000000000000005,
                                  0x0000001e00000007, 0x6164756300040000, 0x6e49756300060001,
                                  0x0009000800047469, 0x0000000000000000};
constexpr std::uint64_t kTorn[] = {0x0101010101010101, 0x8000000100000020, 0x0000000000000005,
                                   0x0000000800000007, 0x6164756300040000, 0x0000000200000030,
                                   0x0000000000000005, 0x0000001500000007, 0x395f6d73000c0007,
                                   0x2973736173282030, 0x0000007800010007, 0x8000000400000020,
                                   0x0000000000000005, 0x0000000500000007, 0x0000006b0001000c};
constexpr std::uint64_t kBad[] = {0x0101010101010101, 0x8000000100001008, 0x0000000000000005,
                                  0x0000000800000007, 0x6164756300040000};

bool write_seed(const std::string& path, std::span<const std::uint64_t> words) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(words.data()),
             static_cast<std::streamsize>(words.size_bytes()));
  return static_cast<bool>(file);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const std::string folder = arguments[1];
  const bool good = write_seed(folder + "/one", kOne) && write_seed(folder + "/torn", kTorn) &&
                    write_seed(folder + "/bad", kBad);
  return good ? 0 : 1;
}
