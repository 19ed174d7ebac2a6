// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/bits.hpp>
#include <spacesail/fec/ldpc_encoder.hpp>

#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <stdexcept>
#include <string>

namespace spacesail::fec {
namespace {

// 360 bits, first bit = MSB of the first word; the last 24 bits of the last word are 0.
constexpr std::size_t k_words = 6;
constexpr std::size_t k_max_layers = 140;
constexpr std::uint64_t k_tail_mask = ~std::uint64_t{ 0 } << 24;
using bit_group = std::array<std::uint64_t, k_words>;

std::uint64_t load_be64(const std::uint8_t* p) noexcept
{
    return (std::uint64_t{ read_be32(p) } << 32) | read_be32(p + 4);
}

/// `nof_bits` (1..64) bits from bit `first`, left-aligned; bits beyond the span read as 0.
std::uint64_t get_bits(std::span<const std::uint8_t> packed, std::size_t first, unsigned nof_bits) noexcept
{
    std::uint64_t v = 0;
    const std::size_t byte = first / 8;
    const unsigned skip = first % 8;
    if (byte + 9 <= packed.size()) {
        v = load_be64(packed.data() + byte) << skip;
        if (skip != 0) v |= packed[byte + 8] >> (8 - skip);
    } else {
        std::uint8_t tail[9] = {};
        if (byte < packed.size()) std::memcpy(tail, packed.data() + byte, packed.size() - byte);
        v = load_be64(tail) << skip;
        if (skip != 0) v |= tail[8] >> (8 - skip);
    }
    return nof_bits == 64 ? v : v & ~(~std::uint64_t{ 0 } >> nof_bits);
}

/// Appends bits to packed bytes, MSB first.
class bit_writer
{
public:
    explicit bit_writer(std::uint8_t* out) noexcept : d_out(out) {}
    /// The `nof_bits` (0..32) lowest bits of `value`; the bits above must be 0.
    void put(std::uint64_t value, unsigned nof_bits) noexcept
    {
        d_pending = (d_pending << nof_bits) | value;
        d_count += nof_bits;
        while (d_count >= 8) {
            d_count -= 8;
            *d_out++ = static_cast<std::uint8_t>(d_pending >> d_count);
        }
    }
    void flush() noexcept
    {
        if (d_count != 0) *d_out++ = static_cast<std::uint8_t>(d_pending << (8 - d_count));
        d_count = 0;
    }

private:
    std::uint8_t* d_out;
    std::uint64_t d_pending = 0;
    unsigned d_count = 0;
};

/// acc[(s + rotation) mod 360] ^= bits[s]
void add_rotated(bit_group& acc, const bit_group& bits, unsigned rotation) noexcept
{
    // Twice the 360 bits in a row, from which the rotated ones are cut out.
    std::array<std::uint64_t, 2 * k_words> twice{};
    for (std::size_t w = 0; w < k_words; ++w) twice[w] = bits[w];
    twice[5] |= bits[0] >> 40;
    for (std::size_t w = 0; w + 1 < k_words; ++w) twice[6 + w] = (bits[w] << 24) | (bits[w + 1] >> 40);
    twice[11] = bits[5] << 24;
    const unsigned from = rotation == 0 ? 0 : k_group_bits - rotation;
    const unsigned word = from / 64;
    const unsigned shift = from % 64;
    for (std::size_t w = 0; w < k_words; ++w) {
        const std::uint64_t low = shift == 0 ? 0 : twice[word + w + 1] >> (64 - shift);
        acc[w] ^= (twice[word + w] << shift) | low;
    }
    acc[5] &= k_tail_mask;
}

/// Bit j of the result is the parity of bits 0..j-1.
bit_group parity_before(const bit_group& bits) noexcept
{
    bit_group out{};
    std::uint64_t carry = 0; // all ones where the parity so far is odd
    for (std::size_t w = 0; w < k_words; ++w) {
        std::uint64_t p = bits[w];
        for (unsigned s = 1; s < 64; s *= 2) p ^= p >> s;
        p ^= carry;
        out[w] = (p >> 1) | (carry & (std::uint64_t{ 1 } << 63));
        carry = (p & 1) != 0 ? ~std::uint64_t{ 0 } : 0;
    }
    out[5] &= k_tail_mask;
    return out;
}

/// Transposes 64 x 64 bits; row 0 is a[0], column 0 the MSB.
void transpose(std::array<std::uint64_t, 64>& a) noexcept
{
    std::uint64_t mask = 0x00000000ffffffffULL;
    for (unsigned j = 32; j != 0; j >>= 1, mask ^= mask << j) {
        for (unsigned k = 0; k < 64; k = ((k | j) + 1) & ~j) {
            const std::uint64_t t = (a[k] ^ (a[k | j] >> j)) & mask;
            a[k] ^= t;
            a[k | j] ^= t << j;
        }
    }
}

} // namespace

ldpc_encoder::ldpc_encoder(const code_parameters& code) : d_code(code)
{
    const auto& rows = code.ldpc_rows;
    for (std::size_t i = 0; i < rows.size();) {
        const std::uint16_t count = rows[i++];
        d_degree.push_back(count);
        for (std::uint16_t e = 0; e < count && i < rows.size(); ++e, ++i) {
            if (rows[i] >= code.parity_bits()) {
                throw std::invalid_argument("ldpc_encoder: parity address " + std::to_string(rows[i]) + " outside 0.." +
                                            std::to_string(code.parity_bits() - 1));
            }
            d_edges.push_back(
                { static_cast<std::uint16_t>(rows[i] % code.q), static_cast<std::uint16_t>(rows[i] / code.q) });
        }
    }
    if (code.q == 0 || code.q > k_max_layers || d_degree.size() * k_group_bits != code.k_ldpc + code.shortened ||
        code.k_ldpc + code.shortened + code.parity_bits() != code.n_ldpc) {
        throw std::invalid_argument("ldpc_encoder: address table of rate " + std::string(code.rate) + " has " +
                                    std::to_string(d_degree.size()) + " groups, " +
                                    std::to_string((code.k_ldpc + code.shortened) / k_group_bits) + " expected");
    }
}

void ldpc_encoder::encode(std::span<const std::uint8_t> bch_word, std::span<std::uint8_t> fecframe) const noexcept
{
    assert(bch_word.size() >= bytes_for_bits(d_code.k_ldpc));
    assert(fecframe.size() >= bytes_for_bits(d_code.sent_bits()));
    const unsigned q = d_code.q;
    // acc[r] bit j: what the information bits add to parity q j + r.
    std::array<bit_group, k_max_layers + 64> acc;
    for (unsigned r = 0; r < q; ++r) acc[r] = {};

    const edge* e = d_edges.data();
    for (std::size_t g = 0; g < d_degree.size(); ++g) {
        bit_group bits{};
        for (std::size_t w = 0; w < k_words; ++w) {
            // The input is Xs zeros, then the word.
            const std::size_t from = g * k_group_bits + w * 64;
            const unsigned n = w == 5 ? 40 : 64;
            if (from >= d_code.shortened) {
                bits[w] = get_bits(bch_word, from - d_code.shortened, n);
            } else if (from + n > d_code.shortened) {
                const unsigned zeros = static_cast<unsigned>(d_code.shortened - from);
                bits[w] = get_bits(bch_word, 0, n - zeros) >> zeros;
            }
        }
        for (unsigned d = 0; d < d_degree[g]; ++d, ++e) add_rotated(acc[e->layer], bits, e->rotation);
    }

    // p_i ^= p_{i-1}, in the order i = q j + r: along the layers first, then what layer q - 1 of column j - 1 adds.
    for (unsigned r = 1; r < q; ++r) {
        for (std::size_t w = 0; w < k_words; ++w) acc[r][w] ^= acc[r - 1][w];
    }
    const bit_group carry = parity_before(acc[q - 1]);
    for (unsigned r = 0; r < q; ++r) {
        for (std::size_t w = 0; w < k_words; ++w) acc[r][w] ^= carry[w];
    }

    const std::size_t whole_bytes = d_code.k_ldpc / 8; // k_ldpc is a multiple of 8 in every code
    std::memcpy(fecframe.data(), bch_word.data(), whole_bytes);
    bit_writer out(fecframe.data() + whole_bytes);

    // Parity bit q j + r is bit j of layer r: transposed in blocks of 64 columns.
    std::array<std::array<std::uint64_t, 64>, (k_max_layers + 63) / 64> block;
    const unsigned nof_blocks = (q + 63) / 64;
    unsigned until_punctured = 0; // parity bits until the next one that is not sent
    unsigned left_to_puncture = d_code.punctured;
    for (std::size_t w = 0; w < k_words; ++w) {
        for (unsigned b = 0; b < nof_blocks; ++b) {
            for (unsigned i = 0; i < 64; ++i) block[b][i] = b * 64 + i < q ? acc[b * 64 + i][w] : 0;
            transpose(block[b]);
        }
        const unsigned columns = w == 5 ? 40 : 64;
        for (unsigned j = 0; j < columns; ++j) {
            for (unsigned r = 0; r < q; r += 32) {
                const unsigned n = std::min(32U, q - r);
                const std::uint64_t half = (r & 32) != 0 ? block[r / 64][j] & 0xffffffffU : block[r / 64][j] >> 32;
                const std::uint64_t bits = half >> (32 - n);
                if (d_code.punctured == 0) {
                    out.put(bits, n);
                    continue;
                }
                for (unsigned i = 0; i < n; ++i) {
                    if (until_punctured == 0 && left_to_puncture != 0) {
                        until_punctured = d_code.puncture_period - 1;
                        --left_to_puncture;
                        continue;
                    }
                    if (until_punctured != 0) --until_punctured;
                    out.put((bits >> (n - 1 - i)) & 1, 1);
                }
            }
        }
    }
    out.flush();
}

} // namespace spacesail::fec
