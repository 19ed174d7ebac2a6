// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/encap/ts_generator.hpp>

#include <cassert>
#include <cstring>
#include <stdexcept>
#include <string>

namespace spacesail::encap {

ts_generator::ts_generator(std::uint64_t seed, unsigned pid) : d_seed(seed), d_pid(pid)
{
    if (pid >= k_ts_null_pid) {
        throw std::invalid_argument("ts_generator: pid = " + std::to_string(pid) + ", must be 0 .. 8190");
    }
}

void ts_generator::read(std::span<std::uint8_t> packets) noexcept
{
    assert(packets.size() % k_ts_bytes == 0);
    for (; packets.size() >= k_ts_bytes; packets = packets.subspan(k_ts_bytes)) {
        std::uint8_t* p = packets.data();
        p[0] = k_ts_sync;
        p[1] = static_cast<std::uint8_t>(d_pid >> 8);
        p[2] = static_cast<std::uint8_t>(d_pid);
        p[3] = static_cast<std::uint8_t>(0x10 | (d_number & 0x0f)); // payload only, continuity counter
        for (unsigned k = 0; k < 8; ++k) p[4 + k] = static_cast<std::uint8_t>(d_number >> (8 * k));
        // Why a generator a packet: a packet can be checked without those before it.
        rng random(d_seed ^ (d_number * 0x9e3779b97f4a7c15ULL));
        for (std::size_t k = 12; k < k_ts_bytes; k += 8) {
            const std::uint64_t word = random();
            std::memcpy(p + k, &word, 8);
        }
        ++d_number;
    }
}

} // namespace spacesail::encap
