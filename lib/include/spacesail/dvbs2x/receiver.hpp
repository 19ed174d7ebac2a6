// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/dvbs2x/decode_pool.hpp>
#include <spacesail/dvbs2x/link_history.hpp>
#include <spacesail/dvbs2x/synchroniser.hpp>

#include <array>
#include <complex>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace spacesail::dvbs2x {

struct receiver_config {
    synchroniser_config sync;
    decode_pool_config decode;
    std::size_t history_points = 4096;        ///< of es_n0, frequency and clock over time, 16 .. 1e6
    std::size_t constellation_symbols = 8192; ///< last symbols kept for a picture, 0 .. 1e6
};

/// The furthest stage that works, or why it does not.
enum class receiver_state : std::uint8_t {
    no_samples,
    no_carrier,
    no_sof,
    plsc_failed,
    ldpc_failed, ///< frames, but their parity checks do not come out: too weak, or wrong PL scrambling
    bb_descrambling_or_code_wrong, ///< LDPC codewords, but not of the BCH code
    bb_crc_failed,                 ///< BCH words, but no BBHEADER in them
    locked
};
std::string_view to_string(receiver_state s) noexcept;

/// A copy of everything a status line needs.
struct receiver_status {
    receiver_state state = receiver_state::no_samples;
    synchroniser_status sync;
    std::uint64_t frames = 0; ///< decoded, good or not
    std::uint64_t good = 0;
    std::uint64_t ldpc_failed = 0, bch_failed = 0, header_crc_failed = 0;
    std::uint64_t bch_corrected_bits = 0;
    std::uint64_t caps_lowered = 0; ///< frames decoded with fewer iterations because the queue was long
    std::uint64_t dropped = 0;      ///< frames not decoded because the queue was full
    double mean_iterations = 0.0;
    double margin_db = 0.0; ///< Es/N0 above the ideal one of the last frame's MODCOD
    std::uint8_t pls = 0;   ///< of the last frame
    std::array<std::uint64_t, 256> pls_histogram{};
    std::uint64_t first_good_frame = 0; ///< index of the first good BBFRAME since the start
    double first_good_sample = 0.0;     ///< and the input sample it began with
    /// PLFRAMEs that had passed when it began, dummies and the one the input began in included: those handed over are
    /// counted, each with its own length; stretches without lock by the length of the frame behind them.
    double first_good_plframes = 0.0;
};

/// \brief Samples in, BBFRAMEs out: synchroniser and decoders with one status.
///
/// Threads: process() runs the synchroniser in the caller's thread and hands frames to the pool; BBFRAMEs come to the
/// sink from within process(), flush() and gap(), in order, each once.
class receiver final : private frame_sink<std::complex<float>>, private decode_observer
{
public:
    /// Errors: std::invalid_argument naming the parameter, its value and range.
    receiver(const receiver_config& config, frame_sink<std::uint8_t>& bbframes);
    ~receiver() override;

    void process(std::span<const std::complex<float>> samples) noexcept;
    void process(std::span<const std::complex<std::int16_t>> samples) noexcept;
    void gap(std::uint64_t lost_samples) noexcept;
    /// End of input: decodes what is there.
    void flush() noexcept;

    receiver_status status() const noexcept;
    const link_history& history() const noexcept { return d_history; }
    /// Last symbols of good and bad frames, derotated, mean energy 1 (for a picture).
    std::span<const std::complex<float>> constellation() const noexcept { return d_symbols; }

private:
    void on_frame(const frame_view<std::complex<float>>& frame) noexcept override;
    void on_outcome(const frame_view<std::uint8_t>& frame, const decode_outcome& outcome) noexcept override;

    receiver_config d_config;
    synchroniser d_sync;
    decode_pool d_pool;
    link_history d_history;
    std::vector<std::complex<float>> d_symbols;
    std::array<std::uint64_t, 256> d_pls_histogram{};
    std::uint8_t d_pls = 0;
    frame_measurements d_last;
    // Verdicts over the last frames: 1 good, others the stage that failed.
    unsigned d_bad_in_a_row = 0;
    receiver_state d_last_failure = receiver_state::ldpc_failed;
    bool d_any_good = false;
    std::uint64_t d_first_good_frame = 0;
    double d_first_good_sample = 0.0;
    double d_first_good_plframes = 0.0;
    // PLFRAMEs passed at the start of each of the last frames, until one is good.
    double d_samples_per_symbol;
    double d_plframes_passed = 0.0;
    double d_next_sof_sample = 0.0;
    std::array<double, 2048> d_passed{}; ///< more than the pool holds; by frame index modulo its size
};

} // namespace spacesail::dvbs2x
