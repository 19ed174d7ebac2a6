// SPDX-License-Identifier: GPL-3.0-or-later
#include "residual_motion.hpp"

#include <cmath>

namespace spacesail::cli {

void residual_motion::add(const dvbs2x::synchroniser_status& status, double sample_rate_hz) noexcept
{
    if (status.frames == d_frames) return;
    d_frames = status.frames;
    d_last_hz = status.last.cfo_hz - status.last.correction_hz;
    const double at = status.last.sof_sample / sample_rate_hz;
    if (d_n == 0.0) {
        d_t0 = at;
        d_f0 = d_last_hz;
    }
    // Counted from the first frame: the sums stay small.
    const double t = at - d_t0;
    const double f = d_last_hz - d_f0;
    d_span_s = t;
    d_n += 1.0;
    d_t += t;
    d_f += f;
    d_tt += t * t;
    d_tf += t * f;
}

double residual_motion::drift_hz_s() const noexcept
{
    const double spread = d_n * d_tt - d_t * d_t;
    return d_span_s > 0.1 && spread > 0.0 ? (d_n * d_tf - d_t * d_f) / spread : 0.0;
}

bool residual_motion::drifts() const noexcept
{
    const double drift = std::abs(drift_hz_s());
    return drift > 60.0 && drift * d_span_s > 20.0;
}

} // namespace spacesail::cli
