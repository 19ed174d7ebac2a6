// SPDX-License-Identifier: GPL-3.0-or-later
#include "../link_reporter.hpp"
#include "../motion_watch.hpp"
#include "../options.hpp"
#include "../packet_outputs.hpp"
#include "../profile_option.hpp"
#include "../progress.hpp"
#include "../rx_report.hpp"
#include "../spectrum_average.hpp"

#include <spacesail/base/frequency_plan.hpp>
#include <spacesail/dvbs2x/receiver.hpp>
#include <spacesail/io/iq_reader.hpp>

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <stdexcept>

namespace spacesail::cli {
namespace {

struct rx_options {
    std::string input;
    io::iq_options iq;
    std::optional<double> symbol_rate_hz;
    std::string rolloff; ///< empty: the profile's, or auto
    std::uint64_t gold_code = 0;
    std::optional<double> lnb_lo_hz;
    bool invert = false;
    std::optional<std::uint64_t> isi;
    packet_output_options packets;
    std::string report;
    double report_interval_s = 0.1;
    satellite_options satellite;
    std::string profile;
    std::string clock = "tcxo";
    std::string motion;
    std::string plot;
    std::optional<std::uint64_t> frames;
    std::uint64_t threads = 1;
    std::uint64_t iterations = 50;
    std::optional<double> offset_hz;
    std::optional<double> offset_range_hz;
    bool equaliser_off = false;
    bool live = false;
    bool bch_alternative = false;
};

double rolloff_of(const std::string& text)
{
    if (text == "auto") return 0.0;
    for (const double r : { 0.35, 0.25, 0.20, 0.15, 0.10, 0.05 }) {
        char* end = nullptr;
        const double v = std::strtod(text.c_str(), &end);
        if (*end == '\0' && std::abs(v - r) < 1e-6) return r;
    }
    throw usage_error{ "--rolloff " + text + ": write auto, 0.35, 0.25, 0.20, 0.15, 0.10 or 0.05" };
}

dvbs2x::receiver_config config_of(const rx_options& o, const io::iq_spec& spec)
{
    dvbs2x::receiver_config c;
    c.sync.sample_rate_hz = spec.rate_hz;
    c.sync.symbol_rate_hz = *o.symbol_rate_hz;
    c.sync.rolloff = rolloff_of(o.rolloff);
    c.sync.gold_code = static_cast<unsigned>(o.gold_code);
    c.sync.orientation = o.invert ? spectrum::inverted : spectrum::upright;
    c.sync.equaliser = o.equaliser_off ? dvbs2x::equaliser_mode::off : dvbs2x::equaliser_mode::adaptive;
    c.sync.prior = acquisition_prior::cold(*o.symbol_rate_hz);
    if (o.offset_hz) c.sync.prior.offset_hz = *o.offset_hz;
    if (o.offset_range_hz) c.sync.prior.sigma_hz = *o.offset_range_hz / 3.0;
    c.decode.nof_threads = static_cast<unsigned>(o.threads);
    c.decode.max_iterations = static_cast<unsigned>(o.iterations);
    c.decode.min_iterations = std::min(c.decode.min_iterations, c.decode.max_iterations);
    if (o.live) c.decode.policy = dvbs2x::decode_policy::queue_driven;
    if (o.bch_alternative) c.decode.bch = dvbs2x::bch_choice::alternative;
    return c;
}

/// \brief Gives the receiver its delays, if the user named a satellite.
std::unique_ptr<motion_watch>
take_motion(const session& s, const rx_options& o, const io::iq_spec& spec, dvbs2x::receiver_config& c)
{
    if (!o.satellite.given()) {
        if (!o.motion.empty()) throw usage_error{ "--motion " + o.motion + ": needs --elements" };
        return nullptr;
    }
    const auto f = spec.frequency_hz();
    if (!f) {
        throw usage_error{
            "--frequency is missing: --elements needs the frequency that maps to 0 Hz of the input (with "
            "--lnb-lo: the one behind the LNB)"
        };
    }
    if (!spec.start()) {
        throw usage_error{
            "--start is missing: --elements needs the time of the first sample, e.g. 2026-08-22T06:00:00Z"
        };
    }
    const double carrier_hz = frequency_plan::behind_lnb(*f, o.lnb_lo_hz.value_or(0.0), c.sync.orientation).rf_at_0_hz;
    const sample_clock stream(spec.rate_hz, *spec.start());
    auto watch = std::make_unique<motion_watch>(
        std::move(open_satellites(s, o.satellite, stream).front()), carrier_hz, *o.symbol_rate_hz, stream, o.clock);
    if (!o.motion.empty()) value_or_usage(watch->record(o.motion));
    c.sync.delays = &watch->delays();
    c.sync.delay_carrier_hz = carrier_hz;
    return watch;
}

exit_code run_rx(session& s, rx_options o)
{
    const auto profile = open_profile(o.profile);
    o.rolloff = rolloff_words(o.rolloff, profile, "auto");
    if (!o.symbol_rate_hz) o.symbol_rate_hz = profile.symbol_rate_bd;
    if (!o.symbol_rate_hz) {
        throw usage_error{
            "--symbol-rate is missing: give the carrier's symbol rate in Bd, e.g. --symbol-rate 25M, or a "
            "--profile that names it"
        };
    }
    if (*o.symbol_rate_hz < 1.0) {
        throw usage_error{ fmt::format("--symbol-rate {:g}: is less than a symbol a second; m is milli, M is mega",
                                       *o.symbol_rate_hz) };
    }
    if (o.live && o.threads == 0) {
        throw usage_error{ "--live needs a decoding thread besides the one that demodulates: --threads 1 or more" };
    }
    const io::iq_spec spec = value_or_usage(io::parse_iq_input(o.input, o.iq));
    if (spec.origin == io::iq_origin::uhd) {
        throw usage_error{ o.input +
                           " this build receives from files and pipes; let the radio write into one: mkfifo iq; "
                           "rx_samples_to_file --file iq ... & spacesail rx iq --format ci16 --rate HZ --live" };
    }
    for (const auto& w : spec.warnings) s.warn(w);
    // The library says this too, but not in the words of the options.
    const double least = (1.0 + std::max(0.05, rolloff_of(o.rolloff))) * *o.symbol_rate_hz;
    if (spec.rate_hz < 0.999 * least) {
        throw usage_error{ fmt::format(
            "--rate {}: too low for --symbol-rate {}, which needs at least {} samples a second; "
            "record faster or give the right symbol rate",
            format_si(spec.rate_hz),
            format_si(*o.symbol_rate_hz),
            format_si(least)) };
    }
    if (spec.rate_hz > 64.0 * *o.symbol_rate_hz) {
        throw usage_error{ fmt::format(
            "--rate {}: more than 64 samples a symbol at --symbol-rate {}; resample the recording "
            "or give the right symbol rate",
            format_si(spec.rate_hz),
            format_si(*o.symbol_rate_hz)) };
    }
    if (o.offset_hz && std::abs(*o.offset_hz) > 0.5 * spec.rate_hz) {
        throw usage_error{ fmt::format("--offset {}Hz: is outside the input, which reaches {}Hz to both sides",
                                       format_si(*o.offset_hz),
                                       format_si(0.5 * spec.rate_hz)) };
    }
    if (o.packets.ts == "-") s.claim_stdout("--ts");
    if (o.packets.pcap == "-") s.claim_stdout("--pcap");

    auto config = config_of(o, spec);
    if (const auto f = spec.frequency_hz()) {
        const double rf = frequency_plan::behind_lnb(*f, o.lnb_lo_hz.value_or(0.0), config.sync.orientation).rf_at_0_hz;
        warn_outside_band(s, profile, profile.downlink_hz, "downlink", rf, "--frequency and --lnb-lo");
    }
    const auto moved = take_motion(s, o, spec, config);
    std::unique_ptr<dvbs2x::receiver> receiver;
    const sample_clock clock(spec.rate_hz, spec.start().value_or(utc_time{}));
    auto outputs_options = o.packets;
    if (o.isi) outputs_options.isi = static_cast<std::uint8_t>(*o.isi);
    auto outputs = value_or_usage(packet_outputs::open(outputs_options, clock));
    if (moved) moved->pass_on_to(*outputs);
    frame_sink<std::uint8_t>* const sink = moved ? static_cast<frame_sink<std::uint8_t>*>(moved.get()) : outputs.get();
    try {
        receiver = std::make_unique<dvbs2x::receiver>(config, *sink);
    } catch (const std::invalid_argument& e) {
        throw usage_error{ e.what() };
    }
    spectrum_average spectrum;

    std::optional<link_reporter> reporter;
    if (!o.report.empty())
        reporter.emplace(value_or_usage("--report", link_reporter::open(o.report, o.report_interval_s, spec.rate_hz)));
    auto reader = value_or_usage(io::iq_reader::open(spec));
    std::vector<io::cf32_t> converted(65536);
    const auto started = std::chrono::steady_clock::now();
    {
        progress bar(s, spec.nof_samples, "samples");
        while (!session::interrupted()) {
            const auto chunk = value_or_failed(reader.next(converted.size(), 200));
            if (chunk.status == io::read_status::end) break;
            if (chunk.status == io::read_status::timeout) continue;
            if (chunk.capture && *chunk.capture > 0) {
                const auto lost = io::lost_samples(spec, *chunk.capture);
                receiver->gap(static_cast<std::uint64_t>(std::max<std::int64_t>(0, lost)));
            }
            if (spec.format == io::sample_format::ci16) {
                const auto x = io::iq_reader::as_ci16(chunk);
                spectrum.add(x);
                receiver->process(x);
            } else {
                std::span<const io::cf32_t> x;
                if (spec.format == io::sample_format::cf32) {
                    x = io::iq_reader::as_cf32(chunk);
                } else {
                    const std::size_t n = chunk.bytes.size() / io::bytes_per_sample(spec.format);
                    io::to_cf32(spec.format, chunk.bytes, std::span(converted).first(n));
                    x = std::span<const io::cf32_t>(converted).first(n);
                }
                spectrum.add(x);
                receiver->process(x);
            }
            if (reporter) value_or_failed(reporter->update(receiver->status()));
            bar.update(reader.nof_samples());
            if (o.frames && receiver->status().frames >= *o.frames) break;
            if (outputs->failure()) break;
        }
    }
    receiver->flush();
    const auto closed = outputs->close();

    rx_report r;
    r.receiver = receiver.get();
    r.outputs = outputs.get();
    r.spectrum = &spectrum;
    r.clock = clock;
    r.start_known = spec.start().has_value();
    r.symbol_rate_hz = *o.symbol_rate_hz;
    if (const auto f = spec.frequency_hz()) {
        r.rf_at_0_hz =
            frequency_plan::behind_lnb(*f, o.lnb_lo_hz.value_or(0.0), o.invert ? spectrum::inverted : spectrum::upright)
                .rf_at_0_hz;
    }
    r.elapsed_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    r.samples_missing = reader.missing_samples();
    r.odd_bytes = reader.odd_bytes();
    r.input = spec.data.string();
    if (r.odd_bytes > 0 && spec.odd_bytes == 0)
        s.warn(fmt::format("{}: {} bytes behind the last whole sample were left out", r.input, r.odd_bytes));
    const auto sync = receiver->status().sync;
    const double now_s = static_cast<double>(sync.samples_in + sync.samples_lost) / spec.rate_hz;
    if (moved) {
        r.why_nothing = moved->why_nothing(now_s);
        r.motion = moved->observer().history();
        r.predicted_rate_hz_s = moved->predicted_rate_hz_s(now_s);
    }
    s.say(summary(r));
    auto json = to_json(r);
    if (moved) {
        s.say(moved->summary(now_s));
        json["sat"] = moved->to_json(now_s);
        if (const auto wrong = moved->complaint(); !wrong.empty()) s.warn(wrong);
    }
    s.write_json(json);
    if (!o.plot.empty()) value_or_failed(save_picture(r, o.plot));
    if (!closed) throw run_error{ closed.error().message };
    if (moved) value_or_failed(moved->close());
    return receiver->status().good > 0 ? exit_code::done : exit_code::failed;
}

command_run declare_rx(CLI::App& app)
{
    auto o = std::make_shared<rx_options>();
    app.add_option("input", o->input, "SigMF recording, raw IQ file, or - for standard input")
        ->required()
        ->type_name("INPUT");
    add_iq_options(app, o->iq);
    add_quantity(app,
                 "--symbol-rate",
                 o->symbol_rate_hz,
                 "BD",
                 "Symbol rate of the carrier; nothing else needs to be known",
                 k_positive);
    app.add_option(
           "--rolloff", o->rolloff, "auto, or 0.35, 0.25, 0.20, 0.15, 0.10, 0.05; if left out the profile's, or auto")
        ->type_name("R");
    add_count(app, "--scrambling", o->gold_code, "N", "PL scrambling code (gold code)", 0, 262142);
    add_quantity(app, "--offset", o->offset_hz, "HZ", "Where the carrier is expected, from 0 Hz of the input");
    add_quantity(app,
                 "--offset-range",
                 o->offset_range_hz,
                 "HZ",
                 "How far it may be off; the larger of 20 % of the symbol rate and 1.35 MHz if left out",
                 k_positive);
    add_quantity(app, "--lnb-lo", o->lnb_lo_hz, "HZ", "Local oscillator of the LNB, for the frequencies reported");
    add_profile_option(app, o->profile);
    add_satellite_options(app, o->satellite, satellite_count::one);
    add_choice(app,
               "--clock",
               o->clock,
               { "tcxo", "ocxo", "gpsdo" },
               "What the samples are clocked by, for the tracking of the satellite");
    app.add_option("--motion",
                   o->motion,
                   "Write measured and predicted frequencies, the satellite's in-track error, LNB and clock over time")
        ->type_name("FILE.csv");
    app.add_flag("--invert", o->invert, "The spectrum is inverted (local oscillator above the signal)");
    add_count(app, "--isi", o->isi, "N", "Only this input stream of a multiple-stream carrier", 0, 255);
    app.add_option("--ts", o->packets.ts, "Write MPEG-TS packets")->type_name("FILE|-|udp:HOST:PORT");
    app.add_option("--pcap", o->packets.pcap, "Write IP packets of GSE streams")->type_name("FILE");
    app.add_option("--bbframes", o->packets.bbframes, "Write BBFRAMEs in mode adaptation L.3")
        ->type_name("FILE.pcap|udp:HOST:PORT");
    app.add_option("--tun", o->packets.tun, "Give IP packets to this network interface")->type_name("NAME");
    app.add_option("--report", o->report, "Tell the sender how its carrier arrives (tx --acm-reports): JSON datagrams")
        ->type_name("udp:HOST:PORT");
    add_quantity(app,
                 "--report-interval",
                 o->report_interval_s,
                 "S",
                 "Time of the signal between two reports",
                 { 0.001, 3600.0 });
    add_picture(app, o->plot, "Picture of constellation, spectrum, Es/N0 and frequency; with --elements Doppler too");
    add_count(app, "--frames", o->frames, "N", "Stop after this many decoded frames", 1);
    add_count(
        app, "--threads", o->threads, "N", "Threads that decode besides the one that demodulates; 0: none", 0, 64);
    add_count(app, "--iterations", o->iterations, "N", "Most LDPC iterations a frame", 1, 1000);
    app.add_flag(
        "--live",
        o->live,
        "The input does not wait (a radio in a pipe): fewer LDPC iterations while decoding falls behind, counted");
    app.add_flag("--no-equaliser", o->equaliser_off, "Do not learn front-end tilt and group delay");
    app.add_flag(
        "--bch-alternative", o->bch_alternative, "The other published BCH code of 32APSK 2/3-L and 64APSK 5/6");
    return [o](session& s) { return run_rx(s, *o); };
}

const command_registration k_rx({ 10,
                                  "rx",
                                  "Demodulate a DVB-S2/S2X carrier to packets",
                                  "spacesail rx pass.sigmf-meta --symbol-rate 25M --ts out.ts --plot out.png",
                                  declare_rx });

} // namespace
} // namespace spacesail::cli
