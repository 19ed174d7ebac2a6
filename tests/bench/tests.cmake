# SPDX-License-Identifier: GPL-3.0-or-later
# Measuring programs that are not Google Benchmark ones.
if(SPACESAIL_BENCH)
  add_executable(fec_fer ${CMAKE_CURRENT_LIST_DIR}/fec_fer.cpp)
  target_link_libraries(fec_fer PRIVATE test_support spacesail_warnings)
  # sensitivity.py runs rx_campaign, pass_campaign.py runs pass_signal.
  foreach(name rx_campaign acquisition pass_signal)
    add_executable(${name} ${CMAKE_CURRENT_LIST_DIR}/${name}.cpp)
    target_link_libraries(${name} PRIVATE test_support spacesail_warnings nlohmann_json::nlohmann_json)
  endforeach()
endif()
