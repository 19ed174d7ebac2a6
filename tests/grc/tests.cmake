# SPDX-License-Identifier: GPL-3.0-or-later
# Every flowgraph compiles: those for users in grc/, those for tests in tests/grc/. grcc exits 1 on an unknown block, a bad
# parameter or a bad connection, which broken/ proves.
if(SPACESAIL_GNURADIO AND SPACESAIL_PYTHON)
  find_program(GRCC_EXECUTABLE grcc REQUIRED)
  set(compiled_dir ${CMAKE_CURRENT_BINARY_DIR}/grc)
  file(MAKE_DIRECTORY ${compiled_dir})
  file(GLOB flowgraphs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/grc/*.grc ${CMAKE_CURRENT_SOURCE_DIR}/grc/*.grc)
  file(GLOB broken_flowgraphs CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/grc/broken/*.grc)
  foreach(flowgraph IN LISTS flowgraphs broken_flowgraphs)
    get_filename_component(name ${flowgraph} NAME_WE)
    add_test(NAME grc.${name} COMMAND ${GRCC_EXECUTABLE} -o ${compiled_dir} ${flowgraph})
    set_tests_properties(grc.${name} PROPERTIES LABELS grc TIMEOUT 120 ENVIRONMENT "${SPACESAIL_RUN_ENVIRONMENT}")
    if(flowgraph IN_LIST broken_flowgraphs)
      set_tests_properties(grc.${name} PROPERTIES WILL_FAIL TRUE)
    endif()
  endforeach()
endif()

# Those that need no radio also run, without a display, and their packets are compared.
if(SPACESAIL_GNURADIO AND SPACESAIL_PYTHON)
  add_test(NAME grc.run COMMAND ${PYTHON_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/grc/run_flowgraphs.py ${GRCC_EXECUTABLE}
    ${PROJECT_SOURCE_DIR}/grc)
  set_tests_properties(grc.run PROPERTIES LABELS grc TIMEOUT 600 ENVIRONMENT "${SPACESAIL_RUN_ENVIRONMENT}")
endif()
