// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/encap/bbheader.hpp>

#include <spacesail/base/bits.hpp>
#include <spacesail/base/crc.hpp>

#include <fmt/format.h>

namespace spacesail::encap {

bbheader_status read_bbheader(std::span<const std::uint8_t> bytes, bbheader& header) noexcept
{
    if (bytes.size() < k_bbheader_bytes) return bbheader_status::truncated;
    const auto format = static_cast<stream_format>(bytes[0] >> 6);
    const unsigned difference = crc8_dvbs2(bytes.first(k_bbheader_bytes - 1)) ^ bytes[9];
    const unsigned allowed = format == stream_format::gse_hem ? 1 : 0;
    if (difference > allowed) return bbheader_status::crc_error;
    header.format = format;
    header.streams = static_cast<input_streams>((bytes[0] >> 5) & 1);
    header.coding = static_cast<coding_mode>((bytes[0] >> 4) & 1);
    header.issyi = (bytes[0] & 0x08) != 0;
    header.npd = (bytes[0] & 0x04) != 0;
    header.rolloff_code = bytes[0] & 0x03;
    header.isi = bytes[1];
    header.upl_bits = read_be16(&bytes[2]);
    header.dfl_bits = read_be16(&bytes[4]);
    header.sync = bytes[6];
    header.syncd_bits = read_be16(&bytes[7]);
    return bbheader_status::good;
}

result<bbheader> parse_bbheader(std::span<const std::uint8_t> bytes)
{
    bbheader header;
    switch (read_bbheader(bytes, header)) {
    case bbheader_status::good:
        return header;
    case bbheader_status::truncated:
        return result<bbheader>::failure(
            error_code::truncated,
            fmt::format("BBHEADER: {} bytes where {} are needed", bytes.size(), k_bbheader_bytes));
    case bbheader_status::crc_error:
        break;
    }
    return result<bbheader>::failure(error_code::checksum,
                                     fmt::format("BBHEADER: CRC-8 is {:02x}, computed {:02x}",
                                                 bytes[9],
                                                 crc8_dvbs2(bytes.first(k_bbheader_bytes - 1))));
}

void write_bbheader(const bbheader& header, std::span<std::uint8_t, k_bbheader_bytes> bytes) noexcept
{
    bytes[0] = static_cast<std::uint8_t>((static_cast<unsigned>(header.format) << 6) |
                                         (static_cast<unsigned>(header.streams) << 5) |
                                         (static_cast<unsigned>(header.coding) << 4) | (header.issyi ? 0x08U : 0U) |
                                         (header.npd ? 0x04U : 0U) | (header.rolloff_code & 0x03U));
    bytes[1] = header.isi;
    write_be16(&bytes[2], header.upl_bits);
    write_be16(&bytes[4], header.dfl_bits);
    bytes[6] = header.sync;
    write_be16(&bytes[7], header.syncd_bits);
    bytes[9] = crc8_dvbs2(bytes.first<k_bbheader_bytes - 1>());
}

} // namespace spacesail::encap
