// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <complex>
#include <cstdint>

namespace spacesail {

/// \brief Seeded random numbers, the same on every machine (std::normal_distribution is not).
///
/// Source: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", 2021: xoshiro256++,
/// seeded through splitmix64.
class rng
{
public:
    using result_type = std::uint64_t;

    explicit rng(std::uint64_t seed) noexcept
    {
        for (auto& word : d_state) {
            seed += 0x9e3779b97f4a7c15ULL;
            std::uint64_t z = seed;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
            z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
            word = z ^ (z >> 31);
        }
    }

    static constexpr result_type min() noexcept { return 0; }
    static constexpr result_type max() noexcept { return ~result_type{ 0 }; }

    /// 64 random bits.
    result_type operator()() noexcept
    {
        const std::uint64_t out = rotl(d_state[0] + d_state[3], 23) + d_state[0];
        const std::uint64_t t = d_state[1] << 17;
        d_state[2] ^= d_state[0];
        d_state[3] ^= d_state[1];
        d_state[1] ^= d_state[2];
        d_state[0] ^= d_state[3];
        d_state[2] ^= t;
        d_state[3] = rotl(d_state[3], 45);
        return out;
    }
    /// Uniform in [0, 1).
    double uniform() noexcept { return static_cast<double>((*this)() >> 11) * 0x1p-53; }
    /// Uniform integer in [0, n), n > 0; bias below n / 2^64.
    std::uint64_t below(std::uint64_t n) noexcept
    {
        return static_cast<std::uint64_t>((static_cast<unsigned __int128>((*this)()) * n) >> 64);
    }
    /// Two independent standard normal values (Box-Muller) as real and imaginary part.
    std::complex<double> normal_pair() noexcept
    {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
        return std::polar(radius, 6.283185307179586 * uniform());
    }

private:
    static constexpr std::uint64_t rotl(std::uint64_t x, int k) noexcept { return (x << k) | (x >> (64 - k)); }
    std::uint64_t d_state[4];
};

} // namespace spacesail
