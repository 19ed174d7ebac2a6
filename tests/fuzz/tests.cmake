# SPDX-License-Identifier: GPL-3.0-or-later
# tests/fuzz/<room>/entries.cpp: functions that take any bytes. The property test of the room runs them over seeded inputs;
# with clang and -DSPACESAIL_FUZZ=ON each <name>_fuzz.cpp becomes a libFuzzer program `fuzz_<room>_<name>`, and a test with
# the label long runs it for SPACESAIL_FUZZ_RUNS executions. The library's sources are compiled into it, instrumented.
option(SPACESAIL_FUZZ "Build the fuzzers (clang only)" OFF)
set(SPACESAIL_FUZZ_RUNS 10000000 CACHE STRING "Executions of each fuzzer in the long tests")

if(SPACESAIL_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "SPACESAIL_FUZZ needs clang (-DCMAKE_CXX_COMPILER=clang++), not ${CMAKE_CXX_COMPILER_ID}")
  endif()
  foreach(room encap)
    file(GLOB fuzz_lib_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/lib/base/*.cpp ${PROJECT_SOURCE_DIR}/lib/${room}/*.cpp)
    add_library(fuzz_${room} STATIC ${fuzz_lib_sources} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/${room}/entries.cpp)
    target_include_directories(fuzz_${room} PUBLIC ${PROJECT_SOURCE_DIR}/lib/include ${PROJECT_SOURCE_DIR}/lib)
    target_compile_options(fuzz_${room} PUBLIC -O1 -g -UNDEBUG -fsanitize=fuzzer-no-link,address,undefined
                                               -fno-sanitize-recover=undefined)
    target_link_libraries(fuzz_${room} PUBLIC fmt::fmt)
    file(GLOB fuzzers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/${room}/*_fuzz.cpp)
    foreach(source IN LISTS fuzzers)
      get_filename_component(name ${source} NAME_WE)
      string(REGEX REPLACE "_fuzz$" "" name ${name})
      add_executable(fuzz_${room}_${name} ${source})
      target_link_libraries(fuzz_${room}_${name} PRIVATE fuzz_${room})
      target_link_options(fuzz_${room}_${name} PRIVATE -fsanitize=fuzzer,address,undefined)
      add_test(NAME fuzz.${room}.${name}
               COMMAND fuzz_${room}_${name} -runs=${SPACESAIL_FUZZ_RUNS} -max_len=4096 -seed=1 -verbosity=0)
      set_tests_properties(fuzz.${room}.${name} PROPERTIES LABELS long TIMEOUT 36000)
    endforeach()
  endforeach()
endif()
