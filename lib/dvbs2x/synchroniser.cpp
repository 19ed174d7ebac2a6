// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dvbs2x/synchroniser.hpp>

#include "dvbs2x/frame_tracker.hpp"
#include "dvbs2x/front_end.hpp"
#include "dvbs2x/lock_estimator.hpp"

#include <spacesail/base/units.hpp>
#include <spacesail/dsp/carrier_spectrum.hpp>
#include <spacesail/dvbs2x/header_search.hpp>
#include <spacesail/dvbs2x/pl_header_decoder.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>

namespace spacesail::dvbs2x {
namespace {

/// Stretches searched one after the other, in symbols: short frames are found in the first, the longest frame has a
/// header in the last wherever it starts.
constexpr std::array<double, 3> k_search_symbols{ 12'000.0, 24'000.0, 45'000.0 };
constexpr double k_longest_search = 45'000.0 + k_longest_plframe_symbols + 400.0;
/// Symbols kept before a header: the equaliser's training looks 3.75 symbols back.
constexpr double k_lead_symbols = 6.0;
/// Within these a carrier is the one that was lost: a jump of its oscillator, not the next carrier.
constexpr double k_same_carrier_symbol_rates = 0.02, k_same_carrier_db = 10.0;
/// Contrast that noise does not reach: the largest of some hundred places is below 4.5 with 99.9 %.
constexpr double k_carrier_significance = 4.5;
/// -6 dB as the spectrum tells it: VL-SNR apart, headers are read from -3 dB on.
constexpr double k_least_es_n0 = 0.25;

void check(bool good, const char* name, double value, const char* range)
{
    if (!good) {
        throw std::invalid_argument(std::string("synchroniser: ") + name + " = " + std::to_string(value) +
                                    ", must be " + range);
    }
}

synchroniser_config checked(synchroniser_config c)
{
    check(std::isfinite(c.symbol_rate_hz) && c.symbol_rate_hz > 0.0, "symbol_rate_hz", c.symbol_rate_hz, "> 0");
    check(c.rolloff == 0.0 || (c.rolloff >= 0.049 && c.rolloff <= 0.351),
          "rolloff",
          c.rolloff,
          "0 (automatic) or 0.05 .. 0.35");
    const double least = 1.0 + (c.rolloff > 0.0 ? c.rolloff : 0.05);
    check(std::isfinite(c.sample_rate_hz) && c.sample_rate_hz >= 0.999 * least * c.symbol_rate_hz,
          "sample_rate_hz",
          c.sample_rate_hz,
          "at least (1 + rolloff) times the symbol rate; record faster or lower the symbol rate");
    check(c.sample_rate_hz <= 64.001 * c.symbol_rate_hz,
          "sample_rate_hz",
          c.sample_rate_hz,
          "at most 64 times the symbol rate");
    check(c.gold_code <= k_max_gold_code, "gold_code", c.gold_code, "0 .. 262142");
    check(c.search_share > 0.0 && c.search_share <= 1.0, "search_share", c.search_share, "above 0, at most 1");
    if (!(c.prior.sigma_hz > 0.0)) {
        const auto cold = acquisition_prior::cold(c.symbol_rate_hz);
        c.prior.sigma_hz = cold.sigma_hz;
    }
    check(std::abs(c.prior.offset_hz) <= 0.5 * c.sample_rate_hz,
          "prior.offset_hz",
          c.prior.offset_hz,
          "within half the sample rate of 0");
    check(std::isfinite(c.prior.sigma_hz), "prior.sigma_hz", c.prior.sigma_hz, "finite");
    return c;
}

struct band_hz {
    double low = 0.0, high = 0.0;
};

/// Where carriers are looked for, as far as the samples go: one must lie within them with most of its band.
/// \param[in] moved_hz  by the motion, since the prior was told.
band_hz search_band(const synchroniser_config& c, double moved_hz = 0.0)
{
    const double rolloff = c.rolloff > 0.0 ? c.rolloff : 0.05;
    const double covered = 0.5 * (c.sample_rate_hz - (1.0 + rolloff) * c.symbol_rate_hz);
    const double edge = std::max(covered, 0.0) + 0.02 * c.symbol_rate_hz;
    const double offset = c.orientation == spectrum::inverted ? -c.prior.offset_hz : c.prior.offset_hz;
    const double reach = 3.0 * c.prior.sigma_hz;
    return { std::clamp(offset + moved_hz - reach, -edge, edge), std::clamp(offset + moved_hz + reach, -edge, edge) };
}

/// The prior counts from where the motion says the carrier is; that is within 25 ppm of the radio frequency.
double motion_half_range_hz(const synchroniser_config& c)
{
    return c.delays != nullptr ? 25e-6 * std::abs(c.delay_carrier_hz) : 0.0;
}

unsigned decimation_for(const synchroniser_config& c)
{
    const double rolloff = c.rolloff > 0.0 ? c.rolloff : 0.35;
    const auto searched = search_band(c);
    const double furthest = std::max(std::abs(searched.low), std::abs(searched.high));
    const double band = (1.0 + rolloff) * c.symbol_rate_hz + 2.0 * (furthest + motion_half_range_hz(c));
    // 80 % of the stored rate is kept by the decimation filter, and the matched filter likes two samples a symbol.
    const double stored = std::max(2.0 * c.symbol_rate_hz, band / 0.8);
    return static_cast<unsigned>(std::clamp(std::floor(c.sample_rate_hz / stored), 1.0, 64.0));
}

dsp::sample_store::config store_config(const synchroniser_config& c)
{
    dsp::sample_store::config s;
    s.decimation = decimation_for(c);
    s.orientation = c.orientation;
    const double sps = c.sample_rate_hz / s.decimation / c.symbol_rate_hz;
    s.capacity = static_cast<std::size_t>((k_longest_search + 1000.0) * sps * 1.001) + 16384;
    return s;
}

} // namespace

const char* to_string(sync_state s) noexcept
{
    switch (s) {
    case sync_state::no_samples:
        return "no_samples";
    case sync_state::no_carrier:
        return "no_carrier";
    case sync_state::no_sof:
        return "no_sof";
    case sync_state::plsc_failed:
        return "plsc_failed";
    case sync_state::locked:
        return "locked";
    }
    return "unknown";
}

class synchroniser::impl
{
public:
    explicit impl(const synchroniser_config& config)
        : d_config(checked(config)),
          d_store_config(store_config(d_config)),
          d_rate_hz(d_config.sample_rate_hz / d_store_config.decimation),
          d_sps(d_rate_hz / d_config.symbol_rate_hz),
          d_front(d_store_config, d_rate_hz, d_sps, d_config.rolloff, static_cast<std::size_t>(k_longest_search) + 8),
          d_spectrum(d_sps),
          d_search(2 * static_cast<std::size_t>(k_longest_search) + 16, most_drift(d_config.symbol_rate_hz)),
          d_estimator(d_config.symbol_rate_hz, static_cast<std::size_t>(k_longest_search)),
          d_tracker(d_config.symbol_rate_hz,
                    d_rate_hz,
                    d_front.filter().rolloff(),
                    d_config.gold_code,
                    d_config.equaliser == equaliser_mode::adaptive ? frame_tracker::equalising::on
                                                                   : frame_tracker::equalising::off),
          d_half_re(2 * static_cast<std::size_t>(k_longest_search) + 16),
          d_half_im(d_half_re.size())
    {
        d_front.set_motion(d_config.delays, d_config.delay_carrier_hz);
        start_afresh();
    }

