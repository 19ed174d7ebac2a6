// SPDX-License-Identifier: GPL-3.0-or-later
#include <gnuradio/spacesail/iq_source.h>

#include <cstdio>
#include <stdexcept>

int main()
{
    try {
        gr::spacesail::iq_source::make("/no/such/recording");
    } catch (const std::invalid_argument& e) {
        std::puts(e.what());
        return 0;
    }
    return 1;
}
