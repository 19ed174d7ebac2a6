// SPDX-License-Identifier: GPL-3.0-or-later
#include "stage_budget.hpp"

#include "command.hpp"

#include <spacesail/base/bits.hpp>
#include <spacesail/base/frame.hpp>
#include <spacesail/base/prior.hpp>
#include <spacesail/dvbs2x/bb_scrambler.hpp>
#include <spacesail/dvbs2x/demapper.hpp>
#include <spacesail/dvbs2x/plframe.hpp>
#include <spacesail/dvbs2x/synchroniser.hpp>
#include <spacesail/encap/bb_deframer.hpp>
#include <spacesail/fec/bch.hpp>
#include <spacesail/fec/ldpc_decoder.hpp>
#include <spacesail/simd/aligned.hpp>

#include <algorithm>
#include <cmath>

namespace spacesail::cli {
namespace {

using ci16 = std::complex<std::int16_t>;

/// Keeps the frames of one MODCOD.
class frame_store final : public frame_sink<std::complex<float>>
{
public:
    frame_store(const dvbs2x::modcod& m, std::uint64_t most) : d_size(m.xfecframe_symbols())
    {
        symbols.reserve(d_size * most);
        n0.reserve(most);
    }
    void on_frame(const frame_view<std::complex<float>>& frame) noexcept override
    {
        if (frame.payload.size() != d_size || n0.size() == n0.capacity()) return;
        symbols.insert(symbols.end(), frame.payload.begin(), frame.payload.end());
        n0.push_back(frame.measured.n0);
    }
    std::span<const std::complex<float>> frame(std::size_t i) const
    {
        return std::span(symbols).subspan(i * d_size, d_size);
    }
    std::vector<std::complex<float>> symbols;
    std::vector<float> n0;

private:
    std::size_t d_size;
};

class packet_counter final : public encap::packet_sink
{
public:
    void on_packet(const encap::packet_view&) noexcept override { ++packets; }
    std::uint64_t packets = 0;
};

std::int16_t code_of(float v)
{
    return static_cast<std::int16_t>(std::lround(std::clamp(32768.0F * v, -32768.0F, 32767.0F)));
}

} // namespace

stage_budget measure_stages(const bench_signal_options& options, std::uint64_t nof_frames, unsigned max_iterations)
{
    const dvbs2x::modcod& m = *dvbs2x::find_modcod(options.pls);
    const auto& code = *m.code;
    const double frame_symbols = dvbs2x::plframe_symbols(options.pls);
    stage_budget out;

    bench_signal signal(options);
    std::vector<ci16> samples;
    for (std::uint64_t n = 0; n < nof_frames && !session::interrupted(); ++n) {
        for (const auto& s : signal.next_frame()) samples.emplace_back(code_of(s.real()), code_of(s.imag()));
    }
    out.transmit = { "transmitter", signal.transmitter_cpu_s(), frame_symbols * static_cast<double>(nof_frames) };

    dvbs2x::synchroniser_config sync;
    sync.sample_rate_hz = options.sample_rate_hz;
    sync.symbol_rate_hz = options.symbol_rate_hz;
    sync.prior = acquisition_prior::cold(options.symbol_rate_hz);
    frame_store frames(m, nof_frames);
    const auto timed = [&](const char* name, double symbols, auto&& work) {
        const double started_s = thread_cpu_s();
        work();
        out.receive.push_back({ name, thread_cpu_s() - started_s, symbols });
    };
    {
        dvbs2x::synchroniser synchroniser(sync);
        const double symbols = static_cast<double>(samples.size()) * options.symbol_rate_hz / options.sample_rate_hz;
        timed("conversion, synchroniser", symbols, [&] {
            synchroniser.process(samples, frames);
            synchroniser.flush(frames);
        });
    }
    out.frames = frames.n0.size();
    const double symbols = frame_symbols * static_cast<double>(out.frames);

    const std::size_t llr_size = code.sent_bits();
    const std::size_t word_size = bytes_for_bits(code.k_ldpc);
    simd::aligned_vector<std::int8_t> llr(llr_size * out.frames);
    std::vector<std::uint8_t> words(word_size * out.frames);
    timed("demapper, de-interleaver", symbols, [&] {
        for (std::size_t i = 0; i < out.frames; ++i) {
            dvbs2x::demap_xfecframe(m, frames.frame(i), frames.n0[i], std::span(llr).subspan(i * llr_size, llr_size));
        }
    });

    fec::ldpc_decoder ldpc(code);
    std::uint64_t iterations = 0;
    timed("LDPC", symbols, [&] {
        for (std::size_t i = 0; i < out.frames; ++i) {
            iterations += ldpc.decode(std::span(llr).subspan(i * llr_size, llr_size),
                                      max_iterations,
                                      std::span(words).subspan(i * word_size, word_size))
                              .iterations;
        }
    });
    out.mean_iterations = static_cast<double>(iterations) / static_cast<double>(std::max<std::uint64_t>(1, out.frames));

    fec::bch_codec bch(code);
    packet_counter packets;
    encap::bb_deframer deframer({}, packets);
    timed("BCH, descrambler, deframer", symbols, [&] {
        for (std::size_t i = 0; i < out.frames; ++i) {
            const auto word = std::span(words).subspan(i * word_size, word_size);
            if (bch.decode(word) < 0) {
                ++out.frame_errors;
                continue;
            }
            frame_view<std::uint8_t> frame;
            frame.index = i;
            frame.header.pls = options.pls;
            const auto bbframe = word.first(code.k_bch / 8);
            dvbs2x::bb_scramble(bbframe);
            frame.payload = bbframe;
            deframer.on_frame(frame);
        }
    });
    return out;
}

} // namespace spacesail::cli
