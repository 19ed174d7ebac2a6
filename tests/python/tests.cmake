# SPDX-License-Identifier: GPL-3.0-or-later
# Every qa_*.py runs against the module in the build tree.
if(SPACESAIL_GNURADIO AND SPACESAIL_PYTHON)
  file(GLOB python_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/python/qa_*.py)
  foreach(source IN LISTS python_tests)
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "^qa_" "" name ${name})
    add_test(NAME python.${name} COMMAND ${PYTHON_EXECUTABLE} -B ${source})
    set_tests_properties(python.${name} PROPERTIES LABELS python TIMEOUT 300 ENVIRONMENT "${SPACESAIL_RUN_ENVIRONMENT}")
  endforeach()
endif()
