// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>

namespace spacesail::encap {

/// Roll-off factors of DVB-S2 (0.35, 0.25, 0.20) and DVB-S2X (0.15, 0.10, 0.05).
enum class rolloff : std::uint8_t { r0_35, r0_25, r0_20, r0_15, r0_10, r0_05 };

/// The factor, dimensionless.
double rolloff_factor(rolloff r) noexcept;
/// \brief The roll-off of a factor within 0.001, or nothing.
std::optional<rolloff> rolloff_of_factor(double factor) noexcept;

/// \brief Makes the RO fields of successive BBFRAMEs of one carrier.
///
/// The S2X factors alternate between 11 and 00, 01 or 10. Source: EN 302 307-2, clause 5.1.6.
class rolloff_writer
{
public:
    explicit rolloff_writer(rolloff r) noexcept : d_rolloff(r) {}
    /// RO of the next BBFRAME, 0..3.
    std::uint8_t next() noexcept;

private:
    rolloff d_rolloff;
    bool d_second = false;
};

/// \brief Reads the roll-off factor from the RO fields of successive BBFRAMEs of one carrier.
///
/// A factor is known from two consecutive BBFRAMEs: equal codes (not 11) are an S2 factor, 11 and another code an
/// S2X one. Why three frames to go back from an S2X factor: one lost frame not reported as a gap makes an alternating
/// pair look equal.
class rolloff_reader
{
public:
    /// \brief Takes the RO field (0..3) of the next BBFRAME.
    void on_frame(std::uint8_t rolloff_code) noexcept;
    /// \brief BBFRAMEs were lost: the next one has no neighbour.
    void on_gap() noexcept { d_previous.reset(); }
    void reset() noexcept { *this = rolloff_reader(); }
    /// The factor signalled, nothing until two consecutive BBFRAMEs were seen.
    std::optional<rolloff> value() const noexcept { return d_value; }

private:
    std::optional<std::uint8_t> d_previous;
    std::optional<rolloff> d_value;
    unsigned d_equal = 0; ///< consecutive frames with the same code other than 11
};

} // namespace spacesail::encap
