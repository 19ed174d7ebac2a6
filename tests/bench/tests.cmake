# SPDX-License-Identifier: GPL-3.0-or-later
# Measuring programs that are not Google Benchmark ones.
if(SPACESAIL_BENCH)
  add_executable(fec_fer ${CMAKE_CURRENT_LIST_DIR}/fec_fer.cpp)
  target_link_libraries(fec_fer PRIVATE test_support spacesail_warnings)
  # sensitivity.py runs rx_campaign, pass_campaign.py runs pass_signal.
  foreach(name rx_campaign acquisition live_fade pass_signal)
    add_executable(${name} ${CMAKE_CURRENT_LIST_DIR}/${name}.cpp)
    target_link_libraries(${name} PRIVATE test_support spacesail_warnings nlohmann_json::nlohmann_json)
  endforeach()
  # What rx_campaign says it is made of: looked at in every build, a campaign must not go on with the results of another.
  set(commit_source ${CMAKE_CURRENT_BINARY_DIR}/source_commit.cpp)
  add_custom_target(source_commit BYPRODUCTS ${commit_source}
                    COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DOUTPUT=${commit_source}
                            -P ${PROJECT_SOURCE_DIR}/cmake/source_commit.cmake)
  add_dependencies(rx_campaign source_commit)
  target_sources(rx_campaign PRIVATE ${commit_source})
  target_compile_definitions(rx_campaign PRIVATE SPACESAIL_VERSION="${PROJECT_VERSION}")
endif()

# Hours of a machine with nothing else to do; both go on where they were ended (see the scripts for the recipes).
find_program(SPACESAIL_SYSTEM_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(SPACESAIL_BENCH AND SPACESAIL_GNURADIO AND SPACESAIL_SYSTEM_PYTHON)
  add_test(NAME campaign.grdtv_sweep
           COMMAND ${SPACESAIL_SYSTEM_PYTHON} -B ${CMAKE_CURRENT_LIST_DIR}/sweep.py --program $<TARGET_FILE:rx_campaign>
                   --results ${CMAKE_BINARY_DIR}/grdtv_sweep.jsonl)
  add_test(NAME campaign.fer_anchors
           COMMAND ${SPACESAIL_SYSTEM_PYTHON} -B ${CMAKE_CURRENT_LIST_DIR}/sensitivity.py --program $<TARGET_FILE:rx_campaign>
                   --phase-noise pll-lnb --parts 10 --frames 20000 --results ${CMAKE_BINARY_DIR}/fer_anchors.jsonl
                   --max-fer 1e-5 anchors)
  set_tests_properties(campaign.grdtv_sweep campaign.fer_anchors PROPERTIES LABELS long TIMEOUT 36000 RUN_SERIAL TRUE)
endif()
