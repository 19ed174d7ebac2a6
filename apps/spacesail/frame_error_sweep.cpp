// SPDX-License-Identifier: GPL-3.0-or-later
#include "frame_error_sweep.hpp"

#include "command.hpp"

#include <spacesail/base/frame.hpp>
#include <spacesail/base/prior.hpp>
#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/dvbs2x/receiver.hpp>

#include <chrono>
#include <string_view>
#include <unordered_map>

namespace spacesail::cli {
namespace {

/// Frames inside the receiver at most: the last ones sent are not yet delivered, right or wrong.
constexpr std::uint64_t k_frames_inside = 24;

std::size_t mark_of(std::span<const std::uint8_t> bytes)
{
    return std::hash<std::string_view>{}({ reinterpret_cast<const char*>(bytes.data()), bytes.size() });
}

/// Ticks off what was sent; every BBFRAME is another, for its packets are numbered.
class comparer final : public frame_sink<std::uint8_t>
{
public:
    void sent(std::uint64_t number, std::span<const std::uint8_t> bbframe) { d_sent.emplace(mark_of(bbframe), number); }
    void on_frame(const frame_view<std::uint8_t>& frame) noexcept override
    {
        const auto found = d_sent.find(mark_of(frame.payload));
        if (found == d_sent.end()) {
            ++undetected;
            return;
        }
        if (found->second >= k_sweep_lead_in_frames) ++right;
        d_sent.erase(found);
    }
    std::uint64_t right = 0; ///< behind the lead-in
    std::uint64_t undetected = 0;

private:
    std::unordered_map<std::size_t, std::uint64_t> d_sent;
};

} // namespace

sweep_point
measure_point(const bench_signal_options& options, const sweep_options& sweep, const std::function<void()>& on_frame)
{
    bench_signal signal(options);
    comparer compared;
    dvbs2x::receiver_config c;
    c.sync.sample_rate_hz = options.sample_rate_hz;
    c.sync.symbol_rate_hz = options.symbol_rate_hz;
    c.sync.prior = acquisition_prior::cold(options.symbol_rate_hz);
    c.decode.nof_threads = sweep.nof_threads;
    c.decode.max_iterations = sweep.max_iterations;
    c.decode.min_iterations = std::min(c.decode.min_iterations, c.decode.max_iterations);
    dvbs2x::receiver receiver(c, compared);

    sweep_point p;
    p.es_n0_db = options.es_n0_db;
    const auto started = std::chrono::steady_clock::now();
    std::uint64_t n = 0;
    for (; n < sweep.frames + k_sweep_lead_in_frames && !session::interrupted(); ++n) {
        const auto x = signal.next_frame();
        compared.sent(n, signal.bbframe());
        receiver.process(x);
        on_frame();
        if (sweep.most_errors > 0 &&
            n > k_sweep_lead_in_frames + k_frames_inside + compared.right + sweep.most_errors) {
            ++n;
            break;
        }
    }
    receiver.process(signal.next_dummy()); // whose header ends the last frame, and its rest brings it out
    receiver.process(signal.next_dummy());
    receiver.flush();
    p.elapsed_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    p.frames = n > k_sweep_lead_in_frames ? n - k_sweep_lead_in_frames : 0;
    p.errors = p.frames - std::min(p.frames, compared.right);
    p.undetected = compared.undetected;
    const auto status = receiver.status();
    p.mean_iterations = status.mean_iterations;
    p.estimated_es_n0_db = status.sync.last.es_n0_db;
    p.symbols = static_cast<double>(n) * dvbs2x::plframe_symbols(options.pls);
    return p;
}

} // namespace spacesail::cli
