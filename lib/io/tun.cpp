// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/io/tun.hpp>

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace spacesail::io {
namespace {

constexpr const char* k_clone_device = "/dev/net/tun";

ifreq request_for(const std::string& name) noexcept
{
    ifreq r = {};
    std::memcpy(r.ifr_name, name.c_str(), std::min<std::size_t>(name.size(), IFNAMSIZ - 1));
    return r;
}

result<tun_device> refused(const std::string& name, const std::string& what, int code)
{
    if (code == EPERM || code == EACCES) {
        return result<tun_device>::failure(
            error_code::io,
            "--tun " + name + ": " + what +
                " is not permitted; run as root, or make it once for yourself with: sudo ip tuntap add dev " + name +
                " mode tun user $USER");
    }
    if (code == ENOENT || code == ENODEV || code == ENXIO) {
        return result<tun_device>::failure(error_code::not_found,
                                           "--tun " + name + ": " + k_clone_device +
                                               " is not there; load the kernel's module with: sudo modprobe tun");
    }
    if (code == EBUSY) {
        return result<tun_device>::failure(
            error_code::io, "--tun " + name + ": another program has this interface; end it or choose another name");
    }
    return system_error("--tun " + name, what, code);
}

} // namespace

result<tun_device> tun_device::open(const std::string& name)
{
    if (name.empty() || name.size() >= IFNAMSIZ || name.find_first_of("/ %:") != std::string::npos ||
        name.find('\0') != std::string::npos) {
        return result<tun_device>::failure(
            error_code::invalid_argument,
            "--tun '" + name +
                "': an interface name has 1 to 15 characters without / % : and spaces; use one like sat0");
    }
    tun_device d;
    d.d_file = file_descriptor(::open(k_clone_device, O_RDWR | O_CLOEXEC | O_NONBLOCK));
    if (!d.d_file.is_open()) return refused(name, std::string("opening ") + k_clone_device, errno);
    ifreq request = request_for(name);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (::ioctl(d.d_file.get(), TUNSETIFF, &request) != 0) {
        if (errno == EINVAL) {
            return result<tun_device>::failure(
                error_code::io,
                "--tun " + name + ": an interface of this name is there and is no TUN interface; choose another name");
        }
        return refused(name, "making the interface", errno);
    }
    d.d_name = request.ifr_name;
    return d;
}

result<ok_t> tun_device::bring_up(int mtu_bytes)
{
    if (mtu_bytes < 68 || mtu_bytes > 65535) {
        return result<ok_t>::failure(error_code::out_of_range,
                                     "MTU " + std::to_string(mtu_bytes) + ": give 68 to 65535 bytes");
    }
    const file_descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket.is_open()) return system_error("--tun " + d_name, "cannot set the interface up", errno);
    ifreq request = request_for(d_name);
    request.ifr_mtu = mtu_bytes;
    if (::ioctl(socket.get(), SIOCSIFMTU, &request) != 0)
        return system_error("--tun " + d_name, "cannot set the MTU", errno);
    request = request_for(d_name);
    if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0)
        return system_error("--tun " + d_name, "cannot read the interface's state", errno);
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP | IFF_RUNNING);
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0)
        return system_error("--tun " + d_name, "cannot bring the interface up", errno);
    return ok;
}

std::optional<std::uint64_t> tun_device::kernel_drops() const
{
    // Why this file: it tells of the network namespace of the process; /sys is that of whoever mounted it.
    std::ifstream table("/proc/self/net/dev");
    for (std::string line; std::getline(table, line);) {
        const auto colon = line.find(':');
        if (colon == std::string::npos || line.substr(0, colon).substr(line.find_first_not_of(' ')) != d_name) continue;
        // bytes packets errs drop fifo frame compressed multicast, then the same of what the kernel sent here.
        std::istringstream fields(line.substr(colon + 1));
        std::uint64_t value = 0;
        for (int i = 0; i < 12; ++i) fields >> value;
        if (fields) return value;
    }
    return std::nullopt;
}

result<read_outcome> tun_device::read(std::span<std::uint8_t> packet, int timeout_ms)
{
    for (;;) {
        pollfd p{ d_file.get(), POLLIN, 0 };
        const int ready = ::poll(&p, 1, timeout_ms);
        if (ready == 0 || (ready < 0 && errno == EINTR)) return read_outcome{ read_status::timeout, 0 };
        if (ready < 0) return system_error("--tun " + d_name, "cannot wait for a packet", errno);
        const ssize_t n = ::read(d_file.get(), packet.data(), packet.size());
        if (n > 0) {
            ++d_nof_read;
            return read_outcome{ read_status::data, static_cast<std::size_t>(n) };
        }
        if (n == 0) return read_outcome{ read_status::end, 0 };
        if (errno != EINTR && errno != EAGAIN) return system_error("--tun " + d_name, "cannot read a packet", errno);
    }
}

result<ok_t> tun_device::write(std::span<const std::uint8_t> packet)
{
    for (;;) {
        const ssize_t n = ::write(d_file.get(), packet.data(), packet.size());
        if (n >= 0) {
            ++d_nof_written;
            return ok;
        }
        if (errno == EINTR) continue;
        if (errno == EAGAIN) {
            pollfd p{ d_file.get(), POLLOUT, 0 };
            ::poll(&p, 1, -1);
            continue;
        }
        if (errno == EINVAL || errno == EIO || errno == ENETDOWN) {
            ++d_nof_refused;
            return ok;
        }
        return system_error("--tun " + d_name, "cannot write a packet", errno);
    }
}

} // namespace spacesail::io
