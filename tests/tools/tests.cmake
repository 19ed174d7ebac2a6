# SPDX-License-Identifier: GPL-3.0-or-later
# The measuring tools are measured themselves.
find_program(SPACESAIL_SYSTEM_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(SPACESAIL_SYSTEM_PYTHON)
  add_test(NAME tools.channel COMMAND ${SPACESAIL_SYSTEM_PYTHON} -B ${CMAKE_CURRENT_LIST_DIR}/check_channel.py)
  set_tests_properties(tools.channel PROPERTIES LABELS python SKIP_RETURN_CODE 77 TIMEOUT 300)
endif()
