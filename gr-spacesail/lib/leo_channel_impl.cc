/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "leo_channel_impl.h"
#include "dict.h"
#include "motion_options.h"
#include "one_of.h"
#include "rx_time.h"
#include "stream_end.h"

#include <gnuradio/io_signature.h>
#include <gnuradio/spacesail/tags.h>
#include <spacesail/doppler/emission_delay_source.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace gr::spacesail {

namespace core = ::spacesail;

namespace {

constexpr const char* k_name = "leo_channel";
constexpr std::size_t k_max_commands = 64;
/// Samples of a shared input that the first satellite to need them may wait for.
constexpr std::size_t k_shared_ahead = 8192;

/// Delay of a satellite that does not move.
class no_motion final : public core::delay_source
{
public:
    no_motion()
    {
        d_nothing.t_begin_s = -1e18;
        d_nothing.t_end_s = 1e18;
    }
    const core::delay_polynomial* segment_at(double) noexcept override { return &d_nothing; }

private:
    core::delay_polynomial d_nothing;
};

no_motion& still()
{
    static no_motion source; // tells the same whoever asks
    return source;
}

enum class input_mode { each, shared };

std::size_t nof_inputs(const leo_channel_parameters& p)
{
    const auto mode = one_of<input_mode>(
        k_name, "inputs", p.inputs, { { "each", input_mode::each }, { "shared", input_mode::shared } });
    return mode == input_mode::each ? std::max<std::size_t>(1, p.satellites.size()) : 1;
}

core::channel::path_loss loss_of(const leo_channel_parameters& p)
{
    using core::channel::path_loss;
    return one_of<path_loss>(
        k_name, "path_loss", p.path_loss, { { "none", path_loss::none }, { "free_space", path_loss::free_space } });
}

core::channel::leo_channel_config config_of(const leo_channel_parameters& p)
{
    core::channel::leo_channel_config c;
    c.sample_rate_hz = p.sample_rate_hz;
    c.carrier_hz = p.carrier_hz;
    c.noise_power = p.noise_power;
    c.lnb_offset_hz = p.lnb_offset_hz;
    c.lnb_drift_hz_s = p.lnb_drift_hz_s;
    c.receiver_clock_ppm = p.clock_ppm;
    const auto mask = core::channel::parse_phase_noise_mask(p.phase_noise);
    if (!mask) throw std::invalid_argument("leo_channel: phase_noise: " + mask.error().message);
    c.mask = *mask;
    if (p.dc_dbfs > -200.0) c.faults.dc_dbfs = p.dc_dbfs;
    if (p.image_db > -200.0) c.faults.image_db = p.image_db;
    c.faults.tilt_db = p.tilt_db;
    if (p.clip != 0.0) c.faults.clip = p.clip;
    if (p.adjacent_spacing_hz != 0.0) {
        c.adjacent.spacing_hz = p.adjacent_spacing_hz;
        c.adjacent.power = p.adjacent_power;
        c.adjacent.symbol_rate_hz = p.adjacent_symbol_rate_hz;
    }
    c.seed = p.seed;
    check(std::isfinite(p.gain_db), k_name, "gain_db", p.gain_db, "finite");
    check(std::isfinite(p.feeder_hz) && p.feeder_hz >= 0.0, k_name, "feeder_hz", p.feeder_hz, "0 or above");
    const double latitude = p.gateway_latitude_deg, longitude = p.gateway_longitude_deg, height = p.gateway_height_m;
    check(std::abs(latitude) <= 90.0, k_name, "gateway_latitude_deg", latitude, "-90 .. 90");
    check(std::abs(longitude) <= 360.0, k_name, "gateway_longitude_deg", longitude, "-360 .. 360");
    check(height >= -1000.0 && height <= 100e3, k_name, "gateway_height_m", height, "-1000 .. 100000");
    return c;
}

/// What weakens the links; nothing if no parameter asks for it.
std::optional<core::channel::link_loss_config> link_of(const leo_channel_parameters& p)
{
    using core::channel::antenna_pattern;
    core::channel::link_loss_config c;
    c.frequency_hz = p.carrier_hz;
    c.latitude_deg = p.latitude_deg;
    c.height_km = 1e-3 * p.height_m;
    const auto air = core::channel::standard_air(c.height_km);
    if (!p.rain.empty()) {
        auto rain = core::channel::parse_rain_profile(p.rain);
        if (!rain) throw std::invalid_argument("leo_channel: " + rain.error().message);
        c.rain = *std::move(rain);
    }
    if (one_of<bool>(k_name, "gases", p.gases, { { "none", false }, { "standard", true } })) c.gases = air;
    c.antenna.pattern = one_of<antenna_pattern>(k_name,
                                                "antenna",
                                                p.antenna,
                                                { { "none", antenna_pattern::isotropic },
                                                  { "dish", antenna_pattern::aperture },
                                                  { "mask", antenna_pattern::itu_mask },
                                                  { "panel", antenna_pattern::phased_array } });
    c.antenna.diameter_m = p.antenna_diameter_m;
    c.antenna.frequency_hz = p.carrier_hz;
    c.pointing.azimuth_deg = p.pointing_azimuth_deg;
    c.pointing.elevation_deg = p.pointing_elevation_deg;
    if (p.scintillation_hz != 0.0) c.scintillation_corner_hz = p.scintillation_hz;
    c.scintillation_air = air;
    check(p.noise_temperature_k == 0.0 || (p.noise_temperature_k >= 1.0 && p.noise_temperature_k <= 10000.0),
          k_name,
          "noise_temperature_k",
          p.noise_temperature_k,
          "0 or 1 .. 10000");
    const bool asked =
        !p.rain.empty() || c.gases || p.antenna != "none" || c.scintillation_corner_hz || p.noise_temperature_k > 0.0;
    if (!asked) return std::nullopt;
    if (p.elements.empty()) {
        throw std::invalid_argument("leo_channel: elements is empty, but rain, gases, antenna, scintillation_hz or "
                                    "noise_temperature_k is given; give a file of element sets");
    }
    return c;
}

} // namespace

