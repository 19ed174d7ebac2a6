// SPDX-License-Identifier: GPL-3.0-or-later
// Acquisition: many short streams, each with its own MODCOD, pilots, roll-off, sample rate, carrier offset, drift,
// clock, timing and start inside a frame, at ideal Es/N0 plus a margin. The receiver knows the symbol rate alone, or
// with
// --warm the carrier too, as well as a tracker of the satellite does: offset to a standard deviation, drift and clock.
// Counts how many whole PLFRAMEs pass until the first good BBFRAME, cold, or with --after behind a break of a locked
// stream. Failing seeds are printed so that each can be run again.
#include <receive_chain.hpp>
#include <signal_source.hpp>
#include <xfecframe.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <ctime>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace spacesail;
using cf = std::complex<float>;

constexpr const char* k_usage = R"(acquisition options
  --trials N (500)  --seed N (1: the first)  --symbol-rate BD (25e6)  --margin DB (0.5)  --wander HZ (0.02)
  --offset-share S (0.2, of the symbol rate)  --sps S (samples a symbol; 0: 2 or anything up to 4.5)
  --drift HZ_S (5e3)  --within N (5)  --schedule ccm|acm  --set mixed|low|robust|all
  --pilots on|off|both (both)  --patience N (40: PLFRAMEs until a trial counts as never)  --verbose
  --warm HZ (0: cold): standard deviation of the carrier's offset that the receiver is told
  --after gap|loss|frequency|level|silence|zeros: acquires, breaks the stream and counts from there
     gap: announced, loss: not; frequency: +-50 kHz; level: +-20 dB; silence: --silence S (1) seconds of noise
)";

/// Normal and short, every constellation size, with the low rates twice.
constexpr std::array<std::pair<const char*, const char*>, 22> k_mix{ {
    { "QPSK 1/4", "normal" },   { "QPSK 1/4", "short" },     { "QPSK 1/4", "normal" },   { "QPSK 13/45", "normal" },
    { "QPSK 1/3", "normal" },   { "QPSK 11/45", "short" },   { "QPSK 2/5", "normal" },   { "QPSK 9/20", "normal" },
    { "QPSK 1/2", "normal" },   { "QPSK 1/2", "short" },     { "QPSK 3/4", "normal" },   { "QPSK 8/9", "normal" },
    { "8PSK 3/5", "normal" },   { "8PSK 3/4", "normal" },    { "8PSK 9/10", "normal" },  { "16APSK 2/3", "normal" },
    { "16APSK 3/4", "normal" }, { "16APSK 3/4", "short" },   { "32APSK 4/5", "normal" }, { "32APSK 3/4", "short" },
    { "64APSK 4/5", "normal" }, { "256APSK 3/4", "normal" },
} };
constexpr std::array<std::pair<const char*, const char*>, 6> k_low{ {
    { "QPSK 1/4", "normal" },
    { "QPSK 1/4", "short" },
    { "QPSK 13/45", "normal" },
    { "QPSK 11/45", "short" },
    { "QPSK 1/3", "normal" },
    { "QPSK 2/5", "normal" },
} };

/// QPSK to 16APSK, what a terminal meets while it re-acquires.
constexpr std::array<std::pair<const char*, const char*>, 12> k_robust{ {
    { "QPSK 1/4", "normal" },
    { "QPSK 1/4", "short" },
    { "QPSK 11/45", "short" },
    { "QPSK 1/2", "normal" },
    { "QPSK 1/2", "short" },
    { "QPSK 3/4", "normal" },
    { "8PSK 3/5", "normal" },
    { "8PSK 3/4", "normal" },
    { "8PSK 3/4", "short" },
    { "16APSK 2/3", "normal" },
    { "16APSK 3/4", "normal" },
    { "16APSK 3/4", "short" },
} };

struct options {
    std::uint64_t trials = 500, seed = 1, within = 5, patience = 40;
    double symbol_rate_hz = 25e6, margin_db = 0.5, wander_hz = 0.02, offset_share = 0.2, silence_s = 1.0, sps = 0.0,
           drift_hz_s = 5e3;
    std::string schedule = "ccm", set = "mixed", pilots = "both", after;
    double warm_hz = 0.0;
    bool verbose = false;
};

