// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dsp/fft.hpp>

#include <fftw3.h>

#include <mutex>
#include <stdexcept>

namespace spacesail::dsp {
namespace {

/// Why: making FFTW plans is not thread safe, running them is.
std::mutex& planner_mutex()
{
    static std::mutex m;
    return m;
}

} // namespace

struct fft::plan {
    std::size_t size;
    fftwf_complex* data = nullptr;
    fftwf_plan handle = nullptr;

    explicit plan(std::size_t n) : size(n)
    {
        const std::scoped_lock lock(planner_mutex());
        data = fftwf_alloc_complex(n);
        handle = fftwf_plan_dft_1d(static_cast<int>(n), data, data, FFTW_FORWARD, FFTW_ESTIMATE);
    }
    ~plan()
    {
        const std::scoped_lock lock(planner_mutex());
        fftwf_destroy_plan(handle);
        fftwf_free(data);
    }
    plan(const plan&) = delete;
    plan& operator=(const plan&) = delete;
};

fft::fft(std::size_t size)
{
    if (size == 0) throw std::invalid_argument("fft: size = 0, must be >= 1");
    d_plan = std::make_unique<plan>(size);
}

fft::~fft() = default;
fft::fft(fft&&) noexcept = default;
fft& fft::operator=(fft&&) noexcept = default;

std::size_t fft::size() const noexcept { return d_plan->size; }
std::span<std::complex<float>> fft::data() noexcept
{
    return { reinterpret_cast<std::complex<float>*>(d_plan->data), d_plan->size };
}
void fft::forward() noexcept { fftwf_execute(d_plan->handle); }

} // namespace spacesail::dsp
