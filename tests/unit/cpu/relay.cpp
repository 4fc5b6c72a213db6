// Calls back, from a library whose name is what matters. The result is used after the call: so it
// is no jump.
struct Device;

extern "C" __attribute__((visibility("default"))) int relay(int (*question)(const Device&),
                                                            const Device* device) {
  const int answer = question(*device);
  return answer < 0 ? 0 : answer;
}
