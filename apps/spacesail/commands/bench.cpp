// SPDX-License-Identifier: GPL-3.0-or-later
#include "../acm_schedule.hpp"
#include "../frame_error_sweep.hpp"
#include "../options.hpp"
#include "../plot.hpp"
#include "../progress.hpp"
#include "../stage_budget.hpp"

#include <spacesail/simd/dispatch.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace spacesail::cli {
namespace {

struct bench_options {
    std::vector<std::string> modcods{ "QPSK 1/2", "QPSK 3/4" };
    std::string frame = "normal";
    std::string pilots = "on";
    std::vector<double> es_n0_db;
    std::optional<std::uint64_t> frames;
    double samples_per_symbol = 2.0;
    std::uint64_t iterations = 50;
    sweep_options sweep;
    std::uint64_t threads = 1;
    bench_signal_options signal;
    std::string plot;
};

constexpr std::uint64_t k_budget_frames = 60;
constexpr std::uint64_t k_most_budget_frames = 2000; // of 0.9 MB each at 2 samples a symbol
/// Es/N0 above the ideal one at which stages are timed, dB.
constexpr double k_budget_margin_db = 1.0;

bench_signal_options signal_of(const bench_options& o, const std::string& modcod)
{
    auto signal = o.signal;
    const auto pls = pls_of_words(modcod, o.frame, o.pilots);
    if (!pls) throw usage_error{ "--modcod " + pls.error().message };
    signal.pls = *pls;
    signal.sample_rate_hz = o.samples_per_symbol * signal.symbol_rate_hz;
    return signal;
}

/// Es/N0 for the stage table: short frames, for which the standard gives none, take that of the normal one.
double budget_es_n0_db(const std::string& modcod)
{
    const auto normal = dvbs2x::modcod_by_name(modcod, "");
    const double ideal = normal ? static_cast<double>((*normal)->ideal_es_n0_db) : 10.0;
    return k_budget_margin_db + (std::isfinite(ideal) ? ideal : 10.0);
}

nlohmann::json stage_json(const stage_cost& c, double symbol_rate_hz)
{
    return { { "stage", c.stage },
             { "msymbols_per_s_per_core", c.msymbols_per_s() },
             { "share_of_a_core", c.share(symbol_rate_hz) } };
}

nlohmann::json budget_of(session& s, const bench_options& o, const std::string& modcod)
{
    auto signal = signal_of(o, modcod);
    signal.es_n0_db = budget_es_n0_db(modcod);
    const auto b = measure_stages(signal, o.frames.value_or(k_budget_frames), static_cast<unsigned>(o.iterations));
    const double rate = signal.symbol_rate_hz;
    s.say(
        fmt::format("{} {}, pilots {}, Es/N0 {:.2f} dB, {:g} samples a symbol, {} frames, {} errors, {:.1f} iterations",
                    modcod,
                    o.frame,
                    o.pilots,
                    signal.es_n0_db,
                    o.samples_per_symbol,
                    b.frames,
                    b.frame_errors,
                    b.mean_iterations));
    s.say(fmt::format(
        "  {:<28} {:>16} {:>26}", "stage", "Msym/s a core", fmt::format("share of it at {}Bd", format_si(rate))));
    nlohmann::json stages = nlohmann::json::array();
    stage_cost all{ "receiver", 0.0, 1.0 };
    for (const auto& c : b.receive) {
        s.say(fmt::format("  {:<28} {:>16.1f} {:>24.1f} %", c.stage, c.msymbols_per_s(), 100.0 * c.share(rate)));
        stages.push_back(stage_json(c, rate));
        all.cpu_s += c.share(1.0);
    }
    for (const stage_cost* c : std::initializer_list<const stage_cost*>{ &all, &b.transmit }) {
        s.say(fmt::format("  {:<28} {:>16.1f} {:>24.1f} %", c->stage, c->msymbols_per_s(), 100.0 * c->share(rate)));
    }
    return { { "modcod", modcod },
             { "pls", signal.pls },
             { "es_n0_db", signal.es_n0_db },
             { "frames", b.frames },
             { "frame_errors", b.frame_errors },
             { "mean_iterations", b.mean_iterations },
             { "receive", stages },
             { "receiver", stage_json(all, rate) },
             { "transmitter", stage_json(b.transmit, rate) } };
}

nlohmann::json sweep_of(session& s, const bench_options& o, const std::string& modcod, std::size_t number, panel* curve)
{
    auto signal = signal_of(o, modcod);
    auto sweep = o.sweep;
    sweep.frames = o.frames.value_or(sweep.frames);
    sweep.nof_threads = static_cast<unsigned>(o.threads);
    sweep.max_iterations = static_cast<unsigned>(o.iterations);
    const double ideal = static_cast<double>(dvbs2x::find_modcod(signal.pls)->ideal_es_n0_db);
    s.say(fmt::format("{} {}, pilots {}{}",
                      modcod,
                      o.frame,
                      o.pilots,
                      std::isfinite(ideal) ? fmt::format(", ideal Es/N0 {:.2f} dB", ideal) : ""));
    s.say(fmt::format("  {:>10} {:>8} {:>8} {:>10} {:>10} {:>12} {:>10} {:>8}",
                      "Es/N0 dB",
                      "frames",
                      "errors",
                      "FER",
                      "undetected",
                      "iterations",
                      "est. dB",
                      "Msym/s"));
    nlohmann::json points = nlohmann::json::array();
    std::vector<double> xs, ys, clean_xs, clean_ys; // where there was no error: at one error in all frames
    for (const double es_n0_db : o.es_n0_db) {
        if (session::interrupted()) break;
        signal.es_n0_db = es_n0_db;
        sweep_point p;
        {
            progress bar(s, sweep.frames + k_sweep_lead_in_frames, "frames");
            std::uint64_t done = 0;
            p = measure_point(signal, sweep, [&] { bar.update(++done); });
        }
        const double speed = 1e-6 * p.symbols / p.elapsed_s;
        s.say(fmt::format("  {:>10.3f} {:>8} {:>8} {:>10.2e} {:>10} {:>12.1f} {:>10.2f} {:>8.2f}",
                          es_n0_db,
                          p.frames,
                          p.errors,
                          p.frame_error_rate(),
                          p.undetected,
                          p.mean_iterations,
                          p.estimated_es_n0_db,
                          speed));
        points.push_back({ { "es_n0_db", es_n0_db },
                           { "frames", p.frames },
                           { "errors", p.errors },
                           { "fer", p.frame_error_rate() },
                           { "undetected", p.undetected },
                           { "mean_iterations", p.mean_iterations },
                           { "estimated_es_n0_db", p.estimated_es_n0_db },
                           { "msymbols_per_s", speed } });
        if (p.errors > 0) {
            xs.push_back(es_n0_db);
            ys.push_back(p.frame_error_rate());
        } else if (p.frames > 0) {
            clean_xs.push_back(es_n0_db);
            clean_ys.push_back(1.0 / static_cast<double>(p.frames));
        }
    }
    if (curve != nullptr) {
        series_style style;
        style.ink = series_colour(number);
        style.radius_px = 4.0;
        curve->add_lines(xs, ys, modcod, style);
        curve->add_scatter(xs, ys, "", style);
        style.shape = marker::ring;
        curve->add_scatter(clean_xs, clean_ys, number == 0 ? "below: no error" : "", style);
        if (std::isfinite(ideal)) curve->add_event(ideal, "ideal");
    }
    nlohmann::json j = { { "modcod", modcod }, { "pls", signal.pls }, { "points", points } };
    if (std::isfinite(ideal)) j["ideal_es_n0_db"] = ideal;
    return j;
}

exit_code run_bench(session& s, const bench_options& o)
{
    for (const auto& m : o.modcods) signal_of(o, m);
    if (!o.plot.empty() && o.es_n0_db.empty()) throw usage_error{ "--plot shows a sweep; give --es-n0 FROM:STEP:TO" };
    if (o.frames && *o.frames < 4 && o.es_n0_db.empty()) {
        throw usage_error{ fmt::format("--frames {}: stages need 4 frames or more", *o.frames) };
    }
    if (o.frames.value_or(0) > k_most_budget_frames && o.es_n0_db.empty()) {
        throw usage_error{ fmt::format("--frames {}: stages keep all frames in memory, give {} or fewer",
                                       *o.frames,
                                       k_most_budget_frames) };
    }
    simd::init();
    s.say(fmt::format("instruction set {}", simd::active_target_name()));
    nlohmann::json j = { { "instruction_set", simd::active_target_name() },
                         { "symbol_rate_hz", o.signal.symbol_rate_hz },
                         { "samples_per_symbol", o.samples_per_symbol },
                         { "frame", o.frame },
                         { "pilots", o.pilots },
                         { "max_iterations", o.iterations } };
    figure f(1100, 800);
    panel* curve = nullptr;
    if (!o.plot.empty()) {
        f.title = "Frame errors of the whole receiver";
        f.subtitle = fmt::format("{} frames, pilots {}, at most {} iterations", o.frame, o.pilots, o.iterations);
        curve = &f.add_panel(0, 0);
        curve->x.label = "Es/N0 (dB)";
        curve->y.label = "Frame error rate";
        curve->y.kind = axis_kind::logarithmic;
    }
    for (std::size_t i = 0; i < o.modcods.size(); ++i) {
        const auto& m = o.modcods[i];
        if (session::interrupted()) break;
        if (o.es_n0_db.empty()) {
            j["stages"].push_back(budget_of(s, o, m));
        } else {
            j["sweeps"].push_back(sweep_of(s, o, m, i, curve));
        }
    }
    s.write_json(j);
    if (curve != nullptr) value_or_failed(f.save_png(o.plot));
    return exit_code::done;
}

command_run declare_bench(CLI::App& app)
{
    auto o = std::make_shared<bench_options>();
    app.add_option("--modcod", o->modcods, "MODCOD by its name in the standard; may be repeated")
        ->type_name("NAME")
        ->capture_default_str();
    add_choice(app, "--frame", o->frame, { "normal", "short" }, "Length of the FECFRAME");
    add_choice(app, "--pilots", o->pilots, { "on", "off" }, "Pilot symbols");
    add_range(app,
              "--es-n0",
              o->es_n0_db,
              "DB",
              "Frame errors of the whole receiver, which knows the symbol rate alone; every BBFRAME is compared. If "
              "left out: processor time of each stage, 1 dB above the ideal Es/N0");
    add_count(
        app, "--frames", o->frames, "N", "Frames of a measurement; 60 for stages, 200 for a point", 1, 100'000'000);
    add_count(app, "--errors", o->sweep.most_errors, "N", "A point of a sweep ends with so many errors; 0: never");
    add_quantity(app, "--symbol-rate", o->signal.symbol_rate_hz, "BD", "Symbol rate that shares refer to", k_positive);
    add_quantity(
        app, "--samples-per-symbol", o->samples_per_symbol, "N", "Sample rate over symbol rate", { 1.2, 64.0 });
    add_quantity(app, "--offset", o->signal.offset_hz, "HZ", "Carrier offset of the signal");
    add_quantity(app, "--clock-ppm", o->signal.clock_ppm, "PPM", "Symbol clock of the signal", { -100.0, 100.0 });
    add_count(app, "--iterations", o->iterations, "N", "Most LDPC iterations a frame", 1, 1000);
    add_count(
        app, "--threads", o->threads, "N", "Threads of a sweep that decode besides the one that demodulates", 0, 64);
    add_count(app, "--seed", o->signal.seed, "N", "Seed of packets and noise");
    add_picture(app, o->plot, "Picture of a sweep");
    return [o](session& s) { return run_bench(s, *o); };
}

const command_registration
    k_bench({ 130,
              "bench",
              "Cost of each stage, and frame-error sweeps",
              "spacesail bench --modcod \"8PSK 3/4\" --es-n0 7.6:0.1:8.4 --frames 2000 --errors 50",
              declare_bench });

} // namespace
} // namespace spacesail::cli
