// SPDX-License-Identifier: GPL-3.0-or-later
#include "../acm_loop.hpp"
#include "../acm_schedule.hpp"
#include "../bbframe_feed.hpp"
#include "../options.hpp"
#include "../pacer.hpp"
#include "../profile_option.hpp"
#include "../progress.hpp"
#include "../uplink_motion.hpp"

#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/dvbs2x/transmitter.hpp>
#include <spacesail/encap/rolloff.hpp>
#include <spacesail/io/iq_writer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <memory>

namespace spacesail::cli {
namespace {

/// What a pipe may hold of a carrier with a live input: samples in it are delay.
constexpr double k_pipe_s = 0.01;

struct tx_options {
    std::string output;
    io::iq_options iq;
    std::string modcod = "QPSK 1/2";
    std::string frame = "normal";
    std::string pilots = "on";
    std::string rolloff; ///< empty: the profile's, or 0.20
    std::string profile;
    std::string pacing = "fast";
    std::string pace;
    std::string queue_overflow = "wait";
    std::string acm;
    std::optional<double> symbol_rate_hz;
    std::optional<double> seconds;
    std::optional<std::uint64_t> frames;
    std::optional<std::uint64_t> isi;
    std::uint64_t gold_code = 0;
    std::uint64_t lead_in = 2;
    double level_dbfs = -12.0;
    double clock_ppm = 0.0;
    bool bch_alternative = false;
    satellite_options satellite;
    double in_track_bias_m = 0.0;
    feed_options feed;
    acm_loop_options loop;
};

/// What was sent.
struct tx_summary {
    std::uint64_t bbframes = 0, dummies = 0, symbols = 0, samples = 0;
    std::array<std::uint64_t, 256> pls_histogram{};
    double peak = 0.0, power = 0.0;
    double elapsed_s = 0.0;
};

encap::rolloff rolloff_of(const std::string& text)
{
    char* end = nullptr;
    const auto r = encap::rolloff_of_factor(std::strtod(text.c_str(), &end));
    if (!r || *end != '\0') throw usage_error{ "--rolloff " + text + ": write 0.35, 0.25, 0.20, 0.15, 0.10 or 0.05" };
    return *r;
}

/// Samples of the transmitter on their way to the output.
class sample_output
{
public:
    /// \param[in] motion  null: nothing moves.
    sample_output(dvbs2x::transmitter& transmitter, uplink_motion* motion, io::iq_writer& writer, tx_summary& sum)
        : d_transmitter(transmitter), d_motion(motion), d_writer(writer), d_sum(sum)
    {
    }
    /// Writes all that the frame just pushed comes to.
    void drain()
    {
        while (true) {
            const std::size_t n = d_transmitter.read(d_samples);
            if (n == 0) return;
            const auto x = std::span<const io::cf32_t>(d_samples).first(n);
            if (d_motion != nullptr) {
                d_motion->send(x, [this](std::span<const io::cf32_t> y) { write(y); });
            } else {
                write(x);
            }
        }
    }
    /// Writes what the pre-compensator holds back.
    void finish()
    {
        if (d_motion != nullptr) d_motion->finish([this](std::span<const io::cf32_t> y) { write(y); });
    }

private:
    void write(std::span<const io::cf32_t> x)
    {
        for (const auto& s : x) {
            const double p = std::norm(s);
            d_sum.power += p;
            d_sum.peak = std::max(d_sum.peak, p);
        }
        value_or_failed(d_writer.write(x));
        d_sum.samples += x.size();
    }

