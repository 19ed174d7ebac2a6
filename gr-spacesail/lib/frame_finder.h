/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dict.h"

#include <gnuradio/spacesail/tags.h>
#include <gnuradio/tags.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace gr::spacesail {

/// \brief One frame of a stream: where it begins, how long it is, what ss_frame says.
struct found_frame {
    std::uint64_t offset = 0; ///< of its first item
    std::size_t nof_items = 0;
    pmt::pmt_t dict; ///< empty dictionary if there was only packet_len
};

/// \brief Frames by their tags: ss_frame with its len, or packet_len.
class frame_finder
{
public:
    /// \brief Takes the tags of the items that wait.
    void look(const std::vector<gr::tag_t>& tags)
    {
        d_frames.clear();
        for (const gr::tag_t& t : tags) {
            const bool is_frame = t.key == tags::ss_frame() && pmt::is_dict(t.value);
            const bool is_length = t.key == tags::packet_len() && pmt::is_integer(t.value);
            if (!is_frame && !is_length) continue;
            const auto known = std::find_if(
                d_frames.begin(), d_frames.end(), [&](const found_frame& f) { return f.offset == t.offset; });
            found_frame& f =
                known != d_frames.end() ? *known : d_frames.emplace_back(found_frame{ t.offset, 0, pmt::make_dict() });
            if (is_frame) f.dict = t.value;
            // Why packet_len wins: a block in between may have changed the items and knows nothing of ss_frame.
            if (is_length)
                f.nof_items = static_cast<std::size_t>(std::max(0L, pmt::to_long(t.value)));
            else if (f.nof_items == 0)
                f.nof_items = count_in(t.value, tags::frame::len()).value_or(0);
        }
        std::erase_if(d_frames, [](const found_frame& f) { return f.nof_items == 0; });
        std::sort(d_frames.begin(), d_frames.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
    }
    /// \brief The first frame that begins at `offset` or behind it; nullptr if none does.
    const found_frame* at_or_after(std::uint64_t offset) const
    {
        for (const found_frame& f : d_frames) {
            if (f.offset >= offset) return &f;
        }
        return nullptr;
    }

private:
    std::vector<found_frame> d_frames;
};

} // namespace gr::spacesail
