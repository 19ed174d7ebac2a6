# SPDX-License-Identifier: GPL-3.0-or-later
# Comparisons with independent implementations that need more than a test program.
# Why /usr/bin: the packages are Debian's.
find_program(SPACESAIL_SYSTEM_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)

add_executable(delay_table ${CMAKE_CURRENT_SOURCE_DIR}/vectors/doppler/tool/delay_table.cpp)
target_link_libraries(delay_table PRIVATE spacesail::core spacesail_warnings)
if(SPACESAIL_SYSTEM_PYTHON)
  add_test(NAME vector.doppler.reference
           COMMAND ${SPACESAIL_SYSTEM_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/vectors/doppler/reference_engine.py
                   $<TARGET_FILE:delay_table> ${PROJECT_SOURCE_DIR})
  set_tests_properties(vector.doppler.reference PROPERTIES LABELS vector SKIP_RETURN_CODE 77 TIMEOUT 600)
endif()

if(SPACESAIL_SYSTEM_PYTHON AND TARGET spacesail)
  add_test(NAME vector.channel.reference
           COMMAND ${SPACESAIL_SYSTEM_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/vectors/channel/output_reference.py $<TARGET_FILE:spacesail> ${PROJECT_SOURCE_DIR})
  set_tests_properties(vector.channel.reference PROPERTIES LABELS vector SKIP_RETURN_CODE 77 TIMEOUT 600 ENVIRONMENT "${SPACESAIL_RUN_ENVIRONMENT}")
endif()