    template <class T>
    void process(std::span<const std::complex<T>> samples, frame_sink<std::complex<float>>& sink) noexcept
    {
        d_samples_in += samples.size();
        if (d_ended) resume();
        while (!samples.empty()) {
            std::size_t n = 0;
            if (d_to_skip > 0) {
                // Skipped samples still pass the store, so that indices and the DC estimate go on.
                n = d_front.store().append(samples.first(std::min<std::uint64_t>(samples.size(), d_to_skip)));
                d_to_skip -= n;
                d_samples_skipped += n;
                d_front.store().discard_before(d_front.store().end());
                if (d_to_skip == 0) start_search(d_front.store().end());
            } else {
                n = d_front.store().append(samples);
            }
            samples = samples.subspan(n);
            if (d_to_skip == 0) advance(sink);
        }
    }

    void flush(frame_sink<std::complex<float>>& sink) noexcept
    {
        if (d_ended) return;
        advance(sink);
        d_ended = true; // no step waits for more from here on
        if (!d_locked && d_to_skip == 0) {
            // What is there is all there will be: search it although the stretch is not full.
            const double symbols = static_cast<double>(d_front.store().end() - d_search_from) / d_sps - 80.0;
            if (symbols > 2.0 * k_header_symbols) search(std::min(symbols, k_longest_search - 100.0));
            if (d_locked) advance(sink);
        }
        if (d_locked) d_tracker.finish(d_front, sink);
    }

