# SPDX-License-Identifier: GPL-3.0-or-later
# The measuring tools are measured themselves.
find_program(SPACESAIL_SYSTEM_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(SPACESAIL_SYSTEM_PYTHON)
  foreach(tool channel sensitivity speed)
    add_test(NAME tools.${tool} COMMAND ${SPACESAIL_SYSTEM_PYTHON} -B ${CMAKE_CURRENT_LIST_DIR}/check_${tool}.py)
    set_tests_properties(tools.${tool} PROPERTIES LABELS python SKIP_RETURN_CODE 77 TIMEOUT 300)
  endforeach()
endif()
