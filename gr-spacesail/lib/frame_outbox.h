/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gnuradio/block.h>
#include <gnuradio/block_detail.h>
#include <gnuradio/buffer.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace gr::spacesail {

/// \brief Between a core object that hands out whole frames and output port 0 that takes what fits.
///
/// Items go straight into the buffer of the port; what does not fit is kept for the next call of work(). Tags are set
/// at once, at the offset the item will have.
template <class T>
class frame_outbox
{
public:
    /// \param[in] reserve  items kept without allocating.
    explicit frame_outbox(std::size_t reserve) { d_kept.reserve(reserve); }

    /// \brief Start of a stream: what was kept is forgotten, items count from 0.
    void reset()
    {
        d_out = {};
        d_written = 0;
        d_put = 0;
        d_kept.clear();
        d_kept_from = 0;
    }
    /// \brief Start of a call of work(): writes what was kept.
    void open(gr::block& owner, void* out, int room)
    {
        d_owner = &owner;
        d_out = { static_cast<T*>(out), static_cast<std::size_t>(room) };
        d_written = std::min(d_out.size(), d_kept.size() - d_kept_from);
        std::copy_n(d_kept.begin() + static_cast<std::ptrdiff_t>(d_kept_from), d_written, d_out.begin());
        d_kept_from += d_written;
        if (d_kept_from == d_kept.size()) {
            d_kept.clear();
            d_kept_from = 0;
        }
    }
    void put(std::span<const T> items)
    {
        const std::size_t direct = d_kept.empty() ? std::min(items.size(), d_out.size() - d_written) : 0;
        std::copy_n(items.begin(), direct, d_out.begin() + static_cast<std::ptrdiff_t>(d_written));
        d_written += direct;
        d_put += items.size();
        d_kept.insert(d_kept.end(), items.begin() + static_cast<std::ptrdiff_t>(direct), items.end());
    }
    /// \brief A tag on the item with this number.
    void tag(std::uint64_t offset, const pmt::pmt_t& key, const pmt::pmt_t& value)
    {
        gr::tag_t t;
        t.offset = offset;
        t.key = key;
        t.value = value;
        t.srcid = d_owner->alias_pmt();
        d_owner->detail()->add_item_tag(0, t);
    }
    /// Number of the item that put() takes next.
    std::uint64_t next() const noexcept { return d_put; }
    /// Whether nothing is kept: the block may go on.
    bool empty() const noexcept { return d_kept.empty(); }
    /// Items written since open(): what work() returns.
    int written() const noexcept { return static_cast<int>(d_written); }
    /// Items kept.
    std::size_t kept() const noexcept { return d_kept.size() - d_kept_from; }

private:
    gr::block* d_owner = nullptr;
    std::span<T> d_out;
    std::size_t d_written = 0;
    std::uint64_t d_put = 0;
    std::vector<T> d_kept;
    std::size_t d_kept_from = 0;
};

} // namespace gr::spacesail
