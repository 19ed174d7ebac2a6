/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "message_ports.h"
#include "restart.h"
#include "satellite_motion.h"

#include <gnuradio/spacesail/leo_channel.h>
#include <spacesail/channel/leo_channel.hpp>
#include <spacesail/channel/link_loss.hpp>
#include <spacesail/doppler/feeder_delay_source.hpp>

#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace gr::spacesail {

class leo_channel_impl final : public leo_channel
{
public:
    leo_channel_impl(const leo_channel_parameters& parameters, const ::spacesail::channel::leo_channel_config& config);

    void forecast(int noutput_items, gr_vector_int& required) override;
    int general_work(int noutput_items,
                     gr_vector_int& ninput_items,
                     gr_vector_const_void_star& in,
                     gr_vector_void_star& out) override;
    bool start() override;
    bool stop() override;
    void set_noise_power(double noise_power) override;
    void set_gain_db(int satellite, double gain_db) override;
    pmt::pmt_t status() const override;

private:
    /// A satellite and its way to the terminal.
    struct path {
        std::unique_ptr<satellite_motion> motion;
        std::optional<::spacesail::doppler::feeder_delay_source> feeder;
        std::optional<::spacesail::channel::link_loss> loss;
        std::size_t place = 0;     ///< next sample of a shared input that it takes, from d_shared's first
        std::uint64_t taken = 0;   ///< samples of its input
        double last_shift_s = 0.0; ///< delay less reference that output_of() used last
    };
    struct command {
        std::uint64_t sample = 0;
        std::optional<double> noise_power, gain_db;
        std::size_t satellite = 0;
    };
    struct waiting_tag {
        std::uint64_t place;
        pmt::pmt_t key, value;
    };
    struct counts {
        std::uint64_t samples = 0, unknown_delays = 0, clipped = 0, late_commands = 0, refused_commands = 0;
        const char* motion = "";
        double noise_power = 0.0, reference_delay_s = 0.0, now_s = 0.0;
    };

    bool shared() const noexcept { return d_inputs == 1 && d_paths.size() > 1; }
    void begin_stream();
    void begin(std::optional<::spacesail::utc_time> time);
    void on_command(const pmt::pmt_t& message);
    void run_commands();
    std::uint64_t output_of(path& p, std::uint64_t input_sample);
    void find_start();
    void move_tags(path& p, int input, std::uint64_t from, std::uint64_t to);
    void emit_tags();
    std::size_t feed(std::span<gr_complex> out, const gr_vector_int& ninput_items, const gr_vector_const_void_star& in);
    void keep_status();

    const leo_channel_parameters d_parameters;
    ::spacesail::channel::leo_channel_config d_config;
    const std::optional<::spacesail::channel::link_loss_config> d_link; ///< empty: nothing of the link weakens it
    const std::size_t d_inputs;
    std::vector<path> d_paths;
    std::optional<::spacesail::channel::sky_noise> d_sky;
    std::optional<::spacesail::channel::leo_channel> d_channel;
    status_port d_status_port;
    restart d_restart;

    bool d_begun = false;
    const char* d_motion = "no_time";
    std::vector<gr_complex> d_shared; ///< of a shared input, what not every satellite has taken yet
    std::vector<std::span<const gr_complex>> d_spans;
    std::vector<std::size_t> d_used;      ///< of each path, in this call of work()
    std::vector<std::size_t> d_taken_now; ///< of each path, by one call of the core
    std::vector<command> d_commands;      ///< by sample
    std::vector<gr::tag_t> d_tags;
    std::deque<waiting_tag> d_waiting;
    std::uint64_t d_given = 0; ///< samples
    bool d_full = false;

    counts d_counts;
    mutable std::mutex d_mutex; ///< guards d_kept
    counts d_kept;
};

} // namespace gr::spacesail
