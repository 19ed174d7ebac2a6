// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>
#include <spacesail/io/file_descriptor.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace spacesail::io {

/// \brief A network interface of the kernel whose packets are read and written here (Linux TUN, IP without link layer).
class tun_device
{
public:
    /// \brief Opens the interface `name` (1 to 15 characters), which the kernel makes if it is not there and the user
    /// may.
    ///
    /// Addresses and routes are the user's: `ip addr add 10.0.0.1/24 dev NAME; ip link set NAME up`.
    /// Errors: invalid_argument for the name; not_found without /dev/net/tun; io without the permission, with the
    /// remedy.
    static result<tun_device> open(const std::string& name);

    /// \brief Brings the interface up with an MTU in bytes (68 .. 65535). Errors: io, out_of_range.
    result<ok_t> bring_up(int mtu_bytes);

    /// \brief Waits for one packet from the kernel. \param[out] packet  room for one MTU; 65535 bytes hold any.
    /// \param[in] timeout_ms  longest wait; -1: none. Errors: io. No allocation unless it fails.
    result<read_outcome> read(std::span<std::uint8_t> packet, int timeout_ms);

    /// \brief Gives one IP packet to the kernel. What the kernel refuses (no IP, interface down) is counted, not an
    /// error. Errors: io.
    result<ok_t> write(std::span<const std::uint8_t> packet);

    const std::string& name() const noexcept { return d_name; }
    std::uint64_t nof_read() const noexcept { return d_nof_read; }
    std::uint64_t nof_written() const noexcept { return d_nof_written; }
    std::uint64_t nof_refused() const noexcept { return d_nof_refused; }
    /// \brief Packets the kernel has dropped because nobody read them in time (its queue is txqueuelen packets long),
    /// since the interface was made; nothing if it does not tell.
    std::optional<std::uint64_t> kernel_drops() const;
    int descriptor() const noexcept { return d_file.get(); }

private:
    tun_device() = default;
    file_descriptor d_file;
    std::string d_name;
    std::uint64_t d_nof_read = 0;
    std::uint64_t d_nof_written = 0;
    std::uint64_t d_nof_refused = 0;
};

} // namespace spacesail::io