leo_channel::sptr leo_channel::make(const leo_channel_parameters& parameters)
{
    return gnuradio::make_block_sptr<leo_channel_impl>(parameters, config_of(parameters));
}

leo_channel_impl::leo_channel_impl(const leo_channel_parameters& parameters,
                                   const core::channel::leo_channel_config& config)
    : gr::block("spacesail_leo_channel",
                gr::io_signature::make(static_cast<int>(nof_inputs(parameters)),
                                       static_cast<int>(nof_inputs(parameters)),
                                       sizeof(gr_complex)),
                gr::io_signature::make(1, 1, sizeof(gr_complex))),
      d_parameters(parameters),
      d_config(config),
      d_link(link_of(parameters)),
      d_inputs(nof_inputs(parameters)),
      d_status_port(*this)
{
    set_tag_propagation_policy(TPP_DONT);
    message_port_register_in(pmt::intern("cmd"));
    set_msg_handler(pmt::intern("cmd"), [this](const pmt::pmt_t& m) { on_command(m); });
    auto names = parameters.satellites;
    if (names.empty()) names.emplace_back();
    for (const auto& name : names) {
        const motion_parameters m{ parameters.elements,       name,
                                   parameters.latitude_deg,   parameters.longitude_deg,
                                   parameters.height_m,       parameters.in_track_bias_m,
                                   parameters.ut1_minus_utc_s };
        d_paths.emplace_back();
        d_paths.back().motion = std::make_unique<satellite_motion>(
            k_name, m, core::doppler::link_direction::down, parameters.sample_rate_hz);
    }
    if (parameters.feeder_hz > 0.0 && parameters.elements.empty())
        throw std::invalid_argument(
            "leo_channel: feeder_hz is given, but elements is empty; give a file of element sets");
    if (d_link) {
        // What is out of range is told here, not when samples come.
        const core::orbit::geodetic place{ parameters.latitude_deg, parameters.longitude_deg, parameters.height_m };
        const auto engine = d_paths.front().motion->engine_at(d_paths.front().motion->epoch(), place);
        core::channel::link_loss(*d_link, engine, engine);
    }
    begin_stream();
}

/// What is given begins it; otherwise the first sample does.
void leo_channel_impl::begin_stream()
{
    const auto start = start_from(k_name, d_parameters.start);
    begin(start);
    d_begun = start.has_value();
}

