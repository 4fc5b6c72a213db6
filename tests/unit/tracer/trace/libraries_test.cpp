#include "tracer/trace/libraries.h"

#include <doctest/doctest.h>

using namespace vgpu::tracer;

TEST_CASE("libraries: a number that another file has by now says nothing") {
  Libraries libraries;
  libraries.note_open("/lib/libone.so.1", 3, "/lib/libone.so.1.2.3");
  CHECK(libraries.opened(3, "/lib/libone.so.1.2.3") == "/lib/libone.so.1");
  CHECK(libraries.opened(3, "/lib/libtwo.so").empty());
  CHECK(libraries.opened(4, "/lib/libone.so.1.2.3").empty());
}

TEST_CASE("libraries: what was tried and who needs it is told once") {
  Libraries libraries;
  ElfFile program;
  program.needed = {"libone.so.1"};
  libraries.add_program(program, "program");
  libraries.note_failure("/first/libone.so.1");
  libraries.note_failure("/second/libone.so.1");
  libraries.note_failure("/first/libother.so");
  const std::string_view names[] = {"libone.so.1"};
  Event event;
  libraries.add_mapping(event, ElfFile(), names);
  REQUIRE(event.find<List>(Key::tried) != nullptr);
  CHECK(*event.find<List>(Key::tried) == List{"/first/libone.so.1", "/second/libone.so.1"});
  CHECK(event.text(Key::needed_by) == "program");
  Event again;
  libraries.add_mapping(again, ElfFile(), names);
  CHECK(again.find<List>(Key::tried) == nullptr);
}
