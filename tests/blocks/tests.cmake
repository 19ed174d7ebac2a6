# SPDX-License-Identifier: GPL-3.0-or-later
# Tests that need GNU Radio itself as a peer.
if(SPACESAIL_GNURADIO)
  find_package(Gnuradio 3.10 REQUIRED COMPONENTS blocks dtv)
  add_executable(vector_grdtv blocks/grdtv_compare_test.cpp blocks/grdtv_receive_test.cpp)
  target_link_libraries(vector_grdtv PRIVATE test_support GTest::gtest_main gnuradio::gnuradio-dtv gnuradio::gnuradio-blocks)
  spacesail_precompiled_headers(vector_grdtv)
  # Why: fmt 9 checks format strings at compile time in a way GNU Radio 3.10's logger does not pass in C++20.
  target_compile_definitions(vector_grdtv PRIVATE FMT_CONSTEVAL=)
  add_test(NAME vector.grdtv COMMAND vector_grdtv --gtest_filter=*GrdtvCompare*)
  add_test(NAME vector.grdtv_receive COMMAND vector_grdtv --gtest_filter=*GrdtvReceive*)
  set_tests_properties(vector.grdtv vector.grdtv_receive PROPERTIES LABELS vector TIMEOUT 600)
endif()

# Our own blocks: the same answer as the core object, tags at the right offsets, ends and errors.
if(SPACESAIL_GNURADIO)
  file(GLOB block_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/blocks/*_block_test.cpp)
  add_executable(block_spacesail ${block_tests})
  target_link_libraries(block_spacesail PRIVATE test_support gnuradio-spacesail gnuradio::gnuradio-blocks GTest::gtest_main)
  spacesail_precompiled_headers(block_spacesail)
  add_test(NAME block.spacesail COMMAND block_spacesail)
  set_tests_properties(block.spacesail PROPERTIES LABELS block TIMEOUT 600 ENVIRONMENT "HOME=${CMAKE_BINARY_DIR}/home")
endif()
