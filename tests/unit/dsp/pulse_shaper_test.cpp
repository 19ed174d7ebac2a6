// SPDX-License-Identifier: GPL-3.0-or-later
#include <alloc_guard.hpp>
#include <spacesail/base/rng.hpp>
#include <spacesail/base/units.hpp>
#include <spacesail/dsp/pulse_shaper.hpp>
#include <spacesail/dsp/root_raised_cosine.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace {

using namespace spacesail;
using dsp::pulse_shaper;
using dsp::pulse_shaper_configuration;
using cf = std::complex<float>;
using cd = std::complex<double>;

std::vector<cf> random_qpsk(std::size_t n)
{
    rng random(9);
    std::vector<cf> s(n);
    for (auto& v : s) {
        const auto bits = random();
        v = cf((bits & 1) != 0 ? 0.70710678F : -0.70710678F, (bits & 2) != 0 ? 0.70710678F : -0.70710678F);
    }
    return s;
}

std::vector<cf> shape_all(pulse_shaper& shaper, std::span<const cf> symbols)
{
    std::vector<cf> out(static_cast<std::size_t>(static_cast<double>(symbols.size()) * shaper.samples_per_symbol()) +
                        2);
    const auto done = shaper.process(symbols, out);
    EXPECT_EQ(done.consumed, symbols.size());
    out.resize(done.produced);
    return out;
}

// Ideal receiver: the matched filter over 2 * 400 symbols in double precision, right at the symbol's centre. A
// band-limited integrand sampled above its Nyquist rate makes the sum the integral.
cd matched(std::span<const cf> samples, double sps, double centre_symbols, double rolloff)
{
    const double reach = 400.0;
    const auto first = static_cast<std::ptrdiff_t>(std::max(0.0, std::ceil((centre_symbols - reach) * sps)));
    const auto last = std::min(static_cast<std::ptrdiff_t>(samples.size()) - 1,
                               static_cast<std::ptrdiff_t>(std::floor((centre_symbols + reach) * sps)));
    cd sum = 0.0;
    for (std::ptrdiff_t n = first; n <= last; ++n) {
        sum += cd(samples[static_cast<std::size_t>(n)]) *
               dsp::root_raised_cosine(static_cast<double>(n) / sps - centre_symbols, rolloff);
    }
    return sum / sps;
}

struct shape_case {
    double sps;
    double rolloff;
};

class PulseShaperEvm : public testing::TestWithParam<shape_case>
{
};

TEST_P(PulseShaperEvm, IsBelowMinus55DbThroughAnIdealReceiver)
{
    const auto [sps, rolloff] = GetParam();
    const auto symbols = random_qpsk(1400);
    pulse_shaper shaper({ .symbol_rate_hz = 1e6, .sample_rate_hz = sps * 1e6, .rolloff = rolloff, .level_dbfs = 0.0 });
    const auto samples = shape_all(shaper, symbols);
    double error = 0.0;
    std::size_t count = 0;
    for (std::size_t k = 500; k < 900; k += 3) {
        const double centre = static_cast<double>(k + shaper.delay_symbols());
        error += std::norm(matched(samples, sps, centre, rolloff) - cd(symbols[k]));
        ++count;
    }
    const double evm_db = linear_to_db(error / static_cast<double>(count));
    RecordProperty("evm_db", std::to_string(evm_db));
    EXPECT_LT(evm_db, -55.0) << "taps " << 2 * shaper.delay_symbols();
}

INSTANTIATE_TEST_SUITE_P(Rates,
                         PulseShaperEvm,
                         testing::Values(shape_case{ 2.0, 0.05 },
                                         shape_case{ 1.06, 0.05 },
                                         shape_case{ 2.5, 0.1 },
                                         shape_case{ k_pi, 0.15 },
                                         shape_case{ 1.2, 0.2 },
                                         shape_case{ 4.0, 0.2 },
                                         shape_case{ 1.7320508, 0.25 },
                                         shape_case{ 17.3, 0.35 }));

TEST(PulseShaper, HasTheLevelAskedFor)
{
    const auto symbols = random_qpsk(20000);
    pulse_shaper shaper({ .symbol_rate_hz = 5e6, .sample_rate_hz = 12.3e6, .rolloff = 0.2, .level_dbfs = -14.5 });
    const auto samples = shape_all(shaper, symbols);
    double power = 0.0;
    const std::size_t skip = 500;
    for (std::size_t n = skip; n < samples.size() - skip; ++n) {
        power += std::norm(cd(samples[n]));
    }
    EXPECT_NEAR(linear_to_db(power / static_cast<double>(samples.size() - 2 * skip)), -14.5, 0.1);
}

// Whole ratio: one symbol alone gives the pulse itself, sample by sample, but for the window (below 1e-3 here).
TEST(PulseShaper, OneSymbolIsThePulse)
{
    pulse_shaper shaper({ .symbol_rate_hz = 1e6, .sample_rate_hz = 4e6, .rolloff = 0.35, .level_dbfs = 0.0 });
    std::vector<cf> symbols(200);
    symbols[3] = cf(2.0F, -1.0F);
    const auto samples = shape_all(shaper, symbols);
    const double centre = 4.0 * static_cast<double>(3 + shaper.delay_symbols());
    for (int n = -60; n <= 60; ++n) {
        const double h = dsp::root_raised_cosine(n / 4.0, 0.35);
        const auto& s = samples[static_cast<std::size_t>(centre + n)];
        EXPECT_NEAR(s.real(), 2.0 * h, 2e-3);
        EXPECT_NEAR(s.imag(), -h, 1e-3);
    }
}

