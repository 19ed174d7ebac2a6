// SPDX-License-Identifier: GPL-3.0-or-later
// Measures the receiver core on a stream of numbered BBFRAMEs (numbered_bbframe.hpp): one program, one set of defaults.
// Reads IQ samples from a file or standard input, or makes them with the project's own transmitter, and prints one JSON
// object. FER counts every frame from the first good one on that was not delivered as sent, also those never seen.
#include <receive_chain.hpp>
#include <signal_source.hpp>

#include <nlohmann/json.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// What git calls the sources of this build; empty where it did not know. Written at build time.
const char* source_commit();

namespace {

using namespace spacesail;
using cf = std::complex<float>;
using ci = std::complex<std::int16_t>;

constexpr const char* k_usage =
    R"(rx_campaign --version: one JSON object with version and commit
rx_campaign --input FILE|- [--format cf32|ci16] | --make  options
  signal    --symbol-rate BD (25e6)  --sample-rate HZ (2 a symbol)  --gold-code N  --inverted
            --rolloff R (0: found)   --period P (numbers repeat after P frames; 0: never)  --modcod NAME  --frame SIZE
  stop      --frames N (sent; 0: until the input ends)  --stop-errors N  --min-frames N (before it stops for errors)
  receiver  --iterations N (50)  --threads N (1)  --equaliser off|adaptive
  --make    --pilots on|off  --tx-rolloff R (0.2)  --es-n0 DB  --cfo HZ  --chirp HZ/S  --clock-ppm P  --wander HZ  --seed N
)";

struct options {
    std::string input, format = "cf32", modcod = "QPSK 1/2", frame = "normal";
    bool make = false, pilots = true;
    double tx_rolloff = 0.2;
    std::uint64_t frames = 0, stop_errors = 0, min_frames = 0, period = 0, seed = 1;
    dvbs2x::synchroniser_config sync;
    dvbs2x::decode_pool_config pool;
    test::signal_channel channel;
    double clock_ppm = 0.0;
};

options parse(int argc, char** argv)
{
    options o;
    o.sync.symbol_rate_hz = 25e6;
    o.sync.prior.sigma_hz = 0.0; // cold
    o.pool.nof_threads = 1;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--make") {
            o.make = true;
            continue;
        }
        if (name == "--inverted") {
            o.sync.orientation = spectrum::inverted;
            continue;
        }
        if (i + 1 == argc) throw std::invalid_argument(std::string(name) + ": not an option, or its value is missing");
        const std::string v = argv[++i];
        const auto number = [&] { return std::stod(v); };
        const auto whole = [&] { return static_cast<std::uint64_t>(std::stod(v)); };
        if (name == "--input") {
            o.input = v;
        } else if (name == "--format") {
            o.format = v;
        } else if (name == "--symbol-rate") {
            o.sync.symbol_rate_hz = number();
        } else if (name == "--sample-rate") {
            o.sync.sample_rate_hz = number();
        } else if (name == "--gold-code") {
            o.sync.gold_code = static_cast<unsigned>(whole());
        } else if (name == "--rolloff") {
            o.sync.rolloff = number();
        } else if (name == "--period") {
            o.period = whole();
        } else if (name == "--modcod") {
            o.modcod = v;
        } else if (name == "--frame") {
            o.frame = v;
        } else if (name == "--frames") {
            o.frames = whole();
        } else if (name == "--stop-errors") {
            o.stop_errors = whole();
        } else if (name == "--min-frames") {
            o.min_frames = whole();
        } else if (name == "--iterations") {
            o.pool.max_iterations = static_cast<unsigned>(whole());
        } else if (name == "--threads") {
            o.pool.nof_threads = static_cast<unsigned>(whole());
        } else if (name == "--equaliser") {
            o.sync.equaliser = v == "off" ? dvbs2x::equaliser_mode::off : dvbs2x::equaliser_mode::adaptive;
        } else if (name == "--pilots") {
            o.pilots = v == "on";
        } else if (name == "--tx-rolloff") {
            o.tx_rolloff = number();
        } else if (name == "--es-n0") {
            o.channel.es_n0_db = number();
        } else if (name == "--cfo") {
            o.channel.cfo_hz = number();
        } else if (name == "--chirp") {
            o.channel.cfo_rate_hz_s = number();
        } else if (name == "--clock-ppm") {
            o.clock_ppm = number();
        } else if (name == "--wander") {
            o.channel.wander_hz = number();
        } else if (name == "--seed") {
            o.seed = whole();
        } else {
            throw std::invalid_argument(std::string(name) + ": not an option");
        }
    }
    if (o.make == !o.input.empty()) throw std::invalid_argument("one of --input and --make is needed");
    if (o.format != "cf32" && o.format != "ci16") throw std::invalid_argument("--format: cf32 or ci16");
    if (o.sync.sample_rate_hz == 0.0) o.sync.sample_rate_hz = 2.0 * o.sync.symbol_rate_hz;
    return o;
}