std::vector<const dvbs2x::modcod*> entries_of(const std::string& set)
{
    std::vector<const dvbs2x::modcod*> out;
    if (set == "all") {
        for (const auto& m : dvbs2x::all_modcods()) {
            if (m.vlsnr_header < 0) out.push_back(&m);
        }
        return out;
    }
    const auto add = [&out](const auto& list) {
        for (const auto& [name, frame] : list) out.push_back(*dvbs2x::modcod_by_name(name, frame));
    };
    if (set == "mixed") {
        add(k_mix);
    } else if (set == "low") {
        add(k_low);
    } else if (set == "robust") {
        add(k_robust);
    } else {
        throw std::invalid_argument("--set: mixed, low, robust or all");
    }
    return out;
}

struct outcome {
    bool good = false;
    bool settled = true;            ///< --after: it was locked before the break
    std::uint64_t whole_frames = 0; ///< PLFRAMEs from the first whole one to the first good one, both counted
    double after_plframes = 0.0;    ///< stream time until the receiver had it, in PLFRAMEs of the first entry
    std::uint64_t repeated = 0;     ///< good BBFRAMEs that came twice or out of order
    nlohmann::ordered_json text;
};

/// Feeds a chain and watches the numbers of the good frames.
class watcher
{
public:
    watcher(test::receive_chain& chain, test::signal_source& source) : d_chain(chain), d_source(source) {}

    void read()
    {
        d_source.read(d_block);
        give();
    }
    /// The receiver gets these instead of the carrier, while it goes on or not.
    void give_noise(std::size_t n, double sigma, rng& random)
    {
        for (std::size_t k = 0; k < n; k += d_block.size()) {
            for (auto& v : d_block) v = sigma > 0.0 ? cf(sigma * random.normal_pair()) : cf{};
            give();
        }
    }
    /// Number of the first good frame from `from` on, if there was one.
    std::optional<std::uint64_t> first_good(std::uint64_t from) const
    {
        for (const auto n : d_good) {
            if (n >= from) return n;
        }
        return std::nullopt;
    }
    std::size_t nof_good() const { return d_good.size(); }
    std::uint64_t repeated = 0, taken = 0;

private:
    void give()
    {
        d_chain.process(std::span<const cf>(d_block));
        taken += d_block.size();
        for (const auto& f : d_chain.frames) {
            if (!f.number) continue;
            if (!d_good.empty() && *f.number <= d_good.back()) ++repeated;
            d_good.push_back(*f.number);
        }
        d_chain.frames.clear();
    }

    test::receive_chain& d_chain;
    test::signal_source& d_source;
    std::vector<cf> d_block = std::vector<cf>(8192);
    std::vector<std::uint64_t> d_good;
};

/// Number of the first frame that begins at or behind this sample of the source.
std::uint64_t first_whole_frame(const test::signal_source& source, double sample)
{
    std::uint64_t first = 0;
    for (const auto& f : source.sent()) {
        if (f.first_sample < sample) first = f.number + 1;
    }
    return first;
}

