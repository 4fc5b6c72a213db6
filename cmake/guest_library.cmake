# Makes a shared library that programs of the tree load: build/<preset>/shim/lib<target>.so.1, with
# that SONAME, exporting what its version script says and nothing else. The script is run through the
# preprocessor, so that it can be made from the rows of a .def file; further arguments are the files
# that it includes.
function(vgpu_guest_library target map)
  set(script ${CMAKE_CURRENT_BINARY_DIR}/lib${target}.map)
  add_custom_command(OUTPUT ${script}
    COMMAND ${CMAKE_CXX_COMPILER} -E -P -x c++ -I ${CMAKE_SOURCE_DIR}
      ${CMAKE_CURRENT_SOURCE_DIR}/${map} -o ${script}
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${map} ${ARGN}
    COMMENT "Export list of lib${target}.so.1"
    VERBATIM)
  add_custom_target(${target}_map DEPENDS ${script})
  add_dependencies(${target} ${target}_map)
  set_target_properties(${target} PROPERTIES
    SUFFIX .so.1
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/shim
    LINK_DEPENDS ${script})
  target_link_options(${target} PRIVATE
    -static-libstdc++ -static-libgcc -Wl,--gc-sections
    -Wl,--version-script=${script} -Wl,--exclude-libs,ALL
    # Names this build, so that code kept on the disk is never taken by another one.
    -Wl,--build-id=sha1
    # Our own names mean our own functions, even where the program defines them too.
    -Wl,-Bsymbolic
    # Threads and locks of ours go on when a program unloads us.
    -Wl,-z,nodelete)
  if(NOT VGPU_SANITIZE)  # the sanitizers' run-time comes with the program
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
endfunction()
