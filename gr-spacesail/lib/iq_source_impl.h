/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "restart.h"

#include <gnuradio/spacesail/iq_source.h>
#include <spacesail/io/iq_reader.hpp>

#include <atomic>
#include <mutex>

namespace gr::spacesail {

class iq_source_impl final : public iq_source
{
public:
    iq_source_impl(::spacesail::io::iq_reader reader, ::spacesail::io::sample_format output);

    int work(int noutput_items, gr_vector_const_void_star& in, gr_vector_void_star& out) override;
    bool start() override;
    bool stop() override;

    double rate() const override { return d_reader.spec().rate_hz; }
    double frequency() const override { return d_reader.spec().frequency_hz().value_or(0.0); }
    std::uint64_t nof_samples() const override { return d_nof_samples; }
    std::uint64_t odd_bytes() const override { return d_odd_bytes; }
    std::uint64_t missing_samples() const override { return d_missing_samples; }
    std::string failure() const override;

private:
    void put_samples(const ::spacesail::io::iq_chunk& chunk, std::size_t n, void* out);
    void put_tags(std::size_t capture);
    void put_tags_again();

    ::spacesail::io::iq_reader d_reader;
    const ::spacesail::io::sample_format d_output;
    std::vector<::spacesail::io::cf32_t> d_converted; ///< between a byte format and ci16
    std::atomic<std::uint64_t> d_nof_samples{ 0 }, d_odd_bytes{ 0 }, d_missing_samples{ 0 };
    restart d_restart;
    bool d_goes_on = false; ///< started again, in the middle of an input that cannot go back
    bool d_failed = false;  ///< cannot be opened again
    mutable std::mutex d_mutex;
    std::string d_failure; ///< guarded by d_mutex
};

} // namespace gr::spacesail
