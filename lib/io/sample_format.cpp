// SPDX-License-Identifier: GPL-3.0-or-later
#include <spacesail/io/sample_format.hpp>

#include <fmt/core.h>
#include <volk/volk.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cctype>
#include <cmath>
#include <cstring>
#include <string>

namespace spacesail::io {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little endian and are read in place");

struct format_name {
    std::string_view text;
    sample_format format;
};
constexpr std::array<format_name, 14> k_names{ {
    { "cf32", sample_format::cf32 },
    { "fc32", sample_format::cf32 },
    { "cfile", sample_format::cf32 },
    { "cf32_le", sample_format::cf32 },
    { "ci16", sample_format::ci16 },
    { "cs16", sample_format::ci16 },
    { "sc16", sample_format::ci16 },
    { "ci16_le", sample_format::ci16 },
    { "ci8", sample_format::ci8 },
    { "cs8", sample_format::ci8 },
    { "sc8", sample_format::ci8 },
    { "cu8", sample_format::cu8 },
    { "ci8_le", sample_format::ci8 },
    { "cu8_le", sample_format::cu8 },
} };

std::string lower(std::string_view text)
{
    std::string out(text);
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

/// Whether a text has the shape of a SigMF datatype: (r|c)(f|i|u)(8|16|32|64)[_le|_be].
bool looks_like_sigmf_datatype(std::string_view t)
{
    if (t.size() < 3 || (t[0] != 'r' && t[0] != 'c') || (t[1] != 'f' && t[1] != 'i' && t[1] != 'u')) return false;
    t.remove_prefix(2);
    for (const std::string_view bits : { "8", "16", "32", "64" }) {
        if (!t.starts_with(bits)) continue;
        const std::string_view rest = t.substr(bits.size());
        if (rest.empty() || rest == "_le" || rest == "_be") return true;
    }
    return false;
}

constexpr std::size_t k_block = 1024;

template <class Int>
std::uint64_t
quantise(const float* in, std::byte* out, std::size_t n, float scale, float shift, float low, float high) noexcept
{
    std::uint64_t saturated = 0;
    while (n > 0) {
        const std::size_t m = std::min(n, k_block);
        std::array<Int, k_block> block;
        std::uint32_t clipped = 0;
        for (std::size_t i = 0; i < m; ++i) {
            const float v = in[i] * scale + shift;
            // Why two steps: max and min alone would let a NaN through to an undefined conversion.
            const bool outside = !(v > low - 0.5F && v < high + 0.5F);
            const float number = v == v ? v : shift;
            const float inside = std::min(std::max(number, low), high);
            clipped += outside ? 1U : 0U;
            // Why 1.5 * 2^23: adding it leaves the integer nearest (ties to even) in the low bits of the float.
            const float rounded = inside + 12582912.0F;
            block[i] = static_cast<Int>(std::bit_cast<std::int32_t>(rounded) - 0x4b400000);
        }
        std::memcpy(out, block.data(), m * sizeof(Int));
        saturated += clipped;
        in += m;
        out += m * sizeof(Int);
        n -= m;
    }
    return saturated;
}

} // namespace

std::string_view name_of(sample_format f) noexcept
{
    switch (f) {
    case sample_format::cf32:
        return "cf32";
    case sample_format::ci16:
        return "ci16";
    case sample_format::ci8:
        return "ci8";
    case sample_format::cu8:
        break;
    }
    return "cu8";
}

std::string_view sigmf_datatype(sample_format f) noexcept
{
    switch (f) {
    case sample_format::cf32:
        return "cf32_le";
    case sample_format::ci16:
        return "ci16_le";
    case sample_format::ci8:
        return "ci8";
    case sample_format::cu8:
        break;
    }
    return "cu8";
}

result<sample_format> parse_sample_format(std::string_view text)
{
    const std::string t = lower(text);
    for (const format_name& n : k_names) {
        if (n.text == t) return n.format;
    }
    if (looks_like_sigmf_datatype(t)) {
        return result<sample_format>::failure(
            error_code::unsupported,
            fmt::format("sample format '{}' is not read; convert the samples to cf32_le, ci16_le, ci8 or cu8", text));
    }
    return result<sample_format>::failure(error_code::parse,
                                          fmt::format("'{}' is no sample format; use cf32, ci16, ci8 or cu8", text));
}

std::optional<sample_format> format_of_extension(const std::filesystem::path& file)
{
    const std::string extension = file.extension().string();
    if (extension.size() < 2 || extension.find('_') != std::string::npos) return std::nullopt;
    const auto f = parse_sample_format(std::string_view(extension).substr(1));
    return f ? std::optional(*f) : std::nullopt;
}

void to_cf32(sample_format f, std::span<const std::byte> bytes, std::span<cf32_t> out) noexcept
{
    assert(bytes.size() >= out.size() * bytes_per_sample(f));
    const std::size_t n = 2 * out.size();
    auto* y = reinterpret_cast<float*>(out.data());
    switch (f) {
    case sample_format::cf32:
        if (n != 0) std::memcpy(y, bytes.data(), n * sizeof(float));
        return;
    case sample_format::ci16:
        if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(std::int16_t) == 0) {
            volk_16i_s32f_convert_32f(
                y, reinterpret_cast<const std::int16_t*>(bytes.data()), 32768.0F, static_cast<unsigned>(n));
            return;
        }
        for (std::size_t i = 0; i < n; ++i) {
            std::int16_t v;
            std::memcpy(&v, bytes.data() + 2 * i, sizeof v);
            y[i] = static_cast<float>(v) * 0x1p-15F;
        }
        return;
    case sample_format::ci8:
        volk_8i_s32f_convert_32f(
            y, reinterpret_cast<const std::int8_t*>(bytes.data()), 128.0F, static_cast<unsigned>(n));
        return;
    case sample_format::cu8:
        break;
    }
    const auto* x = reinterpret_cast<const std::uint8_t*>(bytes.data());
    for (std::size_t i = 0; i < n; ++i) y[i] = (static_cast<float>(x[i]) - 127.5F) * 0x1p-7F;
}

std::uint64_t from_cf32(sample_format f, std::span<const cf32_t> samples, std::span<std::byte> bytes) noexcept
{
    assert(bytes.size() >= samples.size() * bytes_per_sample(f));
    const std::size_t n = 2 * samples.size();
    const auto* x = reinterpret_cast<const float*>(samples.data());
    switch (f) {
    case sample_format::cf32:
        if (n != 0) std::memcpy(bytes.data(), x, n * sizeof(float));
        return 0;
    case sample_format::ci16:
        return quantise<std::int16_t>(x, bytes.data(), n, 32768.0F, 0.0F, -32768.0F, 32767.0F);
    case sample_format::ci8:
        return quantise<std::int8_t>(x, bytes.data(), n, 128.0F, 0.0F, -128.0F, 127.0F);
    case sample_format::cu8:
        break;
    }
    return quantise<std::uint8_t>(x, bytes.data(), n, 128.0F, 127.5F, 0.0F, 255.0F);
}

} // namespace spacesail::io
