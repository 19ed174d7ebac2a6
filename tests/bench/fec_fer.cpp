// SPDX-License-Identifier: GPL-3.0-or-later
//
// Frame error rate in white noise, ideally synchronised: our demapper and int8 decoder, or exact LLRs and the
// floating-point sum-product decoder, on the same frames. --modcod takes an entry of the table, --rate any code over
// QPSK.
//
//     fec_fer --modcod "16APSK 3/4" --frame normal --from 9.8 --to 10.4 --step 0.05 --iterations 50 --decoder both
//     fec_fer --rate 1/2 --frame normal --from 0.7 --to 1.1
//
// Prints Es/N0, frames, errors after BCH, FER and mean iterations; last, where each curve crosses --target on a
// logarithmic scale.
#include "exact_demapper.hpp"
#include "fec_channel.hpp"
#include "sum_product_decoder.hpp"

#include <spacesail/dvbs2x/demapper.hpp>
#include <spacesail/dvbs2x/interleaver.hpp>
#include <spacesail/fec/bch.hpp>
#include <spacesail/fec/ldpc_decoder.hpp>
#include <spacesail/fec/ldpc_encoder.hpp>
#include <spacesail/modem/mapper.hpp>

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
    const dvbs2x::modcod* entry = nullptr; ///< none: the code over QPSK
    const fec::code_parameters* code = nullptr;
    double from = 0, to = 0, step = 0.05, target = 0.01;
    unsigned iterations = 50, errors = 20, max_frames = 20000;
    std::uint64_t seed = 1;
};

/// What a decoder gets of one frame.
struct received {
    std::vector<std::complex<float>> symbols; ///< of an entry
    float n0 = 1.0F;
    std::vector<float> llr; ///< of a code over QPSK, exact
};

/// Decodes to a packed BCH word and says how many iterations it took.
using decoder = std::function<unsigned(const received&, std::vector<std::uint8_t>&)>;

received transmit(const settings& s, const std::vector<std::uint8_t>& sent, double es_n0_db, rng& random)
{
    received r;
    if (s.entry == nullptr) {
        r.llr = test::qpsk_llr(random, sent, s.code->sent_bits(), es_n0_db);
        return r;
    }
    std::vector<std::uint8_t> labels(s.entry->xfecframe_symbols());
    r.symbols.resize(labels.size());
    dvbs2x::interleave_fecframe(*s.entry, sent, labels);
    modem::map_labels(*s.entry->constellation, labels, r.symbols);
    r.n0 = static_cast<float>(std::pow(10.0, -0.1 * es_n0_db));
    const double sigma = std::sqrt(0.5 * static_cast<double>(r.n0));
    for (auto& x : r.symbols) x += std::complex<float>(sigma * random.normal_pair());
    return r;
}

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
        p.iterations += decode(transmit(s, sent, es_n0_db, random), got);
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
    std::fprintf(
        stderr,
        "fec_fer --modcod NAME|--rate R --frame F --from dB --to dB [--step dB] [--iterations n] [--errors n]\n"
        "        [--max-frames n] [--target FER] [--seed n] [--decoder int8|sp|both]\n");
    return 2;
}

} // namespace

int main(int argc, char** argv)
{
    std::map<std::string, std::string> given = { { "--frame", "normal" }, { "--decoder", "both" } };
    for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];
    settings s;
    if (given.count("--modcod") != 0) {
        const auto entry = dvbs2x::modcod_by_name(given["--modcod"], given["--frame"]);
        if (!entry) {
            std::fprintf(stderr, "fec_fer: --modcod %s\n", entry.error().message.c_str());
            return 2;
        }
        s.entry = *entry;
        s.code = s.entry->code;
    } else {
        s.code = fec::find_code(given["--rate"], given["--frame"]);
    }
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
    if (given["--decoder"] != "int8") {
        test::sum_product_decoder sp(*s.code);
        std::vector<std::uint8_t> bits(s.code->k_ldpc);
        curve("sum-product", s, [&](const received& r, std::vector<std::uint8_t>& got) {
            const auto o =
                sp.decode(s.entry != nullptr ? test::exact_llr(*s.entry, r.symbols, r.n0) : r.llr, s.iterations, bits);
            pack_bits(bits, got);
            return o.iterations;
        });
    }
    if (given["--decoder"] != "sp") {
        fec::ldpc_decoder ours(*s.code);
        std::vector<std::int8_t> llr(s.code->sent_bits());
        curve("int8", s, [&](const received& r, std::vector<std::uint8_t>& got) {
            if (s.entry != nullptr) {
                dvbs2x::demap_xfecframe(*s.entry, r.symbols, r.n0, llr);
            } else {
                llr = test::quantise(r.llr);
            }
            return ours.decode(llr, s.iterations, got).iterations;
        });
    }
    return 0;
}
