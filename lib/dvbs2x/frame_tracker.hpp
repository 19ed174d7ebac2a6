// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "dvbs2x/equaliser_trainer.hpp"
#include "dvbs2x/front_end.hpp"
#include "dvbs2x/link_meter.hpp"
#include "dvbs2x/lock_watch.hpp"

#include <spacesail/base/frame.hpp>
#include <spacesail/dsp/phase_smoother.hpp>
#include <spacesail/dsp/timing_tracker.hpp>
#include <spacesail/dvbs2x/decision_model.hpp>
#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/pl_header_decoder.hpp>
#include <spacesail/dvbs2x/pl_scrambler.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <array>
#include <complex>
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
    void forget_distortion(front_end& front) noexcept;
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

    struct block {
        std::array<float, k_header_symbols> re{}, im{}; ///< times conj(known symbol)
        std::size_t n = 0;
        double at = 0.0; ///< symbols from the frame's start to its first one
    };
    struct node {
        double at, theta, variance;
    };
    /// Half-symbol outputs around a known block, kept until its phase is known.
    static constexpr std::size_t k_half_symbols = 2 * k_header_symbols - 1 + 2 * equaliser_trainer::k_reach;
    struct training_block {
        std::array<float, k_half_symbols> re{}, im{};
        std::array<std::complex<float>, k_header_symbols> known{};
        std::size_t n = 0;
        double at = 0.0;
    };
    /// Header and six pilot blocks a frame: the normal equations cost 240 multiply-adds a known symbol.
    static constexpr std::size_t k_training_blocks = 7;

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
    /// By how much the carrier has moved, cycles per symbol, if the PLHEADER at d_u is much better there; 0: it is not.
    double carrier_jump(const front_end& front) const noexcept;
    void hand_over(front_end& front, frame_sink<std::complex<float>>& sink) noexcept;
    void next_frame(front_end& front) noexcept;

    void known_block(std::size_t symbols,
                     std::complex<double> early,
                     std::complex<double> on_time,
                     std::complex<double> late,
                     double symbols_since) noexcept;
    void observe_known(const block& b) noexcept;
    void decide_forward(std::size_t first_slot, std::size_t slots) noexcept;
    void decide_again() noexcept;
    struct slot_phase {
        double theta = 0.0, variance = 0.0;
        bool usable = false;
    };
    slot_phase decide(std::size_t slot, double theta, double slope) noexcept;
    double slot_centre(std::size_t slot) const noexcept;
    bool trains_on(std::size_t pilot_block) const noexcept;
    void
    keep_for_training(const front_end& front, double u, double at, std::span<const std::complex<float>> known) noexcept;
    void train(front_end& front) noexcept;
    double node_variance(std::size_t symbols) const noexcept;

    double d_symbol_rate_hz;
    double d_stored_rate_hz;
    pl_scrambler d_scrambler;
    double d_timing_slope = 1.0; ///< of the early-late detector, per symbol^2
    dsp::phase_smoother d_phase;
    dsp::timing_tracker d_timing;
    link_meter d_meter;
    const decision_model* d_decisions = nullptr;

    equalising d_equalising;
    equaliser_trainer d_trainer;
    std::array<training_block, k_training_blocks> d_training;
    std::size_t d_nof_training = 0;
    unsigned d_frames_since_solution = 0;

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
    std::uint8_t d_last_pls = 0;
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
    pl_decision d_header;
    block d_header_block;
    std::complex<double> d_header_early, d_header_on_time, d_header_late;

    simd::aligned_vector<float> d_re, d_im;             ///< payload symbols, descrambled
    simd::aligned_vector<float> d_piece_re, d_piece_im; ///< as taken
    std::vector<block> d_blocks;                        ///< pilot blocks, and the header after the frame
    std::size_t d_nof_blocks = 0;
    std::vector<node> d_known_nodes;
    simd::aligned_vector<std::complex<float>> d_out;
    std::array<std::complex<float>, k_slot_symbols> d_slot{}, d_decided{};
};

} // namespace spacesail::dvbs2x