/// What this program was built of; commit is null where the build did not know.
nlohmann::ordered_json build_of()
{
    nlohmann::ordered_json j{ { "version", SPACESAIL_VERSION }, { "commit", nullptr } };
    if (const std::string commit = source_commit(); !commit.empty()) j["commit"] = commit;
    return j;
}

/// Follows the numbers of the frames through losses, a period and re-acquisitions.
class judge
{
public:
    judge(std::uint64_t period, double frame_samples) : d_period(period), d_frame_samples(frame_samples) {}

    void add(const test::received_frame& f)
    {
        ++frames;
        iterations += f.iterations;
        if (!f.good) {
            ++refused;
            return;
        }
        if (!f.number) {
            ++wrong; // went out, and is not what was sent
            return;
        }
        std::uint64_t n = *f.number;
        if (d_period != 0 && has_good) {
            // The whole number of frames since the last good one, by the place in the stream, is what n has to agree
            // with modulo the period.
            const auto steps = std::llround((f.measured.sof_sample - d_last_sof) / d_frame_samples);
            const auto period = static_cast<long long>(d_period);
            const auto expected = static_cast<long long>(last) + steps;
            long long off = (static_cast<long long>(n) - expected) % period;
            if (off > period / 2) off -= period;
            if (off < -period / 2) off += period;
            if (off != 0) ++misplaced;
            n = static_cast<std::uint64_t>(std::max(0LL, expected + off));
        }
        if (!has_good) {
            first = last = n;
            first_sof = f.measured.sof_sample;
            has_good = true;
        } else if (n <= last) {
            ++repeated;
        } else {
            missing += n - last - 1;
            last = n;
        }
        d_last_sof = f.measured.sof_sample;
        ++good;
        es_n0_sum += f.measured.es_n0_db;
        es_n0_sum_2 += static_cast<double>(f.measured.es_n0_db) * f.measured.es_n0_db;
        cfo_hz = f.measured.cfo_hz;
        clock_ppm = f.measured.clock_ppm;
    }
    /// The stream ends at this sample: whole frames behind the last good one are missing too.
    void end(double nof_samples)
    {
        if (!has_good) return;
        const auto behind =
            static_cast<std::uint64_t>(std::max(0.0, (nof_samples - d_last_sof) / d_frame_samples - 1.0));
        missing += behind;
        last += behind;
    }
    /// Frames from the first good one to the last one.
    std::uint64_t span() const { return has_good ? last - first + 1 : 0; }
    std::uint64_t errors() const { return missing; }
    double first_sof = 0.0;
    std::uint64_t frames = 0, good = 0, refused = 0, wrong = 0, missing = 0, repeated = 0, misplaced = 0;
    std::uint64_t first = 0, last = 0, iterations = 0;
    bool has_good = false;
    double es_n0_sum = 0.0, es_n0_sum_2 = 0.0, cfo_hz = 0.0, clock_ppm = 0.0;

private:
    std::uint64_t d_period;
    double d_frame_samples;
    double d_last_sof = 0.0;
};

