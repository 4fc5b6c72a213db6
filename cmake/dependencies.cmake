# Every dependency is a Debian 12 package; nothing is downloaded.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(doctest REQUIRED)
set(Boost_USE_STATIC_LIBS ON)  # one library less to load at each start
find_package(Boost 1.74 REQUIRED COMPONENTS program_options)
find_package(LLVM 19.1 REQUIRED CONFIG HINTS /usr/lib/llvm-19/lib/cmake/llvm)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)

# LLVM, static: it lives hidden inside libcuda.so.1 and cannot meet another LLVM of the program.
llvm_map_components_to_libnames(VGPU_LLVM_LIBS core orcjit passes x86codegen x86asmparser support
  target targetparser transformutils scalaropts vectorize instcombine analysis)
add_library(vgpu_llvm INTERFACE)
target_include_directories(vgpu_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIRS})
target_link_libraries(vgpu_llvm INTERFACE ${VGPU_LLVM_LIBS})

# What libcuda.so.1 is made of goes into processes of others, where these libraries may be missing or
# be other versions: archives, not shared objects. (Debian's LLVM names z3 too, for a solver that
# nothing of ours refers to.)
find_library(ZLIB_ARCHIVE libz.a REQUIRED)
find_library(ZSTD_ARCHIVE libzstd.a REQUIRED)
find_library(LZ4_ARCHIVE liblz4.a REQUIRED)
set_property(TARGET LLVMSupport PROPERTY INTERFACE_LINK_LIBRARIES
  rt dl m ${ZLIB_ARCHIVE} ${ZSTD_ARCHIVE} LLVMDemangle)
set_property(TARGET PkgConfig::ZSTD PROPERTY INTERFACE_LINK_LIBRARIES ${ZSTD_ARCHIVE})
set_property(TARGET PkgConfig::LZ4 PROPERTY INTERFACE_LINK_LIBRARIES ${LZ4_ARCHIVE})

# fmt, likewise. What its headers leave out differs from version to version.
if(fmt_VERSION VERSION_GREATER_EQUAL 9 AND fmt_VERSION VERSION_LESS 10)
  add_library(vgpu_fmt STATIC cmake/fmt_archive.cpp)
  target_include_directories(vgpu_fmt SYSTEM PUBLIC $<TARGET_PROPERTY:fmt::fmt,INTERFACE_INCLUDE_DIRECTORIES>)
else()
  add_library(vgpu_fmt INTERFACE)
  target_link_libraries(vgpu_fmt INTERFACE fmt::fmt-header-only)
endif()