/// Stream time begins here, or is not known.
void leo_channel_impl::begin(std::optional<core::utc_time> time)
{
    std::vector<core::channel::satellite_path> satellites;
    d_config.reference_delay_s = 0.0;
    d_motion = d_parameters.elements.empty() ? "no_elements" : time ? "known" : "no_time";
    double first = 10.0;
    for (path& p : d_paths) {
        core::channel::satellite_path s;
        s.gain_db = d_parameters.gain_db;
        s.loss = loss_of(d_parameters);
        s.delays = p.motion->given() ? static_cast<core::delay_source*>(p.motion.get()) : &still();
        if (p.motion->given() && time) {
            for (const auto& remark : p.motion->anchor(*time)) d_logger->warn("{}", remark);
            if (!p.motion->known()) d_motion = "orbit_unknown";
            double reference = p.motion->reference_delay_s();
            if (reference > 0.0) s.loss_reference_delay_s = reference;
            if (d_parameters.feeder_hz > 0.0 && p.motion->known()) {
                const auto gateway = p.motion->engine_at(*time,
                                                         { d_parameters.gateway_latitude_deg,
                                                           d_parameters.gateway_longitude_deg,
                                                           d_parameters.gateway_height_m });
                p.feeder.emplace(*p.motion, gateway, core::sample_clock(d_config.sample_rate_hz, *time));
                s.feeder = &*p.feeder;
                s.feeder_hz = d_parameters.feeder_hz;
                reference += core::doppler::reference_delay_s(*p.feeder, 0.0, d_config.sample_rate_hz);
            }
            if (p.motion->known()) first = std::min(first, reference);
            if (d_link && p.motion->known()) {
                const auto* beam =
                    d_paths.front().motion->known() ? d_paths.front().motion->engine() : p.motion->engine();
                // Scintillation of its own for every satellite.
                const std::uint64_t seed = d_config.seed + 0x9e3779b97f4a7c15ULL * (satellites.size() + 1);
                s.gains = &p.loss.emplace(*d_link, *p.motion->engine(), *beam, seed);
            }
        }
        satellites.push_back(s);
    }
    if (first < 10.0) d_config.reference_delay_s = first;
    d_config.noise_gains = nullptr;
    if (d_link && d_parameters.noise_temperature_k > 0.0 && d_paths.front().motion->known()) {
        d_config.noise_gains =
            &d_sky.emplace(*d_link, *d_paths.front().motion->engine(), d_parameters.noise_temperature_k);
    }
    d_channel.emplace(d_config, satellites);
    d_spans.resize(d_paths.size());
    d_used.resize(d_paths.size());
    d_taken_now.resize(d_paths.size());
    d_waiting.clear();
    if (time) d_waiting.push_back({ 0, tags::rx_time(), to_time_tuple(*time) });
    d_waiting.push_back({ 0, tags::rx_rate(), pmt::from_double(d_config.sample_rate_hz) });
    if (d_config.carrier_hz > 0.0) d_waiting.push_back({ 0, tags::rx_freq(), pmt::from_double(d_config.carrier_hz) });
    keep_status();
}

void leo_channel_impl::on_command(const pmt::pmt_t& message)
{
    const auto refuse = [this](const char* why) {
        d_logger->warn("cmd: {}", why);
        ++d_counts.refused_commands;
    };
    if (!pmt::is_dict(message)) return refuse("not a dictionary");
    command c;
    c.noise_power = number_in(message, pmt::intern("noise_power"));
    c.gain_db = number_in(message, pmt::intern("gain_db"));
    c.satellite = count_in(message, pmt::intern("satellite")).value_or(0);
    if (!c.noise_power && !c.gain_db) return refuse("neither noise_power nor gain_db in it");
    if (c.noise_power && *c.noise_power < 0.0) return refuse("noise_power is below 0");
    if (c.satellite >= d_paths.size()) return refuse("no satellite has this place in the list");
    if (d_commands.size() >= k_max_commands) return refuse("too many commands wait already");
    c.sample = count_in(message, pmt::intern("sample")).value_or(d_given);
    if (c.sample < d_given) ++d_counts.late_commands;
    const auto after =
        std::find_if(d_commands.begin(), d_commands.end(), [&](const command& o) { return o.sample > c.sample; });
    d_commands.insert(after, c);
}

void leo_channel_impl::run_commands()
{
    while (!d_commands.empty() && d_commands.front().sample <= d_given) {
        const command& c = d_commands.front();
        if (c.noise_power) {
            d_channel->set_noise_power(*c.noise_power);
            d_config.noise_power = *c.noise_power;
        }
        if (c.gain_db) d_channel->set_gain_db(c.satellite, *c.gain_db);
        d_commands.erase(d_commands.begin());
    }
}

// Why as messages: they come in the thread of work(), between its calls.
void leo_channel_impl::set_noise_power(double noise_power)
{
    check(std::isfinite(noise_power) && noise_power >= 0.0, k_name, "noise_power", noise_power, "0 or above");
    _post(pmt::intern("cmd"), dict_writer().add("noise_power", noise_power).dict());
}

