# SPDX-License-Identifier: GPL-3.0-or-later
# tests/fuzz/<room>/entries.cpp: functions that take any bytes. The property test of the room runs them over seeded inputs;
# in the preset `fuzz` (clang) each becomes a libFuzzer program `fuzz_<room>_<entry>` against the library, all instrumented,
# and a test with the label long runs it for SPACESAIL_FUZZ_RUNS executions from the inputs of the property test.
# scripts/fuzz builds and runs them.
set(SPACESAIL_FUZZ_RUNS 10000000 CACHE STRING "Executions of each fuzzer in the long tests")
set(fuzz_entries
  encap:bbframes encap:gse_fields encap:ts_fields encap:ts_input encap:l3_datagram
  dvbs2x:pl_header dvbs2x:header_search
  io:sigmf io:pcap io:datagram io:raw_samples io:option_texts
  orbit:elements)

if(SPACESAIL_FUZZ)
  foreach(entry IN LISTS fuzz_entries)
    string(REPLACE ":" ";" parts ${entry})
    list(GET parts 0 room)
    list(GET parts 1 name)
    set(target fuzz_${room}_${name})
    add_executable(${target} fuzz/driver.cpp fuzz/${room}/entries.cpp)
    target_include_directories(${target} PRIVATE fuzz/${room})
    target_compile_definitions(${target} PRIVATE SPACESAIL_FUZZ_ENTRY=${name})
    target_link_libraries(${target} PRIVATE test_support)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    set(seeds ${CMAKE_BINARY_DIR}/seeds/${room}_${name})
    if(NOT TEST fuzz.seeds.${room})
      add_test(NAME fuzz.seeds.${room} COMMAND property_${room} --gtest_filter=Parsers.*)
      set_tests_properties(fuzz.seeds.${room} PROPERTIES LABELS long FIXTURES_SETUP fuzz_seeds_${room}
                           ENVIRONMENT SPACESAIL_FUZZ_SEEDS=${CMAKE_BINARY_DIR}/seeds)
    endif()
    add_test(NAME fuzz.${room}.${name}
             COMMAND ${target} -runs=${SPACESAIL_FUZZ_RUNS} -max_len=4096 -seed=1 -verbosity=0 -print_final_stats=1 ${seeds})
    set_tests_properties(fuzz.${room}.${name} PROPERTIES LABELS long TIMEOUT 36000 FIXTURES_REQUIRED fuzz_seeds_${room})
  endforeach()
endif()
