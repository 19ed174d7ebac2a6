// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dvbs2x/distortion_learner.hpp"
#include "dvbs2x/front_end.hpp"
#include "dvbs2x/header_reading.hpp"
#include "dvbs2x/link_meter.hpp"
#include "dvbs2x/lock_watch.hpp"
#include "dvbs2x/slot_decisions.hpp"

#include <spacesail/base/frame.hpp>
#include <spacesail/dsp/phase_smoother.hpp>
#include <spacesail/dsp/timing_tracker.hpp>
#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/pl_scrambler.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spacesail::dvbs2x {

/// \brief Follows frame after frame once the first PLHEADER is known: timing, carrier phase, levels.
///
/// A frame is taken in pieces of 16 slots and a pilot block. Phase: Kalman filter over the nodes header, pilot blocks
/// and, where there are no pilots, the frame is the first or the oscillator is noisy, decided slots; smoothed backwards
/// when the next header is in. Timing: early and late correlation over header and pilots.
class frame_tracker
{
public:
    /// Whether front-end distortion is learned and taken out.
    enum class equalising { off, on };
    frame_tracker(double symbol_rate_hz, double stored_rate_hz, double rolloff, unsigned gold_code, equalising e);

    struct start {
        double u = 0.0;                 ///< instant of the first header symbol
        double step = 2.0;              ///< stored samples a symbol
        double cycles_per_sample = 0.0; ///< at u
        double chirp = 0.0;             ///< cycles per sample^2
        double sigma_chirp_hz_s = 5e3;
        double sigma_cycles_per_symbol = 5e-4;
        double sigma_rate = 3e-6; ///< of step, relative
        double sigma_timing_symbols = 0.1;
        double es_n0 = 1.0; ///< linear, a first look
        double amplitude = 1.0;
        std::uint8_t pls = 0;
    };
    /// The first header must be in the front end.
    void begin(front_end& front, const start& s) noexcept;

    enum class progress { waiting, advanced, lost };
    /// Does the next piece if its samples are there.
    progress step(front_end& front, frame_sink<std::complex<float>>& sink) noexcept;
    /// End of stream: hands over the frame whose symbols are all in, without the header that would follow.
    void finish(front_end& front, frame_sink<std::complex<float>>& sink) noexcept;

    /// Instant before which no sample is needed any more.
    double position() const noexcept { return d_u; }
    /// The grid moved with the front end's origin.
    void shift(double by) noexcept;

    /// Another carrier than before: what was learned of the front end's distortion does not hold for it.
    void forget_distortion(front_end& front) noexcept { d_distortion.forget(front); }
    /// Of the last frame whose next PLHEADER was good; 0: none yet.
    double last_good_amplitude() const noexcept { return d_last_good_amplitude; }

    double cycles_per_sample() const noexcept { return d_carrier.frequency_at(d_u); }
    double samples_per_symbol() const noexcept { return d_step; }
    void set_rolloff(double rolloff) noexcept;
    /// Input samples that never came, so that indices go on counting them.
    void set_lost_samples(std::uint64_t n) noexcept { d_lost_samples = static_cast<double>(n); }
    std::span<const std::uint8_t> scrambling() const noexcept { return d_scrambler.phases(); }

    std::uint64_t frames = 0, dummy_frames = 0, unsupported_frames = 0, header_misses = 0;
    float header_quality = 0.0F;
    frame_measurements last;

private:
    static constexpr double k_quarter = 0.25; ///< early and late, symbols

    struct node {
        double at, theta, variance;
    };

    void take_header(front_end& front) noexcept;
    void open_frame(std::uint8_t pls) noexcept;
    bool take_piece(front_end& front) noexcept;
    progress close_frame(front_end& front, frame_sink<std::complex<float>>& sink) noexcept;
    /// Mean frequency between the first and the last node of the frame, which is that of its middle.
    struct frame_middle {
        double u = 0.0;
        double symbols = 0.0;
        double cycles_per_sample = 0.0;
    };
    frame_middle middle_of_frame() const noexcept;
    void hand_over(front_end& front, frame_sink<std::complex<float>>& sink) noexcept;
    void next_frame() noexcept;

    void observe_timing(std::size_t symbols, const early_late& seen, double symbols_since) noexcept;
    void observe_known(const known_block& b) noexcept;
    void decide_forward(std::size_t first_slot, std::size_t slots) noexcept;
    void decide_again() noexcept;
    slot_decisions::observation decide(std::size_t slot, const dsp::phase_smoother::line& along) noexcept;
    double slot_centre(std::size_t slot) const noexcept;
    double node_variance(std::size_t symbols) const noexcept;

    double d_symbol_rate_hz;
    double d_stored_rate_hz;
    pl_scrambler d_scrambler;
    double d_timing_slope = 1.0; ///< of the early-late detector, per symbol^2
    dsp::phase_smoother d_phase;
    dsp::timing_tracker d_timing;
    link_meter d_meter;
    slot_decisions d_decisions;
    distortion_learner d_distortion;

    // the grid
    double d_u = 0.0; ///< instant of the next symbol to take
    double d_step = 2.0;
    double d_since_timing = 0.0; ///< symbols since the last timing measurement
    dsp::carrier d_carrier;
    dsp::phase_state d_first_phase;
    double d_q_theta = 0.0, d_q_omega = 0.0;
    double d_chirp_reference_u = 0.0, d_chirp_reference_f = 0.0;
    double d_left_chirp_hz_s = 0.0; ///< that the carrier may have besides
    bool d_chirp_known = false;
    bool d_chirp_started = false;

    // the frame
    std::uint8_t d_pls = 0;
    const modcod* d_modcod = nullptr;
    bool d_dummy = false;
    bool d_pilots = false;
    std::size_t d_slots = 0;
    std::size_t d_slots_taken = 0;
    std::size_t d_symbols_taken = 0; ///< with header and pilots
    double d_frame_u = 0.0;          ///< instant of its first symbol
    std::uint64_t d_index = 0;
    double d_lost_samples = 0.0;
    unsigned d_misses = 0;
    unsigned d_forced_decisions = 0; ///< frames still to be followed by decisions although they have pilots
    bool d_use_decisions = false;
    unsigned d_same_pls = 0;
    lock_watch d_watch;
    lock_watch::header_slope d_header_slope;
    bool d_doubtful = false;
    bool d_header_good = false;
    double d_last_good_amplitude = 0.0;
    header_reading d_header;

    simd::aligned_vector<float> d_re, d_im;             ///< payload symbols, descrambled
    simd::aligned_vector<float> d_piece_re, d_piece_im; ///< as taken
    std::vector<known_block> d_blocks;                  ///< pilot blocks, and the header after the frame
    std::size_t d_nof_blocks = 0;
    std::vector<node> d_known_nodes;
    simd::aligned_vector<std::complex<float>> d_out;
};

} // namespace spacesail::dvbs2x
