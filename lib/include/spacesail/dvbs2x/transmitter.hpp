// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/dsp/pulse_shaper.hpp>
#include <spacesail/dvbs2x/plframe_builder.hpp>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spacesail::dvbs2x {

/// Parameters of a transmitter.
struct transmitter_configuration {
    dsp::pulse_shaper_configuration shaping; ///< rates, roll-off, level, clock offset
    unsigned gold_code = 0;                  ///< PL scrambling code number, 0 .. 262142
    bch_choice choice = bch_choice::table;
};

/// \brief BBFRAMEs in, samples out: plframe_builder and pulse_shaper with one PLFRAME between them.
///
/// Push a frame whenever ready() says so, read samples until it does again. Never holds more than one PLFRAME.
/// The samples depend on the frames alone, not on how they are read. Delay: see pulse_shaper.
class transmitter
{
public:
    /// Errors: std::invalid_argument for a parameter out of its range.
    explicit transmitter(const transmitter_configuration& configuration);

    /// Whether the last frame has gone and the next one may be pushed.
    bool ready() const noexcept { return d_sent == d_frame_symbols; }
    /// Bytes of the BBFRAME for a PLS code; 0 for codes that carry none.
    std::size_t bbframe_bytes(std::uint8_t pls) const noexcept { return d_builder.bbframe_bytes(pls); }

    /// What became of a pushed frame.
    enum class push_result {
        taken,
        not_ready, ///< a frame is still being sent
        refused    ///< the PLS code carries no BBFRAME or the size is not bbframe_bytes(pls)
    };

    /// \brief Takes one BBFRAME (k_bch bits with BBHEADER, packed, not scrambled). No allocation.
    push_result push(std::uint8_t pls, std::span<const std::uint8_t> bbframe) noexcept;
    /// \brief Sends a dummy PLFRAME.
    push_result push_dummy() noexcept;
    /// \brief Sends as much silence as brings the last symbol out of the shaper.
    push_result push_silence() noexcept;

    /// \brief Writes samples until `samples` is full or the frame is used up.
    /// \returns how many. No allocation. Cost: see BM_dvbs2x_transmitter.
    std::size_t read(std::span<std::complex<float>> samples) noexcept;

    /// \brief Changes the output level from the next sample on, -120 .. 20 dBFS.
    void set_level_dbfs(double level_dbfs) noexcept { d_shaper.set_level_dbfs(level_dbfs); }
    /// \brief Back to the start of a stream; a frame under way is dropped.
    void reset() noexcept;

    double samples_per_symbol() const noexcept { return d_shaper.samples_per_symbol(); }
    /// Symbol periods from the first sample to the centre of the first symbol.
    std::size_t delay_symbols() const noexcept { return d_shaper.delay_symbols(); }

private:
    push_result begin(std::size_t nof_symbols) noexcept;

    plframe_builder d_builder;
    dsp::pulse_shaper d_shaper;
    std::vector<std::complex<float>> d_frame;
    std::size_t d_frame_symbols = 0;
    std::size_t d_sent = 0;
};

} // namespace spacesail::dvbs2x
