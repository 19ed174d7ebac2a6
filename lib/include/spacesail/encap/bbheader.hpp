// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace spacesail::encap {

/// TS/GS field of MATYPE-1.
enum class stream_format : std::uint8_t {
    generic_packetized = 0,
    generic_continuous = 1, ///< GSE without its high-efficiency mode
    gse_hem = 2,            ///< GSE in high-efficiency mode (EN 302 307-2); recognised, not decoded
    transport = 3           ///< MPEG transport stream
};
/// SIS/MIS field of MATYPE-1.
enum class input_streams : std::uint8_t { multiple = 0, single = 1 };
/// CCM/ACM field of MATYPE-1; VCM is signalled as adaptive.
enum class coding_mode : std::uint8_t { adaptive = 0, constant = 1 };

inline constexpr std::size_t k_bbheader_bytes = 10;
inline constexpr std::uint32_t k_bbheader_bits = 80;
/// SYNCD of a data field in which no user packet starts.
inline constexpr std::uint16_t k_syncd_none = 0xffff;
/// Longest BBFRAME: below the 64800 bits of a normal FECFRAME.
inline constexpr std::size_t k_max_bbframe_bytes = 8100;

/// \brief The base-band header in front of every data field.
/// Source: EN 302 307-1, clause 5.1.6; EN 302 307-2, clause 5.1.6.
struct bbheader {
    stream_format format = stream_format::generic_continuous;
    input_streams streams = input_streams::single;
    coding_mode coding = coding_mode::constant;
    bool issyi = false;            ///< an ISSY field of 2 or 3 bytes follows every user packet
    bool npd = false;              ///< null packets are deleted, a DNP byte follows every user packet
    std::uint8_t rolloff_code = 0; ///< RO, 0..3; see rolloff_reader
    std::uint8_t isi = 0;          ///< MATYPE-2: input stream identifier, if there are multiple streams
    std::uint16_t upl_bits = 0;    ///< UPL, 0: continuous
    std::uint16_t dfl_bits = 0;    ///< DFL
    std::uint8_t sync = 0;         ///< SYNC: copy of the user packets' sync byte
    std::uint16_t syncd_bits = 0;  ///< SYNCD: start of the first user packet in the data field, or k_syncd_none

    bool operator==(const bbheader&) const = default;
};

/// What read_bbheader found.
enum class bbheader_status : std::uint8_t { good, truncated, crc_error };

/// \brief Reads a BBHEADER without allocating; the form for the hot path.
/// \param[in]  bytes   at least 10 bytes, descrambled.
/// \param[out] header  valid if the status is good, else unchanged.
/// In GSE high-efficiency mode the CRC-8 carries the mode in its last bit; both values are taken as good.
bbheader_status read_bbheader(std::span<const std::uint8_t> bytes, bbheader& header) noexcept;

/// \brief Reads a BBHEADER.
/// Errors: truncated (fewer than 10 bytes), checksum (CRC-8).
result<bbheader> parse_bbheader(std::span<const std::uint8_t> bytes);

/// \brief Writes a BBHEADER with its CRC-8.
/// \param[out] bytes  exactly 10 bytes.
void write_bbheader(const bbheader& header, std::span<std::uint8_t, k_bbheader_bytes> bytes) noexcept;

} // namespace spacesail::encap
