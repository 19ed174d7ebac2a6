// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>
#include <spacesail/encap/bbheader.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace spacesail::encap {

/// First byte of an L.3 mode adaptation header.
inline constexpr std::uint8_t k_l3_sync = 0xb8;
inline constexpr std::size_t k_l3_header_bytes = 4;
inline constexpr std::size_t k_l3_max_datagram_bytes = k_l3_header_bytes + k_max_bbframe_bytes;

/// \brief Mode adaptation header L.3 in front of a BBFRAME in a datagram.
/// Source: SatLabs sl_561, mode adaptation input and output interfaces, output format L.3.
struct l3_header {
    std::uint8_t pls = 0;
    std::optional<double> es_n0_db; ///< -1.0..30.75 in steps of 1/8 dB; nothing: the demodulator is not locked
    std::uint8_t frame_number = 0;  ///< counts BBFRAMEs modulo 256
};

/// \brief ACM byte of a PLS code: S2 MODCOD (5 bits) or S2X code, 0x40 short FECFRAME, 0x20 pilots. One to one.
constexpr std::uint8_t acm_byte_of_pls(std::uint8_t pls) noexcept
{
    return static_cast<std::uint8_t>((pls & 0x80U) | ((pls & 0x7cU) >> 2) | ((pls & 0x02U) << 5) |
                                     ((pls & 0x01U) << 5));
}
/// \brief PLS code of an ACM byte.
constexpr std::uint8_t pls_of_acm_byte(std::uint8_t acm) noexcept
{
    return static_cast<std::uint8_t>((acm & 0x80U) | ((acm & 0x1fU) << 2) | ((acm & 0x40U) >> 5) |
                                     ((acm & 0x20U) >> 5));
}

/// \brief CNI byte: 0 not locked, else 8 Es/N0 + 9 rounded and held within 1..255 (NaN: 0).
std::uint8_t cni_of_es_n0(std::optional<double> es_n0_db) noexcept;
/// \brief Es/N0 in dB of a CNI byte; nothing for 0.
std::optional<double> es_n0_of_cni(std::uint8_t cni) noexcept;

/// \brief Writes header and BBFRAME into a datagram.
/// \param[out] datagram  at least k_l3_header_bytes + bbframe.size() bytes.
/// \return the part of it that was written.
std::span<std::uint8_t> write_l3_datagram(const l3_header& header,
                                          std::span<const std::uint8_t> bbframe,
                                          std::span<std::uint8_t> datagram) noexcept;

/// A datagram read: the BBFRAME is inside the bytes given.
struct l3_datagram {
    l3_header header;
    std::span<const std::uint8_t> bbframe;
};
/// \brief Reads a datagram. The BBHEADER is not looked at.
/// Errors: truncated (no room for L.3 header and BBHEADER), parse (first byte is not B8; longer than any BBFRAME).
result<l3_datagram> parse_l3_datagram(std::span<const std::uint8_t> bytes);

/// \brief Counts frames that are missing between datagrams by their frame numbers.
///
/// A run of 256 or more looks shorter by a multiple of 256. A number repeated counts as 255 lost.
class l3_sequence
{
public:
    /// \return BBFRAMEs missing before this one.
    unsigned missing_before(std::uint8_t frame_number) noexcept
    {
        const unsigned missing = d_last ? (frame_number - *d_last - 1U) & 0xffU : 0U;
        d_last = frame_number;
        return missing;
    }
    void reset() noexcept { d_last.reset(); }

private:
    std::optional<std::uint8_t> d_last;
};

} // namespace spacesail::encap
