/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <pmt/pmt.h>
#include <spacesail/base/frame.hpp>

#include <cstdint>
#include <optional>

namespace gr::spacesail {

/// \brief What ss_frame says of a frame beside what its frame_view does.
struct frame_extras {
    std::uint64_t dummies = 0; ///< dummy PLFRAMEs since the frame before
    std::uint64_t lock = 0;    ///< number of the lock
    std::optional<::spacesail::utc_time> time;
};

/// \brief The dictionary of a received frame of `nof_items` items.
pmt::pmt_t to_frame_dict(std::uint64_t index,
                         ::spacesail::sample_index first_sample,
                         const ::spacesail::pl_header& header,
                         const ::spacesail::frame_measurements& measured,
                         std::size_t nof_items,
                         const frame_extras& extras);

/// \brief A frame as its dictionary tells it; what is missing or no number has its default.
template <class T>
::spacesail::frame_view<T> from_frame_dict(const pmt::pmt_t& dict, std::span<const T> payload);
frame_extras extras_from_frame_dict(const pmt::pmt_t& dict);

} // namespace gr::spacesail
