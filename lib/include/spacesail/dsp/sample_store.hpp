// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/counter.hpp>
#include <spacesail/base/frequency_plan.hpp>
#include <spacesail/simd/aligned.hpp>

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>

namespace spacesail::dsp {

/// \brief The samples a receiver looks at: converted, cleaned, decimated, kept for as long as they may be needed.
///
/// I and Q are kept apart. Index 0 is the first stored sample of the stream, before it lies silence; indices never
/// restart. What is done
/// to a sample depends on its index alone, so any split of the input gives the same store bit for bit.
/// DC is removed with a time constant of about 2^18 samples; NaN, infinite and absurd
/// samples (beyond 10^6) become 0 and are counted.
class sample_store
{
public:
    struct config {
        unsigned decimation = 1;         ///< input samples per stored sample, 1 .. 64
        double pass_band = 0.4;          ///< edge of the band to keep, over the stored rate (decimation > 1 only)
        std::size_t capacity = 1U << 18; ///< stored samples that can be kept
        spectrum orientation = spectrum::upright; ///< inverted: the samples are conjugated
    };
    explicit sample_store(const config& c);

    /// \brief Takes samples, full scale 1. \return how many; fewer than given when the store is full.
    std::size_t append(std::span<const std::complex<float>> x) noexcept;
    /// \brief The same for 16-bit samples, full scale 32768.
    std::size_t append(std::span<const std::complex<std::int16_t>> x) noexcept;

    std::int64_t first() const noexcept { return d_base; }
    std::int64_t end() const noexcept { return d_base + static_cast<std::int64_t>(d_fill); }
    std::size_t capacity() const noexcept { return d_config.capacity; }
    /// Samples [from, from + n), which must be in the store.
    std::span<const float> re(std::int64_t from, std::size_t n) const noexcept
    {
        return { d_re.data() + d_begin + (from - d_base), n };
    }
    std::span<const float> im(std::int64_t from, std::size_t n) const noexcept
    {
        return { d_im.data() + d_begin + (from - d_base), n };
    }
    /// \brief Gives up the samples before an index.
    void discard_before(std::int64_t index) noexcept;

    /// \brief Gives up all samples and puts n zeros in the place of the last n, as if the carrier began here; also at
    /// index 0, before the first sample. n <= capacity().
    void silence_behind(std::size_t n) noexcept;

    /// \brief Input sample, with fraction, that a stored index stands for.
    double input_sample(double stored) const noexcept { return stored * d_config.decimation + d_filter_delay; }
    unsigned decimation() const noexcept { return d_config.decimation; }
    std::complex<float> dc() const noexcept { return d_dc; }

    counter non_finite; ///< samples replaced by 0
    counter clipped;    ///< 16-bit samples at full scale

private:
    static constexpr std::size_t k_block = 4096; ///< DC is updated after this many converted samples

    template <class T>
    std::size_t append_any(std::span<const std::complex<T>> x) noexcept;
    void end_block() noexcept;
    void decimate() noexcept;
    void make_room() noexcept;

    config d_config;
    simd::aligned_vector<float> d_re, d_im;
    std::int64_t d_base = 0;
    std::size_t d_begin = 0; ///< unused front of the arrays is moved away when needed
    std::size_t d_fill = 0;

    std::complex<float> d_dc{};
    std::array<float, 16> d_acc_re{}, d_acc_im{};
    std::int64_t d_sum_re = 0, d_sum_im = 0;
    std::size_t d_in_block = 0;
    std::uint64_t d_blocks = 0;

    // Decimation: converted samples wait here for the filter.
    simd::aligned_vector<float> d_wide_re, d_wide_im, d_taps;
    std::size_t d_wide_fill = 0;
    double d_filter_delay = 0.0;
};

} // namespace spacesail::dsp
