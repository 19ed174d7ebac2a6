# SPDX-License-Identifier: GPL-3.0-or-later
# Whole chains with passes, gaps and clocks: tests/system/<name>/*_test.cpp -> one program each.
spacesail_room_tests(system system)
if(TARGET spacesail)
  add_test(NAME system.cli_round_trips
           COMMAND ${PYTHON_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/cli_test.py $<TARGET_FILE:spacesail> ${PROJECT_SOURCE_DIR})
  set_tests_properties(system.cli_round_trips PROPERTIES LABELS system TIMEOUT 300 ENVIRONMENT "${SPACESAIL_RUN_ENVIRONMENT}")
  add_test(NAME system.acm_loop COMMAND ${PYTHON_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/acm_loop_test.py $<TARGET_FILE:spacesail>)
  set_tests_properties(system.acm_loop PROPERTIES LABELS system TIMEOUT 300 RUN_SERIAL ON)
  add_test(NAME system.l3_tap COMMAND ${PYTHON_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/l3_tap_test.py $<TARGET_FILE:spacesail>)
  set_tests_properties(system.l3_tap PROPERTIES LABELS system TIMEOUT 300 SKIP_RETURN_CODE 77)
  # Network namespaces of its own; exit status 77 where they or TUN are not allowed.
  add_test(NAME system.tun_link COMMAND ${PYTHON_EXECUTABLE} -B ${CMAKE_CURRENT_LIST_DIR}/tun_link_test.py $<TARGET_FILE:spacesail>)
  set_tests_properties(system.tun_link PROPERTIES LABELS system TIMEOUT 300 SKIP_RETURN_CODE 77 RUN_SERIAL ON)
endif()
find_program(SPACESAIL_SYSTEM_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(TARGET spacesail AND TARGET pass_signal AND SPACESAIL_SYSTEM_PYTHON)
  # gr-dtv's carrier through a pass whose delays come from python3-sgp4 and python3-erfa: the steepest seconds of it here,
  # whole passes under the label long.
  function(spacesail_pass_test name label seconds)
    add_test(NAME ${label}.${name}
             COMMAND ${SPACESAIL_SYSTEM_PYTHON} -B ${PROJECT_SOURCE_DIR}/tests/bench/pass_campaign.py
                     --bin $<TARGET_FILE_DIR:spacesail> ${ARGN})
    set_tests_properties(${label}.${name} PROPERTIES LABELS ${label} SKIP_RETURN_CODE 77 TIMEOUT ${seconds}
                         ENVIRONMENT "${SPACESAIL_RUN_ENVIRONMENT}")
  endfunction()
  spacesail_pass_test(pass system 300 --seconds 20 --loop-frames 16 held)
  spacesail_pass_test(pass_tracking system 300 --seconds 13 --part rise --loop-frames 16 biased)
  spacesail_pass_test(pass_5MBd long 14400 held path-loss blind wrong stale biased)
  spacesail_pass_test(pass_25MBd long 43200 --symbol-rate 25e6 held path-loss blind wrong stale)
endif()