    /// Samples after an end: a new stretch of the same carrier.
    void resume() noexcept
    {
        d_ended = false;
        d_to_skip = 0;
        if (d_locked) {
            d_warm = true;
            d_warm_cycles = d_tracker.cycles_per_sample();
        }
        d_locked = false;
        start_afresh();
    }

    /// Nothing before the next sample belongs to it. Silence there lets the filters reach symbols from the first sample
    /// on, so that a stream may begin with a PLHEADER.
    void start_afresh() noexcept
    {
        const double lead = static_cast<double>(d_front.reach()) + k_lead_symbols * d_sps + 8.0;
        const auto n = static_cast<std::size_t>(std::ceil(lead));
        d_front.store().silence_behind(n);
        start_search(d_front.store().first());
    }

    /// `count` input samples are missing before the next one.
    void gap(std::uint64_t count, frame_sink<std::complex<float>>& sink) noexcept
    {
        flush(sink);
        d_samples_lost += count;
        d_tracker.set_lost_samples(d_samples_lost);
        d_front.set_lost_samples(static_cast<double>(d_samples_lost) / d_store_config.decimation);
    }

    void restart(const acquisition_prior& prior) noexcept
    {
        d_config.prior = prior;
        d_locked = d_warm = d_ended = false;
        d_tracker.forget_distortion(d_front);
        d_to_skip = 0;
        start_afresh();
    }

    synchroniser_status status() const noexcept
    {
        synchroniser_status s;
        s.state = d_samples_in == 0 ? sync_state::no_samples : d_locked ? sync_state::locked : d_why;
        s.samples_in = d_samples_in;
        s.samples_skipped = d_samples_skipped;
        s.samples_lost = d_samples_lost;
        s.samples_non_finite = d_front.store().non_finite.value();
        s.samples_clipped = d_front.store().clipped.value();
        s.frames = d_tracker.frames;
        s.dummy_frames = d_tracker.dummy_frames;
        s.unsupported_frames = d_tracker.unsupported_frames;
        s.header_misses = d_tracker.header_misses;
        s.locks = d_locks;
        s.losses = d_losses;
        s.locked_since_s = d_locked_since_s;
        s.rolloff = d_front_rolloff();
        s.header_quality = d_locked ? d_tracker.header_quality : d_seen_quality;
        s.last = d_tracker.last;
        return s;
    }

private:
    double d_front_rolloff() const noexcept { return d_rolloff_in_use; }

    void start_search(std::int64_t from) noexcept
    {
        d_search_from = std::max(from, d_front.store().first());
        d_search_step = 0;
        d_search_symbols = k_search_symbols[0];
    }

