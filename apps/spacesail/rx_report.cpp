// SPDX-License-Identifier: GPL-3.0-or-later
#include "rx_report.hpp"

#include "plot.hpp"

#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace spacesail::cli {
namespace {

/// "QPSK 1/2 normal, pilots", or what else a PLS code means.
std::string name_of_pls(unsigned pls)
{
    const auto code = static_cast<std::uint8_t>(pls);
    if (dvbs2x::is_dummy(code)) return "dummy";
    const auto* m = dvbs2x::find_modcod(code);
    if (m == nullptr) return fmt::format("PLS {}", pls);
    return fmt::format("{} {}{}", m->name, m->frame, dvbs2x::has_pilots(code) ? ", pilots" : "");
}

double fer(const dvbs2x::receiver_status& s)
{
    return s.frames > 0 ? static_cast<double>(s.frames - s.good) / static_cast<double>(s.frames) : 0.0;
}

bool has_packets(const rx_report& r)
{
    return r.outputs->ts_packets() + r.outputs->ip_packets() + r.outputs->other_pdus() > 0;
}

} // namespace

std::string state_word(const rx_report& r)
{
    const auto s = r.receiver->status();
    if (s.state == dvbs2x::receiver_state::locked && s.good > 0 && !has_packets(r)) return "no_packets";
    if (s.sync.locks == 0 && s.sync.samples_in > 0 && !r.why_nothing.empty()) return r.why_nothing;
    return std::string(to_string(s.state));
}

std::string remedy(const std::string& state)
{
    if (state == "no_satellite")
        return "the satellite is below the horizon all the time; check --satellite, --start and --site";
    if (state == "elements_stale")
        return "nothing found, and the elements are more than 30 days old; fetch current ones";
    if (state == "no_samples") return "the input is empty";
    if (state == "no_carrier") {
        return "no carrier of this symbol rate within the search range; check --symbol-rate, --rate and the tuning";
    }
    if (state == "no_sof") {
        return "a carrier, but no DVB-S2 PLHEADER on it; check --symbol-rate, try --invert, or it is another waveform";
    }
    if (state == "plsc_failed")
        return "single PLHEADERs, but frames do not follow each other; the signal is too weak or fading, or "
               "--symbol-rate or --scrambling is wrong";
    if (state == "ldpc_failed")
        return "frames do not decode; Es/N0 is too low for the MODCOD, or --scrambling is wrong";
    if (state == "bb_descrambling_or_code_wrong") {
        return "LDPC decodes but BCH does not; try --bch-alternative for 32APSK 2/3-L and 64APSK 5/6";
    }
    if (state == "bb_crc_failed") return "frames decode, but no BBHEADER is in them";
    if (state == "no_packets") return "BBFRAMEs come, but no packets are in them for the stream asked for; check --isi";
    return "";
}

