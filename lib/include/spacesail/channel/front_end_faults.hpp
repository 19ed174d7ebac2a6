// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstddef>
#include <limits>

namespace spacesail::channel {

/// What a real receiver front end does to its samples. Levels are relative to full scale |x| = 1 unless said otherwise.
struct front_end_fault_config {
    double dc_dbfs = -std::numeric_limits<double>::infinity(); ///< power of a line at 0 Hz
    double image_db =
        -std::numeric_limits<double>::infinity(); ///< power of the mirrored signal over that of the signal
    double image_phase_deg = 40.0;
    double tilt_db = 0.0;                                  ///< gain at +1/4 of the rate over that at -1/4, -20 .. 20
    double clip = std::numeric_limits<double>::infinity(); ///< largest |I| and |Q|, > 0
};

/// \brief Tilt, image, DC and clipping, in this order.
///
/// The tilt is a filter of three taps, 1 + t sin(2 pi f / rate), that delays by one sample; it is there whenever
/// tilt_db is not 0. No allocation; any split gives the same samples.
class front_end_faults
{
public:
    /// Errors: std::invalid_argument naming the parameter, its value and range.
    explicit front_end_faults(const front_end_fault_config& config);
    /// \brief Works in place on `n` samples.
    void process(float* re, float* im, std::size_t n) noexcept;
    void reset() noexcept;
    /// Components that were clipped.
    unsigned long long clipped() const noexcept { return d_clipped; }

private:
    void tilt(float* re, float* im, std::size_t n) noexcept;

    float d_tilt = 0.0F;
    std::complex<float> d_image{};
    std::complex<float> d_dc{};
    float d_clip;
    std::complex<float> d_before{}, d_last{};
    unsigned long long d_clipped = 0;
};

} // namespace spacesail::channel
