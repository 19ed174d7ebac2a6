/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dict.h"

#include <pmt/pmt.h>
#include <spacesail/base/utc.hpp>

#include <cmath>
#include <cstdint>
#include <optional>

namespace gr::spacesail {

/// \brief The tuple (whole seconds uint64, fraction double) that gr-uhd writes for rx_time and reads for tx_time.
inline pmt::pmt_t to_time_tuple(::spacesail::utc_time t)
{
    const std::int64_t s = t.ns / 1'000'000'000 - (t.ns % 1'000'000'000 < 0 ? 1 : 0);
    return pmt::make_tuple(pmt::from_uint64(static_cast<std::uint64_t>(s)),
                           pmt::from_double(1e-9 * static_cast<double>(t.ns - s * 1'000'000'000)));
}

/// \brief The instant in such a tuple; nothing if it is none.
inline std::optional<::spacesail::utc_time> from_time_tuple(const pmt::pmt_t& v)
{
    if (!pmt::is_tuple(v) || pmt::length(v) != 2) return std::nullopt;
    const pmt::pmt_t whole = pmt::tuple_ref(v, 0), fraction = pmt::tuple_ref(v, 1);
    const auto seconds = count_of(whole);
    if (!seconds || !pmt::is_real(fraction)) return std::nullopt;
    const double s = pmt::to_double(fraction);
    if (!std::isfinite(s) || std::abs(s) > 1e6 || *seconds > 9'000'000'000ULL) return std::nullopt;
    return ::spacesail::utc_time{ static_cast<std::int64_t>(*seconds) * 1'000'000'000 }.plus_seconds(s);
}

} // namespace gr::spacesail
