// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/encap/bbheader.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

namespace spacesail::encap {

/// Nanoseconds of stream time: derived from the index of the sample, frame or file record, never read from the PC.
using stream_time_ns = std::int64_t;

/// What a queue does with input it has no room for.
enum class overflow_policy : std::uint8_t {
    refuse, ///< takes less than was offered: the source holds it back (back-pressure)
    drop    ///< takes it and throws it away, counted
};

/// What a source wrote into a data field.
struct data_field {
    std::uint16_t dfl_bits = 0;
    std::uint16_t syncd_bits = 0;
    std::size_t payload_bytes = 0; ///< bytes of user data in it, without padding, null packets and GSE headers
};

/// \brief Where the scheduler gets the content of data fields: a ts_framer or a gse_encapsulator.
class data_field_source
{
public:
    static constexpr std::size_t k_unlimited = std::numeric_limits<std::size_t>::max();

    virtual ~data_field_source() = default;
    /// The header fields the source decides: format, UPL, SYNC, ISSYI, NPD.
    virtual bbheader header() const noexcept = 0;
    /// Bytes of data field that waiting user data would fill; k_unlimited if it can always fill one.
    virtual std::size_t backlog_bytes() const noexcept = 0;
    /// When the oldest waiting byte was pushed; nothing if none waits.
    virtual std::optional<stream_time_ns> oldest_ns() const noexcept = 0;
    /// \brief Fills one data field.
    /// \param[out] field  all of it is written; bytes behind DFL are 0.
    virtual data_field fill(std::span<std::uint8_t> field) noexcept = 0;
};

} // namespace spacesail::encap
