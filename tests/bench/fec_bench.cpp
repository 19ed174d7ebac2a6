// SPDX-License-Identifier: GPL-3.0-or-later
#include "fec_channel.hpp"

#include <spacesail/fec/bch.hpp>
#include <spacesail/fec/ldpc_decoder.hpp>
#include <spacesail/fec/ldpc_encoder.hpp>
#include <spacesail/simd/dispatch.hpp>

#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <utility>

/// Speed of the FEC, items = information bits (BBFRAME), one frame at a time.
namespace {

using namespace spacesail;

constexpr std::pair<const char*, const char*> k_codes[] = {
    { "1/4", "normal" },  { "1/2", "normal" }, { "3/4", "normal" }, { "8/9", "normal" },
    { "9/10", "normal" }, { "1/2", "short" },  { "8/9", "short" },  { "1/5", "medium" },
};

struct frame {
    std::vector<std::uint8_t> message, word, sent;
    std::vector<std::int8_t> llr;
};

frame make_frame(const fec::code_parameters& code, double es_n0_db)
{
    rng random(7);
    frame f;
    f.message = test::random_bits(random, code.k_bch);
    f.word.resize(bytes_for_bits(code.k_ldpc));
    f.sent.resize(bytes_for_bits(code.sent_bits()));
    fec::bch_codec(code).encode(f.message, f.word);
    fec::ldpc_encoder(code).encode(f.word, f.sent);
    f.llr = test::quantise(test::qpsk_llr(random, f.sent, code.sent_bits(), es_n0_db));
    return f;
}

void count(benchmark::State& state, const fec::code_parameters& code)
{
    state.SetItemsProcessed(state.iterations() * code.k_bch);
}

/// Noise far above what the code bears: no early stop, every iteration is made.
void decode(benchmark::State& state, simd::target target, const fec::code_parameters& code, unsigned iterations)
{
    simd::force_target(target);
    const auto f = make_frame(code, -8.0);
    fec::ldpc_decoder decoder(code);
    std::vector<std::uint8_t> out(f.word.size());
    for (auto _ : state) {
        benchmark::DoNotOptimize(decoder.decode(f.llr, iterations, out));
    }
    count(state, code);
    simd::force_target(simd::target::best);
}

void encode(benchmark::State& state, const fec::code_parameters& code)
{
    auto f = make_frame(code, 10.0);
    const fec::ldpc_encoder encoder(code);
    for (auto _ : state) {
        encoder.encode(f.word, f.sent);
        benchmark::DoNotOptimize(f.sent.data());
    }
    count(state, code);
}

void bch_encode(benchmark::State& state, const fec::code_parameters& code)
{
    auto f = make_frame(code, 10.0);
    const fec::bch_codec bch(code);
    for (auto _ : state) {
        bch.encode(f.message, f.word);
        benchmark::DoNotOptimize(f.word.data());
    }
    count(state, code);
}

void bch_decode(benchmark::State& state, simd::target target, const fec::code_parameters& code, unsigned errors)
{
    simd::force_target(target);
    const auto f = make_frame(code, 10.0);
    fec::bch_codec bch(code);
    rng random(3);
    auto word = f.word;
    for (auto _ : state) {
        word = f.word;
        for (unsigned i = 0; i < errors; ++i) {
            const auto at = static_cast<unsigned>(random.below(code.k_ldpc));
            word[at / 8] = static_cast<std::uint8_t>(word[at / 8] ^ (0x80 >> (at % 8)));
        }
        benchmark::DoNotOptimize(bch.decode(word));
    }
    count(state, code);
    simd::force_target(simd::target::best);
}

const int k_registered = [] {
    constexpr std::array<std::pair<const char*, simd::target>, 3> k_targets = {
        { { "best", simd::target::best }, { "avx2", simd::target::avx2 }, { "scalar", simd::target::scalar } }
    };
    for (const auto& [rate, name] : k_codes) {
        const auto* code = fec::find_code(rate, name);
        const std::string label = std::string(rate) + "-" + name;
        for (const auto& [text, target] : k_targets) {
            benchmark::RegisterBenchmark(
                ("BM_fec_ldpc/" + std::string(text) + "/" + label).c_str(), decode, target, *code, 10U);
            for (const unsigned errors : { 0U, 1U, 6U, 40U }) {
                if (name != std::string("normal") || rate != std::string("1/2")) continue;
                benchmark::RegisterBenchmark(
                    ("BM_fec_bch_decode/" + std::string(text) + "/" + label + "/errors:" + std::to_string(errors))
                        .c_str(),
                    bch_decode,
                    target,
                    *code,
                    errors);
            }
        }
        benchmark::RegisterBenchmark(
            ("BM_fec_ldpc_overhead/best/" + label).c_str(), decode, simd::target::best, *code, 0U);
        benchmark::RegisterBenchmark(("BM_fec_ldpc_encode/best/" + label).c_str(), encode, *code);
        benchmark::RegisterBenchmark(("BM_fec_bch_encode/best/" + label).c_str(), bch_encode, *code);
    }
    return 0;
}();

} // namespace
