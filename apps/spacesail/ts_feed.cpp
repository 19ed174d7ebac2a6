// SPDX-License-Identifier: GPL-3.0-or-later
#include "options.hpp"
#include "scheduled_feed.hpp"

#include <spacesail/base/rng.hpp>
#include <spacesail/encap/ts_framer.hpp>
#include <spacesail/io/file_descriptor.hpp>

#include <fmt/format.h>

#include <array>

namespace spacesail::cli {
namespace {

/// Transport packets from a file or a generator.
class ts_feed : public scheduled_feed
{
public:
    explicit ts_feed(const feed_options& o) { schedule(o, d_framer, 0); }
    nlohmann::json counters() const override
    {
        const auto& c = d_framer.counters();
        return { { "ts",
                   { { "packets", c.packets_out.value() },
                     { "sync_losses", c.sync_losses.value() },
                     { "skipped_bytes", c.skipped_bytes.value() } } },
                 { "padding_bytes", stream().padding_bytes.value() },
                 { "scheduling", scheduling_counters() } };
    }
    std::string summary() const override
    {
        const auto& c = d_framer.counters();
        return fmt::format("{} transport packets{}",
                           c.packets_out.value(),
                           c.skipped_bytes.value() == 0
                               ? ""
                               : fmt::format(" ({} bytes of the input belong to no packet)", c.skipped_bytes.value()));
    }

protected:
    encap::ts_framer d_framer;
};

class ts_file_feed final : public ts_feed
{
public:
    explicit ts_file_feed(const feed_options& o)
        : ts_feed(o), d_name(o.ts), d_file(value_or_usage("--ts", io::file_descriptor::open_to_read(o.ts)))
    {
    }

protected:
    void refill(encap::stream_time_ns now) override
    {
        while (!d_at_end && d_framer.backlog_bytes() < k_enough_bytes) {
            if (d_next == d_filled) {
                const auto got = value_or_failed(d_file.read(d_block, 200, d_name));
                if (got.status == io::read_status::timeout) {
                    if (session::interrupted()) d_at_end = true;
                    continue;
                }
                if (got.nof_bytes == 0) {
                    d_framer.finish(now);
                    d_at_end = true;
                    return;
                }
                d_next = 0;
                d_filled = got.nof_bytes;
            }
            const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(d_block.data()) + d_next,
                                                      d_filled - d_next);
            const std::size_t taken = d_framer.push(bytes, now);
            d_next += taken;
            if (taken == 0) break;
        }
    }
    bool ended() const override { return d_at_end && d_framer.backlog_bytes() == 0; }

private:
    std::string d_name;
    io::file_descriptor d_file;
    std::array<std::byte, 188 * 256> d_block;
    std::size_t d_next = 0, d_filled = 0;
    bool d_at_end = false;
};

/// Transport packets of PID 256: continuity counter, number of the packet in 8 bytes, random bytes.
class random_feed final : public ts_feed
{
public:
    explicit random_feed(const feed_options& o) : ts_feed(o), d_random(o.seed) {}

protected:
    void refill(encap::stream_time_ns now) override
    {
        while (d_framer.backlog_bytes() < k_enough_bytes) {
            d_packet[0] = encap::k_ts_sync;
            d_packet[1] = 0x01;
            d_packet[2] = 0x00;
            d_packet[3] = static_cast<std::uint8_t>(0x10U | (d_number & 0x0fU));
            for (unsigned k = 0; k < 8; ++k) d_packet[4 + k] = static_cast<std::uint8_t>(d_number >> (56 - 8 * k));
            for (std::size_t k = 12; k < d_packet.size(); k += 8) {
                const std::uint64_t word = d_random();
                for (unsigned b = 0; b < 8; ++b) d_packet[k + b] = static_cast<std::uint8_t>(word >> (8 * b));
            }
            ++d_number;
            d_framer.push(d_packet, now);
        }
    }
    bool ended() const override { return false; }

private:
    static_assert((encap::k_ts_bytes - 12) % 8 == 0);
    rng d_random;
    std::uint64_t d_number = 0;
    encap::ts_packet d_packet{};
};

} // namespace

std::unique_ptr<bbframe_feed> open_ts_feed(const feed_options& o)
{
    if (o.random) return std::make_unique<random_feed>(o);
    return std::make_unique<ts_file_feed>(o);
}

} // namespace spacesail::cli
