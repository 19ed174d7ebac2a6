// SPDX-License-Identifier: GPL-3.0-or-later
//
// Frame error rate of the FEC over QPSK in white noise, ideally synchronised: our int8 decoder or the
// floating-point sum-product one, on the same frames.
//
//     fec_fer --rate 1/2 --frame normal --from 0.7 --to 1.1 --step 0.05 --iterations 50 --decoder both
//
// Prints Es/N0 (QPSK symbol), frames, errors after BCH, FER and mean iterations; last, where each curve crosses
// --target on a logarithmic scale.
#include "fec_channel.hpp"
#include "sum_product_decoder.hpp"

#include <spacesail/fec/bch.hpp>
#include <spacesail/fec/ldpc_decoder.hpp>
#include <spacesail/fec/ldpc_encoder.hpp>
#include <spacesail/simd/dispatch.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>

namespace {

using namespace spacesail;

struct point {
    unsigned frames = 0;
    unsigned errors = 0;
    double iterations = 0.0;
    double fer() const { return frames == 0 ? 1.0 : static_cast<double>(errors) / frames; }
};

struct settings {
    const fec::code_parameters* code = nullptr;
    double from = 0, to = 0, step = 0.05, target = 0.01;
    unsigned iterations = 50, errors = 20, max_frames = 20000;
    std::uint64_t seed = 1;
    float scale = fec::k_llr_scale;
};

/// Decodes LLRs to a packed BCH word and says how many iterations it took.
using decoder = std::function<unsigned(const std::vector<float>&, std::vector<std::uint8_t>&)>;

point measure(const settings& s, const decoder& decode, double es_n0_db)
{
    const auto& code = *s.code;
    rng random(s.seed);
    fec::bch_codec bch(code);
    const fec::ldpc_encoder encoder(code);
    std::vector<std::uint8_t> word(bytes_for_bits(code.k_ldpc)), sent(bytes_for_bits(code.sent_bits())),
        got(word.size());
    point p;
    while (p.errors < s.errors && p.frames < s.max_frames) {
        const auto message = test::random_bits(random, code.k_bch);
        bch.encode(message, word);
        encoder.encode(word, sent);
        p.iterations += decode(test::qpsk_llr(random, sent, code.sent_bits(), es_n0_db), got);
        ++p.frames;
        bch.decode(got);
        p.errors += got != word;
    }
    return p;
}

void curve(const char* name, const settings& s, const decoder& decode)
{
    double last_fer = 1.0, last_db = NAN;
    for (double db = s.from; db < s.to + 1e-9; db += s.step) {
        const point p = measure(s, decode, db);
        std::printf("%-12s %s %-6s it %-3u  %6.3f dB  %6u frames %4u errors  FER %.3e  iterations %.2f\n",
                    name,
                    std::string(s.code->rate).c_str(),
                    std::string(s.code->frame).c_str(),
                    s.iterations,
                    db,
                    p.frames,
                    p.errors,
                    p.fer(),
                    p.iterations / p.frames);
        std::fflush(stdout);
        const double fer = std::max(p.fer(), 0.5 / p.frames);
        if (fer <= s.target) {
            if (!std::isnan(last_db)) {
                const double x = (std::log(last_fer) - std::log(s.target)) / (std::log(last_fer) - std::log(fer));
                std::printf("%-12s %s %s it %u: FER %g at %.3f dB\n",
                            name,
                            std::string(s.code->rate).c_str(),
                            std::string(s.code->frame).c_str(),
                            s.iterations,
                            s.target,
                            last_db + x * (db - last_db));
            }
            return;
        }
        last_fer = fer;
        last_db = db;
    }
}

int usage()
{
    std::fprintf(stderr,
                 "fec_fer --rate R --frame F --from dB --to dB [--step dB] [--iterations n] [--errors n]\n"
                 "        [--max-frames n] [--target FER] [--seed n] [--scale steps/LLR] [--decoder int8|sp|both]\n");
    return 2;
}

} // namespace

int main(int argc, char** argv)
{
    std::map<std::string, std::string> given = { { "--frame", "normal" }, { "--decoder", "both" } };
    for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];
    settings s;
    s.code = fec::find_code(given["--rate"], given["--frame"]);
    if (s.code == nullptr || argc % 2 == 0) return usage();
    const auto number = [&](const char* name, auto& value) {
        if (given.count(name) != 0)
            value = static_cast<std::remove_reference_t<decltype(value)>>(std::atof(given[name].c_str()));
    };
    number("--from", s.from);
    number("--to", s.to);
    number("--step", s.step);
    number("--iterations", s.iterations);
    number("--errors", s.errors);
    number("--max-frames", s.max_frames);
    number("--target", s.target);
    number("--seed", s.seed);
    number("--scale", s.scale);
    if (given["--decoder"] != "int8") {
        test::sum_product_decoder sp(*s.code);
        std::vector<std::uint8_t> bits(s.code->k_ldpc);
        curve("sum-product", s, [&](const std::vector<float>& llr, std::vector<std::uint8_t>& got) {
            const auto o = sp.decode(llr, s.iterations, bits);
            pack_bits(bits, got);
            return o.iterations;
        });
    }
    if (given["--decoder"] != "sp") {
        fec::ldpc_decoder ours(*s.code);
        curve("int8", s, [&](const std::vector<float>& llr, std::vector<std::uint8_t>& got) {
            return ours.decode(test::quantise(llr, s.scale), s.iterations, got).iterations;
        });
    }
    return 0;
}
