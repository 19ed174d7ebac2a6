// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/delay_polynomial.hpp>
#include <spacesail/base/frequency_plan.hpp>
#include <spacesail/base/prior.hpp>
#include <spacesail/base/sample_clock.hpp>
#include <spacesail/base/units.hpp>
#include <spacesail/simd/dispatch.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace {

using namespace spacesail;

TEST(Utc, KnownInstants)
{
    // date -u -d 2026-08-22T05:56:31Z +%s
    EXPECT_EQ(parse_utc("2026-08-22T05:56:31Z")->ns, 1787378191'000000000LL);
    EXPECT_EQ(parse_utc("1970-01-01")->ns, 0);
    EXPECT_EQ(parse_utc("1969-12-31T23:59:59.5Z")->ns, -500'000'000);
    EXPECT_EQ(parse_utc("2016-12-31T23:59:60Z")->ns, parse_utc("2017-01-01T00:00:00Z")->ns);
}

TEST(Utc, RefusesWhatIsNoTime)
{
    for (const char* bad : { "", "2026", "2026-02-30", "2026-13-01", "2026-08-22T25:00", "2026-08-22T06:00:00.Z", "2026-08-22T06:00:00ZZ",
                             "22.8.2026", "9999-01-01" }) {
        const auto r = parse_utc(bad);
        ASSERT_FALSE(r.has_value()) << bad;
        EXPECT_EQ(r.error().code, error_code::parse);
        EXPECT_NE(r.error().message.find("2026-08-22T06:00:00Z"), std::string::npos) << "the remedy is missing";
    }
}

TEST(Utc, WritesAndReadsBack)
{
    EXPECT_EQ(format_utc({ 1787378191'123456789LL }, 9), "2026-08-22T05:56:31.123456789Z");
    EXPECT_EQ(format_utc({ -1 }, 9), "1969-12-31T23:59:59.999999999Z");
    EXPECT_EQ(format_utc({ 0 }, 0), "1970-01-01T00:00:00Z");
}

TEST(SampleClock, TimeOfASampleAndBack)
{
    const sample_clock clock(50e6, { 1'000'000'000 }, 1000);
    EXPECT_EQ(clock.time_of(1000).ns, 1'000'000'000);
    EXPECT_EQ(clock.time_of(1001).ns, 1'000'000'020);
    EXPECT_EQ(clock.time_of(0).ns, 1'000'000'000 - 20'000);
    // ten days at 50 Msamples/s
    const sample_index far = 1000 + 50'000'000ULL * 864'000ULL;
    EXPECT_EQ(clock.time_of(far).ns, 1'000'000'000 + 864'000'000'000'000LL);
    EXPECT_EQ(clock.index_of(clock.time_of(far)), far);
    EXPECT_EQ(clock.index_of(clock.time_of(17)), 17U);
    EXPECT_EQ(clock.index_of({ 0 }), 0U) << "before the stream";
}

TEST(SampleClock, RefusesAnImpossibleRate)
{
    for (const double rate : { 0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity() }) {
        EXPECT_THROW(sample_clock(rate, {}), std::invalid_argument) << rate;
    }
}

TEST(DelayPolynomial, DerivativesOfACubic)
{
    delay_polynomial p{ 10.0, 20.0, 12.0, { 4e-3, -2e-5, 3e-8, 1e-10 } };
    const double x = 3.5;
    EXPECT_DOUBLE_EQ(p.delay_s(15.5), 4e-3 - 2e-5 * x + 3e-8 * x * x + 1e-10 * x * x * x);
    EXPECT_DOUBLE_EQ(p.rate(15.5), -2e-5 + 6e-8 * x + 3e-10 * x * x);
    EXPECT_DOUBLE_EQ(p.rate_per_s(15.5), 6e-8 + 6e-10 * x);
    EXPECT_TRUE(p.covers(10.0));
    EXPECT_FALSE(p.covers(20.0));
}

TEST(FrequencyPlan, BothOrientationsGoRoundTrip)
{
    // Ku-band LNB at 9.75 GHz below the signal; a block converter at 12.8 GHz above it inverts.
    const auto upright = frequency_plan::behind_lnb(1.45e9, 9.75e9);
    EXPECT_DOUBLE_EQ(upright.rf_hz(1e6), 11.201e9);
    const auto inverted = frequency_plan::behind_lnb(1.6e9, 12.8e9, spectrum::inverted);
    EXPECT_DOUBLE_EQ(inverted.rf_hz(1e6), 11.199e9);
    for (const auto& plan : { upright, inverted }) {
        EXPECT_DOUBLE_EQ(plan.iq_hz(plan.rf_hz(-3e5)), -3e5);
    }
    EXPECT_DOUBLE_EQ(upright.tuned_hz(), 1.45e9);
    EXPECT_DOUBLE_EQ(inverted.tuned_hz(), 1.6e9);
}

TEST(Prior, ColdCoversTheDesignRange)
{
    EXPECT_DOUBLE_EQ(3 * acquisition_prior::cold(1e6).sigma_hz, 1.35e6);
    EXPECT_DOUBLE_EQ(3 * acquisition_prior::cold(25e6).sigma_hz, 5e6);
}

TEST(Simd, TheNamedTargetIsActive)
{
    simd::force_target(simd::target::scalar);
    const std::string scalar = simd::active_target_name();
    EXPECT_TRUE(scalar == "SCALAR" || scalar == "EMU128") << scalar;
    simd::force_target(simd::target::best);
}

} // namespace
