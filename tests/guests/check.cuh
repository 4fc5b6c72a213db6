// For the nvcc-built guests: a runtime call must succeed, and a guest says PASS or FAIL.
#pragma once
#include <cstdio>
#include <cstdlib>

#define TRY(call)                                                        \
  do {                                                                   \
    const cudaError_t status_ = (call);                                  \
    if (status_ != cudaSuccess) {                                        \
      std::printf("FAIL: %s: %s\n", #call, cudaGetErrorString(status_)); \
      std::exit(1);                                                      \
    }                                                                    \
  } while (0)

inline int verdict(bool good) {
  std::puts(good ? "PASS" : "FAIL");
  return good ? 0 : 1;
}
