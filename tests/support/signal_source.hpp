// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "numbered_bbframe.hpp"

#include <spacesail/base/rng.hpp>
#include <spacesail/base/units.hpp>
#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/dvbs2x/transmitter.hpp>

#include <cmath>
#include <complex>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace spacesail::test {

/// What happens to the carrier and the noise of a signal_source; may be changed between two calls of read().
struct signal_channel {
    double es_n0_db = std::numeric_limits<double>::infinity(); ///< infinity: no noise
    double cfo_hz = 0.0;
    double cfo_rate_hz_s = 0.0;
    double wander_hz = 0.0; ///< Wiener phase noise of (2 pi)^2 K rad^2/s, K in Hz
    double gain_db = 0.0;   ///< of signal and noise together
};

/// \brief Endless carrier of the project's own transmitter with numbered BBFRAMEs, carrier offset and white noise.
///
/// For tests of what the receiver adds or loses; the transmitter itself is compared with gr-dtv elsewhere.
class signal_source
{
public:
    /// PLS code of frame n; 0: a dummy PLFRAME.
    using schedule = std::function<std::uint8_t(std::uint64_t n)>;

    signal_source(const dvbs2x::transmitter_configuration& c, schedule pls_of, std::uint64_t seed = 1)
        : d_configuration(c), d_transmitter(c), d_pls_of(std::move(pls_of)), d_random(seed), d_phase(d_random.uniform())
    {
    }

    signal_channel channel;

    /// Fills all of `samples`.
    void read(std::span<std::complex<float>> samples)
    {
        clean(samples);
        disturb(samples);
    }
    std::vector<std::complex<float>> read(std::size_t n)
    {
        std::vector<std::complex<float>> samples(n);
        read(samples);
        return samples;
    }
    /// Drops n samples of the transmitter: the receiver comes in later.
    void skip(std::size_t n)
    {
        std::vector<std::complex<float>> room(4096);
        while (n > 0) {
            const std::size_t m = std::min(n, room.size());
            clean(std::span(room).first(m));
            n -= m;
        }
    }

    std::uint64_t samples() const noexcept { return d_samples; }
    double samples_per_symbol() const noexcept { return d_transmitter.samples_per_symbol(); }

    struct sent_frame {
        std::uint64_t number = 0;
        std::uint8_t pls = 0;
        double first_sample = 0.0; ///< centre of its first symbol
    };
    /// All frames begun so far, dummy ones with PLS code 0.
    const std::vector<sent_frame>& sent() const noexcept { return d_sent; }

private:
    void clean(std::span<std::complex<float>> samples)
    {
        while (!samples.empty()) {
            if (d_transmitter.ready()) next_frame();
            const std::size_t n = d_transmitter.read(samples);
            samples = samples.subspan(n);
            d_samples += n;
        }
    }

    void next_frame()
    {
        const std::uint64_t n = d_sent.size();
        const std::uint8_t pls = d_pls_of(n);
        const auto at = (static_cast<double>(d_symbols) + static_cast<double>(d_transmitter.delay_symbols())) *
                        d_transmitter.samples_per_symbol();
        d_sent.push_back({ n, pls, at });
        if (pls == 0) {
            d_transmitter.push_dummy();
            d_symbols += dvbs2x::plframe_symbols(0);
            return;
        }
        d_bbframe.resize(d_transmitter.bbframe_bytes(pls));
        fill_numbered_bbframe(n, d_bbframe);
        d_transmitter.push(pls, d_bbframe);
        d_symbols += dvbs2x::plframe_symbols(pls);
    }

    void disturb(std::span<std::complex<float>> samples)
    {
        const double fs = d_configuration.shaping.sample_rate_hz;
        const double power = db_to_linear(d_configuration.shaping.level_dbfs);
        const double sigma =
            std::isinf(channel.es_n0_db)
                ? 0.0
                : std::sqrt(0.5 * power * d_transmitter.samples_per_symbol() / db_to_linear(channel.es_n0_db));
        const double wander = std::sqrt(k_two_pi * k_two_pi * channel.wander_hz / fs) / k_two_pi;
        const double gain = std::pow(10.0, 0.05 * channel.gain_db);
        for (auto& s : samples) {
            d_phase += (channel.cfo_hz + channel.cfo_rate_hz_s * d_seconds) / fs;
            if (wander > 0.0) d_phase += wander * d_random.normal_pair().real();
            d_phase -= std::floor(d_phase);
            d_seconds += 1.0 / fs;
            std::complex<double> v(s);
            if (channel.cfo_hz != 0.0 || channel.cfo_rate_hz_s != 0.0 || wander > 0.0) {
                v *= std::polar(1.0, k_two_pi * d_phase);
            }
            if (sigma > 0.0) v += sigma * d_random.normal_pair();
            s = std::complex<float>(gain * v);
        }
    }

    dvbs2x::transmitter_configuration d_configuration;
    dvbs2x::transmitter d_transmitter;
    schedule d_pls_of;
    rng d_random;
    double d_phase;
    double d_seconds = 0.0; ///< since the chirp began
    std::uint64_t d_samples = 0, d_symbols = 0;
    std::vector<sent_frame> d_sent;
    std::vector<std::uint8_t> d_bbframe;
};

/// 16-bit samples of the same signal, rounded and limited.
inline std::vector<std::complex<std::int16_t>> to_ci16(std::span<const std::complex<float>> x)
{
    std::vector<std::complex<std::int16_t>> out(x.size());
    const auto code = [](float v) {
        return static_cast<std::int16_t>(std::lround(std::clamp(v * 32768.0F, -32768.0F, 32767.0F)));
    };
    for (std::size_t i = 0; i < x.size(); ++i) out[i] = { code(x[i].real()), code(x[i].imag()) };
    return out;
}

} // namespace spacesail::test
