# SPDX-License-Identifier: GPL-3.0-or-later
# Transmitter, channel and receiver of the core together, against stored error counts.
add_executable(loopback ${CMAKE_CURRENT_LIST_DIR}/loopback_test.cpp)
target_link_libraries(loopback PRIVATE test_support spacesail_warnings GTest::gtest_main)
spacesail_precompiled_headers(loopback)
add_test(NAME loopback COMMAND loopback)
set_tests_properties(loopback PROPERTIES LABELS loopback TIMEOUT 600)
