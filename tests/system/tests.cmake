# SPDX-License-Identifier: GPL-3.0-or-later
# Whole chains with passes, gaps and clocks: tests/system/<name>/*_test.cpp -> one program each.
spacesail_room_tests(system system)
if(TARGET spacesail)
  add_test(NAME system.cli_round_trips
           COMMAND ${PYTHON_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/cli_test.py $<TARGET_FILE:spacesail> ${PROJECT_SOURCE_DIR})
  set_tests_properties(system.cli_round_trips PROPERTIES LABELS system TIMEOUT 300 ENVIRONMENT "${SPACESAIL_RUN_ENVIRONMENT}")
  # Network namespaces of its own; exit status 77 where they or TUN are not allowed.
  add_test(NAME system.tun_link COMMAND ${PYTHON_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/tun_link_test.py $<TARGET_FILE:spacesail>)
  set_tests_properties(system.tun_link PROPERTIES LABELS system TIMEOUT 300 SKIP_RETURN_CODE 77 RUN_SERIAL ON)
endif()
