// SPDX-License-Identifier: GPL-3.0-or-later
// A carrier through a satellite's pass as a stream of ci16 samples on standard output, never stored whole: a loop of
// samples (tests/support/grdtv_source.py) played without end, delays from a table that somebody else computed
// (tests/support/pass_truth.py), noise, phase noise, LNB and clock by the channel. Says what it did as one JSON object
// on standard error.
#include <spacesail/base/units.hpp>
#include <spacesail/channel/leo_channel.hpp>
#include <spacesail/io/sample_format.hpp>

#include <delay_table.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
#include <ctime>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace spacesail;
using cf = std::complex<float>;

constexpr const char* k_usage = R"(pass_signal --loop FILE.cf32 --delays FILE  options > SAMPLES.ci16
  --symbol-rate BD (5e6)  --sample-rate HZ (2 a symbol)  --frequency HZ (12.7e9)  --from S (0)  --seconds S (1)
  --es-n0 DB (1.5)  --loss none|free-space (its minimum is --es-n0)  --phase-noise NAME (none)
  --lnb-offset HZ  --lnb-drift HZ/S  --clock-ppm P  --first SAMPLE (of the loop)  --seed N
)";

struct options {
    std::string loop, delays, mask = "none", loss = "none";
    double symbol_rate_hz = 5e6, sample_rate_hz = 0.0, carrier_hz = 12.7e9, from_s = 0.0, seconds = 1.0, es_n0_db = 1.5;
    double lnb_offset_hz = 0.0, lnb_drift_hz_s = 0.0, clock_ppm = 0.0;
    std::uint64_t first = 0, seed = 1;
};

options parse(int argc, char** argv)
{
    options o;
    for (int i = 1; i < argc; i += 2) {
        const std::string_view name = argv[i];
        if (i + 1 == argc) throw std::invalid_argument(std::string(name) + ": its value is missing");
        const std::string v = argv[i + 1];
        if (name == "--loop") {
            o.loop = v;
        } else if (name == "--delays") {
            o.delays = v;
        } else if (name == "--phase-noise") {
            o.mask = v;
        } else if (name == "--loss") {
            o.loss = v;
        } else if (name == "--symbol-rate") {
            o.symbol_rate_hz = std::stod(v);
        } else if (name == "--sample-rate") {
            o.sample_rate_hz = std::stod(v);
        } else if (name == "--frequency") {
            o.carrier_hz = std::stod(v);
        } else if (name == "--from") {
            o.from_s = std::stod(v);
        } else if (name == "--seconds") {
            o.seconds = std::stod(v);
        } else if (name == "--es-n0") {
            o.es_n0_db = std::stod(v);
        } else if (name == "--lnb-offset") {
            o.lnb_offset_hz = std::stod(v);
        } else if (name == "--lnb-drift") {
            o.lnb_drift_hz_s = std::stod(v);
        } else if (name == "--clock-ppm") {
            o.clock_ppm = std::stod(v);
        } else if (name == "--first") {
            o.first = std::stoull(v);
        } else if (name == "--seed") {
            o.seed = std::stoull(v);
        } else {
            throw std::invalid_argument(std::string(name) + ": not an option");
        }
    }
    if (o.loss != "none" && o.loss != "free-space") throw std::invalid_argument("--loss: none or free-space");
    if (o.sample_rate_hz == 0.0) o.sample_rate_hz = 2.0 * o.symbol_rate_hz;
    return o;
}