void leo_channel_impl::set_gain_db(int satellite, double gain_db)
{
    check(satellite >= 0 && static_cast<std::size_t>(satellite) < d_paths.size(),
          k_name,
          "satellite",
          satellite,
          "a place in the list of satellites");
    check(std::isfinite(gain_db), k_name, "gain_db", gain_db, "finite");
    _post(pmt::intern("cmd"), dict_writer().add("satellite", satellite).add("gain_db", gain_db).dict());
}

void leo_channel_impl::forecast(int, gr_vector_int& required)
{
    for (std::size_t i = 0; i < required.size(); ++i)
        required[i] = d_full || input_done(*this, static_cast<int>(i)) ? 0 : 1;
}

/// Output sample that an input sample becomes: received at t = sent + tau(t).
std::uint64_t leo_channel_impl::output_of(path& p, std::uint64_t input_sample)
{
    const double sent_s = static_cast<double>(input_sample) / d_config.sample_rate_hz;
    core::delay_source& down = p.motion->given() ? static_cast<core::delay_source&>(*p.motion) : still();
    double t = sent_s + p.last_shift_s;
    for (int round = 0; round < 4; ++round) {
        if (const auto* s = down.segment_at(t)) {
            double tau = s->delay_s(t);
            const auto* f = p.feeder ? p.feeder->segment_at(t) : nullptr;
            if (f != nullptr) tau += f->delay_s(t);
            p.last_shift_s = tau - d_config.reference_delay_s;
        }
        t = sent_s + p.last_shift_s;
    }
    const double n = t * d_config.sample_rate_hz * (1.0 + 1e-6 * d_config.receiver_clock_ppm);
    return n > 0.0 ? static_cast<std::uint64_t>(std::llround(n)) : 0;
}

/// The time of the first sample, where it was not given.
void leo_channel_impl::find_start()
{
    d_begun = true;
    get_tags_in_window(d_tags, 0, 0, 1);
    for (const gr::tag_t& t : d_tags) {
        if (t.key != tags::rx_time() && t.key != tags::tx_time()) continue;
        if (const auto time = from_time_tuple(t.value)) {
            begin(*time);
            return;
        }
    }
    if (!d_parameters.elements.empty())
        d_logger->warn("no start is given and the first sample has no rx_time or tx_time: the satellites are silent");
}

/// Tags of the items [from, to) of an input, counted from its first.
void leo_channel_impl::move_tags(path& p, int input, std::uint64_t from, std::uint64_t to)
{
    if (to == from) return;
    get_tags_in_range(d_tags, static_cast<unsigned>(input), from, to);
    for (const gr::tag_t& t : d_tags) {
        if (t.key == tags::rx_time() || t.key == tags::tx_time() || t.key == tags::rx_rate() ||
            t.key == tags::rx_freq()) {
            continue;
        }
        d_waiting.push_back({ std::max(d_given, output_of(p, t.offset)), t.key, t.value });
    }
}

void leo_channel_impl::emit_tags()
{
    std::erase_if(d_waiting, [&](const waiting_tag& t) {
        if (t.place >= d_given) return false;
        add_item_tag(0, t.place, t.key, t.value, alias_pmt());
        return true;
    });
}

/// Gives the core what there is; returns how many samples it made.
std::size_t leo_channel_impl::feed(std::span<gr_complex> out,
                                   const gr_vector_int& ninput_items,
                                   const gr_vector_const_void_star& in)
{
    for (std::size_t i = 0; i < d_paths.size(); ++i) {
        const int port = shared() ? 0 : static_cast<int>(i);
        if (shared()) {
            d_spans[i] = std::span<const gr_complex>(d_shared).subspan(d_paths[i].place);
        } else {
            d_spans[i] = { static_cast<const gr_complex*>(in[i]) + d_used[i],
                           static_cast<std::size_t>(ninput_items[i]) - d_used[i] };
        }
        if (d_spans[i].empty() && ninput_items[port] == 0 && input_ended(*this, port)) d_channel->end_input(i);
    }
    const std::size_t made = d_channel->process(d_spans, d_taken_now, out);
    for (std::size_t i = 0; i < d_paths.size(); ++i) {
        path& p = d_paths[i];
        // The tags of a shared input go the way of the first satellite.
        if (!shared()) move_tags(p, static_cast<int>(i), p.taken, p.taken + d_taken_now[i]);
        p.taken += d_taken_now[i];
        p.place += d_taken_now[i];
        d_used[i] += d_taken_now[i];
    }
    d_given += made;
    return made;
}

