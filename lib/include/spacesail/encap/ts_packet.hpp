// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace spacesail::encap {

inline constexpr std::size_t k_ts_bytes = 188;
inline constexpr std::uint8_t k_ts_sync = 0x47;
inline constexpr unsigned k_ts_null_pid = 0x1fff;
/// UPL of a transport stream without ISSY and DNP fields.
inline constexpr unsigned k_ts_upl_bits = 8 * k_ts_bytes;

using ts_packet = std::array<std::uint8_t, k_ts_bytes>;

/// PID of a transport packet. Source: ISO/IEC 13818-1, clause 2.4.3.2.
inline unsigned ts_pid(std::span<const std::uint8_t> packet) noexcept { return ((packet[1] & 0x1fU) << 8) | packet[2]; }

/// \brief The null packet: PID 8191, payload of FF.
inline constexpr ts_packet k_ts_null_packet = [] {
    ts_packet p{};
    for (auto& b : p) b = 0xff;
    p[0] = k_ts_sync;
    p[1] = 0x1f;
    p[2] = 0xff;
    p[3] = 0x10;
    return p;
}();

/// \brief Follows the continuity counters of a transport stream.
/// Source: ISO/IEC 13818-1, clause 2.4.3.3: it counts packets with payload of one PID modulo 16; one duplicate is
/// allowed; a discontinuity indicator allows any value; null packets have none.
class ts_continuity
{
public:
    ts_continuity() noexcept { reset(); }
    void reset() noexcept { d_state.fill(k_unknown); }
    /// \brief Takes the next packet.
    /// \return false if its counter does not follow the one before on the same PID.
    bool follows(std::span<const std::uint8_t> packet) noexcept
    {
        const unsigned pid = ts_pid(packet);
        const bool error_indicated = (packet[1] & 0x80) != 0;
        if (pid == k_ts_null_pid || error_indicated) return true;
        std::uint8_t& state = d_state[pid];
        const bool known = state != k_unknown;
        const unsigned previous = state & 0x0fU;
        const unsigned value = packet[3] & 0x0fU;
        const bool has_payload = (packet[3] & 0x10) != 0;
        const bool discontinuity = (packet[3] & 0x20) != 0 && packet[4] > 0 && (packet[5] & 0x80) != 0;
        const bool duplicate = known && has_payload && value == previous && (state & k_was_duplicate) == 0;
        const unsigned expected = has_payload ? (previous + 1) & 0x0fU : previous;
        state = static_cast<std::uint8_t>(value | (duplicate ? k_was_duplicate : 0U));
        return !known || discontinuity || value == expected || duplicate;
    }

private:
    static constexpr std::uint8_t k_unknown = 0xff;
    static constexpr std::uint8_t k_was_duplicate = 0x10;
    std::array<std::uint8_t, 8192> d_state{};
};

} // namespace spacesail::encap
