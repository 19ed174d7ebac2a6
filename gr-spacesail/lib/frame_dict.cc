/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame_dict.h"
#include "dict.h"
#include "rx_time.h"

#include <gnuradio/spacesail/tags.h>
#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/dvbs2x/plframe.hpp>

#include <complex>

namespace gr::spacesail {

namespace core = ::spacesail;
namespace keys = tags::frame;

namespace {

bool is_vlsnr(unsigned pls)
{
    return (pls & 0xfeU) == core::dvbs2x::k_pls_vlsnr_set_1 || (pls & 0xfeU) == core::dvbs2x::k_pls_vlsnr_set_2;
}

} // namespace

pmt::pmt_t to_frame_dict(std::uint64_t index,
                         core::sample_index first_sample,
                         const core::pl_header& header,
                         const core::frame_measurements& m,
                         std::size_t nof_items,
                         const frame_extras& extras)
{
    dict_writer d;
    d.add(keys::index(), index)
        .add(keys::sample(), std::uint64_t{ first_sample })
        .add(keys::sof_sample(), m.sof_sample)
        .add(keys::pls(), static_cast<long>(header.pls))
        .add(keys::len(), static_cast<long>(nof_items))
        .add(keys::dummies(), static_cast<long>(extras.dummies))
        .add(keys::lock(), extras.lock)
        .add(keys::cfo_hz(), m.cfo_hz)
        .add(keys::cfo_rate_hz_s(), m.cfo_rate_hz_s)
        .add(keys::correction_hz(), m.correction_hz)
        .add(keys::clock_ppm(), m.clock_ppm)
        .add(keys::es_n0_db(), m.es_n0_db)
        .add(keys::n0(), m.n0)
        .add(keys::level_db(), m.level_db);
    if (is_vlsnr(header.pls)) d.add(keys::vlsnr(), static_cast<long>(header.vlsnr_index));
    if (const auto* entry = core::dvbs2x::find_modcod(header.pls)) d.add(keys::modcod(), std::string(entry->name));
    if (extras.time) d.add(keys::time(), to_time_tuple(*extras.time));
    return d.dict();
}

template <class T>
core::frame_view<T> from_frame_dict(const pmt::pmt_t& dict, std::span<const T> payload)
{
    const auto real = [&](const pmt::pmt_t& key) { return number_in(dict, key).value_or(0.0); };
    core::frame_view<T> f;
    f.index = count_in(dict, keys::index()).value_or(0);
    f.first_sample = count_in(dict, keys::sample()).value_or(0);
    f.header.pls = static_cast<std::uint8_t>(count_in(dict, keys::pls()).value_or(0));
    f.header.vlsnr_index = static_cast<std::uint8_t>(count_in(dict, keys::vlsnr()).value_or(0));
    auto& m = f.measured;
    m.cfo_hz = real(keys::cfo_hz());
    m.cfo_rate_hz_s = real(keys::cfo_rate_hz_s());
    m.correction_hz = real(keys::correction_hz());
    m.clock_ppm = real(keys::clock_ppm());
    m.sof_sample = real(keys::sof_sample());
    m.es_n0_db = static_cast<float>(real(keys::es_n0_db()));
    m.n0 = static_cast<float>(number_in(dict, keys::n0()).value_or(std::pow(10.0, -0.1 * real(keys::es_n0_db()))));
    m.level_db = static_cast<float>(real(keys::level_db()));
    f.payload = payload;
    return f;
}
template core::frame_view<std::uint8_t> from_frame_dict(const pmt::pmt_t&, std::span<const std::uint8_t>);
template core::frame_view<std::complex<float>> from_frame_dict(const pmt::pmt_t&, std::span<const std::complex<float>>);

frame_extras extras_from_frame_dict(const pmt::pmt_t& dict)
{
    frame_extras e;
    e.dummies = count_in(dict, keys::dummies()).value_or(0);
    e.lock = count_in(dict, keys::lock()).value_or(0);
    e.time = from_time_tuple(pmt::dict_ref(dict, keys::time(), pmt::PMT_NIL));
    return e;
}

} // namespace gr::spacesail
