/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/attributes.h>

#ifdef gnuradio_spacesail_EXPORTS
#define SPACESAIL_API __GR_ATTR_EXPORT
#else
#define SPACESAIL_API __GR_ATTR_IMPORT
#endif
