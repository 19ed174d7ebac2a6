// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/sample_clock.hpp>

#include <cstdint>
#include <span>

namespace spacesail {

/// \brief The physical-layer header of a frame as received.
struct pl_header {
    std::uint8_t pls = 0;         ///< PLS code, 8 bits (EN 302 307-2, table 17a); bit 0: pilots
    std::uint8_t vlsnr_index = 0; ///< VL-SNR header sequence 0..15, only for PLS 128..131
};

/// \brief What was measured on one frame. Frequencies and clock are absolute, by the clock of the input samples: a
/// correction already applied is added back.
struct frame_measurements {
    double cfo_hz = 0.0;        ///< carrier offset from 0 Hz of the input stream at the frame's first sample
    double cfo_rate_hz_s = 0.0; ///< its drift
    double correction_hz = 0.0; ///< part of cfo_hz that the delay corrector took out
    double clock_ppm = 0.0;     ///< symbol clock against nominal; > 0: symbols come faster
    double sof_sample = 0.0;    ///< start of the first symbol in input samples, with its fraction
    float es_n0_db = 0.0F;      ///< Es/N0 estimate
    float n0 = 1.0F;            ///< noise variance per complex symbol for mean symbol energy 1
    float level_db = 0.0F;      ///< mean carrier power relative to full scale (|x| = 1)
};

/// \brief One frame on its way: where it began, its header, its measurements, its payload.
///
/// payload is only valid during the call it is handed over with.
template <class T>
struct frame_view {
    sample_index first_sample = 0; ///< input sample of its first symbol
    std::uint64_t index = 0;       ///< running number of the frame since the start of the stream
    pl_header header;
    frame_measurements measured;
    std::span<const T> payload;
};

/// \brief Takes frames. Called from the thread that runs process(); must not throw or block for long.
template <class T>
class frame_sink
{
public:
    virtual ~frame_sink() = default;
    virtual void on_frame(const frame_view<T>& frame) noexcept = 0;
};

} // namespace spacesail