std::string summary(const rx_report& r)
{
    const auto s = r.receiver->status();
    const auto& m = s.sync.last;
    std::string out;
    const std::string state = state_word(r);
    out += fmt::format("state      {}", state);
    const double seconds = static_cast<double>(s.sync.samples_in) / r.clock.rate_hz();
    const double symbols = seconds * r.symbol_rate_hz;
    if (const auto why = remedy(state); !why.empty()) out += fmt::format(": {}", why);
    if (s.good == 0 && s.sync.samples_in > 0) {
        if (10 * s.sync.samples_non_finite > s.sync.samples_in)
            out += "; many samples are not finite, check --format";
        else if (symbols < 2.0 * dvbs2x::k_longest_plframe_symbols)
            out += "; the input is shorter than two PLFRAMEs may be, give more of it";
        else if (state == "locked")
            out += ": but the input ended before a BBFRAME came, give more of it";
    }
    out += '\n';
    out += fmt::format("input      {} samples, {:.3f} s, {} lost, {} not finite, {} clipped\n",
                       s.sync.samples_in,
                       seconds,
                       s.sync.samples_lost + r.samples_missing,
                       s.sync.samples_non_finite,
                       s.sync.samples_clipped);
    if (s.sync.locks > 0) {
        out += fmt::format(
            "carrier    {:+.1f} Hz{}, drift {:+.1f} Hz/s, clock {:+.3f} ppm, roll-off {:.2f}, level {:.1f} dBFS\n",
            m.cfo_hz,
            r.rf_at_0_hz > 0 ? fmt::format(" ({:.6f} GHz)", (r.rf_at_0_hz + m.cfo_hz) * 1e-9) : "",
            m.cfo_rate_hz_s + r.predicted_rate_hz_s,
            m.clock_ppm,
            s.sync.rolloff,
            m.level_db);
        out += fmt::format("quality    Es/N0 {:.2f} dB{}\n",
                           m.es_n0_db,
                           std::isfinite(s.margin_db) ? fmt::format(", margin {:+.2f} dB", s.margin_db) : "");
        out += fmt::format("PLFRAMEs   {} ({} dummy, {} passed over, {} PLHEADERs missed), {} lock{}, {} loss{}\n",
                           s.sync.frames + s.sync.dummy_frames + s.sync.unsupported_frames,
                           s.sync.dummy_frames,
                           s.sync.unsupported_frames,
                           s.sync.header_misses,
                           s.sync.locks,
                           s.sync.locks == 1 ? "" : "s",
                           s.sync.losses,
                           s.sync.losses == 1 ? "" : "es");
        for (unsigned pls = 0; pls < 256; ++pls) {
            if (s.pls_histogram[pls] > 0)
                out += fmt::format("           {:>8} x {}\n", s.pls_histogram[pls], name_of_pls(pls));
        }
        out += fmt::format(
            "FEC        {} frames, {} errors, FER {:.2e}, {:.1f} iterations, {} bits corrected by BCH, {} dropped{}\n",
            s.frames,
            s.frames - s.good,
            fer(s),
            s.mean_iterations,
            s.bch_corrected_bits,
            s.dropped,
            s.caps_lowered > 0 ? fmt::format(", {} with fewer iterations", s.caps_lowered) : "");
    }
    if (s.good > 0) {
        out += fmt::format("first good BBFRAME: PLFRAME number {}, {:.1f} ms into the input ({:.2f} PLFRAMEs)\n",
                           s.first_good_frame,
                           1e3 * s.first_good_sample / r.clock.rate_hz(),
                           s.first_good_plframes);
        const auto ts = r.outputs->deframer().ts_counters();
        const auto gse = r.outputs->deframer().gse_counters();
        if (r.outputs->ts_packets() > 0) {
            out += fmt::format("MPEG-TS    {} packets, {} CRC errors, {} continuity errors\n",
                               r.outputs->ts_packets(),
                               ts.crc_errors.value(),
                               ts.continuity_errors.value());
        }
        if (gse.pdus.value() > 0) {
            out += fmt::format("GSE        {} PDUs, {} IP packets, {} bytes, {} CRC errors, {} timeouts\n",
                               gse.pdus.value(),
                               r.outputs->ip_packets(),
                               r.outputs->ip_bytes(),
                               gse.crc_errors.value(),
                               gse.timeouts.value());
        }
    }
    out += fmt::format("speed      {:.1f} Msymbols/s, {:.2f} times real time",
                       symbols / std::max(r.elapsed_s, 1e-9) * 1e-6,
                       seconds / std::max(r.elapsed_s, 1e-9));
    return out;
}

