/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "restart.h"

#include <gnuradio/spacesail/iq_sink.h>
#include <spacesail/base/sample_clock.hpp>
#include <spacesail/io/iq_writer.hpp>

#include <atomic>
#include <mutex>
#include <optional>

namespace gr::spacesail {

class iq_sink_impl final : public iq_sink
{
public:
    iq_sink_impl(::spacesail::io::iq_writer writer, ::spacesail::io::sample_format input);

    int work(int noutput_items, gr_vector_const_void_star& in, gr_vector_void_star& out) override;
    bool start() override;
    bool stop() override;

    std::uint64_t nof_samples() const override { return d_nof_samples; }
    std::uint64_t saturated() const override { return d_saturated; }
    std::string failure() const override;

private:
    ::spacesail::result<::spacesail::ok_t> put_samples(const void* in, std::size_t first, std::size_t n);
    void take_tags(std::size_t begin, std::size_t end);
    void fail(const ::spacesail::error& e);

    ::spacesail::io::iq_writer d_writer;
    const ::spacesail::io::sample_format d_input;
    std::optional<double> d_frequency_hz;
    std::optional<::spacesail::utc_time> d_anchor; ///< time of sample d_anchor_sample
    std::uint64_t d_anchor_sample = 0;
    std::vector<gr::tag_t> d_tags;
    restart d_restart;
    std::atomic<std::uint64_t> d_nof_samples{ 0 }, d_saturated{ 0 };
    mutable std::mutex d_mutex;
    std::string d_failure; ///< guarded by d_mutex
};

} // namespace gr::spacesail
