// Adds two vectors through the driver API: vector_add [LIBRARY]. Built as vector_add, which opens
// LIBRARY (default libcuda.so.1), and as vector_add_linked, which has libcuda.so.1 among its needed
// libraries.
#include "vector_add.h"

int main(int argc, char** argv) {
  open_driver(argc > 1 ? argv[1] : "libcuda.so.1");
  TRY(cuInit(0));
  vector_add();
  puts("PASS");
  return 0;
}
