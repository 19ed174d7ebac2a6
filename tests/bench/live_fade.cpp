// SPDX-License-Identifier: GPL-3.0-or-later
// A live source at the rated speed that fades: 16-bit samples fall due in real time and wait in a FIFO as a radio's do;
// what does not fit is lost and announced. The receiver runs with the queue-driven iteration cap. Prints the longest
// the FIFO got, samples lost, PLFRAMEs from the end of the fade to the first good one and the CPU used, for each part.
// With --to-pipe the samples go to standard output instead, for `spacesail rx - --live`.
//     live_fade                                                    # 5 s, 10 s at -20 dB, 5 s
//     live_fade --to-pipe | spacesail rx - --format ci16 --rate 50M --symbol-rate 25M --live --json -
#include <numbered_bbframe.hpp>

#include <spacesail/base/rng.hpp>
#include <spacesail/base/units.hpp>
#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/dvbs2x/receiver.hpp>
#include <spacesail/dvbs2x/transmitter.hpp>

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace spacesail;
using cf = std::complex<float>;
using ci = std::complex<std::int16_t>;

constexpr const char* k_usage = R"(live_fade options
  --symbol-rate BD (25e6)  --modcod NAME (QPSK 1/2)  --margin DB (1, above the ideal Es/N0)  --fade DB (20)
  --before S (5)  --faded S (10)  --after S (5)  --fifo-ms MS (200)  --threads N (1)  --iterations N (50)  --to-pipe
)";

struct options {
    double symbol_rate_hz = 25e6, margin_db = 1.0, fade_db = 20.0, before_s = 5.0, faded_s = 10.0, after_s = 5.0,
           fifo_ms = 200.0;
    std::string modcod = "QPSK 1/2";
    unsigned threads = 1, iterations = 50;
    bool to_pipe = false;
};

constexpr double k_sps = 2.0;
constexpr std::size_t k_loop_frames = 64;

/// A carrier that repeats without a seam, clear and faded, with noise and offset.
struct loops {
    std::vector<ci> clear, faded;
    double frame_samples = 0.0;
};

loops make_loops(const options& o)
{
    const auto* m = *dvbs2x::modcod_by_name(o.modcod, "normal");
    const auto pls = static_cast<std::uint8_t>(m->pls + 1);
    dvbs2x::transmitter_configuration t;
    t.shaping = { .symbol_rate_hz = o.symbol_rate_hz,
                  .sample_rate_hz = k_sps * o.symbol_rate_hz,
                  .rolloff = 0.2,
                  .level_dbfs = -18.0 };
    dvbs2x::transmitter tx(t);
    loops out;
    out.frame_samples = dvbs2x::plframe_symbols(pls) * k_sps;
    const auto n = static_cast<std::size_t>(out.frame_samples) * k_loop_frames;
    // BBFRAME k and k + 64 are the same and the filter is linear: behind its rise the carrier repeats.
    std::vector<cf> x(n + static_cast<std::size_t>(out.frame_samples));
    std::vector<std::uint8_t> bbframe(tx.bbframe_bytes(pls));
    std::uint64_t number = 0;
    for (std::size_t at = 0; at < x.size();) {
        if (tx.ready()) {
            test::fill_numbered_bbframe(number++ % k_loop_frames, bbframe);
            tx.push(pls, bbframe);
        }
        at += tx.read(std::span(x).subspan(at));
    }
    const auto* begin = x.data() + static_cast<std::size_t>(out.frame_samples);
    const double es_n0_db = static_cast<double>(m->ideal_es_n0_db) + o.margin_db;
    const double sigma = std::sqrt(0.5 * db_to_linear(t.shaping.level_dbfs) * k_sps / db_to_linear(es_n0_db));
    const double fade = std::pow(10.0, -0.05 * o.fade_db);
    // Whole turns in the loop, 4 % of the symbol rate.
    const double turns = std::round(0.02 * static_cast<double>(n));
    rng random(11);
    const auto code = [](double v) {
        return static_cast<std::int16_t>(std::lround(std::clamp(v * 32768.0, -32768.0, 32767.0)));
    };
    out.clear.resize(n);
    out.faded.resize(n);
    for (std::size_t k = 0; k < n; ++k) {
        const double turn = std::fmod(turns * static_cast<double>(k) / static_cast<double>(n), 1.0);
        const auto s = std::complex<double>(begin[k]) * std::polar(1.0, k_two_pi * turn);
        const auto w = sigma * random.normal_pair();
        const auto a = s + w;
        const auto b = fade * s + w;
        out.clear[k] = { code(a.real()), code(a.imag()) };
        out.faded[k] = { code(b.real()), code(b.imag()) };
    }
    return out;
}