// Spectrum of the pulse: flat in the band, gone outside it (a carrier 1.05 (1 + rolloff) away must not see it).
TEST(PulseShaper, KeepsToItsBand)
{
    for (const double rolloff : { 0.05, 0.1, 0.2, 0.35 }) {
        pulse_shaper shaper({ .symbol_rate_hz = 1e6, .sample_rate_hz = 4e6, .rolloff = rolloff, .level_dbfs = 0.0 });
        std::vector<cf> symbols(2 * shaper.delay_symbols());
        symbols[0] = 1.0F;
        const auto samples = shape_all(shaper, symbols);
        const auto power_db = [&](double f) {
            cd sum = 0.0;
            for (std::size_t n = 0; n < samples.size(); ++n) {
                sum += cd(samples[n]) * std::polar(1.0, -k_two_pi * f * static_cast<double>(n) / 4.0);
            }
            return linear_to_db(std::norm(sum / 4.0) + 1e-30);
        };
        const double edge = (1.0 + rolloff) / 2.0;
        EXPECT_NEAR(power_db(0.0), 0.0, 0.02) << rolloff;
        EXPECT_NEAR(power_db(0.3), 0.0, 0.02) << rolloff;
        EXPECT_NEAR(power_db(0.5), -3.01, 0.05) << rolloff;
        for (double f = edge + 0.05; f < 2.0; f += 0.003) {
            ASSERT_LT(power_db(f), -62.0) << rolloff << " at " << f;
        }
    }
}

// 20 ppm over 2e5 symbols are 4 symbol periods: the last symbol still sits where the offset puts it.
TEST(PulseShaper, FollowsTheClockOffset)
{
    for (const double ppm : { 0.0, 20.0, -21.0 }) {
        const auto symbols = random_qpsk(200000);
        pulse_shaper shaper(
            { .symbol_rate_hz = 1e6, .sample_rate_hz = 2e6, .rolloff = 0.2, .level_dbfs = 0.0, .clock_ppm = ppm });
        EXPECT_NEAR(shaper.samples_per_symbol(), 2.0 / (1.0 + 1e-6 * ppm), 1e-12);
        const auto samples = shape_all(shaper, symbols);
        const double sps = 2.0 / (1.0 + 1e-6 * ppm);
        double error = 0.0;
        for (std::size_t k = 199000; k < 199050; ++k) {
            const double centre = static_cast<double>(k + shaper.delay_symbols());
            error += std::norm(matched(samples, sps, centre, 0.2) - cd(symbols[k])) / 50.0;
        }
        EXPECT_LT(linear_to_db(error), -55.0) << ppm;
    }
}

TEST(PulseShaper, ForgetsEverythingAtReset)
{
    const auto symbols = random_qpsk(300);
    pulse_shaper shaper({ .symbol_rate_hz = 1e6, .sample_rate_hz = 2.3e6 });
    const auto first = shape_all(shaper, symbols);
    shaper.reset();
    EXPECT_EQ(shape_all(shaper, symbols), first);
}

TEST(PulseShaper, DoesNotAllocate)
{
    const auto symbols = random_qpsk(5000);
    std::vector<cf> samples(20000);
    pulse_shaper shaper({ .symbol_rate_hz = 1e6, .sample_rate_hz = 2.3e6 });
    shaper.process(std::span(symbols).first(10), samples);
    const auto before = test::allocations();
    shaper.process(symbols, samples);
    EXPECT_EQ(test::allocations(), before);
}

TEST(PulseShaper, NamesTheParameterThatIsWrong)
{
    const auto message = [](const pulse_shaper_configuration& c) -> std::string {
        try {
            pulse_shaper shaper(c);
        } catch (const std::invalid_argument& e) {
            return e.what();
        }
        return "";
    };
    EXPECT_NE(message({ .symbol_rate_hz = 0.0 }).find("symbol_rate_hz"), std::string::npos);
    EXPECT_NE(message({ .symbol_rate_hz = 1e6, .sample_rate_hz = 1.19e6, .rolloff = 0.2 }).find("sample_rate_hz"),
              std::string::npos);
    EXPECT_EQ(message({ .symbol_rate_hz = 1e6, .sample_rate_hz = 1.2e6, .rolloff = 0.2 }), "");
    EXPECT_NE(message({ .rolloff = 0.0 }).find("rolloff"), std::string::npos);
    EXPECT_NE(message({ .level_dbfs = 40.0 }).find("level_dbfs"), std::string::npos);
    EXPECT_NE(message({ .clock_ppm = 1e5 }).find("clock_ppm"), std::string::npos);
    EXPECT_NE(message({ .sample_rate_hz = std::nan("") }).find("sample_rate_hz"), std::string::npos);
}

} // namespace