double cpu_seconds(clockid_t id)
{
    timespec t{};
    clock_gettime(id, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

int run(const options& o)
{
    const auto found = dvbs2x::modcod_by_name(o.modcod, o.frame);
    if (!found) throw std::invalid_argument(found.error().message);
    const auto pls = static_cast<std::uint8_t>((*found)->pls + (o.pilots ? 1 : 0));
    const double sps = o.sync.sample_rate_hz / o.sync.symbol_rate_hz;
    const double frame_samples = dvbs2x::plframe_symbols(pls) * sps;

    std::unique_ptr<test::signal_source> source;
    if (o.make) {
        dvbs2x::transmitter_configuration t;
        t.gold_code = o.sync.gold_code;
        t.shaping = { .symbol_rate_hz = o.sync.symbol_rate_hz,
                      .sample_rate_hz = o.sync.sample_rate_hz,
                      .rolloff = o.tx_rolloff,
                      .clock_ppm = o.clock_ppm };
        source = std::make_unique<test::signal_source>(
            t, [pls](std::uint64_t) { return pls; }, o.seed);
        source->channel = o.channel;
    }
    std::FILE* file = o.make ? nullptr : o.input == "-" ? stdin : std::fopen(o.input.c_str(), "rb");
    if (!o.make && file == nullptr) throw std::runtime_error("cannot open " + o.input);

    test::receive_chain chain(o.sync, o.pool);
    judge j(o.period, frame_samples);
    const std::size_t sample_bytes = o.format == "cf32" ? sizeof(cf) : sizeof(ci);
    std::vector<unsigned char> block(sample_bytes << 16);
    std::vector<cf> samples(1U << 16);
    double wall_s = 0.0, source_cpu_s = 0.0;
    std::uint64_t nof_samples = 0;
    const auto limit = static_cast<std::uint64_t>(std::llround((static_cast<double>(o.frames) + 0.5) * frame_samples));
    bool ended = false;
    while (!ended) {
        const double before = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
        std::size_t n = 0;
        if (o.make) {
            source->read(samples);
            n = samples.size();
        } else {
            n = std::fread(block.data(), sample_bytes, block.size() / sample_bytes, file);
        }
        source_cpu_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - before;
        if (o.frames != 0 && nof_samples + n >= limit) {
            n = static_cast<std::size_t>(limit - nof_samples);
            ended = true;
        }
        if (n == 0) break;
        nof_samples += n;
        const auto begin = std::chrono::steady_clock::now();
        if (o.make) {
            chain.process(std::span<const cf>(samples.data(), n));
        } else if (o.format == "cf32") {
            // Files are little endian and made for this machine's float; see io for the checked reader.
            std::memcpy(samples.data(), block.data(), n * sizeof(cf));
            chain.process(std::span<const cf>(samples.data(), n));
        } else {
            chain.process(std::span<const ci>(reinterpret_cast<const ci*>(block.data()), n));
        }
        wall_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        for (const auto& f : chain.frames) j.add(f);
        chain.frames.clear();
        if (o.stop_errors != 0 && j.errors() >= o.stop_errors && j.span() >= o.min_frames) break;
    }
    const auto begin = std::chrono::steady_clock::now();
    chain.flush();
    wall_s += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    for (const auto& f : chain.frames) j.add(f);
    j.end(static_cast<double>(nof_samples));

    const auto s = chain.sync().status();
    const double process_cpu_s = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - source_cpu_s;
    const double thread_cpu_s = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - source_cpu_s;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto good = static_cast<double>(j.good);
    const double mean_es_n0 = j.good ? j.es_n0_sum / good : NAN;
    const double symbols = static_cast<double>(nof_samples) / sps;
    nlohmann::ordered_json out{
        { "modcod", o.modcod },
        { "frame", o.frame },
        { "pls", pls },
        { "symbols", std::llround(symbols) },
        { "frames_in_stream", symbols / dvbs2x::plframe_symbols(pls) },
        { "frames_out", j.frames },
        { "good", j.good },
        { "span", j.span() },
        { "errors", j.errors() },
        { "fer", j.span() ? static_cast<double>(j.errors()) / static_cast<double>(j.span()) : 1.0 },
        { "refused", j.refused },
        { "wrong_content", j.wrong },
        { "repeated", j.repeated },
        { "misplaced", j.misplaced },
        { "first_good_starts_frame", j.has_good ? nlohmann::ordered_json(j.first_sof / frame_samples) : nullptr },
        { "mean_iterations", j.frames ? static_cast<double>(j.iterations) / static_cast<double>(j.frames) : 0.0 },
        { "es_n0_db_mean", mean_es_n0 },
        { "es_n0_db_sd", j.good ? std::sqrt(std::max(0.0, j.es_n0_sum_2 / good - mean_es_n0 * mean_es_n0)) : NAN },
        { "cfo_hz", j.cfo_hz },
        { "clock_ppm", j.clock_ppm },
        { "last_cfo_hz", s.last.cfo_hz },
        { "last_es_n0_db", s.last.es_n0_db },
        { "rolloff", s.rolloff },
        { "state", dvbs2x::to_string(s.state) },
        { "locks", s.locks },
        { "losses", s.losses },
        { "header_misses", s.header_misses },
        { "dummy_frames", s.dummy_frames },
        { "non_finite", s.samples_non_finite },
        { "clipped", s.samples_clipped },
        { "skipped", s.samples_skipped },
        { "wall_s", wall_s },
        { "msym_per_s", 1e-6 * symbols / std::max(wall_s, 1e-9) },
        { "cpu_s", process_cpu_s },
        { "sync_cpu_s", thread_cpu_s },
        { "peak_rss_mb", static_cast<double>(usage.ru_maxrss) / 1024.0 },
    };
    out.update(build_of());
    std::cout << out.dump() << '\n';
    return j.has_good ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    try {
        if (argc == 2 && std::string_view(argv[1]) == "--version") {
            std::cout << build_of().dump() << '\n';
            return 0;
        }
        return run(parse(argc, argv));
    } catch (const std::exception& e) {
        std::cerr << "rx_campaign: " << e.what() << '\n' << k_usage;
        return 2;
    }
}
