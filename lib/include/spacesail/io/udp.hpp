// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>
#include <spacesail/io/file_descriptor.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace spacesail::io {

/// \brief A host and a UDP port.
struct udp_endpoint {
    std::string host; ///< name or address, IPv6 without its brackets; empty: every local address
    std::uint16_t port = 0;
};

/// \brief Reads "HOST:PORT", "[IPV6]:PORT" or ":PORT", each with or without "udp:" in front.
/// Errors: parse, with the text and the form expected.
result<udp_endpoint> parse_udp_endpoint(std::string_view text);
/// \brief "HOST:PORT" with brackets around an IPv6 address.
std::string to_string(const udp_endpoint& e);

/// \brief Sends datagrams to one address.
class udp_sender
{
public:
    /// \brief Looks the host up and connects. Errors: not_found for an unknown host, io.
    static result<udp_sender> open(const udp_endpoint& to);

    /// \brief Sends one datagram. A receiver that is not (yet) there is no error, it is counted.
    /// Errors: io (too long, network down), with the address.
    result<ok_t> send(std::span<const std::uint8_t> datagram);

    std::uint64_t nof_sent() const noexcept { return d_nof_sent; }
    /// Datagrams of which the other side said that nobody listens.
    std::uint64_t nof_refused() const noexcept { return d_nof_refused; }

private:
    udp_sender() = default;
    file_descriptor d_socket;
    std::string d_name;
    std::uint64_t d_nof_sent = 0;
    std::uint64_t d_nof_refused = 0;
};

/// \brief Receives datagrams on one port; joins the group if the host is a multicast address.
class udp_receiver
{
public:
    /// \brief Binds. \param[in] buffer_bytes  receive buffer asked of the kernel, which may give less
    /// (net.core.rmem_max). Errors: not_found for an unknown host, io (port in use).
    static result<udp_receiver> open(const udp_endpoint& at, int buffer_bytes = 4 << 20);

    /// \brief Waits for one datagram.
    /// \param[out] datagram    room for one; 65535 bytes hold any, a longer one is cut and counted.
    /// \param[in]  timeout_ms  longest wait; -1: none.
    /// Errors: io. No allocation unless it fails.
    result<read_outcome> receive(std::span<std::uint8_t> datagram, int timeout_ms);

    /// Port that is bound (that the kernel chose if 0 was asked for).
    std::uint16_t port() const noexcept { return d_port; }
    std::uint64_t nof_received() const noexcept { return d_nof_received; }
    std::uint64_t nof_cut() const noexcept { return d_nof_cut; }
    int descriptor() const noexcept { return d_socket.get(); }

private:
    udp_receiver() = default;
    file_descriptor d_socket;
    std::string d_name;
    std::uint16_t d_port = 0;
    std::uint64_t d_nof_received = 0;
    std::uint64_t d_nof_cut = 0;
};

} // namespace spacesail::io
