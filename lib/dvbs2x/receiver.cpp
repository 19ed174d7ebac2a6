// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/dvbs2x/receiver.hpp>

#include <algorithm>

namespace spacesail::dvbs2x {
namespace {

/// A few frames are lost at any margin; this many in a row are a state.
constexpr unsigned k_failures_that_count = 3;

} // namespace

std::string_view to_string(receiver_state s) noexcept
{
    switch (s) {
    case receiver_state::no_samples:
        return "no_samples";
    case receiver_state::no_carrier:
        return "no_carrier";
    case receiver_state::no_sof:
        return "no_sof";
    case receiver_state::plsc_failed:
        return "plsc_failed";
    case receiver_state::ldpc_failed:
        return "ldpc_failed";
    case receiver_state::bb_descrambling_or_code_wrong:
        return "bb_descrambling_or_code_wrong";
    case receiver_state::bb_crc_failed:
        return "bb_crc_failed";
    case receiver_state::locked:
        return "locked";
    }
    return "unknown";
}

receiver::receiver(const receiver_config& config, frame_sink<std::uint8_t>& bbframes)
    : d_config(config),
      d_sync(config.sync),
      d_pool(config.decode, bbframes, this),
      d_history(config.history_points, config.sync.sample_rate_hz),
      d_samples_per_symbol(config.sync.sample_rate_hz / config.sync.symbol_rate_hz)
{
    d_symbols.reserve(std::min<std::size_t>(config.constellation_symbols, 1'000'000));
}

receiver::~receiver() = default;

void receiver::process(std::span<const std::complex<float>> samples) noexcept
{
    d_sync.process(samples, *this);
    d_pool.poll();
}

void receiver::process(std::span<const std::complex<std::int16_t>> samples) noexcept
{
    d_sync.process(samples, *this);
    d_pool.poll();
}

void receiver::gap(std::uint64_t lost_samples) noexcept { d_sync.gap(lost_samples, *this); }

void receiver::flush() noexcept
{
    d_sync.flush(*this);
    d_pool.flush();
}

void receiver::on_frame(const frame_view<std::complex<float>>& frame) noexcept
{
    ++d_pls_histogram[frame.header.pls];
    d_last = frame.measured;
    d_history.add(frame.measured);
    if (!d_any_good) {
        const double length = plframe_symbols(frame.header.pls) * d_samples_per_symbol;
        // Behind a frame the next one follows within some symbols; what is more was not received.
        const double between = frame.measured.sof_sample - d_next_sof_sample;
        if (between > 0.01 * length) d_plframes_passed += between / length;
        d_passed[frame.index % d_passed.size()] = d_plframes_passed;
        d_plframes_passed += 1.0;
        d_next_sof_sample = frame.measured.sof_sample + length;
    }
    if (!frame.payload.empty()) {
        d_pls = frame.header.pls;
        const std::size_t n = std::min(d_symbols.capacity(), frame.payload.size());
        if (n < frame.payload.size() || d_symbols.size() + n > d_symbols.capacity()) d_symbols.clear();
        d_symbols.insert(
            d_symbols.end(), frame.payload.begin(), frame.payload.begin() + static_cast<std::ptrdiff_t>(n));
    }
    d_pool.on_frame(frame);
}

void receiver::on_outcome(const frame_view<std::uint8_t>& frame, const decode_outcome& outcome) noexcept
{
    if (outcome.good()) {
        d_bad_in_a_row = 0;
        if (!d_any_good) {
            d_any_good = true;
            d_first_good_frame = frame.index;
            d_first_good_sample = frame.measured.sof_sample;
            d_first_good_plframes = d_passed[frame.index % d_passed.size()];
        }
        return;
    }
    ++d_bad_in_a_row;
    d_last_failure = outcome.bch_corrections >= 0 ? receiver_state::bb_crc_failed
                     : outcome.ldpc_converged     ? receiver_state::bb_descrambling_or_code_wrong
                                                  : receiver_state::ldpc_failed;
}

receiver_status receiver::status() const noexcept
{
    receiver_status s;
    s.sync = d_sync.status();
    const auto& c = d_pool.counts();
    s.frames = c.frames.value();
    s.good = c.good.value();
    s.ldpc_failed = c.ldpc_failed.value();
    s.bch_failed = c.bch_failed.value();
    s.header_crc_failed = c.header_crc_failed.value();
    s.bch_corrected_bits = c.bch_corrected_bits.value();
    s.caps_lowered = c.caps_lowered.value();
    s.dropped = c.dropped.value();
    s.mean_iterations =
        s.frames > 0 ? static_cast<double>(c.ldpc_iterations.value()) / static_cast<double>(s.frames) : 0.0;
    s.pls = d_pls;
    s.pls_histogram = d_pls_histogram;
    s.first_good_frame = d_first_good_frame;
    s.first_good_sample = d_first_good_sample;
    s.first_good_plframes = d_first_good_plframes;
    const modcod* m = find_modcod(d_pls);
    s.margin_db = m != nullptr ? static_cast<double>(d_last.es_n0_db - m->ideal_es_n0_db) : 0.0;
    switch (s.sync.state) {
    case sync_state::no_samples:
        s.state = receiver_state::no_samples;
        break;
    case sync_state::no_carrier:
        s.state = receiver_state::no_carrier;
        break;
    case sync_state::no_sof:
        s.state = receiver_state::no_sof;
        break;
    case sync_state::plsc_failed:
        s.state = receiver_state::plsc_failed;
        break;
    case sync_state::locked:
        s.state = d_bad_in_a_row >= k_failures_that_count || (d_bad_in_a_row > 0 && !d_any_good)
                      ? d_last_failure
                      : receiver_state::locked;
        break;
    }
    return s;
}

} // namespace spacesail::dvbs2x