    void advance(frame_sink<std::complex<float>>& sink) noexcept
    {
        for (;;) {
            if (d_locked) {
                const auto p = d_tracker.step(d_front, sink);
                if (p == frame_tracker::progress::waiting) {
                    release();
                    return;
                }
                if (p == frame_tracker::progress::lost) {
                    lose();
                } else {
                    rebase();
                }
                continue;
            }
            const double margin = static_cast<double>(2 * d_front.reach()) + 8.0;
            const double needed = d_search_symbols * d_sps + margin;
            if (static_cast<double>(d_front.store().end() - d_search_from) < needed) {
                // Why: behind a lock that was lost the store holds what no search needs, and would fill up for ever.
                d_front.store().discard_before(d_search_from);
                return;
            }
            search(d_search_symbols);
            if (d_to_skip > 0) return;
        }
    }

    /// Gives up samples no step will need.
    void release() noexcept { d_front.discard_before(d_tracker.position() - k_lead_symbols * d_sps); }

    /// Keeps the numbers small. Done between steps, whose places the samples decide, not where a call happens to end.
    void rebase() noexcept
    {
        const double u = d_tracker.position();
        if (u < 1e5) return;
        const auto by = static_cast<std::int64_t>(u);
        d_front.shift_origin(by);
        d_tracker.shift(-static_cast<double>(by));
    }

    void lose() noexcept
    {
        ++d_losses;
        d_locked = false;
        d_why = sync_state::plsc_failed;
        d_warm = true;
        d_warm_cycles = d_tracker.cycles_per_sample();
        const double u = d_tracker.position() - (k_lead_symbols - 0.5) * d_sps - static_cast<double>(d_front.reach());
        const double p = u + d_front.motion_samples(u);
        start_search(d_front.origin() + static_cast<std::int64_t>(std::floor(p)));
    }

