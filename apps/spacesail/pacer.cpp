// SPDX-License-Identifier: GPL-3.0-or-later
#include "pacer.hpp"

namespace spacesail::cli {

double pacer::left_s(double stream_time_s, clock::time_point now) noexcept
{
    if (d_pace == carrier_pace::free) return 0.0;
    if (!d_started) {
        d_started = true;
        d_start = now;
    }
    const double late = std::chrono::duration<double>(now - d_start).count() - stream_time_s;
    if (late < 0.0) return -late;
    if (late > k_most_late_s) {
        ++d_nof_slips;
        d_slipped_s += late;
        d_start += std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(late));
    }
    return 0.0;
}

} // namespace spacesail::cli
