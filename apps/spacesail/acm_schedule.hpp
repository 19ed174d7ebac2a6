// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace spacesail::cli {

/// \brief PLS code of a MODCOD by the words users type.
///
/// \param[in] name    as in the MODCOD table: "QPSK 1/2", "8APSK 5/9-L"; case and blanks do not count.
/// \param[in] frame   normal or short.
/// \param[in] pilots  on or off.
/// Errors: invalid_argument with the word and the remedy; not_found for a name; unsupported for VL-SNR frames, which
/// the transmitter does not build.
result<std::uint8_t> pls_of_words(std::string_view name, std::string_view frame, std::string_view pilots);

/// \brief Which MODCOD a carrier has when: what --acm reads.
class acm_schedule
{
public:
    /// \brief Reads lines of time_s,modcod,frame,pilots; "#" begins a comment, a first line of these names is skipped.
    ///
    /// \param[in] name  what errors call the text.
    /// Times count from the first sample, start at 0 and rise. Errors: parse with name and line.
    static result<acm_schedule> parse(std::string_view csv, const std::string& name);
    /// \brief Reads a file of such lines. Errors: not_found, io, those of parse().
    static result<acm_schedule> read(const std::filesystem::path& file);
    /// \brief One MODCOD for ever.
    static acm_schedule constant(std::uint8_t pls) { return acm_schedule({ { 0.0, pls } }); }

    /// PLS code for a frame that begins `time_s` seconds behind the first sample.
    std::uint8_t pls_at(double time_s) const noexcept;

private:
    struct step {
        double time_s = 0.0;
        std::uint8_t pls = 0;
    };
    explicit acm_schedule(std::vector<step> steps) : d_steps(std::move(steps)) {}
    std::vector<step> d_steps; ///< at least one, the first at 0
};

} // namespace spacesail::cli
