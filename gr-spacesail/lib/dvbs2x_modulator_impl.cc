/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dvbs2x_modulator_impl.h"
#include "one_of.h"
#include "stream_end.h"

#include <gnuradio/io_signature.h>
#include <gnuradio/spacesail/tags.h>
#include <spacesail/dvbs2x/frame_decoder.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <algorithm>
#include <cmath>

namespace gr::spacesail {

namespace core = ::spacesail;
namespace keys = tags::frame;

namespace {

/// Silences at the end: one brings the last symbol out, another lets it through the filters behind, up to the
/// receiver's.
constexpr unsigned k_silences = 2;

constexpr const char* k_name = "dvbs2x_modulator";

void check_level(double level_dbfs)
{
    check(std::isfinite(level_dbfs) && std::abs(level_dbfs + 50) <= 70, k_name, "level_dbfs", level_dbfs, "-120 .. 20");
}

} // namespace

dvbs2x_modulator::sptr dvbs2x_modulator::make(double symbol_rate_hz,
                                              double sample_rate_hz,
                                              double rolloff,
                                              int gold_code,
                                              double level_dbfs,
                                              double clock_ppm,
                                              int pls,
                                              const std::string& bch)
{
    core::dvbs2x::transmitter_configuration c;
    c.shaping = { .symbol_rate_hz = symbol_rate_hz,
                  .sample_rate_hz = sample_rate_hz,
                  .rolloff = rolloff,
                  .level_dbfs = level_dbfs,
                  .clock_ppm = clock_ppm };
    check_level(level_dbfs);
    check(gold_code >= 0, k_name, "gold_code", gold_code, "0 .. 262142");
    c.gold_code = static_cast<unsigned>(gold_code);
    check(pls >= 0 && pls <= 255, k_name, "pls", pls, "0 .. 255");
    c.choice = one_of<core::dvbs2x::bch_choice>(
        k_name,
        "bch",
        bch,
        { { "table", core::dvbs2x::bch_choice::table }, { "alternative", core::dvbs2x::bch_choice::alternative } });
    return gnuradio::make_block_sptr<dvbs2x_modulator_impl>(c, static_cast<std::uint8_t>(pls));
}

dvbs2x_modulator_impl::dvbs2x_modulator_impl(const core::dvbs2x::transmitter_configuration& config, std::uint8_t pls)
    : gr::block("spacesail_dvbs2x_modulator",
                gr::io_signature::make(1, 1, 1),
                gr::io_signature::make(1, 1, sizeof(gr_complex))),
      d_transmitter(config),
      d_pls(pls),
      d_status_port(*this),
      d_level_dbfs(config.shaping.level_dbfs)
{
    set_tag_propagation_policy(TPP_DONT);
    message_port_register_in(pmt::intern("cmd"));
    set_msg_handler(pmt::intern("cmd"), [this](const pmt::pmt_t& m) {
        const pmt::pmt_t key = pmt::intern("level_dbfs");
        if (!pmt::is_dict(m) || !pmt::dict_has_key(m, key)) return; // for another block
        const auto level = number_in(m, key);
        if (!level || std::abs(*level + 50) > 70) {
            d_logger->warn("cmd refused: {}; give level_dbfs, -120 .. 20", pmt::write_string(m));
        } else {
            set_level_dbfs(*level);
        }
    });
}

void dvbs2x_modulator_impl::set_level_dbfs(double level_dbfs)
{
    check_level(level_dbfs);
    d_level_dbfs = level_dbfs;
}

void dvbs2x_modulator_impl::forecast(int, gr_vector_int& required)
{
    if (!d_transmitter.ready() || input_done(*this)) {
        required[0] = 0;
    } else {
        required[0] = std::min(d_current ? static_cast<int>(d_current->nof_items) : 1, largest_input(*this));
    }
}

void dvbs2x_modulator_impl::push(const found_frame& f, std::span<const std::uint8_t> bytes)
{
    using core::dvbs2x::transmitter;
    const auto pls = static_cast<std::uint8_t>(count_in(f.dict, keys::pls()).value_or(d_pls));
    const bool is_dummy = core::dvbs2x::is_dummy(pls) && pmt::dict_has_key(f.dict, keys::pls());
    const auto done = is_dummy ? d_transmitter.push_dummy() : d_transmitter.push(pls, bytes);
    if (done != transmitter::push_result::taken) {
        if (d_refused.value() == 0) {
            d_logger->warn("a BBFRAME of {} bytes does not fit PLS code {}, left out", bytes.size(), pls);
        }
        d_refused.add();
        return;
    }
    (is_dummy ? d_dummies : d_plframes).add();
    add_item_tag(0, d_tag_at, tags::ss_frame(), f.dict, alias_pmt());
    for (const gr::tag_t& t : d_tags) {
        if (t.offset == f.offset && t.key == tags::tx_time()) {
            add_item_tag(0, d_tag_at, tags::tx_time(), t.value, alias_pmt());
        }
    }
}

/// Pushes the first whole frame; returns the bytes used.
std::size_t dvbs2x_modulator_impl::take_frame(std::span<const std::uint8_t> in, bool last)
{
    d_current.reset();
    // One frame and the start of the next are enough to look at.
    const std::size_t n = std::min(in.size(), std::size_t{ 2 } * core::dvbs2x::frame_decoder::k_max_bbframe_bytes);
    get_tags_in_window(d_tags, 0, 0, n);
    d_finder.look(d_tags);
    const std::uint64_t start = nitems_read(0);
    const found_frame* f = d_finder.at_or_after(start);
    const std::size_t begin = f != nullptr ? static_cast<std::size_t>(f->offset - start) : n;
    if (begin > 0) {
        d_bytes_skipped.add(begin);
        return begin;
    }
    if (f == nullptr) return 0;
    if (in.size() >= f->nof_items) {
        push(*f, in.first(f->nof_items));
        return f->nof_items;
    }
    if (last || in.size() >= static_cast<std::size_t>(largest_input(*this))) {
        d_bytes_skipped.add(in.size());
        return in.size();
    }
    d_current = *f;
    return 0;
}

int dvbs2x_modulator_impl::general_work(int noutput_items,
                                        gr_vector_int& ninput_items,
                                        gr_vector_const_void_star& in,
                                        gr_vector_void_star& out)
{
    const std::span<const std::uint8_t> bytes(static_cast<const std::uint8_t*>(in[0]),
                                              static_cast<std::size_t>(ninput_items[0]));
    const std::span<gr_complex> samples(static_cast<gr_complex*>(out[0]), static_cast<std::size_t>(noutput_items));
    d_transmitter.set_level_dbfs(d_level_dbfs);
    const bool last = input_done(*this) && ninput_items[0] == static_cast<int>(detail()->input(0)->items_available());
    std::size_t made = d_transmitter.read(samples);

    std::size_t used = 0;
    if (made < samples.size() && d_transmitter.ready()) {
        d_tag_at = nitems_written(0) + made;
        used = take_frame(bytes, last);
        consume(0, static_cast<int>(used));
        if (last && bytes.empty() && d_silences < k_silences) {
            d_transmitter.push_silence();
            ++d_silences;
        }
        made += d_transmitter.read(samples.subspan(made));
    }
    d_samples.add(made);
    if (d_status_port.due()) d_status_port.publish(status());
    if (made == 0 && d_silences == k_silences && d_transmitter.ready()) return WORK_DONE;
    return static_cast<int>(made);
}

bool dvbs2x_modulator_impl::start()
{
    if (!d_restart.again(*this)) return true;
    d_transmitter.reset();
    d_current.reset();
    d_silences = 0;
    for (auto* c : { &d_plframes, &d_dummies, &d_refused, &d_bytes_skipped, &d_samples }) c->reset();
    return true;
}

bool dvbs2x_modulator_impl::stop()
{
    d_status_port.publish(status());
    return true;
}

pmt::pmt_t dvbs2x_modulator_impl::status() const
{
    dict_writer d;
    d.add("block", std::string("dvbs2x_modulator"));
    d.add("plframes", d_plframes.value())
        .add("dummies", d_dummies.value())
        .add("refused", d_refused.value())
        .add("bytes_skipped", d_bytes_skipped.value())
        .add("samples", d_samples.value())
        .add("level_dbfs", d_level_dbfs.load());
    return d.dict();
}

} // namespace gr::spacesail
