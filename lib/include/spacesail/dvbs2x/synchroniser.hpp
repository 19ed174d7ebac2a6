// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/counter.hpp>
#include <spacesail/base/delay_polynomial.hpp>
#include <spacesail/base/frame.hpp>
#include <spacesail/base/frequency_plan.hpp>
#include <spacesail/base/prior.hpp>

#include <complex>
#include <cstdint>
#include <memory>
#include <span>

namespace spacesail::dvbs2x {

/// Why there is no lock, or that there is.
enum class sync_state : std::uint8_t {
    no_samples,  ///< nothing has come in yet
    no_carrier,  ///< no band of the symbol rate's width stands out of the noise
    no_sof,      ///< a carrier, but no PLHEADER on it (another symbol rate, standard or spectrum orientation)
    plsc_failed, ///< single PLHEADERs, but no frame of the length they announce
    locked
};
const char* to_string(sync_state s) noexcept;

/// Whether the equaliser of front-end tilt and group delay runs.
enum class equaliser_mode : std::uint8_t { off, adaptive };

/// \brief Parameters of the synchroniser.
struct synchroniser_config {
    double sample_rate_hz = 0.0; ///< >= (1 + rolloff) symbol_rate_hz, <= 64 symbol_rate_hz
    double symbol_rate_hz = 0.0; ///< > 0
    double rolloff = 0.0;        ///< 0.05 .. 0.35; 0: found from the spectrum
    unsigned gold_code = 0;      ///< PL scrambling code n, 0 .. 262142
    acquisition_prior prior;     ///< sigma_hz 0: acquisition_prior::cold(symbol_rate_hz)
    spectrum orientation = spectrum::upright;
    equaliser_mode equaliser = equaliser_mode::adaptive;
    /// While unlocked, share of the input that is searched, 0 < share <= 1; the rest is skipped and counted.
    double search_share = 1.0;
    delay_source* delays = nullptr; ///< motion to take out of carrier and clock; not owned
    double delay_carrier_hz = 0.0;  ///< radio frequency that maps to 0 Hz of the stream, for delays
};

/// Counters and readings for the status line. A copy; read it between calls of process().
struct synchroniser_status {
    sync_state state = sync_state::no_samples;
    std::uint64_t samples_in = 0;
    std::uint64_t samples_skipped = 0;    ///< not searched because of search_share
    std::uint64_t samples_lost = 0;       ///< announced by gap()
    std::uint64_t samples_non_finite = 0; ///< NaN or infinite, replaced by 0
    std::uint64_t samples_clipped = 0;
    std::uint64_t frames = 0; ///< PLFRAMEs with payload handed over
    std::uint64_t dummy_frames = 0;
    std::uint64_t unsupported_frames = 0; ///< VL-SNR frames passed over
    std::uint64_t header_misses = 0;      ///< a PLHEADER that could not be read where it was due
    std::uint64_t locks = 0;
    std::uint64_t losses = 0;
    double locked_since_s = 0.0; ///< stream time of the last lock
    double rolloff = 0.0;
    double header_quality = 0.0; ///< of the last header read, or the best seen while searching
    frame_measurements last;
};

/// \brief Turns samples into PLFRAMEs: decimation, DC removal, carrier search, matched filter, symbol timing, frame
/// synchronisation, carrier phase, levels, equaliser, descrambling. All loops inside; nothing crosses its borders.
///
/// Output: for every frame one frame_view with the XFECFRAME symbols (pilots removed, descrambled, phase 0, mean
/// energy 1); an empty payload for dummy frames. A frame is handed over when the PLHEADER after it has been read, so
/// the delay is one frame and 90 symbols. Any split of the input gives the same output bit for bit. No allocation
/// after construction.
class synchroniser
{
public:
    /// Errors: std::invalid_argument naming the parameter, its value and range.
    explicit synchroniser(const synchroniser_config& config);
    ~synchroniser();
    synchroniser(const synchroniser&) = delete;
    synchroniser& operator=(const synchroniser&) = delete;

    /// \brief Takes all samples given. Full scale: 1 for float, 32768 for 16-bit samples.
    void process(std::span<const std::complex<float>> samples, frame_sink<std::complex<float>>& sink) noexcept;
    void process(std::span<const std::complex<std::int16_t>> samples, frame_sink<std::complex<float>>& sink) noexcept;
    /// \brief End of the stream: hands over the last whole frame although no header follows it.
    void flush(frame_sink<std::complex<float>>& sink) noexcept;
    /// \brief Samples were lost before the next call: `count` input samples are missing.
    void gap(std::uint64_t count, frame_sink<std::complex<float>>& sink) noexcept;
    /// \brief Back to the start, with a new prior.
    void reset(const acquisition_prior& prior) noexcept;

    synchroniser_status status() const noexcept;

private:
    class impl;
    std::unique_ptr<impl> d_impl;
};

} // namespace spacesail::dvbs2x
