// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/terminal/link_tables.hpp>

#include <spacesail/dvbs2x/plframe.hpp>

#include <cmath>

namespace spacesail::terminal {
namespace {

constexpr double k_short_frame_loss_db = 0.3;

double receiver_loss_db(const dvbs2x::modcod& m)
{
    if (m.bits_per_symbol > 5) return 0.8;
    if (m.bits_per_symbol > 3 || m.modulation.find("APSK") != std::string_view::npos) return 0.4;
    return 2 * m.code->k_ldpc >= m.code->n_ldpc ? 0.25 : 0.4;
}

double ideal_es_n0_db(const dvbs2x::modcod& m)
{
    if (!std::isnan(m.ideal_es_n0_db)) return m.ideal_es_n0_db;
    const auto normal = dvbs2x::modcod_by_name(m.name, "normal");
    return normal ? (*normal)->ideal_es_n0_db + k_short_frame_loss_db : std::nan("");
}

} // namespace

encap::frame_formats regular_formats(dvbs2x::bch_choice bch)
{
    encap::frame_formats formats{};
    for (unsigned pls = 0; pls < formats.size(); ++pls) {
        const auto code = static_cast<std::uint8_t>(pls);
        const dvbs2x::modcod* m = dvbs2x::find_modcod(code, bch);
        if (m == nullptr) continue;
        formats[pls].k_bch_bits = static_cast<std::uint32_t>(m->code->k_bch);
        formats[pls].plframe_symbols = dvbs2x::plframe_symbols(code);
    }
    return formats;
}

std::vector<encap::acm_entry> acm_table(dvbs2x::bch_choice bch)
{
    std::vector<encap::acm_entry> table;
    const encap::frame_formats formats = regular_formats(bch);
    for (unsigned pls = 0; pls < formats.size(); ++pls) {
        const dvbs2x::modcod* m = dvbs2x::find_modcod(static_cast<std::uint8_t>(pls), bch);
        if (m == nullptr || m->vlsnr_header >= 0) continue;
        const double ideal_db = ideal_es_n0_db(*m);
        if (std::isnan(ideal_db)) continue;
        encap::acm_entry e;
        e.pls = static_cast<std::uint8_t>(pls);
        e.required_es_n0_db = ideal_db + receiver_loss_db(*m);
        e.efficiency = (formats[pls].k_bch_bits - double{ encap::k_bbheader_bits }) / formats[pls].plframe_symbols;
        e.size =
            m->size == dvbs2x::frame_size::normal ? encap::acm_frame_size::normal : encap::acm_frame_size::short_frame;
        e.pilots = dvbs2x::has_pilots(e.pls) ? encap::acm_pilots::on : encap::acm_pilots::off;
        table.push_back(e);
    }
    return table;
}

} // namespace spacesail::terminal
