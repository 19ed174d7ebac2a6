# SPDX-License-Identifier: GPL-3.0-or-later
# Installs and uses what was installed. Not in the sanitizer build, whose consumer would have to link the sanitizers too.
if(SPACESAIL_GNURADIO AND SPACESAIL_PYTHON)
  add_test(NAME system.install
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/install/check_install.sh ${CMAKE_BINARY_DIR} ${CMAKE_CURRENT_BINARY_DIR}/install
            ${PYTHON_EXECUTABLE} ${CMAKE_COMMAND})
  set_tests_properties(system.install PROPERTIES LABELS system TIMEOUT 300)
endif()
