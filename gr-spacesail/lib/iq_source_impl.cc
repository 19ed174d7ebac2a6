/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iq_source_impl.h"
#include "iq_parameters.h"
#include "rx_time.h"

#include <gnuradio/io_signature.h>
#include <gnuradio/spacesail/tags.h>

#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace gr::spacesail {

namespace core = ::spacesail;
using core::io::sample_format;

namespace {

/// Longest wait on a silent pipe before the scheduler may look whether the flowgraph was stopped.
constexpr int k_wait_ms = 50;

} // namespace

iq_source::sptr iq_source::make(const std::string& input,
                                const std::string& output,
                                const std::string& format,
                                double rate,
                                double frequency,
                                const std::string& start)
{
    const sample_format items = stream_format_from("iq_source", "output", output);
    const auto spec = core::io::parse_iq_input(input, iq_options_from("iq_source", format, rate, frequency, start));
    if (!spec) throw std::invalid_argument("iq_source: input: " + spec.error().message);
    if (spec->origin == core::io::iq_origin::uhd) {
        throw std::invalid_argument("iq_source: input = \"" + input + "\"; for a radio use the UHD source block");
    }
    auto reader = core::io::iq_reader::open(*spec);
    if (!reader) throw std::invalid_argument("iq_source: input: " + reader.error().message);
    return gnuradio::make_block_sptr<iq_source_impl>(std::move(*reader), items);
}

iq_source_impl::iq_source_impl(core::io::iq_reader reader, sample_format output)
    : gr::sync_block("spacesail_iq_source",
                     gr::io_signature::make(0, 0, 0),
                     gr::io_signature::make(1, 1, static_cast<int>(core::io::bytes_per_sample(output)))),
      d_reader(std::move(reader)),
      d_output(output)
{
    for (const std::string& warning : d_reader.spec().warnings) d_logger->warn("{}", warning);
}

std::string iq_source_impl::failure() const
{
    const std::lock_guard lock(d_mutex);
    return d_failure;
}

void iq_source_impl::put_samples(const core::io::iq_chunk& chunk, std::size_t n, void* out)
{
    if (d_reader.format() == d_output) {
        std::memcpy(out, chunk.bytes.data(), chunk.bytes.size());
    } else if (d_output == sample_format::cf32) {
        core::io::to_cf32(d_reader.format(), chunk.bytes, { static_cast<core::io::cf32_t*>(out), n });
    } else {
        d_converted.resize(n);
        core::io::to_cf32(d_reader.format(), chunk.bytes, d_converted);
        core::io::from_cf32(
            sample_format::ci16, d_converted, { static_cast<std::byte*>(out), n * sizeof(core::io::ci16_t) });
    }
}

void iq_source_impl::put_tags(std::size_t capture)
{
    const core::io::iq_spec& spec = d_reader.spec();
    const core::io::iq_capture& c = spec.captures[capture];
    const std::uint64_t at = nitems_written(0);
    const pmt::pmt_t who = alias_pmt();
    if (spec.rate_hz > 0) add_item_tag(0, at, tags::rx_rate(), pmt::from_double(spec.rate_hz), who);
    if (c.frequency_hz) add_item_tag(0, at, tags::rx_freq(), pmt::from_double(*c.frequency_hz), who);
    if (c.start) add_item_tag(0, at, tags::rx_time(), to_time_tuple(*c.start), who);
    if (const std::int64_t lost = core::io::lost_samples(spec, capture); lost > 0) {
        add_item_tag(0, at, tags::ss_gap(), pmt::from_uint64(static_cast<std::uint64_t>(lost)), who);
    }
}

/// What is known of samples in the middle of a capture.
void iq_source_impl::put_tags_again()
{
    const core::io::iq_spec& spec = d_reader.spec();
    const std::uint64_t at = nitems_written(0);
    if (spec.rate_hz > 0) add_item_tag(0, at, tags::rx_rate(), pmt::from_double(spec.rate_hz), alias_pmt());
    if (const auto f = spec.frequency_hz()) add_item_tag(0, at, tags::rx_freq(), pmt::from_double(*f), alias_pmt());
}

int iq_source_impl::work(int noutput_items, gr_vector_const_void_star&, gr_vector_void_star& out)
{
    if (d_failed) return WORK_DONE;
    const auto chunk = d_reader.next(static_cast<std::size_t>(noutput_items), k_wait_ms);
    if (!chunk) {
        d_logger->error("{}", chunk.error().message);
        const std::lock_guard lock(d_mutex);
        d_failure = chunk.error().message;
        return WORK_DONE;
    }
    if (chunk->status == core::io::read_status::timeout) return 0;
    if (chunk->status == core::io::read_status::end) {
        d_odd_bytes = d_reader.odd_bytes();
        d_missing_samples = d_reader.missing_samples();
        return WORK_DONE;
    }
    if (chunk->capture) {
        put_tags(*chunk->capture);
    } else if (d_goes_on) {
        put_tags_again();
    }
    d_goes_on = false;
    const std::size_t n = chunk->bytes.size() / core::io::bytes_per_sample(d_reader.format());
    put_samples(*chunk, n, out[0]);
    d_nof_samples += n;
    return static_cast<int>(n);
}

bool iq_source_impl::start()
{
    if (!d_restart.again(*this)) return true;
    d_nof_samples = d_odd_bytes = d_missing_samples = 0;
    std::error_code ignored;
    d_goes_on = !std::filesystem::is_regular_file(d_reader.spec().data, ignored);
    if (d_goes_on) return true;
    auto anew = core::io::iq_reader::open(core::io::iq_spec(d_reader.spec()));
    d_failed = !anew;
    const std::lock_guard lock(d_mutex);
    d_failure = anew ? std::string() : anew.error().message;
    if (anew) {
        d_reader = std::move(*anew);
    } else {
        d_logger->error("{}", d_failure);
    }
    return true;
}

bool iq_source_impl::stop()
{
    if (d_odd_bytes > 0 && d_reader.spec().warnings.empty()) {
        d_logger->warn(
            "{}: {} bytes behind the last whole sample are left out", d_reader.spec().text, d_odd_bytes.load());
    }
    if (d_missing_samples > 0) {
        d_logger->warn("{}: {} samples are missing at its end", d_reader.spec().text, d_missing_samples.load());
    }
    return true;
}

} // namespace gr::spacesail
