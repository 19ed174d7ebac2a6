// SPDX-License-Identifier: GPL-3.0-or-later
#include "dvbs2x/frame_tracker.hpp"

#include "dvbs2x/derotate.hpp"

#include <spacesail/base/units.hpp>
#include <spacesail/dsp/root_raised_cosine.hpp>

#include <algorithm>
#include <cmath>

namespace spacesail::dvbs2x {
namespace {

constexpr std::size_t k_piece_symbols = k_slots_between_pilots * k_slot_symbols + k_pilot_symbols;
constexpr std::size_t k_max_slots = 360;
constexpr double k_training_reach = equaliser_trainer::k_reach_symbols;
constexpr double k_header_centre = 0.5 * (k_header_symbols - 1);
/// A header where one is due: 256 exp(-90 * 0.17) = 6e-5 false; at Es/N0 -2.85 dB a true one has 0.35.
constexpr float k_header_threshold = 0.17F;
/// Oscillator noise as a random walk, (2 pi)^2 K rad^2/s: K in Hz from 0.003 (a laboratory source) to 30 (twice the
/// DVB-S2 "typical" mask); it starts at 0.3 and follows the innovations. Below 3 MBd it starts lower: decisions are not
/// to wander by more than 0.02 rad in a slot.
constexpr double k_wander_least_hz = 0.003, k_wander_most_hz = 30.0;
double wander_first_hz(double symbol_rate_hz) { return std::min(0.3, 1e-7 * symbol_rate_hz); }
constexpr double k_wander_gain = 0.01;
/// What is left of the chirp once it has been measured; slow carriers would not bear it for a frame.
double left_chirp_hz_s(double symbol_rate_hz) { return std::min(300.0, 1e-9 * symbol_rate_hz * symbol_rate_hz); }

std::complex<double> sum_of(std::span<const float> re, std::span<const float> im, std::size_t n)
{
    std::complex<double> sum;
    for (std::size_t i = 0; i < n; ++i) sum += std::complex<double>(re[i], im[i]);
    return sum;
}

double wander_per_symbol(double k_hz, double symbol_rate_hz) { return k_two_pi * k_two_pi * k_hz / symbol_rate_hz; }

/// Frequency noise that makes a chirp of c Hz/s plausible over a piece: (2 pi c / Rs^2)^2 times the symbols in a
/// quarter of it.
double chirp_noise(double chirp_hz_s, double symbol_rate_hz)
{
    const double per_symbol_2 = k_two_pi * chirp_hz_s / (symbol_rate_hz * symbol_rate_hz);
    return per_symbol_2 * per_symbol_2 * 0.25 * static_cast<double>(k_piece_symbols);
}

/// Slope of (R(t + q) - R(t - q)) / (2 q R(0)) at t = 0, R the raised-cosine pulse, q a quarter symbol.
double early_late_slope(double rolloff, double quarter)
{
    // R'(q) / q, with R the inverse transform of the raised-cosine spectrum, integrated numerically.
    double sum = 0.0;
    constexpr int n = 2000;
    const double edge = 0.5 * (1.0 + rolloff);
    for (int i = 0; i < n; ++i) {
        const double f = edge * (static_cast<double>(i) + 0.5) / n;
        sum += 2.0 * dsp::raised_cosine_spectrum(f, rolloff) * k_two_pi * f * std::sin(k_two_pi * f * quarter);
    }
    return sum * edge / n / quarter;
}

} // namespace

frame_tracker::frame_tracker(
    double symbol_rate_hz, double stored_rate_hz, double rolloff, unsigned gold_code, equalising e)
    : d_symbol_rate_hz(symbol_rate_hz),
      d_stored_rate_hz(stored_rate_hz),
      d_scrambler(gold_code),
      d_phase(2 * k_max_slots + 64),
      d_timing(symbol_rate_hz),
      d_distortion(e == equalising::on)
{
    set_rolloff(rolloff);
    d_re.resize(k_max_slots * k_slot_symbols + 64);
    d_im.resize(k_max_slots * k_slot_symbols + 64);
    d_piece_re.resize(k_piece_symbols + 64);
    d_piece_im.resize(k_piece_symbols + 64);
    d_blocks.resize(k_max_slots / k_slots_between_pilots + 2 + k_dummy_slots);
    d_known_nodes.reserve(d_blocks.size() + 2);
    d_out.resize(k_max_slots * k_slot_symbols);
    for (const auto& m : all_modcods()) {
        if (m.constellation != nullptr) decisions_of(*m.constellation); // made here, not on the first frame
    }
}

void frame_tracker::set_rolloff(double rolloff) noexcept { d_timing_slope = early_late_slope(rolloff, k_quarter); }

double frame_tracker::node_variance(std::size_t symbols) const noexcept
{
    return 0.5 / (d_meter.es_n0() * static_cast<double>(symbols)) + 1e-6;
}

void frame_tracker::take_header(front_end& front) noexcept
{
    d_header = read_pl_header(front, d_u, d_step, d_carrier, k_quarter);
    header_quality = d_header.decision.quality;
}

void frame_tracker::begin(front_end& front, const start& s) noexcept
{
    d_u = s.u;
    d_step = s.step;
    d_carrier = {};
    d_carrier.origin = s.u;
    d_carrier.cycles_per_sample = s.cycles_per_sample;
    d_carrier.chirp = s.chirp;
    d_q_theta = wander_per_symbol(wander_first_hz(d_symbol_rate_hz), d_symbol_rate_hz);
    d_left_chirp_hz_s = std::max(s.sigma_chirp_hz_s, left_chirp_hz_s(d_symbol_rate_hz));
    d_q_omega = chirp_noise(d_left_chirp_hz_s, d_symbol_rate_hz);
    d_chirp_known = d_chirp_started = false;
    d_timing.begin(s.sigma_timing_symbols, s.sigma_rate);
    d_misses = 0;
    d_same_pls = 0;
    d_forced_decisions = 2;
    d_watch.begin();
    d_doubtful = false;

    take_header(front);
    double energy = 0.0;
    std::complex<double> sum;
    for (std::size_t i = 0; i < k_header_symbols; ++i) {
        const std::complex<double> v(d_header.symbols.re[i], d_header.symbols.im[i]);
        sum += v;
        energy += std::norm(v);
    }
    const double n = k_header_symbols;
    const double noise = std::max(1e-30, (energy - std::norm(sum) / n) / (n - 1.0));
    d_meter.seed(std::max(std::norm(sum) / (n * n) - noise / n, 0.05 * noise), noise);

    d_first_phase = {};
    d_first_phase.at = k_header_centre;
    d_first_phase.theta = std::arg(sum);
    d_first_phase.p_tt = node_variance(k_header_symbols) * 2.0;
    d_first_phase.p_oo = std::pow(k_two_pi * s.sigma_cycles_per_symbol, 2.0);
    d_nof_blocks = 0;
    d_frame_u = d_u;
    d_since_timing = 0.0;
    open_frame(s.pls);
    observe_timing(k_header_symbols, d_header.timing, 0.0);
    d_distortion.drop();
    d_nof_blocks = 0; // the first header has served for the seed
    d_frame_u = d_u;
    d_u += k_header_symbols * d_step;
}

void frame_tracker::shift(double by) noexcept
{
    d_u += by;
    d_frame_u += by;
    d_carrier.origin += by;
    d_chirp_reference_u += by;
}

void frame_tracker::open_frame(std::uint8_t pls) noexcept
{
    d_pls = pls;
    d_modcod = find_modcod(pls);
    d_dummy = is_dummy(pls);
    d_pilots = has_pilots(pls) && !d_dummy;
    d_slots = d_dummy ? k_dummy_slots : d_modcod != nullptr ? d_modcod->nof_slots() : 0;
    d_decisions.select(d_modcod != nullptr ? d_modcod->constellation : nullptr);
    d_slots_taken = 0;
    d_symbols_taken = k_header_symbols;
    d_known_nodes.clear();
    d_phase.set_noise(d_q_theta, d_q_omega);
    d_phase.begin(d_first_phase);
    d_known_nodes.push_back({ d_first_phase.at, d_first_phase.theta, d_first_phase.p_tt });
    d_use_decisions = d_decisions.usable() && (!d_pilots || d_forced_decisions > 0);
}

void frame_tracker::observe_timing(std::size_t symbols, const early_late& seen, double symbols_since) noexcept
{
    const double n = static_cast<double>(symbols);
    const double power = std::norm(seen.on_time);
    if (power <= 0.0) return;
    const double slope = (std::conj(seen.on_time) * (seen.late - seen.early)).real() / (2.0 * k_quarter * power);
    const double late_by = std::clamp(-slope / d_timing_slope, -0.5, 0.5);
    // Noise: 1 / (2 n kappa Es/N0). Unknown symbols beyond both ends: about 2 (ln n + 0.58) / (n kappa)^2, their
    // intersymbol interference into the derivative falls as 1 / distance.
    const double kappa = d_timing_slope;
    const double variance = 0.5 / (n * kappa * d_meter.es_n0()) + 2.0 * (std::log(n) + 0.58) / (n * n * kappa * kappa);
    const auto c = d_timing.observe(symbols_since, late_by, variance);
    d_u -= c.late_symbols * d_step;
    d_step *= 1.0 + c.slow;
}

void frame_tracker::observe_known(const known_block& b) noexcept
{
    std::complex<double> sum;
    for (std::size_t i = 0; i < b.n; ++i) sum += std::complex<double>(b.re[i], b.im[i]);
    const double at = b.at + 0.5 * (static_cast<double>(b.n) - 1.0);
    const double variance = node_variance(b.n);
    // Wander of the oscillator: innovations larger than expected raise it, smaller ones lower it.
    const double ratio = d_phase.observe(at, std::arg(sum), variance);
    const double push = std::clamp(ratio - 1.0, -1.0, 8.0);
    d_q_theta = std::clamp(d_q_theta * (1.0 + k_wander_gain * push),
                           wander_per_symbol(k_wander_least_hz, d_symbol_rate_hz),
                           wander_per_symbol(k_wander_most_hz, d_symbol_rate_hz));
    d_known_nodes.push_back({ at, std::arg(sum), variance });
}

double frame_tracker::slot_centre(std::size_t slot) const noexcept
{
    const double pilots = d_pilots ? static_cast<double>(slot / k_slots_between_pilots * k_pilot_symbols) : 0.0;
    return static_cast<double>(k_header_symbols + slot * k_slot_symbols) + pilots + 0.5 * (k_slot_symbols - 1);
}

slot_decisions::observation frame_tracker::decide(std::size_t slot, const dsp::phase_smoother::line& along) noexcept
{
    const std::size_t first = slot * k_slot_symbols;
    return d_decisions.decide(
        d_re.data() + first, d_im.data() + first, along, { d_meter.amplitude(), d_meter.es_n0_db() });
}

void frame_tracker::decide_forward(std::size_t first_slot, std::size_t slots) noexcept
{
    for (std::size_t s = first_slot; s < first_slot + slots; ++s) {
        const double at = slot_centre(s);
        const auto expected = d_phase.predict(at);
        const auto seen = decide(s, { expected.theta, expected.omega });
        if (seen.usable) {
            d_phase.observe(at, seen.theta, seen.variance);
        }
    }
}

void frame_tracker::decide_again() noexcept
{
    // The first pass has given a smoothed phase; decisions taken along it are better than along the prediction.
    static_assert(k_max_slots > 0);
    std::array<slot_decisions::observation, k_max_slots> seen;
    d_phase.rewind();
    for (std::size_t s = 0; s < d_slots; ++s) {
        const auto line = d_phase.at(slot_centre(s));
        seen[s] = decide(s, line);
    }
    d_phase.begin(d_first_phase);
    std::size_t k = 1; // node 0 is the first state
    for (std::size_t s = 0; s < d_slots; ++s) {
        const double at = slot_centre(s);
        for (; k < d_known_nodes.size() && d_known_nodes[k].at < at; ++k) {
            d_phase.observe(d_known_nodes[k].at, d_known_nodes[k].theta, d_known_nodes[k].variance);
        }
        if (seen[s].usable) d_phase.observe(at, seen[s].theta, seen[s].variance);
    }
    for (; k < d_known_nodes.size(); ++k) {
        d_phase.observe(d_known_nodes[k].at, d_known_nodes[k].theta, d_known_nodes[k].variance);
    }
    d_phase.smooth();
}

bool frame_tracker::take_piece(front_end& front) noexcept
{
    if (d_slots == 0) { // a frame whose payload is passed over
        const std::size_t n = plframe_symbols(d_pls) - k_header_symbols;
        d_u += static_cast<double>(n) * d_step;
        d_symbols_taken += n;
        d_since_timing += static_cast<double>(n);
        return true;
    }
    const std::size_t slots = std::min<std::size_t>(k_slots_between_pilots, d_slots - d_slots_taken);
    const bool pilots_follow = d_pilots && d_slots_taken + slots < d_slots;
    const std::size_t payload = slots * k_slot_symbols;
    const std::size_t count = payload + (pilots_follow ? k_pilot_symbols : 0);
    const double quarter = k_quarter * d_step;
    const double last_u = d_u + (static_cast<double>(count - 1) + k_training_reach) * d_step;
    if (!front.has(last_u)) return false;

    front.load(d_u - quarter, last_u, d_carrier);
    const std::size_t payload_index = d_slots_taken * k_slot_symbols;
    const std::uint8_t* phases = d_scrambler.phases().data() + (d_symbols_taken - k_header_symbols);
    float* re = d_re.data() + payload_index;
    float* im = d_im.data() + payload_index;
    front.symbols(d_u, d_step, { re, payload }, { im, payload });
    descramble_split(re, im, phases, payload);

    // Known symbols are (1 + j) / sqrt 2 once descrambled.
    constexpr float k_sqrt_half = 0.70710678F;
    const auto times_conj_known = [&](float* r, float* i, std::size_t n) {
        for (std::size_t k = 0; k < n; ++k) {
            const float a = r[k];
            const float b = i[k];
            r[k] = k_sqrt_half * (a + b);
            i[k] = k_sqrt_half * (b - a);
        }
    };
    if (d_dummy) {
        for (std::size_t s = 0; s < slots; ++s) {
            known_block& b = d_blocks[d_nof_blocks++];
            b.n = k_slot_symbols;
            b.at = static_cast<double>(k_header_symbols + (d_slots_taken + s) * k_slot_symbols);
            std::copy_n(re + s * k_slot_symbols, k_slot_symbols, b.re.begin());
            std::copy_n(im + s * k_slot_symbols, k_slot_symbols, b.im.begin());
            times_conj_known(b.re.data(), b.im.data(), k_slot_symbols);
            observe_known(b);
        }
    } else if (d_use_decisions) {
        decide_forward(d_slots_taken, slots);
    }
    const double pilot_u = d_u + static_cast<double>(payload) * d_step;
    d_u += static_cast<double>(count) * d_step;
    d_since_timing += static_cast<double>(count);
    if (pilots_follow) {
        known_block& b = d_blocks[d_nof_blocks++];
        b.n = k_pilot_symbols;
        b.at = static_cast<double>(d_symbols_taken + payload);
        const auto ready = [&](float* r, float* i) {
            descramble_split(r, i, phases + payload, k_pilot_symbols);
            times_conj_known(r, i, k_pilot_symbols);
        };
        const auto plain = [&](double u) {
            const std::span<float> r(d_piece_re.data(), k_pilot_symbols);
            const std::span<float> i(d_piece_im.data(), k_pilot_symbols);
            front.plain_symbols(u, d_step, r, i);
            ready(r.data(), i.data());
            return sum_of(r, i, k_pilot_symbols);
        };
        front.symbols(pilot_u, d_step, { b.re.data(), k_pilot_symbols }, { b.im.data(), k_pilot_symbols });
        ready(b.re.data(), b.im.data());
        const auto early = plain(pilot_u - quarter);
        const auto late = plain(pilot_u + quarter);
        const auto on_time = front.filter().has_equaliser() ? plain(pilot_u) : sum_of(b.re, b.im, k_pilot_symbols);
        if (d_distortion.wants(d_slots_taken / k_slots_between_pilots, d_slots, d_index)) {
            std::array<std::complex<float>, k_pilot_symbols> known;
            for (std::size_t k = 0; k < k_pilot_symbols; ++k) {
                static constexpr std::array<std::complex<float>, 4> k_point{ std::complex<float>{ 0.70710678F,
                                                                                                  0.70710678F },
                                                                             { -0.70710678F, 0.70710678F },
                                                                             { -0.70710678F, -0.70710678F },
                                                                             { 0.70710678F, -0.70710678F } };
                known[k] = k_point[phases[payload + k]];
            }
            d_distortion.keep(front, pilot_u, d_step, b.at, known);
        }
        observe_timing(k_pilot_symbols, { early, on_time, late }, d_since_timing);
        d_since_timing = 0.0;
        observe_known(b);
    }
    d_slots_taken += slots;
    d_symbols_taken += count;
    return true;
}

frame_tracker::progress frame_tracker::step(front_end& front, frame_sink<std::complex<float>>& sink) noexcept
{
    // A delay that jumps may ask for samples that are gone.
    if (!front.keeps(d_u - k_training_reach * d_step)) return progress::lost;
    const std::size_t total = plframe_symbols(d_pls);
    if (d_symbols_taken < total) return take_piece(front) ? progress::advanced : progress::waiting;
    if (!front.has(d_u + (k_header_symbols + k_training_reach) * d_step)) return progress::waiting;
    return close_frame(front, sink);
}

frame_tracker::progress frame_tracker::close_frame(front_end& front, frame_sink<std::complex<float>>& sink) noexcept
{
    const double header_u = d_u;
    take_header(front);
    const auto total = static_cast<double>(d_symbols_taken);
    // Half of what Es/N0 promises: another code on a carrier that has jumped away does not reach that.
    const double n0 = d_meter.relative_n0();
    const double promised = (1.0 + n0 / k_header_symbols) / (1.0 + n0);
    // What is weaker than it should be may be the carrier somewhere else: a wrong code of the right length can pass at
    // half the energy, and the Es/N0 measured on it would then promise no more.
    if (d_header.decision.quality < 0.75 * promised || d_misses > 0) {
        if (const double jump = carrier_jump(front, d_u, d_step, d_symbol_rate_hz, d_header.decision.quality);
            jump != 0.0) {
            ++header_misses;
            d_phase.skip(total + k_header_centre);
            d_header_good = false;
            d_header_slope = {};
            hand_over(front, sink);
            d_carrier.cycles_per_sample += jump / d_step;
            d_u = header_u;
            return progress::lost;
        }
    }
    const bool good = d_header.decision.quality >= std::max(static_cast<double>(k_header_threshold), 0.5 * promised);
    d_header_good = good; // distortion is not learned from frames that may be noise
    std::uint8_t next = d_header.decision.pls;
    d_header_slope = {};
    if (good) {
        d_misses = 0;
        d_header.symbols.at = total;
        const auto tracked = d_phase.predict(total + k_header_centre);
        d_header_slope = lock_watch::slope_of(
            d_header.symbols.re, d_header.symbols.im, d_meter.es_n0(), tracked.omega, tracked.p_oo, d_q_theta);
        observe_known(d_header.symbols);
        d_distortion.keep(front, header_u, d_step, total, pl_header_symbols(next));
        d_blocks[d_nof_blocks++] = d_header.symbols;
        d_same_pls = next == d_pls ? std::min(d_same_pls + 1, 1000U) : 0;
    } else {
        ++header_misses;
        ++d_misses;
        d_phase.skip(total + k_header_centre);
        // A stream that has not changed its MODCOD for a while is believed over one bad header.
        if (d_misses > 1 || d_same_pls < 3) {
            hand_over(front, sink);
            d_u = header_u;
            return progress::lost;
        }
        next = d_pls;
    }
    hand_over(front, sink);
    if (d_doubtful) {
        d_u = header_u;
        return progress::lost;
    }
    next_frame();
    const double before = d_u;
    if (good) {
        observe_timing(k_header_symbols, d_header.timing, d_since_timing);
        d_since_timing = 0.0;
    }
    d_frame_u = header_u + (d_u - before);
    d_u += k_header_symbols * d_step;
    d_since_timing += k_header_symbols;
    open_frame(next);
    return progress::advanced;
}

frame_tracker::frame_middle frame_tracker::middle_of_frame() const noexcept
{
    const auto nodes = d_phase.smoothed();
    const auto& first = nodes.front();
    const auto& last_node = nodes.back();
    frame_middle m;
    m.symbols = last_node.at - first.at;
    m.u = d_frame_u + 0.5 * (first.at + last_node.at) * d_step;
    m.cycles_per_sample = d_carrier.frequency_at(m.u);
    if (m.symbols > 0.0) m.cycles_per_sample += (last_node.theta - first.theta) / m.symbols / (k_two_pi * d_step);
    return m;
}

void frame_tracker::next_frame() noexcept
{
    // A new carrier from the state at the header's centre, where its phase becomes the reference. The mean frequency
    // from header to header is free of lag; the filter's would follow a chirp late, taking it for wander of the
    // oscillator.
    auto state = d_phase.last();
    const double u = d_frame_u + state.at * d_step;
    dsp::carrier c;
    c.origin = u;
    c.phase_cycles = d_carrier.phase_at(u) + state.theta / k_two_pi;
    c.phase_cycles -= std::floor(c.phase_cycles);
    c.chirp = d_carrier.chirp;
    if (d_header_good) {
        const auto middle = middle_of_frame();
        const double length = middle.symbols;
        const double phase_variance = 2.0 * node_variance(k_header_symbols) + d_q_theta * length;
        const double elapsed_s = (middle.u - d_chirp_reference_u) / d_stored_rate_hz;
        // Two mean frequencies tell the chirp once their noise, divided by the time between them, is below what counts
        // as left over: 0.1 s at 25 MBd, the next frame below 1 MBd.
        const double deviation_hz = d_symbol_rate_hz * std::sqrt(2.0 * phase_variance) / (k_two_pi * length);
        const double needed_s = std::min(0.1, deviation_hz / left_chirp_hz_s(d_symbol_rate_hz));
        if (!d_chirp_started) {
            d_chirp_started = true;
            d_chirp_reference_u = middle.u;
            d_chirp_reference_f = middle.cycles_per_sample;
        } else if (elapsed_s > needed_s) {
            const double measured = (middle.cycles_per_sample - d_chirp_reference_f) / (middle.u - d_chirp_reference_u);
            c.chirp = d_chirp_known ? c.chirp + 0.5 * (measured - c.chirp) : measured;
            if (!d_chirp_known) {
                d_left_chirp_hz_s = left_chirp_hz_s(d_symbol_rate_hz);
                d_q_omega = chirp_noise(d_left_chirp_hz_s, d_symbol_rate_hz);
            }
            d_chirp_known = true;
            d_chirp_reference_u = middle.u;
            d_chirp_reference_f = middle.cycles_per_sample;
        }
        c.cycles_per_sample = middle.cycles_per_sample + c.chirp * (u - middle.u);
        const double bend = k_two_pi * d_left_chirp_hz_s / (d_symbol_rate_hz * d_symbol_rate_hz) * 0.5 * length;
        state.p_oo = phase_variance / (length * length) + bend * bend;
        state.p_to = 0.0;
    } else {
        c.cycles_per_sample = d_carrier.frequency_at(u) + state.omega / (k_two_pi * d_step);
    }
    d_carrier = c;
    d_first_phase = state;
    d_first_phase.at = k_header_centre;
    d_first_phase.theta = 0.0;
    d_first_phase.omega = 0.0;
    d_nof_blocks = 0;
    if (d_forced_decisions > 0) --d_forced_decisions;
}

void frame_tracker::hand_over(front_end& front, frame_sink<std::complex<float>>& sink) noexcept
{
    d_phase.smooth();
    const double wander_gap = d_q_theta * static_cast<double>(k_piece_symbols) / 6.0;
    if (d_decisions.usable()) {
        // Decided slots pay where the oscillator wanders between pilots by more than a twentieth of the noise and a
        // slot tells more than that.
        const bool pays =
            wander_gap > 0.025 * d_meter.relative_n0() && d_decisions.variance(d_meter.es_n0_db()) < wander_gap;
        if (d_use_decisions || pays) decide_again();
    }

    d_phase.rewind();
    for (std::size_t k = 0; k < d_nof_blocks; ++k) {
        const known_block& b = d_blocks[k];
        // Pieces of at most 36 symbols: within them the oscillator stands still.
        for (std::size_t i = 0; i < b.n;) {
            const std::size_t n = std::min<std::size_t>(b.n - i, b.n > k_pilot_symbols ? 30 : k_pilot_symbols);
            const double centre = b.at + static_cast<double>(i) + 0.5 * static_cast<double>(n - 1);
            const auto line = d_phase.at(centre);
            std::array<std::complex<float>, k_pilot_symbols> turned;
            derotate(b.re.data() + i,
                     b.im.data() + i,
                     n,
                     static_cast<float>(line.theta),
                     static_cast<float>(line.slope),
                     1.0F,
                     turned.data());
            std::complex<double> sum;
            double energy = 0.0;
            for (std::size_t m = 0; m < n; ++m) {
                sum += std::complex<double>(turned[m]);
                energy += std::norm(turned[m]);
            }
            d_meter.add(sum, energy, n);
            i += n;
        }
    }
    d_meter.end_frame();

    frame_view<std::complex<float>> view;
    const std::size_t n = d_dummy ? 0 : d_slots * k_slot_symbols;
    if (n != 0) {
        const auto scale = static_cast<float>(1.0 / d_meter.amplitude());
        d_phase.rewind();
        for (std::size_t s = 0; s < d_slots; ++s) {
            const std::size_t first = s * k_slot_symbols;
            const auto line = d_phase.at(slot_centre(s));
            derotate(d_re.data() + first,
                     d_im.data() + first,
                     k_slot_symbols,
                     static_cast<float>(line.theta),
                     static_cast<float>(line.slope),
                     scale,
                     d_out.data() + first);
        }
        d_doubtful = false;
        if (d_modcod != nullptr && d_modcod->constellation != nullptr) {
            d_doubtful =
                d_watch.frame(*d_modcod->constellation, d_meter.es_n0_db(), { d_out.data(), n }, d_header_slope);
        }
    }
    if (d_header_good) {
        d_last_good_amplitude = d_meter.amplitude();
        d_distortion.learn(front, d_phase, d_meter.amplitude());
    }
    d_distortion.drop();
    const auto middle = middle_of_frame();
    const double frequency = middle.cycles_per_sample + d_carrier.chirp * (d_frame_u - middle.u);
    auto& m = view.measured;
    // Instants count on the satellite's clock; what is reported counts on the receiver's, which runs by the motion
    // differently (2e-5: 8 Hz of 400 kHz).
    const double received = 1.0 / (1.0 + front.motion_rate(d_frame_u));
    m.correction_hz = front.motion_cycles_per_sample(d_frame_u) * d_stored_rate_hz * received;
    m.cfo_hz = frequency * d_stored_rate_hz * received + m.correction_hz;
    m.cfo_rate_hz_s = d_carrier.chirp * d_stored_rate_hz * d_stored_rate_hz;
    m.clock_ppm = (front.samples_per_symbol() / d_step * received - 1.0) * 1e6;
    m.sof_sample = front.input_sample(d_frame_u) + d_lost_samples;
    m.es_n0_db = static_cast<float>(d_meter.es_n0_db());
    m.n0 = static_cast<float>(d_meter.relative_n0());
    m.level_db =
        static_cast<float>(20.0 * std::log10(d_meter.amplitude()) - 10.0 * std::log10(front.samples_per_symbol()));
    view.first_sample = static_cast<sample_index>(std::max(0.0, m.sof_sample));
    view.index = d_index++;
    view.header.pls = d_pls;
    view.payload = { d_out.data(), n };
    last = m;
    if (d_dummy) {
        ++dummy_frames;
    } else if (n == 0) {
        ++unsupported_frames;
    } else {
        ++frames;
    }
    sink.on_frame(view);
}

void frame_tracker::finish(front_end& front, frame_sink<std::complex<float>>& sink) noexcept
{
    while (d_symbols_taken < plframe_symbols(d_pls)) {
        if (!take_piece(front)) return;
    }
    d_header_good = false;
    d_header_slope = {};
    hand_over(front, sink);
}

} // namespace spacesail::dvbs2x
