/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iq_sink_impl.h"
#include "iq_parameters.h"
#include "rx_time.h"

#include <gnuradio/io_signature.h>
#include <gnuradio/spacesail/tags.h>

#include <algorithm>
#include <stdexcept>

namespace gr::spacesail {

namespace core = ::spacesail;
using core::io::sample_format;

iq_sink::sptr iq_sink::make(const std::string& output,
                            const std::string& input,
                            const std::string& format,
                            double rate,
                            double frequency,
                            const std::string& start)
{
    const sample_format items = stream_format_from("iq_sink", "input", input);
    const auto spec = core::io::parse_iq_output(output, iq_options_from("iq_sink", format, rate, frequency, start));
    if (!spec) throw std::invalid_argument("iq_sink: output: " + spec.error().message);
    if (spec->origin == core::io::iq_origin::uhd) {
        throw std::invalid_argument("iq_sink: output = \"" + output + "\"; for a radio use the UHD sink block");
    }
    auto writer = core::io::iq_writer::create(*spec);
    if (!writer) throw std::invalid_argument("iq_sink: output: " + writer.error().message);
    return gnuradio::make_block_sptr<iq_sink_impl>(std::move(*writer), items);
}

iq_sink_impl::iq_sink_impl(core::io::iq_writer writer, sample_format input)
    : gr::sync_block("spacesail_iq_sink",
                     gr::io_signature::make(1, 1, static_cast<int>(core::io::bytes_per_sample(input))),
                     gr::io_signature::make(0, 0, 0)),
      d_writer(std::move(writer)),
      d_input(input),
      d_frequency_hz(d_writer.spec().frequency_hz()),
      d_anchor(d_writer.spec().start())
{
}

std::string iq_sink_impl::failure() const
{
    const std::lock_guard lock(d_mutex);
    return d_failure;
}

void iq_sink_impl::fail(const core::error& e)
{
    const std::lock_guard lock(d_mutex);
    if (d_failure.empty()) {
        d_failure = e.message;
        d_logger->error("{}", e.message);
    }
}

core::result<core::ok_t> iq_sink_impl::put_samples(const void* in, std::size_t first, std::size_t n)
{
    if (d_input == sample_format::ci16) {
        return d_writer.write(std::span(static_cast<const core::io::ci16_t*>(in) + first, n));
    }
    return d_writer.write(std::span(static_cast<const core::io::cf32_t*>(in) + first, n));
}

/// Looks at the tags d_tags[begin .. end) of one item: a new rate, frequency or time begins a capture.
void iq_sink_impl::take_tags(std::size_t begin, std::size_t end)
{
    const std::uint64_t at = d_writer.nof_samples();
    const double known_rate = d_writer.rate_hz();
    bool changed = false;
    std::optional<core::utc_time> time;
    for (std::size_t i = begin; i < end; ++i) {
        const gr::tag_t& t = d_tags[i];
        if (t.key == tags::rx_rate() && pmt::is_number(t.value) && pmt::to_double(t.value) > 0) {
            // One rate a recording: the first one that is told, and only if the parameter did not.
            if (!(known_rate > 0)) d_writer.set_rate_hz(pmt::to_double(t.value));
        } else if (t.key == tags::rx_freq() && pmt::is_number(t.value)) {
            changed = changed || d_frequency_hz != pmt::to_double(t.value);
            d_frequency_hz = pmt::to_double(t.value);
        } else if (t.key == tags::rx_time()) {
            time = from_time_tuple(t.value);
        } else if (t.key == tags::ss_gap()) {
            changed = true;
        }
    }
    const double rate = d_writer.rate_hz();
    std::optional<core::utc_time> expected;
    if (d_anchor && rate > 0) expected = core::sample_clock(rate, *d_anchor, d_anchor_sample).time_of(at);
    if (time && (!expected || std::abs(time->seconds_since(*expected)) * rate >= 1.0)) changed = true;
    if (!changed) return;
    // Why not the tag at the first sample if a start was given: the parameter wins.
    if (time && !(at == 0 && d_anchor)) {
        d_anchor = time;
        d_anchor_sample = at;
    }
    d_writer.begin_capture(d_frequency_hz, time && d_anchor_sample == at ? d_anchor : (at == 0 ? d_anchor : expected));
}

int iq_sink_impl::work(int noutput_items, gr_vector_const_void_star& in, gr_vector_void_star&)
{
    const auto n = static_cast<std::size_t>(noutput_items);
    get_tags_in_window(d_tags, 0, 0, static_cast<std::uint64_t>(n));
    std::stable_sort(d_tags.begin(), d_tags.end(), gr::tag_t::offset_compare);
    std::size_t done = 0;
    for (std::size_t i = 0; i < d_tags.size();) {
        std::size_t end = i;
        while (end < d_tags.size() && d_tags[end].offset == d_tags[i].offset) ++end;
        const auto at = static_cast<std::size_t>(d_tags[i].offset - nitems_read(0));
        const auto r = put_samples(in[0], done, at - done);
        if (!r) {
            fail(r.error());
            return WORK_DONE;
        }
        done = at;
        take_tags(i, end);
        i = end;
    }
    const auto r = put_samples(in[0], done, n - done);
    if (!r) {
        fail(r.error());
        return WORK_DONE;
    }
    d_nof_samples = d_writer.nof_samples();
    d_saturated = d_writer.saturated();
    return noutput_items;
}

bool iq_sink_impl::start()
{
    // stop() has closed it.
    if (const auto r = d_writer.open_again(); !r) fail(r.error());
    if (d_restart.again(*this) && d_writer.nof_samples() > 0) {
        // What is written from here on began at another time, which its tags may tell.
        d_anchor.reset();
        d_writer.begin_capture(d_frequency_hz, std::nullopt);
    }
    return true;
}

bool iq_sink_impl::stop()
{
    const auto r = d_writer.close();
    d_nof_samples = d_writer.nof_samples();
    if (!r) fail(r.error());
    if (d_saturated > 0) {
        d_logger->warn("{}: {} components did not fit {} and were saturated; lower the level",
                       d_writer.spec().text,
                       d_saturated.load(),
                       core::io::name_of(d_writer.spec().format));
    }
    return true;
}

} // namespace gr::spacesail
