# Every dependency is a Debian 12 package; nothing is downloaded.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(doctest REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(LLVM 19 REQUIRED CONFIG HINTS /usr/lib/llvm-19/lib/cmake/llvm)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)

# LLVM, static: it lives hidden inside libcuda.so.1 and cannot meet another LLVM of the program.
llvm_map_components_to_libnames(VGPU_LLVM_LIBS core orcjit passes x86codegen x86asmparser support
  target targetparser transformutils scalaropts vectorize instcombine analysis)
add_library(vgpu_llvm INTERFACE)
target_include_directories(vgpu_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
target_link_libraries(vgpu_llvm INTERFACE ${VGPU_LLVM_LIBS})