    /// Searches `symbols` from d_search_from; ends locked, with a longer stretch to wait for, or behind it.
    void search(double symbols) noexcept
    {
        auto& store = d_front.store();
        const auto reach = static_cast<double>(d_front.reach());
        const auto samples = static_cast<std::size_t>(symbols * d_sps);
        const auto re = store.re(d_search_from, samples);
        const auto im = store.im(d_search_from, samples);

        // Instants count from here. With motion, sample p(0) is the one: the origin is as far away as the delay says.
        d_front.shift_origin(d_search_from - d_front.origin());
        d_front.shift_origin(-std::llround(d_front.motion_samples(0.0)));
        const double motion = d_front.motion_cycles_per_sample(0.0);
        std::array<dsp::spectral_carrier, dsp::carrier_spectrum::k_max_carriers> carriers{};
        const auto band = search_band(d_config, motion * d_rate_hz);
        const double centre = 0.5 * (band.low + band.high) / d_rate_hz;
        const double half_range = 0.5 * (band.high - band.low) / d_rate_hz;
        const std::size_t found = d_spectrum.find(re, im, centre, half_range, d_config.rolloff, carriers);

        struct attempt {
            double cycles;
            double rolloff;
            int bins; ///< of the header search: more where the centre is less certain
        };
        std::array<attempt, dsp::carrier_spectrum::k_max_carriers + 1> attempts{};
        std::size_t n = 0;
        // Where the spectrum shows both sides of a carrier, one far below any PLHEADER's threshold is left alone: a
        // fade is searched at the pace of its samples.
        const bool sides_seen = d_sps >= 1.6;
        const auto worth_a_search = [&](const dsp::spectral_carrier& c) {
            return c.significance >= k_carrier_significance && (!sides_seen || c.es_n0 >= k_least_es_n0);
        };
        const auto worth = static_cast<std::size_t>(
            std::count_if(carriers.begin(), carriers.begin() + static_cast<std::ptrdiff_t>(found), worth_a_search));
        if (d_warm && (worth > 0 || !sides_seen)) attempts[n++] = { d_warm_cycles, d_rolloff_in_use, 2 };
        for (std::size_t k = 0; k < found && n < 3; ++k) {
            if (worth_a_search(carriers[k])) {
                attempts[n++] = { carriers[k].cycles_per_sample - motion,
                                  carriers[k].rolloff,
                                  (carriers[k].significance < 40.0 ? 5 : 3) + bins_of_drift(symbols) };
            }
        }
        d_why = n == 0 ? sync_state::no_carrier : sync_state::no_sof;
        d_seen_quality = 0.0F;
        double wanted = 0.0;
        for (std::size_t k = 0; k < n; ++k) {
            use_rolloff(attempts[k].rolloff);
            dsp::carrier c;
            c.cycles_per_sample = attempts[k].cycles;
            const auto half_symbols =
                static_cast<std::size_t>(2.0 * (symbols - 2.0 * reach / d_sps - k_lead_symbols - 2.0));
            const double first = reach + 2.0 + (k_lead_symbols - 1.0) * d_sps;
            const double step = 0.5 * d_sps;
            d_front.load(first, first + step * static_cast<double>(half_symbols), c);
            d_front.symbols(first, step, { d_half_re.data(), half_symbols }, { d_half_im.data(), half_symbols });
            const auto r =
                d_search.run({ d_half_re.data(), half_symbols }, { d_half_im.data(), half_symbols }, attempts[k].bins);
            d_seen_quality = std::max(d_seen_quality, r.best_quality);
            if (r.outcome == search_outcome::found) {
                const double more = lock(r.pair, first, attempts[k].cycles, symbols);
                if (!d_locked) {
                    d_search_symbols = more;
                    d_why = sync_state::plsc_failed;
                }
                return;
            }
            if (r.best_quality > 0.0F) d_why = sync_state::plsc_failed;
            if (r.outcome == search_outcome::need_more) {
                wanted = std::max(wanted, 0.5 * r.needed_half_symbols + 2.0 * reach / d_sps + k_lead_symbols + 8.0);
            }
        }
        if (wanted > symbols && wanted < k_longest_search - 100.0 && !d_ended) {
            d_search_symbols = wanted;
            return;
        }
        if (d_search_step + 1 < k_search_symbols.size()) {
            ++d_search_step;
            d_search_symbols = std::max(k_search_symbols[d_search_step], symbols + 1.0);
            if (d_search_symbols < k_longest_search - 100.0) return;
        }
        give_up(symbols);
    }

    void give_up(double symbols) noexcept
    {
        // Everything in this stretch has been looked at; a header cut by its end is seen in the next one.
        const auto searched = static_cast<std::int64_t>((symbols - 2.0 * k_header_symbols) * d_sps);
        const std::int64_t next = d_search_from + std::max<std::int64_t>(searched, 1);
        d_front.store().discard_before(next - static_cast<std::int64_t>(d_front.reach()) - 4);
        start_search(next);
        d_search_step = k_search_symbols.size() - 1;
        d_search_symbols = k_search_symbols.back();
        if (d_config.search_share < 1.0) {
            d_to_skip =
                static_cast<std::uint64_t>(static_cast<double>(searched) * (1.0 / d_config.search_share - 1.0)) *
                d_store_config.decimation;
        }
    }

    void use_rolloff(double rolloff) noexcept
    {
        if (d_config.rolloff > 0.0) rolloff = d_config.rolloff;
        d_rolloff_in_use = rolloff;
        d_front.set_rolloff(rolloff);
        d_tracker.set_rolloff(rolloff);
    }

    /// Drift within a stretch moves its first header from the stretch's mean frequency.
    int bins_of_drift(double symbols) const noexcept
    {
        const double moved =
            0.5 * most_drift(d_config.symbol_rate_hz) * symbols / header_search::k_bin_cycles_per_symbol;
        return std::clamp(static_cast<int>(std::ceil(moved - 0.5)), 0, 3);
    }

