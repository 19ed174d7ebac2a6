// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace spacesail::channel {

/// \brief A gain that changes slowly over stream time: losses of a path, pointing, scintillation, sky noise.
///
/// leo_channel asks at whole multiples of k_step_s, each once and in ascending order, and joins the amplitudes by
/// straight lines; so what a source answers may be drawn from a seeded sequence.
class gain_source
{
public:
    static constexpr double k_step_s = 0.01;

    virtual ~gain_source() = default;
    /// \brief Gain in dB at `t_s` of stream time; minus infinity (or NaN) where nothing comes through. No allocation.
    virtual double gain_db(double t_s) noexcept = 0;
    /// \brief Back to the start of the stream.
    virtual void reset() noexcept {}
};

} // namespace spacesail::channel
