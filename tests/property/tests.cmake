# SPDX-License-Identifier: GPL-3.0-or-later
# Property tests of these rooms have a long form: the same program with SPACESAIL_LONG=1.
foreach(room encap orbit)
  if(TARGET property_${room})
    add_test(NAME long.property.${room} COMMAND property_${room})
    set_tests_properties(long.property.${room} PROPERTIES LABELS long TIMEOUT 7200 ENVIRONMENT SPACESAIL_LONG=1)
  endif()
endforeach()