    /// Begins to track; or not yet, where the frequency would be surer with the next frame and that is not in the
    /// stretch of `searched` symbols. \return the length of the stretch to search again then, symbols.
    double lock(const header_pair& p, double first_u, double cycles_per_sample, double searched) noexcept
    {
        const double coarse = cycles_per_sample + p.cycles_per_symbol / d_sps;
        const bool same_place = d_warm && std::abs(coarse - d_warm_cycles) * d_sps < k_same_carrier_symbol_rates;
        if (!same_place) d_tracker.forget_distortion(d_front);
        auto from_headers = d_estimator.read(d_front, p, first_u + 0.5 * d_sps * p.first, coarse);
        auto& s = from_headers.start;
        const double level_db = 20.0 * std::log10(s.amplitude / std::max(1e-15, d_tracker.last_good_amplitude()));
        if (std::abs(level_db) > k_same_carrier_db) d_tracker.forget_distortion(d_front);

        // Why not whether the samples are there: that depends on where a call of process() happened to end.
        const double next_frame_end = s.u + s.step * static_cast<double>(from_headers.two_frames());
        const double needed = (next_frame_end + static_cast<double>(d_front.reach())) / d_sps + k_lead_symbols + 8.0;
        const bool next_is_there = needed <= searched;
        const bool sure = d_estimator.settle(d_front, from_headers, d_tracker.scrambling(), next_is_there);
        if (!sure && !next_is_there && !d_ended && needed < k_longest_search - 100.0) return needed;

        d_tracker.begin(d_front, s);
        d_locked = true;
        d_warm = false;
        ++d_locks;
        d_locked_since_s = (d_front.input_sample(s.u) + static_cast<double>(d_samples_lost)) / d_config.sample_rate_hz;
        return 0.0;
    }

    synchroniser_config d_config;
    dsp::sample_store::config d_store_config;
    double d_rate_hz; ///< stored samples per second
    double d_sps;     ///< stored samples per symbol, nominal
    front_end d_front;
    dsp::carrier_spectrum d_spectrum;
    header_search d_search;
    lock_estimator d_estimator;
    frame_tracker d_tracker;
    simd::aligned_vector<float> d_half_re, d_half_im;

    bool d_locked = false;
    bool d_ended = false;
    bool d_warm = false;
    double d_warm_cycles = 0.0;
    double d_rolloff_in_use = 0.2;
    sync_state d_why = sync_state::no_samples;
    float d_seen_quality = 0.0F;
    std::int64_t d_search_from = 0;
    std::size_t d_search_step = 0;
    double d_search_symbols = 0.0;
    std::uint64_t d_to_skip = 0;
    std::uint64_t d_samples_in = 0, d_samples_skipped = 0, d_samples_lost = 0;
    std::uint64_t d_locks = 0, d_losses = 0;
    double d_locked_since_s = 0.0;
};

synchroniser::synchroniser(const synchroniser_config& config) : d_impl(std::make_unique<impl>(config)) {}
synchroniser::~synchroniser() = default;
void synchroniser::process(std::span<const std::complex<float>> samples, frame_sink<std::complex<float>>& sink) noexcept
{
    d_impl->process(samples, sink);
}
void synchroniser::process(std::span<const std::complex<std::int16_t>> samples,
                           frame_sink<std::complex<float>>& sink) noexcept
{
    d_impl->process(samples, sink);
}
void synchroniser::flush(frame_sink<std::complex<float>>& sink) noexcept { d_impl->flush(sink); }
void synchroniser::gap(std::uint64_t count, frame_sink<std::complex<float>>& sink) noexcept
{
    d_impl->gap(count, sink);
}
void synchroniser::reset(const acquisition_prior& prior) noexcept { d_impl->restart(prior); }
synchroniser_status synchroniser::status() const noexcept { return d_impl->status(); }

} // namespace spacesail::dvbs2x
