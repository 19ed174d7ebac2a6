// SPDX-License-Identifier: GPL-3.0-or-later
// Prints what the delay engine says, for reference_engine.py to compare.
//   delay_table engine FILE ID LAT,LON,H ORIGIN UT1-UTC XP YP down|up < times   -> one line a time: tau rate rate2 az
//   el range polynomial-tau polynomial-rate delay_table passes FILE ID LAT,LON,H START DURATION MIN_ELEVATION UT1-UTC
//   -> one line a pass: aos tca los (ns of the UTC clock)
#include <spacesail/doppler/orbit_delay_source.hpp>
#include <spacesail/orbit/element_file.hpp>
#include <spacesail/orbit/passes.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

using namespace spacesail;

int fail(const std::string& why)
{
    std::fprintf(stderr, "delay_table: %s\n", why.c_str());
    return 2;
}

int print_engine(char** argv, const orbit::element_set& set, const orbit::site& where)
{
    doppler::delay_options options;
    options.orientation = { std::atof(argv[6]), std::atof(argv[7]), std::atof(argv[8]) };
    const utc_time origin = *parse_utc(argv[5]);
    auto engine = doppler::delay_engine::create(set, where, origin, options);
    if (!engine) return fail(engine.error().message);
    const bool down = std::strcmp(argv[9], "down") == 0;
    doppler::orbit_delay_source source(
        *engine, down ? doppler::link_direction::down : doppler::link_direction::up, sample_clock(1e6, origin));
    double t = 0.0;
    while (std::scanf("%lf", &t) == 1) {
        const auto s = down ? engine->down(t) : engine->up(t);
        const delay_polynomial* p = source.segment_at(t);
        if (!s || p == nullptr) return fail("the orbit is not known");
        std::printf("%.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g\n",
                    s->delay_s,
                    s->delay_rate,
                    s->delay_rate_per_s,
                    s->look.azimuth_deg,
                    s->look.elevation_deg,
                    s->look.range_m,
                    p->delay_s(t),
                    p->rate(t));
    }
    return 0;
}

int print_passes(char** argv, const orbit::element_set& set, const orbit::site& where)
{
    orbit::pass_query query;
    query.start = *parse_utc(argv[5]);
    query.duration_s = std::atof(argv[6]);
    query.min_elevation_deg = std::atof(argv[7]);
    query.orientation.ut1_minus_utc_s = std::atof(argv[8]);
    for (const orbit::pass& p : orbit::find_passes(std::span(&set, 1), where, query).passes) {
        std::printf("%lld %lld %lld\n",
                    static_cast<long long>(p.aos.ns),
                    static_cast<long long>(p.tca.ns),
                    static_cast<long long>(p.los.ns));
    }
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc < 9) return fail("see the head of its source for the arguments");
    const auto file = orbit::load_elements(argv[2]);
    if (!file) return fail(file.error().message);
    const orbit::element_set* set = orbit::find_satellite(file->sets, argv[3]);
    const auto place = orbit::parse_site(argv[4]);
    if (set == nullptr || !place || !parse_utc(argv[5])) return fail("satellite, site or time is wrong");
    const orbit::site where(*place);
    if (std::strcmp(argv[1], "passes") == 0) return print_passes(argv, *set, where);
    return argc >= 10 ? print_engine(argv, *set, where) : fail("too few arguments");
}
