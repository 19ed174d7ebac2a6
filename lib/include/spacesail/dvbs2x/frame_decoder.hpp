// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/dvbs2x/modcod.hpp>

#include <complex>
#include <cstdint>
#include <memory>
#include <span>

namespace spacesail::dvbs2x {

/// \brief What decoding one XFECFRAME came to.
struct decode_outcome {
    unsigned ldpc_iterations = 0; ///< iterations made
    unsigned iteration_cap = 0;   ///< iterations allowed
    bool ldpc_converged = false;  ///< all parity checks hold
    int bch_corrections = -1;     ///< bits the BCH code corrected, -1: not decodable
    bool header_crc_ok = false;   ///< CRC-8 of the BBHEADER

    /// Whether the BBFRAME is worth passing on.
    bool good() const noexcept { return bch_corrections >= 0 && header_crc_ok; }
};

/// \brief From the symbols of an XFECFRAME to a BBFRAME: demapper, LDPC, BCH, descrambler, CRC-8 of the header.
///
/// Not thread safe: one object a thread. Decoders are made once a code, when it is first met.
class frame_decoder
{
public:
    /// Longest BBFRAME in bytes (9/10 normal: 58192 bits).
    static constexpr std::size_t k_max_bbframe_bytes = 7274;

    frame_decoder();
    ~frame_decoder();
    frame_decoder(frame_decoder&&) noexcept;
    frame_decoder& operator=(frame_decoder&&) noexcept;

    /// \brief Makes the decoders of a MODCOD, so that its first frame does not have to.
    void prepare(const modcod& m);

    /// \brief Decodes one frame.
    ///
    /// \param[in]  symbols         m.xfecframe_symbols() symbols without header and pilots, descrambled, mean energy 1.
    /// \param[in]  n0              noise variance per complex symbol, linear; a value that is not a number above
    ///                             1e-6 counts as 1e-6.
    /// \param[in]  max_iterations  cap of LDPC iterations.
    /// \param[out] bbframe         k_bch bits, packed MSB first, descrambled, fill bits 0; written whatever comes out.
    /// Errors: none at run time; asserts sizes. No allocation unless the code is met for the first time.
    decode_outcome decode(const modcod& m,
                          std::span<const std::complex<float>> symbols,
                          float n0,
                          unsigned max_iterations,
                          std::span<std::uint8_t> bbframe) noexcept;

private:
    struct state;
    std::unique_ptr<state> d_state;
};

} // namespace spacesail::dvbs2x
