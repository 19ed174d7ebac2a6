// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/rng.hpp>
#include <spacesail/encap/ts_packet.hpp>

#include <cstdint>
#include <span>

namespace spacesail::encap {

/// \brief A transport stream to test with: one PID, right continuity counters, numbered packets of random bytes.
///
/// Packet i: payload bytes 0 to 7 are i, least significant first; the other 176 depend on the seed and i alone.
class ts_generator
{
public:
    /// \param[in] pid  0 .. 8190 (std::invalid_argument otherwise).
    explicit ts_generator(std::uint64_t seed, unsigned pid = 0x100);

    /// \brief Writes the next packets. \param[out] packets  a whole number of packets (asserted).
    void read(std::span<std::uint8_t> packets) noexcept;
    /// Packets written.
    std::uint64_t nof_packets() const noexcept { return d_number; }

private:
    std::uint64_t d_seed;
    unsigned d_pid;
    std::uint64_t d_number = 0;
};

} // namespace spacesail::encap