nlohmann::json to_json(const rx_report& r)
{
    using nlohmann::json;
    const auto s = r.receiver->status();
    const auto& m = s.sync.last;
    const bool locked = s.sync.state == dvbs2x::sync_state::locked;
    const double seconds = static_cast<double>(s.sync.samples_in) / r.clock.rate_hz();
    json histogram = json::array();
    for (unsigned pls = 0; pls < 256; ++pls) {
        if (s.pls_histogram[pls] > 0) {
            histogram.push_back({ { "pls", pls }, { "name", name_of_pls(pls) }, { "frames", s.pls_histogram[pls] } });
        }
    }
    const auto number = [](double v) { return std::isfinite(v) ? json(v) : json(nullptr); };
    const auto& d = r.outputs->deframer();
    const auto ts = d.ts_counters();
    const auto gse = d.gse_counters();
    json j{
        { "input", r.input },
        { "time",
          r.start_known ? json(format_utc(r.clock.time_of(s.sync.samples_in + s.sync.samples_lost), 6))
                        : json(nullptr) },
        { "state", s.good > 0 && locked ? "locked" : "unlocked" },
        { "state_reason", state_word(r) },
        { "lock",
          { { "carrier", s.sync.locks > 0 || s.sync.state == dvbs2x::sync_state::no_sof },
            { "timing", locked },
            { "frame", locked },
            { "fec", s.state == dvbs2x::receiver_state::locked && s.good > 0 },
            { "since", s.sync.locked_since_s },
            { "count", s.sync.locks },
            { "losses", s.sync.losses } } },
        { "es_n0_db", number(m.es_n0_db) },
        { "margin_db", number(s.margin_db) },
        { "freq_offset_hz", number(m.cfo_hz) },
        { "doppler_pred_hz", number(m.correction_hz) },
        { "doppler_rate_hz_s", number(m.cfo_rate_hz_s + r.predicted_rate_hz_s) },
        { "clock_ppm", number(m.clock_ppm) },
        { "level_dbfs", number(m.level_db) },
        { "rolloff", s.sync.rolloff },
        { "modcod", { { "pls", s.pls }, { "name", name_of_pls(s.pls) }, { "histogram", histogram } } },
        { "plframes",
          { { "found", s.sync.frames + s.sync.dummy_frames + s.sync.unsupported_frames },
            { "dummy", s.sync.dummy_frames },
            { "rejected", s.sync.unsupported_frames },
            { "headers_missed", s.sync.header_misses } } },
        { "fec",
          { { "frames", s.frames },
            { "errors", s.frames - s.good },
            { "fer", fer(s) },
            { "mean_iterations", s.mean_iterations },
            { "bch_corrections", s.bch_corrected_bits },
            { "ldpc_failed", s.ldpc_failed },
            { "bch_failed", s.bch_failed },
            { "iteration_caps_lowered", s.caps_lowered },
            { "dropped", s.dropped } } },
        { "bbframes",
          { { "good", d.counters().good.value() },
            { "crc_errors", s.header_crc_failed + d.counters().crc_errors.value() },
            { "gaps", d.counters().gaps.value() },
            { "lost", d.counters().lost.value() },
            { "filtered", d.counters().filtered.value() },
            { "unsupported", d.counters().unsupported.value() } } },
        { "ts",
          { { "packets", r.outputs->ts_packets() },
            { "errors", ts.crc_errors.value() },
            { "partial_dropped", ts.partial_dropped.value() },
            { "continuity_errors", ts.continuity_errors.value() } } },
        { "gse",
          { { "pdus", gse.pdus.value() },
            { "crc_errors", gse.crc_errors.value() },
            { "reassembly_timeouts", gse.timeouts.value() },
            { "fragments", gse.fragments.value() } } },
        { "ip", { { "packets", r.outputs->ip_packets() }, { "bytes", r.outputs->ip_bytes() } } },
        { "samples",
          { { "in", s.sync.samples_in },
            { "lost", s.sync.samples_lost + r.samples_missing },
            { "skipped", s.sync.samples_skipped },
            { "not_finite", s.sync.samples_non_finite },
            { "clipped", s.sync.samples_clipped },
            { "odd_bytes", r.odd_bytes },
            { "overflows", 0 } } },
        { "rate",
          { { "msamples_per_s", static_cast<double>(s.sync.samples_in) / std::max(r.elapsed_s, 1e-9) * 1e-6 },
            { "msymbols_per_s", seconds * r.symbol_rate_hz / std::max(r.elapsed_s, 1e-9) * 1e-6 },
            { "real_time_factor", seconds / std::max(r.elapsed_s, 1e-9) } } },
    };
    if (s.good > 0) {
        j["first_good"] = { { "frame", s.first_good_frame },
                            { "sample", s.first_good_sample },
                            { "plframes_into_input", s.first_good_plframes } };
    }
    return j;
}

