// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <spacesail/base/result.hpp>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

namespace spacesail::io {

using cf32_t = std::complex<float>;
using ci16_t = std::complex<std::int16_t>;

/// \brief How one complex sample lies in a file: I then Q, little endian, full scale = 1.
enum class sample_format : std::uint8_t {
    cf32, ///< two 32-bit floats
    ci16, ///< two signed 16-bit integers, full scale 32768
    ci8,  ///< two signed bytes, full scale 128
    cu8   ///< two bytes around 127.5, full scale 128 (what RTL-SDR receivers deliver)
};

/// \brief Bytes of one complex sample: 8, 4, 2, 2.
constexpr std::size_t bytes_per_sample(sample_format f) noexcept
{
    switch (f) {
    case sample_format::cf32:
        return 8;
    case sample_format::ci16:
        return 4;
    case sample_format::ci8:
    case sample_format::cu8:
        break;
    }
    return 2;
}

/// \brief "cf32", "ci16", "ci8" or "cu8".
std::string_view name_of(sample_format f) noexcept;

/// \brief The value of SigMF's core:datatype: cf32_le, ci16_le, ci8, cu8.
/// Source: SigMF 1.0, "Dataset Format".
std::string_view sigmf_datatype(sample_format f) noexcept;

/// \brief Reads a format name, a file-name extension without its dot or a SigMF datatype; upper or lower case.
///
/// cf32 fc32 cfile cf32_le; ci16 cs16 sc16 ci16_le; ci8 cs8 sc8; cu8.
/// Errors: unsupported for the other datatypes of SigMF, parse for anything else; both list what is read.
result<sample_format> parse_sample_format(std::string_view text);

/// \brief Format that a raw file's extension names, if it names one (.cf32 .fc32 .cfile .cs16 .ci16 .sc16 .cs8 .ci8
/// .cu8).
std::optional<sample_format> format_of_extension(const std::filesystem::path& file);

/// \brief Converts samples as they lie in a file to cf32 with full scale 1.
///
/// Any alignment of `bytes`. NaN and infinities of a cf32 file pass through.
/// \param[in]  bytes  out.size() * bytes_per_sample(f) bytes.
/// \param[out] out    samples, linear.
/// Errors: none at run time; asserts the sizes. No allocation. Cost: see BM_io_to_cf32.
void to_cf32(sample_format f, std::span<const std::byte> bytes, std::span<cf32_t> out) noexcept;

/// \brief Converts cf32 samples with full scale 1 to the form of a file, rounded to nearest, saturated.
///
/// \param[in]  samples  linear; values outside [-1, 1) saturate, NaN becomes 0.
/// \param[out] bytes    samples.size() * bytes_per_sample(f) bytes, any alignment.
/// \return components (I or Q) that were saturated or not a number; always 0 for cf32, which is copied.
/// Errors: none at run time; asserts the sizes. No allocation. Cost: see BM_io_from_cf32.
std::uint64_t from_cf32(sample_format f, std::span<const cf32_t> samples, std::span<std::byte> bytes) noexcept;

} // namespace spacesail::io
