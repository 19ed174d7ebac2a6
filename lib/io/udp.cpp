// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/io/udp.hpp>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

namespace spacesail::io {
namespace {

struct free_addresses {
    void operator()(addrinfo* a) const noexcept { ::freeaddrinfo(a); }
};
using address_list = std::unique_ptr<addrinfo, free_addresses>;

result<address_list> look_up(const udp_endpoint& e, int flags)
{
    addrinfo hints = {};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = flags;
    addrinfo* list = nullptr;
    const std::string port = std::to_string(e.port);
    const int code = ::getaddrinfo(e.host.empty() ? nullptr : e.host.c_str(), port.c_str(), &hints, &list);
    if (code != 0) {
        return result<address_list>::failure(error_code::not_found,
                                             "udp:" + to_string(e) + ": unknown host (" + ::gai_strerror(code) +
                                                 "); check the name");
    }
    return address_list(list);
}

bool is_multicast(const sockaddr* a) noexcept
{
    if (a->sa_family == AF_INET) return IN_MULTICAST(ntohl(reinterpret_cast<const sockaddr_in*>(a)->sin_addr.s_addr));
    return a->sa_family == AF_INET6 && IN6_IS_ADDR_MULTICAST(&reinterpret_cast<const sockaddr_in6*>(a)->sin6_addr);
}

int join_group(int fd, const sockaddr* a) noexcept
{
    if (a->sa_family == AF_INET) {
        ip_mreqn request = {};
        request.imr_multiaddr = reinterpret_cast<const sockaddr_in*>(a)->sin_addr;
        return ::setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request);
    }
    ipv6_mreq request = {};
    request.ipv6mr_multiaddr = reinterpret_cast<const sockaddr_in6*>(a)->sin6_addr;
    return ::setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof request);
}

std::uint16_t bound_port(int fd) noexcept
{
    sockaddr_storage a = {};
    socklen_t n = sizeof a;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&a), &n) != 0) return 0;
    if (a.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&a)->sin_port);
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&a)->sin6_port);
}

} // namespace

result<udp_endpoint> parse_udp_endpoint(std::string_view text)
{
    const auto fail = [whole = std::string(text)] {
        return result<udp_endpoint>::failure(
            error_code::parse, "\"" + whole + "\" is no UDP address; write udp:HOST:PORT, such as udp:127.0.0.1:5000");
    };
    if (text.starts_with("udp:")) text.remove_prefix(4);
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return fail();
    udp_endpoint e;
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    const auto [end, code] = std::from_chars(port.data(), port.data() + port.size(), e.port);
    if (code != std::errc() || end != port.data() + port.size()) return fail();
    if (host.starts_with('[')) {
        if (!host.ends_with(']') || host.size() < 4) return fail();
        host = host.substr(1, host.size() - 2);
    } else if (host.find_first_of(":[] ") != std::string_view::npos) {
        return fail();
    }
    e.host = std::string(host);
    return e;
}

std::string to_string(const udp_endpoint& e)
{
    const bool v6 = e.host.find(':') != std::string::npos;
    return (v6 ? "[" + e.host + "]" : e.host) + ":" + std::to_string(e.port);
}

result<udp_sender> udp_sender::open(const udp_endpoint& to)
{
    const std::string name = "udp:" + to_string(to);
    if (to.host.empty() || to.port == 0) {
        return result<udp_sender>::failure(error_code::invalid_argument,
                                           name + ": datagrams need a host and a port to go to; write udp:HOST:PORT");
    }
    const auto list = look_up(to, 0);
    if (!list) return list.error();
    int code = EADDRNOTAVAIL;
    for (const addrinfo* a = list->get(); a != nullptr; a = a->ai_next) {
        udp_sender s;
        s.d_socket = file_descriptor(::socket(a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        if (s.d_socket.is_open() && ::connect(s.d_socket.get(), a->ai_addr, a->ai_addrlen) == 0) {
            s.d_name = name;
            return s;
        }
        code = errno;
    }
    return system_error(name, "cannot reach the address", code);
}

result<ok_t> udp_sender::send(std::span<const std::uint8_t> datagram)
{
    for (int attempt = 0;; ++attempt) {
        const ssize_t n = ::send(d_socket.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL);
        if (n >= 0) {
            ++d_nof_sent;
            return ok;
        }
        if (errno == EINTR) continue;
        // Why sent once more: the refusal belongs to the datagram before this one.
        if (errno == ECONNREFUSED && attempt < 4) {
            ++d_nof_refused;
            continue;
        }
        if (errno == ENOBUFS || errno == EAGAIN) {
            pollfd p{ d_socket.get(), POLLOUT, 0 };
            ::poll(&p, 1, 10);
            continue;
        }
        if (errno == EMSGSIZE) {
            return result<ok_t>::failure(error_code::io,
                                         d_name + ": a datagram of " + std::to_string(datagram.size()) +
                                             " bytes is too long; UDP carries at most 65507");
        }
        return system_error(d_name, "cannot send", errno);
    }
}

result<udp_receiver> udp_receiver::open(const udp_endpoint& at, int buffer_bytes)
{
    const std::string name = "udp:" + to_string(at);
    const auto list = look_up(at, AI_PASSIVE);
    if (!list) return list.error();
    int code = EADDRNOTAVAIL;
    for (const addrinfo* a = list->get(); a != nullptr; a = a->ai_next) {
        udp_receiver r;
        r.d_socket = file_descriptor(::socket(a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        const int fd = r.d_socket.get();
        const int on = 1;
        const bool group = is_multicast(a->ai_addr);
        if (fd >= 0) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
        if (fd >= 0 && group) ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (fd >= 0 && ::bind(fd, a->ai_addr, a->ai_addrlen) == 0 && (!group || join_group(fd, a->ai_addr) == 0)) {
            r.d_name = name;
            r.d_port = bound_port(fd);
            return r;
        }
        code = errno;
    }
    return system_error(
        name, code == EADDRINUSE ? "another program has this port; choose another port" : "cannot listen there", code);
}

result<read_outcome> udp_receiver::receive(std::span<std::uint8_t> datagram, int timeout_ms)
{
    for (;;) {
        pollfd p{ d_socket.get(), POLLIN, 0 };
        const int ready = ::poll(&p, 1, timeout_ms);
        if (ready == 0 || (ready < 0 && errno == EINTR)) return read_outcome{ read_status::timeout, 0 };
        if (ready < 0) return system_error(d_name, "cannot wait for a datagram", errno);
        const ssize_t n = ::recv(d_socket.get(), datagram.data(), datagram.size(), MSG_TRUNC);
        if (n >= 0) {
            ++d_nof_received;
            const auto length = static_cast<std::size_t>(n);
            if (length > datagram.size()) ++d_nof_cut;
            return read_outcome{ read_status::data, std::min(length, datagram.size()) };
        }
        if (errno != EINTR && errno != EAGAIN && errno != ECONNREFUSED)
            return system_error(d_name, "cannot receive", errno);
    }
}

} // namespace spacesail::io
