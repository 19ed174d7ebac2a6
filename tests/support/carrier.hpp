// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "encap_traffic.hpp"

#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/dvbs2x/transmitter.hpp>
#include <spacesail/encap/bb_scheduler.hpp>
#include <spacesail/encap/ts_framer.hpp>

#include <cmath>
#include <complex>
#include <cstdint>
#include <string_view>
#include <vector>

namespace spacesail::test {

/// PLS code of a MODCOD by its name.
inline std::uint8_t pls_of(std::string_view name, std::string_view frame, unsigned pilots)
{
    const auto m = dvbs2x::modcod_by_name(name, frame);
    return static_cast<std::uint8_t>((*m)->pls + pilots);
}

/// Frame sizes of all regular PLS codes.
inline encap::frame_formats regular_formats()
{
    encap::frame_formats formats{};
    for (unsigned pls = 0; pls < formats.size(); ++pls) {
        if (const auto* m = dvbs2x::find_modcod(static_cast<std::uint8_t>(pls)); m != nullptr && m->vlsnr_header < 0) {
            formats[pls] = { m->code->k_bch, dvbs2x::plframe_symbols(static_cast<std::uint8_t>(pls)) };
        }
    }
    return formats;
}

/// A BBFRAME and what it is sent with; empty: a dummy PLFRAME.
struct sent_frame {
    std::uint8_t pls = 0;
    std::vector<std::uint8_t> bbframe;
};

/// \brief BBFRAMEs that carry a transport stream, one for each of `pls` in turn, 0 for a dummy PLFRAME.
/// \param[in] ts  as long as the frames have room for; what is left over is not sent.
inline std::vector<sent_frame> ts_frames(const std::vector<std::uint8_t>& ts, const std::vector<std::uint8_t>& pls)
{
    encap::ts_framer_config framing;
    framing.queue_packets = ts.size() / encap::k_ts_bytes + 4;
    encap::ts_framer framer(framing);
    framer.push(ts, 0);
    framer.finish(0);
    encap::bb_scheduler_config config;
    config.formats = regular_formats();
    config.mode = encap::adaptation::acm;
    config.idle = encap::idle_policy::wait;
    const encap::scheduled_stream stream{ .isi = 0, .source = &framer, .pls = pls.front() != 0 ? pls.front() : pls[1] };
    encap::bb_scheduler scheduler(config, { &stream, 1 });
    std::vector<sent_frame> frames;
    std::vector<std::uint8_t> buffer(encap::k_max_bbframe_bytes);
    for (const std::uint8_t p : pls) {
        sent_frame f;
        f.pls = p;
        if (p != 0) {
            scheduler.set_pls(0, p);
            const auto s = scheduler.next(1'000'000'000, 0, buffer);
            f.bbframe.assign(s.bbframe.begin(), s.bbframe.end());
        }
        frames.push_back(f);
    }
    return frames;
}

/// How a carrier is made.
struct carrier_config {
    dvbs2x::transmitter_configuration transmitter;
    double offset_hz = 0.0;
    double es_n0_db = 20.0;
    std::uint64_t seed = 1;
};

/// \brief Samples of the frames with a carrier offset and white noise, silence (and noise) behind the last one.
inline std::vector<std::complex<float>> make_carrier(const carrier_config& config,
                                                     const std::vector<sent_frame>& frames)
{
    dvbs2x::transmitter tx(config.transmitter);
    std::vector<std::complex<float>> samples, block(4096);
    const auto drain = [&] {
        for (std::size_t n = block.size(); n == block.size();) {
            n = tx.read(block);
            samples.insert(samples.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(n));
        }
    };
    for (const sent_frame& f : frames) {
        if (f.bbframe.empty()) {
            tx.push_dummy();
        } else {
            tx.push(f.pls, f.bbframe);
        }
        drain();
    }
    tx.push_silence();
    drain();
    const auto& shaping = config.transmitter.shaping;
    const double power = std::pow(10.0, 0.1 * shaping.level_dbfs);
    const double noise =
        power * shaping.sample_rate_hz / shaping.symbol_rate_hz * std::pow(10.0, -0.1 * config.es_n0_db);
    rng random(config.seed);
    for (std::size_t n = 0; n < samples.size(); ++n) {
        const double turn =
            6.283185307179586 * std::fmod(config.offset_hz / shaping.sample_rate_hz * static_cast<double>(n), 1.0);
        const std::complex<double> x =
            std::complex<double>(samples[n]) * std::polar(1.0, turn) + std::sqrt(0.5 * noise) * random.normal_pair();
        samples[n] = std::complex<float>(x);
    }
    return samples;
}

} // namespace spacesail::test