outcome trial(const options& o, const std::vector<const dvbs2x::modcod*>& entries, std::uint64_t seed)
{
    rng random(0x5eed0000 + seed);
    const auto pick = [&] { return entries[random.below(entries.size())]; };
    const auto between = [&](double a, double b) { return a + (b - a) * random.uniform(); };
    const auto* entry = pick();
    auto pilots = static_cast<std::uint8_t>(random.below(2));
    if (o.pilots != "both") pilots = o.pilots == "on" ? 1 : 0;
    const double rolloff = random.below(2) == 0 ? 0.05 : 0.35;
    const double cfo = between(-1.0, 1.0) * o.offset_share * o.symbol_rate_hz;
    const double chirp = between(-1.0, 1.0) * o.drift_hz_s;
    const double ppm = between(-20.0, 20.0);
    const double least = 1.0 + rolloff + 2.0 * o.offset_share;
    const double usual = random.below(3) < 2 ? 2.0 : between(least, 4.5);
    const double sps = o.sps > 0.0 ? o.sps : usual;

    dvbs2x::transmitter_configuration t;
    t.shaping = { .symbol_rate_hz = o.symbol_rate_hz,
                  .sample_rate_hz = sps * o.symbol_rate_hz,
                  .rolloff = rolloff,
                  .clock_ppm = ppm };
    // ACM: every frame its own entry, at the Es/N0 of the most demanding one met.
    std::vector<std::uint8_t> plan(16, static_cast<std::uint8_t>(entry->pls | pilots));
    double es_n0 = test::ideal_es_n0_db(*entry) + o.margin_db;
    if (o.schedule == "acm") {
        for (auto& p : plan) {
            const auto* e = pick();
            p = static_cast<std::uint8_t>(e->pls | random.below(2));
            es_n0 = std::max(es_n0, test::ideal_es_n0_db(*e) + o.margin_db);
        }
    }
    test::signal_source source(
        t, [&plan](std::uint64_t n) { return plan[n % plan.size()]; }, seed);
    source.channel = { .es_n0_db = es_n0, .cfo_hz = cfo, .cfo_rate_hz_s = chirp, .wander_hz = o.wander_hz };
    const double frame_samples = dvbs2x::plframe_symbols(plan[0]) * sps;
    // Past the shaper's rise, then anywhere inside a frame.
    source.skip(static_cast<std::size_t>(200.0 * sps + random.uniform() * frame_samples));
    const auto start = static_cast<double>(source.samples());

    dvbs2x::synchroniser_config c;
    c.symbol_rate_hz = o.symbol_rate_hz;
    c.sample_rate_hz = t.shaping.sample_rate_hz;
    c.prior.sigma_hz = 0.0;
    if (o.warm_hz > 0.0) {
        c.prior.sigma_hz = o.warm_hz;
        c.prior.offset_hz = cfo + o.warm_hz * random.normal_pair().real();
        c.prior.rate_hz_s = chirp;
        c.prior.clock_ppm = ppm;
    }
    test::receive_chain chain(c);
    watcher watch(chain, source);
    outcome r;
    double from = start;
    std::string what;
    std::uint64_t locks_before = 0;
    if (!o.after.empty()) {
        while (watch.nof_good() < 5 && static_cast<double>(watch.taken) < 60.0 * frame_samples + 400'000.0) {
            watch.read();
        }
        r.settled = watch.nof_good() >= 5;
        // The break lies anywhere in a frame.
        const auto end = watch.taken + static_cast<std::uint64_t>(random.uniform() * frame_samples);
        while (watch.taken < end) watch.read();
        locks_before = chain.sync().status().locks;
        const double sign = random.below(2) == 0 ? 1.0 : -1.0;
        const auto length = static_cast<std::size_t>(between(10.0, 3.0 * frame_samples));
        if (o.after == "gap" || o.after == "loss") {
            source.skip(length);
            if (o.after == "gap") chain.sync().gap(length, chain.pool());
        } else if (o.after == "frequency") {
            source.channel.cfo_hz += sign * 50e3;
        } else if (o.after == "level") {
            source.channel.gain_db = sign * 20.0;
        } else if (o.after == "silence" || o.after == "zeros") {
            const double sigma = std::sqrt(0.5 * db_to_linear(t.shaping.level_dbfs) * sps / db_to_linear(es_n0));
            const auto n = static_cast<std::size_t>(o.silence_s * t.shaping.sample_rate_hz);
            source.skip(length);
            watch.give_noise(n, o.after == "silence" ? sigma : 0.0, random);
        } else {
            throw std::invalid_argument("--after: gap, loss, frequency, level, silence or zeros");
        }
        from = static_cast<double>(source.samples());
    }
    const std::uint64_t first_whole = first_whole_frame(source, from);
    const std::uint64_t taken_before = watch.taken;
    const auto limit =
        taken_before + static_cast<std::uint64_t>(static_cast<double>(o.patience) * frame_samples) + 400'000;
    std::optional<std::uint64_t> number;
    while (!number && watch.taken < limit) {
        watch.read();
        number = watch.first_good(first_whole);
    }
    if (number) {
        r.good = true;
        r.whole_frames = *number - first_whole + 1;
        r.after_plframes = static_cast<double>(watch.taken - taken_before) / frame_samples;
    }
    r.repeated = watch.repeated;
    const auto s = chain.sync().status();
    r.text = { { "seed", seed },
               { "modcod", std::string(entry->name) },
               { "frame", std::string(entry->frame) },
               { "pilots", pilots == 1 },
               { "rolloff", rolloff },
               { "sps", sps },
               { "es_n0_db", es_n0 },
               { "cfo_share", cfo / o.symbol_rate_hz },
               { "chirp_hz_s", chirp },
               { "ppm", ppm },
               { "whole_frames", r.whole_frames },
               { "after_plframes", r.after_plframes },
               { "state", dvbs2x::to_string(s.state) },
               { "settled", r.settled },
               { "repeated", r.repeated },
               { "locks", s.locks - locks_before },
               { "losses", s.losses },
               { "frames", s.frames },
               { "found_rolloff", s.rolloff },
               { "found_cfo_hz_off", s.frames != 0 ? s.last.cfo_hz - cfo : NAN } };
    if (o.after == "frequency") r.text["found_cfo_hz_off"] = s.last.cfo_hz - source.channel.cfo_hz;
    return r;
}

