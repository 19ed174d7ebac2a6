# SPDX-License-Identifier: GPL-3.0-or-later
# The command-line foundation, and the program as a user meets it.
if(TARGET spacesail_cli)
  file(GLOB cli_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/cli/*_test.cpp)
  add_executable(unit_cli ${cli_tests})
  pkg_check_modules(cairo REQUIRED IMPORTED_TARGET cairo)
  target_link_libraries(unit_cli PRIVATE test_support spacesail_cli PkgConfig::cairo GTest::gtest_main)
  spacesail_precompiled_headers(unit_cli)
  add_test(NAME unit.cli COMMAND unit_cli)
  set_tests_properties(unit.cli PROPERTIES LABELS unit TIMEOUT 120)

  file(GLOB program_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/cli/qa_*.py)
  foreach(source IN LISTS program_tests)
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "^qa_" "" name ${name})
    add_test(NAME system.cli_${name} COMMAND ${PYTHON_EXECUTABLE} -B ${source} $<TARGET_FILE:spacesail>)
    set_tests_properties(system.cli_${name} PROPERTIES LABELS system TIMEOUT 300 SKIP_RETURN_CODE 77
      ENVIRONMENT "${SPACESAIL_RUN_ENVIRONMENT}")
  endforeach()
endif()