/// A file of complex floats as memory, and where the next sample comes from.
class sample_loop
{
public:
    sample_loop(const std::string& file, std::uint64_t first)
    {
        const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
        struct stat s {
        };
        if (fd < 0 || ::fstat(fd, &s) != 0) throw std::runtime_error(file + ": " + std::strerror(errno));
        d_size = static_cast<std::size_t>(s.st_size) / sizeof(cf);
        if (d_size == 0) throw std::runtime_error(file + ": no samples");
        void* p = ::mmap(nullptr, d_size * sizeof(cf), PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
        ::close(fd);
        if (p == MAP_FAILED) throw std::runtime_error(file + ": " + std::strerror(errno));
        d_samples = static_cast<const cf*>(p);
        d_at = first % d_size;
    }
    ~sample_loop() { ::munmap(const_cast<cf*>(d_samples), d_size * sizeof(cf)); }
    sample_loop(const sample_loop&) = delete;
    sample_loop& operator=(const sample_loop&) = delete;

    std::span<const cf> next(std::size_t most) const { return { d_samples + d_at, std::min(most, d_size - d_at) }; }
    void take(std::size_t n) { d_at = (d_at + n) % d_size; }
    double mean_power() const
    {
        double sum = 0.0;
        for (std::size_t k = 0; k < d_size; ++k) sum += std::norm(d_samples[k]);
        return sum / static_cast<double>(d_size);
    }

private:
    const cf* d_samples = nullptr;
    std::size_t d_size = 0, d_at = 0;
};

/// Delays whose time 0 lies later.
class later final : public delay_source
{
public:
    later(delay_source& of, double by_s) : d_of(&of), d_by_s(by_s) {}
    const delay_polynomial* segment_at(double t_s) noexcept override
    {
        const delay_polynomial* p = d_of->segment_at(t_s + d_by_s);
        if (p == nullptr) return nullptr;
        d_here = *p;
        d_here.t_begin_s -= d_by_s;
        d_here.t_end_s -= d_by_s;
        d_here.t_ref_s -= d_by_s;
        return &d_here;
    }

private:
    delay_source* d_of;
    double d_by_s;
    delay_polynomial d_here;
};

double cpu_s()
{
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// False where nobody reads any more.
bool write_all(std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t n = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EPIPE) return false;
        if (n < 0) throw std::runtime_error(std::string("standard output: ") + std::strerror(errno));
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
}

int run(const options& o)
{
    test::delay_table table(o.delays);
    later delays(table, o.from_s);
    if (table.begin_s() > o.from_s || table.end_s() < o.from_s + o.seconds)
        throw std::runtime_error(o.delays + ": does not cover the time asked for");
    sample_loop loop(o.loop, o.first);
    const double power = loop.mean_power();

    const auto mask = channel::parse_phase_noise_mask(o.mask);
    if (!mask) throw std::invalid_argument(mask.error().message);
    channel::satellite_path path;
    path.delays = &delays;
    double strongest = 1.0;
    if (o.loss == "free-space") {
        path.loss = channel::path_loss::free_space;
        path.loss_reference_delay_s = table.most_s();
        strongest = std::pow(table.most_s() / table.least_s(), 2.0);
    }
    channel::leo_channel_config c;
    c.sample_rate_hz = o.sample_rate_hz;
    c.carrier_hz = o.carrier_hz;
    // Whole samples, so that the stream begins with the loop's first sample.
    c.reference_delay_s = std::round(delays.segment_at(0.0)->delay_s(0.0) * o.sample_rate_hz) / o.sample_rate_hz;
    const double noise = power * o.sample_rate_hz / o.symbol_rate_hz / db_to_linear(o.es_n0_db);
    // Everything scaled so that full scale is seven standard deviations of one component at the strongest.
    const double scale = 1.0 / (7.0 * std::sqrt(0.5 * (power * strongest + noise)));
    path.gain_db = linear_to_db(scale * scale);
    c.noise_power = noise * scale * scale;
    c.lnb_offset_hz = o.lnb_offset_hz;
    c.lnb_drift_hz_s = o.lnb_drift_hz_s;
    c.receiver_clock_ppm = o.clock_ppm;
    c.mask = *mask;
    c.seed = o.seed;
    channel::leo_channel through(c, std::span(&path, 1));

    constexpr std::size_t k_samples = 1U << 15;
    std::vector<cf> y(k_samples);
    std::vector<std::byte> bytes(k_samples * 4);
    const auto wanted = static_cast<std::uint64_t>(o.seconds * o.sample_rate_hz);
    std::uint64_t made = 0, saturated = 0;
    double channel_cpu_s = 0.0, convert_cpu_s = 0.0, write_cpu_s = 0.0;
    while (made < wanted) {
        const double t0 = cpu_s();
        const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(k_samples, wanted - made));
        for (std::size_t at = 0; at < n;) {
            const auto p = through.process(loop.next(8192), std::span(y).subspan(at, n - at));
            loop.take(p.consumed);
            at += p.produced;
        }
        const double t1 = cpu_s();
        const auto out = std::span(bytes).first(n * 4);
        saturated += io::from_cf32(io::sample_format::ci16, std::span<const cf>(y).first(n), out);
        const double t2 = cpu_s();
        if (!write_all(out)) break;
        made += n;
        channel_cpu_s += t1 - t0;
        convert_cpu_s += t2 - t1;
        write_cpu_s += cpu_s() - t2;
    }
    const auto rate = [&](double s) { return 1e-6 * static_cast<double>(made) / std::max(s, 1e-9); };
    std::cerr << nlohmann::ordered_json{
        { "samples", made },
        { "saturated", saturated },
        { "unknown_delays", through.unknown_delays() },
        { "mean_power", power },
        { "channel_cpu_s", channel_cpu_s },
        { "convert_cpu_s", convert_cpu_s },
        { "write_cpu_s", write_cpu_s },
        { "channel_msamples_per_cpu_s", rate(channel_cpu_s) },
        { "all_msamples_per_cpu_s", rate(channel_cpu_s + convert_cpu_s + write_cpu_s) }
    }.dump() << '\n';
    return made == wanted ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    ::signal(SIGPIPE, SIG_IGN);
    try {
        return run(parse(argc, argv));
    } catch (const std::exception& e) {
        std::cerr << "pass_signal: " << e.what() << '\n' << k_usage;
        return 2;
    }
}