double seconds_of(clockid_t id)
{
    timespec t{};
    clock_gettime(id, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

class good_frames final : public frame_sink<std::uint8_t>
{
public:
    good_frames(double fade_begin, double fade_end) : d_begin(fade_begin), d_end(fade_end) {}
    void on_frame(const frame_view<std::uint8_t>& f) noexcept override
    {
        if (!test::numbered_bbframe(f.payload)) {
            ++wrong;
            return;
        }
        const double at = f.measured.sof_sample;
        if (at <= d_last + 1.0) ++repeated;
        d_last = at;
        (at < d_begin ? before : at < d_end ? faded : after) += 1;
        if (at >= d_end && first_after < 0.0) first_after = at;
    }
    std::uint64_t before = 0, faded = 0, after = 0, wrong = 0, repeated = 0;
    double first_after = -1.0;

private:
    double d_begin, d_end, d_last = -1e300;
};

int run(const options& o)
{
    const auto loop = make_loops(o);
    const double fs = k_sps * o.symbol_rate_hz;
    const auto fade_begin = static_cast<std::uint64_t>(o.before_s * fs);
    const auto fade_end = static_cast<std::uint64_t>((o.before_s + o.faded_s) * fs);
    const auto total = static_cast<std::uint64_t>((o.before_s + o.faded_s + o.after_s) * fs);
    const auto fifo = static_cast<std::uint64_t>(1e-3 * o.fifo_ms * fs);
    // Samples [at, at + n) that lie together in memory.
    const auto samples = [&](std::uint64_t at, std::uint64_t n) {
        const auto& from = at >= fade_begin && at < fade_end ? loop.faded : loop.clear;
        if (at < fade_begin) n = std::min(n, fade_begin - at);
        if (at < fade_end) n = std::min(n, fade_end - at);
        const std::size_t place = at % from.size();
        return std::span<const ci>(from).subspan(place, std::min<std::uint64_t>(n, from.size() - place));
    };

    good_frames sink(static_cast<double>(fade_begin), static_cast<double>(fade_end));
    dvbs2x::receiver_config c;
    c.sync.symbol_rate_hz = o.symbol_rate_hz;
    c.sync.sample_rate_hz = fs;
    c.sync.prior.sigma_hz = 0.0; // cold
    c.decode.nof_threads = o.threads;
    c.decode.max_iterations = o.iterations;
    c.decode.min_iterations = std::min(c.decode.min_iterations, o.iterations);
    c.decode.policy = dvbs2x::decode_policy::queue_driven;
    dvbs2x::receiver receiver(c, sink);

    struct part {
        std::uint64_t longest = 0, lost = 0, capped = 0, dropped = 0;
        double cpu_s = 0.0, elapsed_s = 0.0;
    };
    part parts[3];
    std::uint64_t taken = 0;
    const auto begin = std::chrono::steady_clock::now();
    double cpu_mark = seconds_of(CLOCK_PROCESS_CPUTIME_ID), time_mark = 0.0;
    int now = 0;
    const auto elapsed = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    std::uint64_t capped_mark = 0, dropped_mark = 0;
    const auto end_part = [&] {
        const auto s = receiver.status();
        parts[now].capped = s.caps_lowered - capped_mark;
        parts[now].dropped = s.dropped - dropped_mark;
        capped_mark = s.caps_lowered;
        dropped_mark = s.dropped;
        const double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
        const double t = elapsed();
        parts[now].cpu_s = cpu - cpu_mark;
        parts[now].elapsed_s = t - time_mark;
        cpu_mark = cpu;
        time_mark = t;
    };
    while (taken < total) {
        const auto due = std::min(total, static_cast<std::uint64_t>(elapsed() * fs));
        if (due <= taken) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            continue;
        }
        const int here = taken < fade_begin ? 0 : taken < fade_end ? 1 : 2;
        if (here != now) {
            end_part();
            now = here;
        }
        const std::uint64_t waiting = due - taken;
        parts[now].longest = std::max(parts[now].longest, std::min(waiting, fifo));
        if (waiting > fifo) { // the FIFO has run over: a radio starts anew
            parts[now].lost += waiting;
            taken = due;
            if (!o.to_pipe) receiver.gap(waiting);
            continue;
        }
        const auto x = samples(taken, std::min<std::uint64_t>(waiting, 65'536));
        if (o.to_pipe) {
            const char* p = reinterpret_cast<const char*>(x.data());
            for (std::size_t left = x.size_bytes(); left > 0;) {
                const auto n = ::write(STDOUT_FILENO, p, left);
                if (n <= 0) throw std::runtime_error("the reader has gone");
                p += n;
                left -= static_cast<std::size_t>(n);
            }
        } else {
            receiver.process(x);
        }
        taken += x.size();
    }
    receiver.flush();
    end_part();

    const char* const names[]{ "before", "faded", "after" };
    nlohmann::ordered_json out{ { "modcod", o.modcod },
                                { "symbol_rate_hz", o.symbol_rate_hz },
                                { "fade_db", o.fade_db },
                                { "fifo_ms", o.fifo_ms } };
    for (int k = 0; k < 3; ++k) {
        out[names[k]] = { { "longest_fifo_ms", 1e3 * static_cast<double>(parts[k].longest) / fs },
                          { "samples_lost", parts[k].lost },
                          { "caps_lowered", parts[k].capped },
                          { "frames_dropped", parts[k].dropped },
                          { "cpu_cores", parts[k].cpu_s / std::max(1e-9, parts[k].elapsed_s) } };
    }
    bool good = parts[0].lost + parts[1].lost + parts[2].lost == 0;
    if (!o.to_pipe) {
        const auto s = receiver.status();
        // Frames begin at multiples of their length less the shaper's delay; the first whole one begins at most one
        // length behind the end of the fade.
        const double first = (sink.first_after - static_cast<double>(fade_end)) / loop.frame_samples;
        out["good_frames"] = { { "before", sink.before }, { "faded", sink.faded }, { "after", sink.after } };
        out["wrong_content"] = sink.wrong;
        out["repeated"] = sink.repeated;
        out["first_good_plframe_after"] =
            sink.first_after < 0.0 ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(std::floor(first) + 1.0);
        out["losses"] = s.sync.losses;
        out["mean_iterations"] = s.mean_iterations;
        good = good && sink.first_after >= 0.0 && first < 5.0 && sink.repeated == 0 && sink.wrong == 0;
    }
    (o.to_pipe ? std::cerr : std::cout) << out.dump(1) << '\n';
    return good ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    try {
        options o;
        for (int i = 1; i < argc; ++i) {
            const std::string_view name = argv[i];
            if (name == "--to-pipe") {
                o.to_pipe = true;
                continue;
            }
            if (i + 1 == argc)
                throw std::invalid_argument(std::string(name) + ": not an option, or its value is missing");
            const std::string v = argv[++i];
            if (name == "--symbol-rate") {
                o.symbol_rate_hz = std::stod(v);
            } else if (name == "--modcod") {
                o.modcod = v;
            } else if (name == "--margin") {
                o.margin_db = std::stod(v);
            } else if (name == "--fade") {
                o.fade_db = std::stod(v);
            } else if (name == "--before") {
                o.before_s = std::stod(v);
            } else if (name == "--faded") {
                o.faded_s = std::stod(v);
            } else if (name == "--after") {
                o.after_s = std::stod(v);
            } else if (name == "--fifo-ms") {
                o.fifo_ms = std::stod(v);
            } else if (name == "--threads") {
                o.threads = static_cast<unsigned>(std::stoul(v));
            } else if (name == "--iterations") {
                o.iterations = static_cast<unsigned>(std::stoul(v));
            } else {
                throw std::invalid_argument(std::string(name) + ": not an option");
            }
        }
        return run(o);
    } catch (const std::exception& e) {
        std::cerr << "live_fade: " << e.what() << '\n' << k_usage;
        return 2;
    }
}