    dvbs2x::transmitter& d_transmitter;
    uplink_motion* d_motion;
    io::iq_writer& d_writer;
    tx_summary& d_sum;
    std::vector<io::cf32_t> d_samples = std::vector<io::cf32_t>(16384);
};

/// A wait in the milliseconds of the operating system: short enough for Ctrl-C, and not a busy loop.
int wait_ms(double seconds) { return std::clamp(static_cast<int>(std::lround(1e3 * seconds)), 1, 100); }

tx_summary transmit(session& s,
                    const tx_options& o,
                    dvbs2x::transmitter& transmitter,
                    uplink_motion* motion,
                    bbframe_feed& feed,
                    const std::function<std::uint8_t(double)>& pls_at,
                    pacer& pace,
                    io::iq_writer& writer)
{
    tx_summary sum;
    sample_output output(transmitter, motion, writer, sum);
    const auto dummy = [&] {
        transmitter.push_dummy();
        sum.symbols += dvbs2x::plframe_symbols(0);
        ++sum.dummies;
        output.drain();
    };
    std::optional<std::uint64_t> total;
    if (o.frames) total = *o.frames;
    progress bar(s, total, "frames");
    for (std::uint64_t n = 0; n < o.lead_in; ++n) dummy();
    while (!session::interrupted()) {
        if (o.frames && sum.bbframes >= *o.frames) break;
        const double time_s = static_cast<double>(sum.symbols) / *o.symbol_rate_hz;
        if (o.seconds && time_s >= *o.seconds) break;
        const double left_s = pace.left_s(time_s);
        if (left_s > 0.0) {
            feed.gather(std::llround(1e9 * (time_s - left_s)), wait_ms(left_s));
            continue;
        }
        const auto step = feed.next(std::llround(1e9 * time_s), pls_at(time_s));
        if (step.what == feed_step::decision::end) break;
        if (step.what == feed_step::decision::dummy) {
            dummy();
            continue;
        }
        if (transmitter.push(step.pls, step.bbframe) != dvbs2x::transmitter::push_result::taken) {
            throw run_error{ fmt::format(
                "BBFRAME of {} bytes does not fit PLS code {}", step.bbframe.size(), step.pls) };
        }
        sum.symbols += dvbs2x::plframe_symbols(step.pls);
        ++sum.bbframes;
        ++sum.pls_histogram[step.pls];
        output.drain();
        bar.update(sum.bbframes);
    }
    transmitter.push_silence();
    output.drain();
    output.finish();
    value_or_failed(writer.close());
    return sum;
}

std::string pls_words(std::uint8_t pls)
{
    const auto* m = dvbs2x::find_modcod(pls);
    return fmt::format("{} {}{}", m->name, m->frame, dvbs2x::has_pilots(pls) ? ", pilots" : "");
}

/// What the transmitter's resampler takes.
constexpr double k_most_samples_per_symbol = 1024.0;

double dbfs(double power) { return power > 0.0 ? 10.0 * std::log10(power) : -300.0; }

void report(session& s,
            const tx_options& o,
            const io::iq_writer& writer,
            const bbframe_feed& feed,
            const pacer& pace,
            const uplink_motion* motion,
            const nlohmann::json& acm,
            const tx_summary& r)
{
    const io::iq_spec& to = writer.spec();
    if (writer.saturated() > 0) {
        s.warn(fmt::format("{} components did not fit {} and were saturated; lower --level or use --format cf32",
                           writer.saturated(),
                           io::name_of(to.format)));
    }
    const double seconds = static_cast<double>(r.samples) / to.rate_hz;
    const double peak = dbfs(r.peak);
    const double level = dbfs(r.power / static_cast<double>(std::max<std::uint64_t>(1, r.samples)));
    nlohmann::json histogram = nlohmann::json::array();
    std::string modcods;
    for (unsigned pls = 0; pls < r.pls_histogram.size(); ++pls) {
        if (r.pls_histogram[pls] == 0) continue;
        const auto words = pls_words(static_cast<std::uint8_t>(pls));
        histogram.push_back({ { "pls", pls }, { "name", words }, { "frames", r.pls_histogram[pls] } });
        modcods += fmt::format("{}{} x {}", modcods.empty() ? "" : "; ", words, r.pls_histogram[pls]);
    }
    s.say(fmt::format("{}: {} samples as {}, {:.6g} s at {}S/s, {}Bd, roll-off {}\n"
                      "{} BBFRAMEs ({}), {} dummy PLFRAMEs\n{}\nlevel {:.1f} dBFS, peak {:.1f} dBFS; {}S/s computed",
                      to.data.string(),
                      r.samples,
                      io::name_of(to.format),
                      seconds,
                      format_si(to.rate_hz),
                      format_si(*o.symbol_rate_hz),
                      o.rolloff,
                      r.bbframes,
                      modcods.empty() ? "none" : modcods,
                      r.dummies,
                      feed.summary(),
                      level,
                      peak,
                      format_si(static_cast<double>(r.samples) / std::max(1e-9, r.elapsed_s))));
    if (motion != nullptr) s.say(motion->words(seconds));
    nlohmann::json j = { { "output", to.data.string() },
                         { "format", io::name_of(to.format) },
                         { "rate_hz", to.rate_hz },
                         { "symbol_rate_hz", *o.symbol_rate_hz },
                         { "rolloff", encap::rolloff_factor(o.feed.signalled_rolloff) },
                         { "scrambling", o.gold_code },
                         { "modcod", { { "histogram", histogram } } },
                         { "plframes", { { "found", r.bbframes + r.dummies }, { "dummy", r.dummies } } },
                         { "bbframes", { { "good", r.bbframes } } },
                         { "level_dbfs", level },
                         { "peak_dbfs", peak },
                         { "samples", { { "out", r.samples }, { "saturated", writer.saturated() } } },
                         { "rate",
                           { { "msamples_per_s", 1e-6 * static_cast<double>(r.samples) / std::max(1e-9, r.elapsed_s) },
                             { "real_time_factor", seconds / std::max(1e-9, r.elapsed_s) } } },
                         { "interrupted", session::interrupted() } };
    if (!acm.is_null()) j["acm"] = acm;
    if (o.feed.paced) j["pace"] = { { "slips", pace.nof_slips() }, { "slipped_s", pace.slipped_s() } };
    if (motion != nullptr) j["sat"] = motion->json(seconds);
    j.update(feed.counters());
    s.write_json(j);
}

/// The motion that is taken back, if the user named a satellite.
std::unique_ptr<uplink_motion> take_motion(const session& s, const tx_options& o, const io::iq_spec& to)
{
    if (!o.satellite.given()) return nullptr;
    const auto f = to.frequency_hz();
    if (!f) {
        throw usage_error{
            "--frequency is missing: --elements needs the radio frequency that 0 Hz maps to, e.g. 14.25G"
        };
    }
    if (!to.start()) {
        throw usage_error{
            "--start is missing: --elements needs the time at which the first sample leaves, e.g. 2026-08-22T06:00:00Z"
        };
    }
    return std::make_unique<uplink_motion>(
        s, o.satellite, sample_clock(to.rate_hz, *to.start()), *f, o.in_track_bias_m);
}

exit_code run_tx(session& s, const tx_options& given)
{
    tx_options o = given;
    if (o.output.starts_with("uhd:")) {
        throw usage_error{ o.output +
                           " this build writes files and pipes; to radiate you need a licence and the satellite "
                           "operator's permission" };
    }
    const auto profile = open_profile(o.profile);
    o.rolloff = rolloff_words(o.rolloff, profile, "0.20");
    if (!o.symbol_rate_hz) o.symbol_rate_hz = profile.symbol_rate_bd;
    if (!o.symbol_rate_hz) {
        throw usage_error{ "--symbol-rate is missing: give the symbol rate in Bd, e.g. --symbol-rate 25M, or a "
                           "--profile that names it" };
    }
    // Without a satellite no frequency is needed, and the recording is of none.
    if (o.satellite.given() && !o.iq.frequency_hz && profile.uplink_hz) {
        o.iq.frequency_hz = middle_of(*profile.uplink_hz);
        s.warn(fmt::format("--frequency is left out: {:.10g}G, the middle of the uplink of {}, is taken",
                           1e-9 * *o.iq.frequency_hz,
                           profile.name));
    }
    if (*o.symbol_rate_hz < 1.0) {
        throw usage_error{ fmt::format("--symbol-rate {:g}: is less than a symbol a second; m is milli, M is mega",
                                       *o.symbol_rate_hz) };
    }
    if (!o.iq.rate_hz) o.iq.rate_hz = 2.0 * *o.symbol_rate_hz;
    const io::iq_spec to = value_or_usage(io::parse_iq_output(o.output, o.iq));
    for (const auto& w : to.warnings) s.warn(w);
    if (to.origin == io::iq_origin::stream) s.claim_stdout("OUTPUT");
    if (const auto f = to.frequency_hz()) warn_outside_band(s, profile, profile.uplink_hz, "uplink", *f, "--frequency");
    const auto pls = pls_of_words(o.modcod, o.frame, o.pilots);
    if (!pls) throw usage_error{ "--modcod " + pls.error().message };
    const auto schedule =
        o.acm.empty() ? acm_schedule::constant(*pls) : value_or_usage("--acm", acm_schedule::read(o.acm));
    std::optional<acm_loop> loop;
    if (!o.loop.reports.empty()) {
        if (!o.acm.empty()) {
            throw usage_error{ "--acm-reports " + o.loop.reports + ": --acm decides on the MODCOD; give one of them" };
        }
        if (o.bch_alternative) o.loop.bch = dvbs2x::bch_choice::alternative;
        loop.emplace(value_or_usage("--acm-reports", acm_loop::open(o.loop, *pls)));
    }
    o.feed.first_pls = schedule.pls_at(0.0);
    o.feed.mode = o.acm.empty() && !loop ? encap::adaptation::ccm : encap::adaptation::acm;
    o.feed.signalled_rolloff = rolloff_of(o.rolloff);
    o.feed.pacing = o.pacing == "times" ? feed_pacing::times : feed_pacing::fast;
    o.feed.queue.overflow = o.queue_overflow == "drop" ? queue_overflow::drop : queue_overflow::wait;
    o.feed.symbol_rate_hz = *o.symbol_rate_hz;
    o.feed.paced = o.pace.empty() ? is_live(o.feed) : o.pace == "realtime";
    if (o.isi) o.feed.isi = static_cast<std::uint8_t>(*o.isi);
    if (o.bch_alternative) o.feed.bch = dvbs2x::bch_choice::alternative;
    const auto motion = take_motion(s, o, to);
    const auto feed = open_feed(o.feed);
    if (!o.frames && !o.seconds && o.feed.random && to.origin != io::iq_origin::stream) {
        throw usage_error{ "--random has no end; give --frames N or --seconds S, or write to -" };
    }

    dvbs2x::transmitter_configuration c;
    c.shaping.symbol_rate_hz = *o.symbol_rate_hz;
    c.shaping.sample_rate_hz = to.rate_hz;
    c.shaping.rolloff = encap::rolloff_factor(o.feed.signalled_rolloff);
    c.shaping.level_dbfs = o.level_dbfs;
    c.shaping.clock_ppm = o.clock_ppm;
    c.gold_code = static_cast<unsigned>(o.gold_code);
    c.choice = o.feed.bch;
    const double least = (1.0 + c.shaping.rolloff) * *o.symbol_rate_hz;
    if (to.rate_hz < least || to.rate_hz > k_most_samples_per_symbol * *o.symbol_rate_hz) {
        throw usage_error{ fmt::format("--rate {}: --symbol-rate {} with --rolloff {} needs {} to {} samples a second",
                                       format_si(to.rate_hz),
                                       format_si(*o.symbol_rate_hz),
                                       o.rolloff,
                                       format_si(least),
                                       format_si(k_most_samples_per_symbol * *o.symbol_rate_hz)) };
    }
    dvbs2x::transmitter transmitter(c);

    io::sigmf_metadata metadata;
    metadata.description = fmt::format("DVB-S2/S2X carrier at 0 Hz, {:g} Bd, roll-off {}, PL scrambling code {}, {}",
                                       *o.symbol_rate_hz,
                                       o.rolloff,
                                       o.gold_code,
                                       loop            ? "MODCODs by the receiver's reports"
                                       : o.acm.empty() ? pls_words(*pls)
                                                       : "MODCODs of " + o.acm);
    auto writer = value_or_usage(io::iq_writer::create(to, metadata));
    if (to.frequency_hz() || to.start()) writer.begin_capture(to.frequency_hz(), to.start());
    if (is_live(o.feed)) writer.limit_pipe(k_pipe_s);
    pacer pace(o.feed.paced ? carrier_pace::realtime : carrier_pace::free);
    const auto started = std::chrono::steady_clock::now();
    const auto pls_at = [&](double time_s) {
        return loop ? value_or_failed(loop->pls_at(time_s)) : schedule.pls_at(time_s);
    };
    tx_summary r = transmit(s, o, transmitter, motion.get(), *feed, pls_at, pace, writer);
    r.elapsed_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    report(s, o, writer, *feed, pace, motion.get(), loop ? loop->counters() : nlohmann::json(), r);
    if (r.bbframes == 0) throw run_error{ "no BBFRAME was sent, the input gave " + feed->summary() };
    return exit_code::done;
}

command_run declare_tx(CLI::App& app)
{
    auto o = std::make_shared<tx_options>();
    app.description(
        "Make a DVB-S2/S2X carrier.\n"
        "This build writes files and pipes. To radiate what it makes you need a licence for the frequency\n"
        "and the permission of the satellite's operator.\n"
        "With --elements, --satellite, --site, --start and --frequency carrier and clock are moved so that they\n"
        "arrive at the satellite on frequency and on time; --start is when the first sample leaves.");
    app.add_option(
           "output", o->output, "SigMF recording (a name without extension), raw file, or - for standard output")
        ->required()
        ->type_name("OUTPUT");
    add_iq_output_options(app, o->iq);
    add_quantity(
        app, "--symbol-rate", o->symbol_rate_hz, "BD", "Symbol rate", k_positive);
    app.add_option("--modcod", o->modcod, "MODCOD by its name in the standard")
        ->type_name("NAME")
        ->capture_default_str();
    add_choice(app, "--frame", o->frame, { "normal", "short" }, "Length of the FECFRAME");
    add_choice(app, "--pilots", o->pilots, { "on", "off" }, "Pilot symbols");
    app.add_option("--acm", o->acm, "MODCOD over time: lines of time_s,modcod,frame,pilots, in place of --modcod")
        ->type_name("FILE.csv");
    app.add_option("--acm-reports",
                   o->loop.reports,
                   "Listen there to what rx --report says of this carrier and choose the MODCOD by it; --modcod until "
                   "the first report, --frame and --pilots for all")
        ->type_name("udp:HOST:PORT");
    add_quantity(
        app, "--acm-margin", o->loop.margin_db, "DB", "Kept above the Es/N0 that a MODCOD needs", { 0.0, 20.0 });
    add_quantity(app, "--acm-hysteresis", o->loop.hysteresis_db, "DB", "More than that to go up", { 0.0, 10.0 });
    add_quantity(app,
                 "--acm-loop-delay",
                 o->loop.loop_delay_s,
                 "S",
                 "From a measurement to the arrival of a frame made with it",
                 { 0.02, 10.0 });
    add_quantity(app,
                 "--acm-report-timeout",
                 o->loop.report_timeout_s,
                 "S",
                 "So long without reports, then the most robust MODCOD",
                 { 0.1, 3600.0 });
    app.add_option("--rolloff",
                   o->rolloff,
                   "0.35, 0.25, 0.20, 0.15, 0.10 or 0.05; if left out the profile's, or 0.20")
        ->type_name("R");
    add_profile_option(app, o->profile);
    add_count(app, "--scrambling", o->gold_code, "N", "PL scrambling code (gold code)", 0, 262142);
    add_count(app,
              "--isi",
              o->isi,
              "N",
              "Input stream identifier of a multiple-stream carrier; single stream if left out",
              0,
              255);
    add_satellite_options(app, o->satellite, satellite_count::one);
    add_quantity(app,
                 "--in-track-bias",
                 o->in_track_bias_m,
                 "M",
                 "How far the satellite is ahead of its elements, where that has been learned",
                 { -1e6, 1e6 });
    app.add_option("--ts", o->feed.ts, "Send the packets of an MPEG-TS")->type_name("FILE|-");
    app.add_option("--pcap", o->feed.pcap, "Send the IP packets of a capture file over GSE")->type_name("FILE");
    add_choice(
        app, "--pacing", o->pacing, { "fast", "times" }, "Packets of --pcap one behind the other or by their times");
    app.add_option("--tun", o->feed.tun, "Send the IP packets of this network interface over GSE")->type_name("NAME");
    add_choice(app,
               "--pace",
               o->pace,
               { "realtime", "free" },
               "By this computer's clock, or as fast as the output takes the samples (a radio behind a pipe); realtime "
               "if left out with --tun and --bbframes udp:, else free");
    add_quantity(app,
                 "--queue-delay",
                 o->feed.queue.delay_s,
                 "S",
                 "Packets of --tun are taken while they would wait no longer than this at the MODCOD in use",
                 { 0.0, 60.0 });
    add_count(app, "--queue-packets", o->feed.queue.packets, "N", "Most packets of --tun that wait", 1, 1000000);
    add_count(app, "--queue-bytes", o->feed.queue.bytes, "N", "Most bytes of them", 1500, 500000000);
    add_choice(app,
               "--queue-full",
               o->queue_overflow,
               { "wait", "drop" },
               "Then leave packets with the kernel, whose queue (txqueuelen) drops, or read and drop them here");
    add_quantity(app,
                 "--fill-timeout",
                 o->feed.fill_timeout_s,
                 "S",
                 "A BBFRAME of --tun or --pacing times waits so long to be filled",
                 { 0.0, 60.0 });
    app.add_option("--bbframes", o->feed.bbframes, "Send BBFRAMEs in mode adaptation L.3, each with its own MODCOD")
        ->type_name("FILE.pcap|udp:HOST:PORT");
    app.add_flag("--random", o->feed.random, "Send transport packets of random bytes, numbered, on PID 256");
    add_count(app, "--seed", o->feed.seed, "N", "Seed of --random");
    add_count(app, "--frames", o->frames, "N", "Stop after this many BBFRAMEs", 1);
    add_quantity(app, "--seconds", o->seconds, "S", "Stop after this time of the carrier", k_positive);
    add_count(app,
              "--lead-in",
              o->lead_in,
              "N",
              "Dummy PLFRAMEs in front: a receiver cannot use the frame it locks on",
              0,
              1000000);
    add_quantity(app, "--level", o->level_dbfs, "DBFS", "Mean power, full scale being |x| = 1", { -120.0, 20.0 });
    add_quantity(
        app, "--clock-ppm", o->clock_ppm, "PPM", "Symbols come faster than --symbol-rate by this", { -1000.0, 1000.0 });
    app.add_flag(
        "--bch-alternative", o->bch_alternative, "The other published BCH code of 32APSK 2/3-L and 64APSK 5/6");
    return [o](session& s) { return run_tx(s, *o); };
}

const command_registration
    k_tx({ 20,
           "tx",
           "Make a DVB-S2/S2X carrier",
           "spacesail tx carrier --ts in.ts --modcod \"8PSK 3/4\" --symbol-rate 25M --rate 50M --lead-in 8",
           declare_tx });

} // namespace
} // namespace spacesail::cli
