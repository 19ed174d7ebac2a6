// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <complex>
#include <cstddef>
#include <memory>
#include <span>

namespace spacesail::dsp {

/// \brief A forward complex FFT in place, unnormalised (FFTW, planned without measuring: the same result every run).
class fft
{
public:
    /// \param[in] size  >= 1 (std::invalid_argument otherwise).
    explicit fft(std::size_t size);
    ~fft();
    fft(fft&&) noexcept;
    fft& operator=(fft&&) noexcept;

    std::size_t size() const noexcept;
    /// The values to transform, afterwards the transformed ones.
    std::span<std::complex<float>> data() noexcept;
    void forward() noexcept;

private:
    struct plan;
    std::unique_ptr<plan> d_plan;
};

} // namespace spacesail::dsp
