// SPDX-License-Identifier: GPL-3.0-or-later
#include "../link_options.hpp"
#include "../options.hpp"
#include "../progress.hpp"
#include "../satellite_options.hpp"

#include <spacesail/base/frequency_plan.hpp>
#include <spacesail/base/units.hpp>
#include <spacesail/channel/leo_channel.hpp>
#include <spacesail/doppler/emission_delay_source.hpp>
#include <spacesail/io/iq_reader.hpp>
#include <spacesail/io/iq_writer.hpp>

#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <stdexcept>

namespace spacesail::cli {
namespace {

struct channel_options {
    std::string input, output;
    io::iq_options iq;
    std::string input_format, output_format;
    satellite_options satellites;
    std::optional<double> lnb_lo_hz;
    std::optional<double> es_n0_db;
    std::optional<double> symbol_rate_hz;
    std::string phase_noise = "none";
    link_options link;
    std::optional<double> adjacent_spacing_hz;
    double adjacent_db = 0.0, adjacent_rolloff = 0.2;
    double lnb_offset_hz = 0.0, lnb_drift_hz_s = 0.0, clock_ppm = 0.0;
    std::optional<double> dc_dbfs, image_db, clip;
    double tilt_db = 0.0;
    std::uint64_t seed = 1;
};

/// Delay of a satellite that does not move.
class no_motion final : public delay_source
{
public:
    no_motion()
    {
        d_nothing.t_begin_s = -1e9;
        d_nothing.t_end_s = 1e9;
    }
    const delay_polynomial* segment_at(double) noexcept override { return &d_nothing; }

private:
    delay_polynomial d_nothing;
};

/// One satellite's samples: the file from its start, as the channel wants them.
class feed
{
public:
    explicit feed(const io::iq_spec& spec) : d_reader(value_or_usage(io::iq_reader::open(spec))), d_format(spec.format)
    {
        d_room.resize(k_room);
    }
    /// Reads on if nothing is left. \return false at the end.
    bool fill(std::size_t least = 1)
    {
        while (!d_ended && !session::interrupted() && d_have - d_at < least) {
            if (d_at > 0) {
                std::copy(d_room.begin() + static_cast<std::ptrdiff_t>(d_at),
                          d_room.begin() + static_cast<std::ptrdiff_t>(d_have),
                          d_room.begin());
                d_have -= d_at;
                d_at = 0;
            }
            const auto chunk = value_or_failed(d_reader.next(std::min<std::size_t>(k_room - d_have, 65536), 200));
            if (chunk.status == io::read_status::end) d_ended = true;
            if (chunk.status != io::read_status::data) continue;
            const std::size_t n = chunk.bytes.size() / io::bytes_per_sample(d_format);
            io::to_cf32(d_format, chunk.bytes, std::span(d_room).subspan(d_have, n));
            d_have += n;
        }
        return d_have > d_at;
    }
    std::span<const io::cf32_t> samples() const { return std::span(d_room).subspan(d_at, d_have - d_at); }
    void use(std::size_t n) { d_at += n; }
    bool ended() const { return d_ended && d_at == d_have; }
    const io::iq_reader& reader() const { return d_reader; }

private:
    static constexpr std::size_t k_room = std::size_t{ 1 } << 18;
    io::iq_reader d_reader;
    io::sample_format d_format;
    std::vector<io::cf32_t> d_room;
    std::size_t d_at = 0, d_have = 0;
    bool d_ended = false;
};

double mean_power(std::span<const io::cf32_t> x)
{
    double sum = 0.0;
    for (const auto& v : x) sum += std::norm(std::complex<double>(v));
    return x.empty() ? 0.0 : sum / static_cast<double>(x.size());
}

/// The IQ options with the input's own format.
io::iq_options options_of_input(const channel_options& o)
{
    io::iq_options in = o.iq;
    if (!o.input_format.empty()) in.format = value_or_usage(io::parse_sample_format(o.input_format));
    return in;
}

channel::leo_channel_config config_of(const channel_options& o, const io::iq_spec& from)
{
    channel::leo_channel_config c;
    c.sample_rate_hz = from.rate_hz;
    c.lnb_offset_hz = o.lnb_offset_hz;
    c.lnb_drift_hz_s = o.lnb_drift_hz_s;
    c.receiver_clock_ppm = o.clock_ppm;
    c.mask = value_or_usage(channel::parse_phase_noise_mask(o.phase_noise));
    if (o.dc_dbfs) c.faults.dc_dbfs = *o.dc_dbfs;
    if (o.image_db) c.faults.image_db = *o.image_db;
    if (o.clip) c.faults.clip = *o.clip;
    c.faults.tilt_db = o.tilt_db;
    c.seed = o.seed;
    if (o.satellites.given()) {
        const auto f = from.frequency_hz();
        if (!f) {
            throw usage_error{ "--frequency is missing: give the radio frequency that maps to 0 Hz, e.g. 12.7G (with "
                               "--lnb-lo: the frequency behind the LNB)" };
        }
        c.carrier_hz = frequency_plan::behind_lnb(*f, o.lnb_lo_hz.value_or(0.0)).rf_at_0_hz;
    }
    return c;
}

exit_code run_channel(session& s, const channel_options& o)
{
    const io::iq_spec from = value_or_usage(io::parse_iq_input(o.input, options_of_input(o)));
    if (from.origin == io::iq_origin::uhd)
        throw usage_error{ o.input + ": the channel works on files and pipes; give a recording or -" };
    for (const auto& w : from.warnings) s.warn(w);
    if (from.captures.size() > 1)
        s.warn(fmt::format("{}: its {} captures are taken as one", o.input, from.captures.size()));
    io::iq_options out_options;
    out_options.rate_hz = from.rate_hz;
    if (!o.output_format.empty()) {
        out_options.format = value_or_usage(io::parse_sample_format(o.output_format));
    } else if (o.output == "-") {
        out_options.format = from.format;
    }
    const io::iq_spec to = value_or_usage(io::parse_iq_output(o.output, out_options));
    std::error_code code;
    if (to.origin != io::iq_origin::stream && std::filesystem::equivalent(from.data, to.data, code))
        throw usage_error{ to.data.string() + ": is the input itself; give another output" };
    if (to.origin == io::iq_origin::stream) s.claim_stdout("OUTPUT");
    if (o.es_n0_db && !o.symbol_rate_hz)
        throw usage_error{ "--symbol-rate is missing: --es-n0 needs the carrier's symbol rate in Bd" };
    if (o.symbol_rate_hz && *o.symbol_rate_hz > from.rate_hz) {
        throw usage_error{ fmt::format("--symbol-rate {}: is above the sample rate of {}, {}; give the carrier's",
                                       format_si(*o.symbol_rate_hz),
                                       o.input,
                                       format_si(from.rate_hz)) };
    }
    if (std::abs(o.lnb_offset_hz) > 0.5 * from.rate_hz) {
        throw usage_error{ fmt::format("--lnb-offset {}Hz: moves the carrier out of the {}Hz to both sides of 0 Hz",
                                       format_si(o.lnb_offset_hz),
                                       format_si(0.5 * from.rate_hz)) };
    }
    if (!o.satellites.given() && !o.link.point_at.empty())
        throw usage_error{ "--point-at: needs a satellite; give --elements, --site and --start" };
    if (o.satellites.given() && !from.start())
        throw usage_error{
            "--start is missing: give the time of the first sample received, e.g. 2026-08-22T06:00:00Z"
        };

    if (o.link.noise_temperature_k && !o.es_n0_db)
        throw usage_error{ "--es-n0 is missing: --noise-temperature says how rain raises the noise that --es-n0 sets" };
    if (o.adjacent_spacing_hz && !o.symbol_rate_hz)
        throw usage_error{ "--symbol-rate is missing: --adjacent-spacing makes carriers of that symbol rate" };

    auto config = config_of(o, from);
    const sample_clock stream(from.rate_hz, from.start().value_or(utc_time{}));
    std::vector<chosen_satellite> satellites;
    if (o.satellites.given()) satellites = open_satellites(s, o.satellites, stream);
    const link_scene scene(s, o.link, o.satellites, satellites, stream, config.carrier_hz, o.seed);
    no_motion nothing;
    std::vector<channel::satellite_path> paths = scene.paths();
    if (paths.empty()) {
        channel::satellite_path p;
        p.delays = &nothing;
        paths.push_back(p);
    } else {
        config.reference_delay_s = scene.reference_delay_s(from.rate_hz);
        config.noise_gains = scene.noise_gains();
    }
    if (paths.size() > 1 && from.origin == io::iq_origin::stream)
        throw usage_error{ "-: several satellites read the input each at its own pace; give a file" };

    std::vector<std::unique_ptr<feed>> feeds;
    for (std::size_t i = 0; i < paths.size(); ++i) feeds.push_back(std::make_unique<feed>(from));
    double signal_power = 0.0;
    if (o.es_n0_db || o.adjacent_spacing_hz) {
        // What the carrier's level is: the first hundred thousand samples.
        feeds.front()->fill(std::size_t{ 1 } << 17);
        signal_power = mean_power(feeds.front()->samples());
        if (!(signal_power > 0.0)) {
            throw usage_error{ fmt::format("{}: begins with silence, {} has nothing to refer to",
                                           o.input,
                                           o.es_n0_db ? "--es-n0" : "--adjacent-db") };
        }
    }
    if (o.es_n0_db) config.noise_power = signal_power * from.rate_hz / *o.symbol_rate_hz / db_to_linear(*o.es_n0_db);
    if (o.adjacent_spacing_hz) {
        config.adjacent = { .spacing_hz = *o.adjacent_spacing_hz,
                            .power = signal_power * db_to_linear(o.adjacent_db),
                            .symbol_rate_hz = *o.symbol_rate_hz,
                            .rolloff = o.adjacent_rolloff };
        const double most = 0.48 * from.rate_hz - 0.5 * (1.0 + o.adjacent_rolloff) * *o.symbol_rate_hz;
        if (*o.adjacent_spacing_hz > most) {
            throw usage_error{ fmt::format(
                "--adjacent-spacing {:.10g}: carriers of {:.10g} Bd there do not fit into {:.10g} samples a second; {}",
                *o.adjacent_spacing_hz,
                *o.symbol_rate_hz,
                from.rate_hz,
                most > 0.0 ? fmt::format("give at most {:.10g} or a higher sample rate", most)
                           : "give a higher sample rate") };
        }
    }
    std::unique_ptr<channel::leo_channel> channel;
    try {
        channel = std::make_unique<channel::leo_channel>(config, paths);
    } catch (const std::invalid_argument& e) {
        throw usage_error{ e.what() };
    }
    io::sigmf_metadata metadata = from.metadata;
    metadata.annotations.clear();
    auto writer = value_or_usage(io::iq_writer::create(to, metadata));
    writer.begin_capture(from.frequency_hz(), from.start());

    std::vector<io::cf32_t> out(65536);
    std::vector<std::span<const io::cf32_t>> inputs(paths.size());
    std::vector<std::size_t> used(paths.size());
    {
        progress bar(s, from.nof_samples, "samples");
        while (!channel->done() && !session::interrupted()) {
            for (std::size_t i = 0; i < feeds.size(); ++i) {
                feeds[i]->fill();
                inputs[i] = feeds[i]->samples();
                if (feeds[i]->ended()) channel->end_input(i);
            }
            const std::size_t n = channel->process(inputs, used, out);
            for (std::size_t i = 0; i < feeds.size(); ++i) feeds[i]->use(used[i]);
            value_or_failed(writer.write(std::span<const io::cf32_t>(out).first(n)));
            bar.update(writer.nof_samples());
        }
    }
    value_or_failed(writer.close());
    if (writer.saturated() > 0) {
        s.warn(
            fmt::format("{} components did not fit {} and were saturated; lower the input's level or use --format cf32",
                        writer.saturated(),
                        io::name_of(to.format)));
    }

    nlohmann::json paths_json = nlohmann::json::array();
    const double end_s = static_cast<double>(writer.nof_samples()) / from.rate_hz;
    for (std::size_t i = 0; i < satellites.size(); ++i) {
        const auto& engine = satellites[i].delays->engine();
        const auto a = engine.down(0.0);
        const auto b = engine.down(end_s);
        const std::string name = orbit::display_name(satellites[i].set);
        if (!a) continue;
        const auto end = b ? b : a;
        s.say(fmt::format("{} (elements of {}): elevation {:.2f} to {:.2f} deg, delay {:.6f} to {:.6f} ms, Doppler "
                          "{:+.1f} to {:+.1f} Hz",
                          name,
                          format_utc(satellites[i].set.epoch, 0),
                          a->look.elevation_deg,
                          end->look.elevation_deg,
                          1e3 * a->delay_s,
                          1e3 * end->delay_s,
                          a->doppler_hz(config.carrier_hz),
                          end->doppler_hz(config.carrier_hz)));
        const auto at_end = scene.terms(i, end_s);
        if (at_end.contains("feeder") && at_end["feeder"]["el_deg"].get<double>() < 0.0)
            s.warn(fmt::format("--gateway: {} has set there before the end; its signal went on", name));
        const std::string first = scene.terms_in_words(i, 0.0);
        const std::string last = scene.terms_in_words(i, end_s);
        if (!first.empty() || !last.empty()) s.say(fmt::format("  losses: {}; at the end {}", first, last));
        paths_json.push_back(
            { { "id", satellites[i].set.norad_id },
              { "name", name },
              { "epoch", format_utc(satellites[i].set.epoch, 6) },
              { "delay_s", { a->delay_s, end->delay_s } },
              { "doppler_hz", { a->doppler_hz(config.carrier_hz), end->doppler_hz(config.carrier_hz) } },
              { "el_deg", { a->look.elevation_deg, end->look.elevation_deg } },
              { "loss", { { "start", scene.terms(i, 0.0) }, { "end", at_end } } },
              { "unknown_delays", channel->unknown_delays(i) } });
    }
    s.say(fmt::format("{}: {} samples, {:.6g} s", to.data.string(), writer.nof_samples(), end_s));
    s.write_json({ { "output", to.data.string() },
                   { "samples", writer.nof_samples() },
                   { "rate_hz", from.rate_hz },
                   { "reference_delay_s", config.reference_delay_s },
                   { "carrier_hz", config.carrier_hz },
                   { "noise_power", config.noise_power },
                   { "signal_power", signal_power },
                   { "phase_noise", o.phase_noise },
                   { "clipped", channel->clipped() },
                   { "saturated", writer.saturated() },
                   { "satellites", paths_json } });
    // The filters' tails come out even if nothing goes in.
    if (feeds.front()->reader().nof_samples() == 0) throw run_error{ o.input + ": no sample came in" };
    return exit_code::done;
}

command_run declare_channel(CLI::App& app)
{
    auto o = std::make_shared<channel_options>();
    app.add_option("input", o->input, "SigMF recording, raw IQ file, or - for standard input")
        ->required()
        ->type_name("IN");
    app.add_option("output", o->output, "SigMF recording (a name without extension), raw file, or -")
        ->required()
        ->type_name("OUT");
    app.add_option("--input-format", o->input_format, "Sample format of a raw input or of standard input")
        ->type_name("cf32|ci16|ci8|cu8");
    app.add_option("--format", o->output_format, "Sample format of the output")->type_name("cf32|ci16|ci8|cu8");
    add_iq_place_options(app, o->iq);
    add_satellite_options(app, o->satellites, satellite_count::many);
    add_quantity(app, "--lnb-lo", o->lnb_lo_hz, "HZ", "Local oscillator of the LNB: --frequency is the one behind it");
    add_quantity(app,
                 "--es-n0",
                 o->es_n0_db,
                 "DB",
                 "Es/N0 of the carrier before the losses of other options; no noise if left out",
                 { -60, 100 });
    add_quantity(app,
                 "--symbol-rate",
                 o->symbol_rate_hz,
                 "BD",
                 "Symbol rate of the carrier, for --es-n0 and --adjacent-spacing",
                 k_positive);
    add_choice(app,
               "--phase-noise",
               o->phase_noise,
               { "none", "pll-lnb", "dvb-typical" },
               "Phase noise of the LNB's oscillator");
    add_quantity(app, "--lnb-offset", o->lnb_offset_hz, "HZ", "Frequency error of the LNB");
    add_quantity(app, "--lnb-drift", o->lnb_drift_hz_s, "HZ/S", "Its drift");
    add_quantity(app, "--clock-ppm", o->clock_ppm, "PPM", "Error of the receiver's sample clock", { -500, 500 });
    add_quantity(app, "--dc", o->dc_dbfs, "DBFS", "Power of a line at 0 Hz", { -200, 20 });
    add_quantity(app, "--image", o->image_db, "DB", "Power of the mirror image against the signal", { -200, 0 });
    add_quantity(app, "--tilt", o->tilt_db, "DB", "Gain at +1/4 of the rate against -1/4", { -20, 20 });
    add_quantity(app, "--clip", o->clip, "LEVEL", "Largest I and Q, full scale 1", k_positive);
    add_quantity(app,
                 "--adjacent-spacing",
                 o->adjacent_spacing_hz,
                 "HZ",
                 "QPSK carriers of the same symbol rate on both sides, so far from centre to centre",
                 k_positive);
    add_quantity(app, "--adjacent-db", o->adjacent_db, "DB", "Their power against the carrier's", { -100, 100 });
    add_quantity(app, "--adjacent-rolloff", o->adjacent_rolloff, "R", "Their roll-off", { 0.01, 1 });
    add_count(app, "--seed", o->seed, "N", "Seed of everything random");
    add_link_options(app, o->link);
    return [o](session& s) { return run_channel(s, *o); };
}

const command_registration
    k_channel({ 30,
                "channel",
                "Pass IQ through LEO channels",
                "spacesail channel carrier.sigmf-meta received --elements qianfan.tle --satellite QIANFAN-1 --site "
                "31.2,121.5,20 --start 2026-08-22T11:25:00Z --frequency 12.7G --es-n0 2 --symbol-rate 5M --rain "
                "0:0,20:25 --gases",
                declare_channel });

} // namespace
} // namespace spacesail::cli
