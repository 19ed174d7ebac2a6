// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/channel/leo_channel.hpp>
#include <spacesail/channel/link_loss.hpp>
#include <spacesail/doppler/corrector.hpp>
#include <spacesail/orbit/element_file.hpp>

#include <benchmark/benchmark.h>
#include <motion_signal.hpp>

namespace {

using namespace spacesail;
using cf = std::complex<float>;

std::vector<cf> noise(std::size_t n)
{
    rng random(1);
    std::vector<cf> x(n);
    for (auto& v : x) v = cf(random.normal_pair());
    return x;
}

/// Ten thousand seconds of a pass's motion.
test::listed_delays moving()
{
    auto p = test::moving_delay(4e-3, 18e-6, 0.0);
    p.t_begin_s = -1e9;
    p.t_end_s = 1e9;
    return test::listed_delays({ p });
}

void BM_doppler_delay_resampler(benchmark::State& state)
{
    auto delays = moving();
    dsp::delay_resampler r({ .input_rate_hz = 50e6, .carrier_hz = 12.7e9, .reference_delay_s = 4e-3 }, delays);
    const auto x = noise(8192);
    simd::aligned_vector<float> re(512), im(512);
    for (auto _ : state) {
        while (!r.ready()) r.write(x);
        r.read(re.data(), im.data());
        benchmark::DoNotOptimize(re.data());
    }
    state.SetItemsProcessed(state.iterations() * 512);
}
BENCHMARK(BM_doppler_delay_resampler);

void BM_doppler_corrector(benchmark::State& state)
{
    auto delays = moving();
    doppler::corrector c({ 50e6, 12.7e9, 4e-3 }, delays);
    const auto x = noise(8192);
    std::vector<cf> y(8192);
    std::int64_t items = 0;
    for (auto _ : state) {
        items += static_cast<std::int64_t>(c.process(x, y).produced);
        benchmark::DoNotOptimize(y.data());
    }
    state.SetItemsProcessed(items);
}
BENCHMARK(BM_doppler_corrector);

void BM_channel_noise(benchmark::State& state)
{
    channel::gaussian_source source(1);
    simd::aligned_vector<float> re(512), im(512);
    for (auto _ : state) {
        source.fill(re.data(), im.data(), 512, 1.0F);
        benchmark::DoNotOptimize(re.data());
    }
    state.SetItemsProcessed(state.iterations() * 512);
}
BENCHMARK(BM_channel_noise);

void BM_channel_phase_noise(benchmark::State& state)
{
    channel::phase_noise source(*channel::parse_phase_noise_mask("pll-lnb"), 50e6, 1);
    std::vector<float> phase(512);
    for (auto _ : state) {
        std::fill(phase.begin(), phase.end(), 0.0F);
        source.add(phase.data());
        benchmark::DoNotOptimize(phase.data());
    }
    state.SetItemsProcessed(state.iterations() * 512);
}
BENCHMARK(BM_channel_phase_noise);

/// One step of a link's losses, 100 a second of stream: elements, rain, gases, dish, scintillation.
void BM_channel_link_loss(benchmark::State& state)
{
    const auto sets =
        orbit::load_elements(std::string(SPACESAIL_SOURCE_DIR) + "/profiles/elements/qianfan_2026-08-22.tle")->sets;
    const auto engine =
        *doppler::delay_engine::create(sets[0], orbit::site(orbit::geodetic{ 31.2, 121.5, 20.0 }), sets[0].epoch);
    channel::link_loss_config c{ .frequency_hz = 12.7e9, .latitude_deg = 31.2 };
    c.rain = *channel::parse_rain_profile("25");
    c.gases = channel::standard_air(0.0);
    c.antenna = { .pattern = channel::antenna_pattern::aperture };
    c.scintillation_corner_hz = 0.3;
    channel::link_loss loss(c, engine, engine);
    double t = 0.0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(loss.gain_db(t));
        t += channel::gain_source::k_step_s;
    }
}
BENCHMARK(BM_channel_link_loss);

/// A gain that is cheap to ask for: what the channel itself does with it is measured.
class swinging_gain final : public channel::gain_source
{
public:
    double gain_db(double t_s) noexcept override { return -3.0 + std::sin(t_s); }
};

/// 0: motion and noise; 1: with phase noise, LNB offset and front-end faults; 2: with a gain over time, sky noise and
/// adjacent carriers too; 3: and transparent.
void BM_channel_leo(benchmark::State& state)
{
    auto delays = moving();
    auto feeder = moving();
    swinging_gain gain;
    swinging_gain sky;
    channel::satellite_path path{ .delays = &delays, .loss = channel::path_loss::free_space };
    channel::leo_channel_config c{
        .sample_rate_hz = 50e6, .carrier_hz = 12.7e9, .reference_delay_s = 4e-3, .noise_power = 0.1
    };
    if (state.range(0) >= 1) {
        c.lnb_offset_hz = 40e3;
        c.mask = *channel::parse_phase_noise_mask("pll-lnb");
        c.faults = { .dc_dbfs = -20.0, .image_db = -30.0, .tilt_db = 3.0, .clip = 3.0 };
    }
    if (state.range(0) >= 2) {
        path.gains = &gain;
        c.noise_gains = &sky;
        c.adjacent = { .spacing_hz = 13e6, .power = 1.0, .symbol_rate_hz = 10e6 };
    }
    if (state.range(0) >= 3) {
        path.feeder = &feeder;
        path.feeder_hz = 14.2e9;
        c.reference_delay_s = 8e-3;
    }
    channel::leo_channel leo(c, std::span(&path, 1));
    const auto x = noise(8192);
    std::vector<cf> y(8192);
    std::int64_t items = 0;
    for (auto _ : state) {
        items += static_cast<std::int64_t>(leo.process(x, y).produced);
        benchmark::DoNotOptimize(y.data());
    }
    state.SetItemsProcessed(items);
}
BENCHMARK(BM_channel_leo)->DenseRange(0, 3);

} // namespace
