# SPDX-License-Identifier: GPL-3.0-or-later
# Installation: libraries, headers, GRC blocks, the Python package, and the CMake package "spacesail" with the targets
# spacesail::core and spacesail::gnuradio-spacesail. The program installs itself in apps/.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/spacesail)

install(TARGETS spacesail_core EXPORT spacesailTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY lib/include/spacesail DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/spacesail)
install(DIRECTORY profiles/ DESTINATION ${CMAKE_INSTALL_DATADIR}/spacesail/profiles FILES_MATCHING PATTERN "*.yaml" PATTERN "*.tle" PATTERN "*.md")

if(SPACESAIL_GNURADIO)
  install(TARGETS gnuradio-spacesail EXPORT spacesailTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY gr-spacesail/include/gnuradio DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
  install(DIRECTORY gr-spacesail/grc/ DESTINATION ${CMAKE_INSTALL_DATADIR}/gnuradio/grc/blocks FILES_MATCHING PATTERN "*.block.yml")
  install(DIRECTORY grc/ DESTINATION ${CMAKE_INSTALL_DATADIR}/spacesail/grc OPTIONAL FILES_MATCHING PATTERN "*.grc")
endif()

if(TARGET spacesail_python)
  # Debian's Python looks for modules in lib/python3/dist-packages of /usr and lib/python3.N/dist-packages of /usr/local.
  execute_process(COMMAND ${PYTHON_EXECUTABLE} -c
    "import sysconfig as s; print('python' + s.get_python_version(), s.get_path('platlib').rsplit('/', 1)[1])"
    OUTPUT_VARIABLE python_names OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(python_names)
  list(GET python_names 0 python_version_dir)
  list(GET python_names 1 python_packages_dir)
  if(CMAKE_INSTALL_PREFIX STREQUAL "/usr" AND python_packages_dir STREQUAL "dist-packages")
    set(python_version_dir python3)
  endif()
  set(SPACESAIL_PYTHON_DIR lib/${python_version_dir}/${python_packages_dir} CACHE STRING "Where Python packages go, below the prefix")
  set(python_package_dir ${SPACESAIL_PYTHON_DIR}/gnuradio/spacesail)
  # Relative, so that `cmake --install --prefix` may move everything.
  file(RELATIVE_PATH to_libraries /p/${python_package_dir} /p/${CMAKE_INSTALL_LIBDIR})
  set_target_properties(spacesail_python PROPERTIES INSTALL_RPATH "$ORIGIN/${to_libraries}")
  install(TARGETS spacesail_python LIBRARY DESTINATION ${python_package_dir})
  install(DIRECTORY gr-spacesail/python/spacesail/ DESTINATION ${python_package_dir} FILES_MATCHING PATTERN "*.py")
endif()

configure_package_config_file(cmake/spacesailConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/spacesailConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/spacesailConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/spacesailConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/spacesailConfigVersion.cmake DESTINATION ${package_dir})
install(EXPORT spacesailTargets NAMESPACE spacesail:: DESTINATION ${package_dir})
