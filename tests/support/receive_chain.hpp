// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "numbered_bbframe.hpp"

#include <spacesail/dvbs2x/decode_pool.hpp>
#include <spacesail/dvbs2x/synchroniser.hpp>

#include <complex>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace spacesail::test {

/// One PLFRAME with payload as it came out of synchroniser and decoder.
struct received_frame {
    std::uint8_t pls = 0;
    std::uint64_t index = 0;
    frame_measurements measured;
    bool good = false;                   ///< what the decoder says
    std::optional<std::uint64_t> number; ///< of a BBFRAME that is as sent in every byte
    unsigned iterations = 0;
};

/// \brief Synchroniser and decode_pool as a receiver has them, with a record of every frame.
class receive_chain final : private dvbs2x::decode_observer, private frame_sink<std::uint8_t>
{
public:
    explicit receive_chain(const dvbs2x::synchroniser_config& sync, const dvbs2x::decode_pool_config& pool = {})
        : d_sync(sync), d_pool(pool, *this, this)
    {
    }
    template <class T>
    void process(std::span<const std::complex<T>> samples)
    {
        d_sync.process(samples, d_pool);
        d_pool.poll();
    }
    void flush()
    {
        d_sync.flush(d_pool);
        d_pool.flush();
    }
    dvbs2x::synchroniser& sync() noexcept { return d_sync; }
    dvbs2x::decode_pool& pool() noexcept { return d_pool; }
    std::vector<received_frame> frames; ///< may be emptied at any time
    std::uint64_t delivered = 0;        ///< BBFRAMEs that went to the sink

private:
    void on_outcome(const frame_view<std::uint8_t>& f, const dvbs2x::decode_outcome& o) noexcept override
    {
        frames.push_back(
            { f.header.pls, f.index, f.measured, o.good(), numbered_bbframe(f.payload), o.ldpc_iterations });
    }
    void on_frame(const frame_view<std::uint8_t>&) noexcept override { ++delivered; }

    dvbs2x::synchroniser d_sync;
    dvbs2x::decode_pool d_pool;
};

} // namespace spacesail::test
