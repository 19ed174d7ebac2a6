// SPDX-License-Identifier: GPL-3.0-or-later
#include "link_reporter.hpp"

#include <spacesail/io/udp.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <optional>

namespace {

using namespace spacesail;

/// The next report, if one came.
std::optional<nlohmann::json> next(io::udp_receiver& at)
{
    std::array<std::uint8_t, 2048> datagram{};
    const auto got = at.receive(datagram, 100);
    if (!got || got->status != io::read_status::data) return std::nullopt;
    return nlohmann::json::parse(datagram.begin(), datagram.begin() + static_cast<std::ptrdiff_t>(got->nof_bytes));
}

TEST(LinkReporter, ItsTimesCountTheSamplesThatWereLost)
{
    auto receiver = io::udp_receiver::open({ "127.0.0.1", 0 });
    ASSERT_TRUE(receiver) << receiver.error().message;
    auto reporter = cli::link_reporter::open(fmt::format("udp:127.0.0.1:{}", receiver->port()), 1.0, 1e6);
    ASSERT_TRUE(reporter) << reporter.error().message;

    dvbs2x::receiver_status status;
    status.sync.samples_in = 2'000'000;
    ASSERT_TRUE(reporter->update(status));
    EXPECT_EQ(next(*receiver).value().at("time_s"), 2.0);

    // Half a second came, a quarter was lost: no report is due.
    status.sync.samples_in = 2'500'000;
    status.sync.samples_lost = 250'000;
    ASSERT_TRUE(reporter->update(status));
    EXPECT_FALSE(next(*receiver));

    // Another quarter is lost: the second is over.
    status.sync.samples_lost = 500'000;
    ASSERT_TRUE(reporter->update(status));
    EXPECT_EQ(next(*receiver).value().at("time_s"), 3.0);
}

} // namespace