namespace {

/// "+1.234 kHz", "-5.6 Hz", "0 Hz".
std::string frequency_words(double hz)
{
    if (std::abs(hz) >= 1e3) return fmt::format("{:+.3f} kHz", 1e-3 * hz);
    return std::abs(hz) < 0.05 ? "0 Hz" : fmt::format("{:+.1f} Hz", hz);
}

/// Doppler shift as predicted and as measured, and the difference; the LNB's offset, which is their mean difference, is
/// taken off both.
void add_motion(figure& f, std::span<const doppler::motion_point> points)
{
    std::vector<double> t, predicted_khz, measured_khz, left_hz;
    for (const auto& p : points) left_hz.push_back(p.residual_hz());
    auto sorted = left_hz;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2), sorted.end());
    const double offset_hz = sorted[sorted.size() / 2];
    for (std::size_t k = 0; k < points.size(); ++k) {
        left_hz[k] -= offset_hz;
        t.push_back(points[k].time_s);
        predicted_khz.push_back(1e-3 * points[k].predicted_hz);
        measured_khz.push_back(1e-3 * (points[k].measured_hz.value - offset_hz));
    }
    auto& shift = f.add_panel(2, 0);
    shift.title = "Doppler shift";
    shift.x.label = "Time (s)";
    shift.y.label = "Shift (kHz)";
    series_style broad;
    broad.width_px = 6.0;
    broad.ink = colour{ 0.70, 0.85, 0.96, 1.0 };
    series_style narrow;
    narrow.ink = series_colour(1);
    shift.add_lines(t, predicted_khz, "predicted from the elements", broad);
    shift.add_lines(t, measured_khz, "measured, " + frequency_words(offset_hz) + " off", narrow);

    auto& left = f.add_panel(2, 1);
    left.title = "Measured less predicted";
    left.x.label = "Time (s)";
    left.y.label = "Difference from " + frequency_words(offset_hz) + " (Hz)";
    left.add_lines(t, left_hz);
}

} // namespace

result<ok_t> save_picture(const rx_report& r, const std::filesystem::path& file)
{
    const auto s = r.receiver->status();
    figure f(1400, r.motion.empty() ? 1000 : 1500);
    f.title = fmt::format("{}: {}", r.input, state_word(r));
    f.subtitle = s.sync.locks > 0
                     ? fmt::format("{}, Es/N0 {:.1f} dB, {} frames, FER {:.1e}, {:+.1f} kHz, clock {:+.2f} ppm",
                                   name_of_pls(s.pls),
                                   s.sync.last.es_n0_db,
                                   s.frames,
                                   fer(s),
                                   1e-3 * s.sync.last.cfo_hz,
                                   s.sync.last.clock_ppm)
                     : remedy(state_word(r));

    auto& points = f.add_panel(0, 0);
    points.title = "Constellation";
    points.kind = panel_kind::square;
    points.x.label = "I";
    points.y.label = "Q";
    points.x.low = points.y.low = -1.8;
    points.x.high = points.y.high = 1.8;
    points.add_density(r.receiver->constellation());

    auto& band = f.add_panel(0, 1);
    band.title = "Spectrum of the input";
    band.x.label = "Frequency (MHz)";
    band.y.label = "Power per bin (dBFS)";
    auto curve = r.spectrum->result(r.clock.rate_hz());
    for (auto& v : curve.frequency_hz) v *= 1e-6;
    band.add_lines(curve.frequency_hz, curve.power_db);
    if (s.sync.locks > 0) band.add_event(1e-6 * s.sync.last.cfo_hz, "carrier");

    std::vector<double> t, es_n0, khz;
    for (const auto& p : r.receiver->history().points()) {
        t.push_back(p.time_s);
        es_n0.push_back(p.es_n0_db);
        khz.push_back(1e-3 * p.cfo_hz);
    }
    auto& quality = f.add_panel(1, 0);
    quality.title = "Es/N0";
    quality.x.label = "Time (s)";
    quality.y.label = "Es/N0 (dB)";
    quality.add_lines(t, es_n0);
    if (!es_n0.empty()) {
        const auto [low, high] = std::minmax_element(es_n0.begin(), es_n0.end());
        quality.y.low = std::min(*low - 0.5, *high - 2.0);
        quality.y.high = *high + 0.5;
    }
    const auto* m = dvbs2x::find_modcod(s.pls);
    if (m != nullptr && std::isfinite(m->ideal_es_n0_db) && s.sync.locks > 0) {
        quality.add_level(m->ideal_es_n0_db, "ideal");
        if (quality.y.low) quality.y.low = std::min(*quality.y.low, m->ideal_es_n0_db - 0.5);
    }

    auto& drift = f.add_panel(1, 1);
    drift.title = "Carrier offset";
    drift.x.label = "Time (s)";
    drift.y.label = "Offset (kHz)";
    drift.add_lines(t, khz);
    if (!r.motion.empty()) add_motion(f, r.motion);
    return f.save_png(file);
}

} // namespace spacesail::cli
