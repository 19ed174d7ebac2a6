// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/base/bits.hpp>
#include <spacesail/io/datagram.hpp>
#include <spacesail/io/tun.hpp>
#include <spacesail/io/udp.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace {

using namespace spacesail;
using namespace spacesail::io;
using testing::AllOf;
using testing::HasSubstr;

TEST(InternetChecksum, WorkedExampleOfRfc1071)
{
    // RFC 1071, section 3: the sum of 0001 f203 f4f5 f6f7 is ddf2; the checksum is its complement.
    const std::uint8_t bytes[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
    EXPECT_EQ(internet_checksum(bytes), 0x220d);
}

TEST(UdpEndpoint, Forms)
{
    EXPECT_EQ(parse_udp_endpoint("udp:127.0.0.1:5000")->host, "127.0.0.1");
    EXPECT_EQ(parse_udp_endpoint("example.org:1")->port, 1);
    EXPECT_EQ(parse_udp_endpoint("udp:[::1]:5000")->host, "::1");
    EXPECT_EQ(parse_udp_endpoint(":5000")->host, "");
    EXPECT_EQ(to_string(*parse_udp_endpoint("[fe80::1]:7")), "[fe80::1]:7");
    for (const char* bad : { "",
                             "udp:",
                             "host",
                             "host:",
                             "host:x",
                             "host:65536",
                             "host:-1",
                             "::1:5000",
                             "[::1:5",
                             "[]:5",
                             "a b:5",
                             "host:5 " }) {
        const auto e = parse_udp_endpoint(bad);
        ASSERT_FALSE(e) << bad;
        EXPECT_THAT(e.error().message, HasSubstr("udp:HOST:PORT"));
    }
}

TEST(Udp, DatagramsArrive)
{
    auto receiver = udp_receiver::open({ "127.0.0.1", 0 });
    ASSERT_TRUE(receiver) << receiver.error().message;
    auto sender = udp_sender::open({ "127.0.0.1", receiver->port() });
    ASSERT_TRUE(sender) << sender.error().message;
    std::vector<std::uint8_t> buffer(65535), sent(1500);
    EXPECT_EQ(receiver->receive(buffer, 1)->status, read_status::timeout);
    std::iota(sent.begin(), sent.end(), std::uint8_t{ 0 });
    for (const std::size_t n : { 0U, 1U, 1500U }) {
        ASSERT_TRUE(sender->send(std::span(sent).first(n)));
        const auto got = receiver->receive(buffer, 1000);
        ASSERT_TRUE(got);
        EXPECT_EQ(got->status, read_status::data);
        ASSERT_EQ(got->nof_bytes, n);
        EXPECT_TRUE(std::equal(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(n), buffer.begin()));
    }
    ASSERT_TRUE(sender->send(sent));
    EXPECT_EQ(receiver->receive(std::span(buffer).first(100), 1000)->nof_bytes, 100U);
    EXPECT_EQ(receiver->nof_cut(), 1U);
    EXPECT_EQ(receiver->nof_received(), 4U);
}

TEST(Udp, TroubleIsNamed)
{
    auto first = udp_receiver::open({ "127.0.0.1", 0 });
    ASSERT_TRUE(first);
    const auto second = udp_receiver::open({ "127.0.0.1", first->port() });
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message, HasSubstr("another program"));
    EXPECT_THAT(udp_sender::open({ "no-such-host.invalid", 5 }).error().message,
                AllOf(HasSubstr("no-such-host.invalid"), HasSubstr("check")));
    EXPECT_FALSE(udp_sender::open({ "", 5 }));
    EXPECT_FALSE(udp_sender::open({ "127.0.0.1", 0 }));
    auto sender = udp_sender::open({ "127.0.0.1", first->port() });
    ASSERT_TRUE(sender);
    const std::vector<std::uint8_t> huge(65508);
    EXPECT_THAT(sender->send(huge).error().message, HasSubstr("65507"));
}

TEST(Udp, NobodyListeningIsCounted)
{
    std::uint16_t port = 0;
    {
        auto receiver = udp_receiver::open({ "127.0.0.1", 0 });
        ASSERT_TRUE(receiver);
        port = receiver->port();
    }
    auto sender = udp_sender::open({ "127.0.0.1", port });
    ASSERT_TRUE(sender);
    const std::uint8_t byte[] = { 1 };
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(sender->send(byte));
    EXPECT_GT(sender->nof_refused(), 0U);
}

TEST(Tun, NamesAreChecked)
{
    for (const std::string name : { "", "a/b", "a b", "sixteen-letters-", "sat%d", "a:b" }) {
        const auto d = tun_device::open(name);
        ASSERT_FALSE(d) << name;
        EXPECT_EQ(d.error().code, error_code::invalid_argument);
        EXPECT_THAT(d.error().message, HasSubstr("sat0"));
    }
}

TEST(Tun, CarriesPacketsOrSaysWhyNot)
{
    auto tun = tun_device::open("sailtest0");
    if (!tun) {
        EXPECT_THAT(tun.error().message,
                    AllOf(HasSubstr("--tun sailtest0"), testing::AnyOf(HasSubstr("sudo"), HasSubstr("permissions"))));
        GTEST_SKIP() << "no TUN here: " << tun.error().message;
    }
    EXPECT_THAT(tun_device::open("sailtest0").error().message, HasSubstr("another program"));
    EXPECT_THAT(tun_device::open("lo").error().message, HasSubstr("another name"));
    const auto up = tun->bring_up(1400);
    ASSERT_TRUE(up) << up.error().message;
    EXPECT_FALSE(tun->bring_up(10));
    EXPECT_EQ(tun->name(), "sailtest0");
    // The kernel greets a new interface with IPv6 router solicitations where IPv6 is on; nothing else is certain here.
    std::vector<std::uint8_t> packet(65535);
    const auto got = tun->read(packet, 1);
    ASSERT_TRUE(got) << got.error().message;
    std::vector<std::uint8_t> datagram;
    const std::uint8_t payload[] = { 1, 2, 3 };
    make_udp_ipv4({}, 1, payload, datagram);
    EXPECT_TRUE(tun->write(datagram));
    EXPECT_EQ(tun->nof_written(), 1U);
    const std::uint8_t no_ip[] = { 0xff, 0, 0, 0 };
    EXPECT_TRUE(tun->write(no_ip)) << "the kernel's refusal is counted";
    EXPECT_EQ(tun->nof_refused(), 1U);
}

TEST(Datagram, LengthsThatLieGiveNothing)
{
    std::vector<std::uint8_t> d;
    const std::uint8_t payload[] = { 1, 2, 3 };
    make_udp_ipv4({}, 1, payload, d);
    ASSERT_TRUE(udp_datagram_of(d));
    for (std::size_t n = 0; n < d.size(); ++n) EXPECT_FALSE(udp_datagram_of(std::span(d).first(n))) << n;
    auto longer = d;
    longer.push_back(0); // link padding
    EXPECT_TRUE(udp_datagram_of(longer));
    auto fragment = d;
    fragment[6] = 0x20;
    EXPECT_FALSE(udp_datagram_of(fragment));
    auto tcp = d;
    tcp[9] = 6;
    EXPECT_FALSE(udp_datagram_of(tcp));
    auto udp_too_long = d;
    write_be16(udp_too_long.data() + 24, 12);
    EXPECT_FALSE(udp_datagram_of(udp_too_long));
}

} // namespace