int run(int argc, char** argv)
{
    options o;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--verbose") {
            o.verbose = true;
            continue;
        }
        if (i + 1 == argc) throw std::invalid_argument(std::string(name) + ": not an option, or its value is missing");
        const std::string v = argv[++i];
        if (name == "--trials") {
            o.trials = std::stoull(v);
        } else if (name == "--seed") {
            o.seed = std::stoull(v);
        } else if (name == "--symbol-rate") {
            o.symbol_rate_hz = std::stod(v);
        } else if (name == "--margin") {
            o.margin_db = std::stod(v);
        } else if (name == "--wander") {
            o.wander_hz = std::stod(v);
        } else if (name == "--offset-share") {
            o.offset_share = std::stod(v);
        } else if (name == "--sps") {
            o.sps = std::stod(v);
        } else if (name == "--drift") {
            o.drift_hz_s = std::stod(v);
        } else if (name == "--within") {
            o.within = std::stoull(v);
        } else if (name == "--patience") {
            o.patience = std::stoull(v);
        } else if (name == "--warm") {
            o.warm_hz = std::stod(v);
        } else if (name == "--silence") {
            o.silence_s = std::stod(v);
        } else if (name == "--pilots") {
            o.pilots = v;
        } else if (name == "--after") {
            o.after = v;
        } else if (name == "--schedule") {
            o.schedule = v;
        } else if (name == "--set") {
            o.set = v;
        } else {
            throw std::invalid_argument(std::string(name) + ": not an option");
        }
    }
    const auto entries = entries_of(o.set);
    std::map<std::uint64_t, std::uint64_t> histogram;
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> by_kind;
    std::uint64_t within = 0, repeated = 0, unsettled = 0;
    std::vector<std::uint64_t> failing;
    for (std::uint64_t k = 0; k < o.trials; ++k) {
        const auto r = trial(o, entries, o.seed + k);
        const bool in_time = r.good && r.whole_frames <= o.within;
        within += in_time ? 1 : 0;
        repeated += r.repeated;
        unsettled += r.settled ? 0 : 1;
        ++histogram[r.good ? r.whole_frames : 0];
        for (const auto& kind : { r.text["modcod"].get<std::string>() + " " + r.text["frame"].get<std::string>(),
                                  std::string(r.text["pilots"].get<bool>() ? "pilots on" : "pilots off"),
                                  "roll-off " + std::to_string(r.text["rolloff"].get<double>()).substr(0, 4) }) {
            auto& [all, ok] = by_kind[kind];
            ++all;
            ok += in_time ? 1 : 0;
        }
        if (!in_time) failing.push_back(o.seed + k);
        if (!in_time || o.verbose) std::cerr << r.text.dump() << std::endl;
    }
    nlohmann::ordered_json out{ { "trials", o.trials },
                                { "within", within },
                                { "share", static_cast<double>(within) / static_cast<double>(o.trials) },
                                { "repeated", repeated },
                                { "not_locked_before", unsettled } };
    for (const auto& [frames, n] : histogram) {
        out["whole_frames"][frames == 0 ? "never" : std::to_string(frames)] = n;
    }
    for (const auto& [kind, n] : by_kind) {
        out["by_kind"][kind] = std::to_string(n.second) + " of " + std::to_string(n.first);
    }
    out["failing_seeds"] = failing;
    out["cpu_s"] = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    std::cout << out.dump(1) << '\n';
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    try {
        return run(argc, argv);
    } catch (const std::exception& e) {
        std::cerr << "acquisition: " << e.what() << '\n' << k_usage;
        return 2;
    }
}
