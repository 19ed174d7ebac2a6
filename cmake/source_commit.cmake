# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DSOURCE=DIR -DOUTPUT=FILE.cpp -P source_commit.cmake: a function that tells what git calls the sources, looked at in
# every build and written only if it is another one. With changes that are not committed a hash of them follows; empty where
# git knows nothing.
find_package(Git QUIET)
set(commit "")
if(GIT_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --abbrev=12 --tags WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE commit
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(failed)
    set(commit "")
  else()
    execute_process(COMMAND ${GIT_EXECUTABLE} diff HEAD WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE changes ERROR_QUIET)
    if(NOT changes STREQUAL "")
      string(SHA1 hash "${changes}")
      string(SUBSTRING ${hash} 0 8 hash)
      string(APPEND commit "-changed-${hash}")
    endif()
  endif()
endif()
set(text "const char* source_commit() { return \"${commit}\"; }\n")
set(there "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} there)
endif()
if(NOT there STREQUAL text)
  file(WRITE ${OUTPUT} "${text}")
endif()