int leo_channel_impl::general_work(int noutput_items,
                                   gr_vector_int& ninput_items,
                                   gr_vector_const_void_star& in,
                                   gr_vector_void_star& out)
{
    const std::span room(static_cast<gr_complex*>(out[0]), static_cast<std::size_t>(noutput_items));
    if (!d_begun && ninput_items[0] > 0) find_start();
    std::fill(d_used.begin(), d_used.end(), 0);
    if (shared()) {
        // No more than is soon needed: what waits in d_shared has left the buffer that holds the source back.
        std::size_t most_taken = 0;
        for (const path& p : d_paths) most_taken = std::max(most_taken, p.place);
        const std::size_t ahead = std::min(k_shared_ahead, d_shared.size() - most_taken);
        const std::size_t n = std::min(static_cast<std::size_t>(ninput_items[0]), k_shared_ahead - ahead);
        const auto* x = static_cast<const gr_complex*>(in[0]);
        d_shared.insert(d_shared.end(), x, x + n);
        move_tags(d_paths.front(), 0, nitems_read(0), nitems_read(0) + n);
        consume(0, static_cast<int>(n));
    }
    std::size_t made = 0;
    for (;;) {
        run_commands();
        std::size_t most = room.size() - made;
        if (!d_commands.empty()) most = std::min<std::size_t>(most, d_commands.front().sample - d_given);
        const std::size_t n = feed(room.subspan(made, most), ninput_items, in);
        made += n;
        d_full = n == most;
        if (n < most || made == room.size()) break;
    }
    emit_tags();
    if (shared()) {
        std::size_t all_took = d_shared.size();
        for (const path& p : d_paths) all_took = std::min(all_took, p.place);
        // Not before half of it is to go: satellites far apart leave much to be moved.
        if (2 * all_took >= d_shared.size()) {
            d_shared.erase(d_shared.begin(), d_shared.begin() + static_cast<std::ptrdiff_t>(all_took));
            for (path& p : d_paths) p.place -= all_took;
        }
    } else {
        for (std::size_t i = 0; i < d_paths.size(); ++i) consume(static_cast<int>(i), static_cast<int>(d_used[i]));
    }
    keep_status();
    if (d_status_port.due()) d_status_port.publish(status());
    return made == 0 && !d_full && d_channel->done() ? WORK_DONE : static_cast<int>(made);
}

void leo_channel_impl::keep_status()
{
    counts c = d_counts;
    c.samples = d_given;
    for (std::size_t i = 0; i < d_paths.size(); ++i) c.unknown_delays += d_channel->unknown_delays(i);
    c.clipped = d_channel->clipped();
    c.motion = d_motion;
    c.noise_power = d_config.noise_power;
    c.reference_delay_s = d_config.reference_delay_s;
    c.now_s = static_cast<double>(d_given) / d_config.sample_rate_hz;
    const std::lock_guard lock(d_mutex);
    d_kept = c;
}

bool leo_channel_impl::start()
{
    if (!d_restart.again(*this)) return true;
    for (path& p : d_paths) {
        p.motion->forget_time();
        p.feeder.reset();
        p.place = 0;
        p.taken = 0;
        p.last_shift_s = 0.0;
    }
    d_shared.clear();
    d_commands.clear();
    d_given = 0;
    d_full = false;
    d_counts = {};
    begin_stream();
    return true;
}

bool leo_channel_impl::stop()
{
    d_status_port.publish(status());
    return true;
}

pmt::pmt_t leo_channel_impl::status() const
{
    counts c;
    {
        const std::lock_guard lock(d_mutex);
        c = d_kept;
    }
    dict_writer d;
    d.add("block", std::string(k_name))
        .add("motion", std::string(c.motion))
        .add("samples", c.samples)
        .add("unknown_delays", c.unknown_delays)
        .add("clipped", c.clipped)
        .add("late_commands", c.late_commands)
        .add("refused_commands", c.refused_commands)
        .add("noise_power", c.noise_power)
        .add("carrier_hz", d_config.carrier_hz)
        .add("reference_delay_s", c.reference_delay_s);
    d_paths.front().motion->add_status(d, c.now_s, d_config.carrier_hz);
    if (d_paths.size() > 1) {
        pmt::pmt_t others = pmt::make_vector(d_paths.size() - 1, pmt::PMT_NIL);
        for (std::size_t i = 1; i < d_paths.size(); ++i) {
            dict_writer one;
            d_paths[i].motion->add_status(one, c.now_s, d_config.carrier_hz);
            pmt::vector_set(others, i - 1, one.dict());
        }
        d.add(pmt::intern("others"), others);
    }
    return d.dict();
}

} // namespace gr::spacesail
