// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/encap/mode_adaptation.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace spacesail::encap {

std::uint8_t cni_of_es_n0(std::optional<double> es_n0_db) noexcept
{
    if (!es_n0_db || std::isnan(*es_n0_db)) return 0;
    return static_cast<std::uint8_t>(std::clamp(std::round(8.0 * *es_n0_db + 9.0), 1.0, 255.0));
}

std::optional<double> es_n0_of_cni(std::uint8_t cni) noexcept
{
    if (cni == 0) return std::nullopt;
    return (static_cast<double>(cni) - 9.0) / 8.0;
}

std::span<std::uint8_t> write_l3_datagram(const l3_header& header,
                                          std::span<const std::uint8_t> bbframe,
                                          std::span<std::uint8_t> datagram) noexcept
{
    datagram[0] = k_l3_sync;
    datagram[1] = acm_byte_of_pls(header.pls);
    datagram[2] = cni_of_es_n0(header.es_n0_db);
    datagram[3] = header.frame_number;
    std::ranges::copy(bbframe, datagram.begin() + k_l3_header_bytes);
    return datagram.first(k_l3_header_bytes + bbframe.size());
}

result<l3_datagram> parse_l3_datagram(std::span<const std::uint8_t> bytes)
{
    constexpr std::size_t k_least = k_l3_header_bytes + k_bbheader_bytes;
    if (bytes.size() < k_least) {
        return result<l3_datagram>::failure(
            error_code::truncated,
            fmt::format("L.3 datagram: {} bytes, at least {} are needed", bytes.size(), k_least));
    }
    if (bytes[0] != k_l3_sync) {
        return result<l3_datagram>::failure(error_code::parse,
                                            fmt::format("L.3 datagram: begins with {:02x}, not with b8", bytes[0]));
    }
    if (bytes.size() > k_l3_max_datagram_bytes) {
        return result<l3_datagram>::failure(error_code::parse,
                                            fmt::format("L.3 datagram: {} bytes, at most {} can be one BBFRAME",
                                                        bytes.size(),
                                                        k_l3_max_datagram_bytes));
    }
    l3_datagram d;
    d.header = { pls_of_acm_byte(bytes[1]), es_n0_of_cni(bytes[2]), bytes[3] };
    d.bbframe = bytes.subspan(k_l3_header_bytes);
    return d;
}

} // namespace spacesail::encap
