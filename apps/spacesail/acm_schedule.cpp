// SPDX-License-Identifier: GPL-3.0-or-later
#include "acm_schedule.hpp"

#include <spacesail/dvbs2x/modcod.hpp>
#include <spacesail/io/file_descriptor.hpp>
#include <spacesail/io/quantity.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace spacesail::cli {
namespace {

constexpr std::size_t k_most_bytes = std::size_t{ 64 } << 20;

std::string_view trimmed(std::string_view text)
{
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

/// The part in front of the next `separator`, taken out of `text`.
std::string_view take(std::string_view& text, char separator)
{
    const auto at = text.find(separator);
    const auto part = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return part;
}

} // namespace

result<std::uint8_t> pls_of_words(std::string_view name, std::string_view frame, std::string_view pilots)
{
    if (frame != "normal" && frame != "short") {
        return error{ error_code::invalid_argument, fmt::format("frame '{}': write normal or short", frame) };
    }
    if (pilots != "on" && pilots != "off") {
        return error{ error_code::invalid_argument, fmt::format("pilots '{}': write on or off", pilots) };
    }
    const auto entry = dvbs2x::modcod_by_name(name, frame);
    if (!entry) return entry.error();
    if ((*entry)->vlsnr_header >= 0) {
        return error{ error_code::unsupported,
                      fmt::format("MODCOD '{}': VL-SNR frames are not transmitted; choose a regular one", name) };
    }
    return static_cast<std::uint8_t>((*entry)->pls + (pilots == "on" ? 1 : 0));
}

result<acm_schedule> acm_schedule::parse(std::string_view csv, const std::string& name)
{
    std::vector<step> steps;
    std::size_t number = 0;
    while (!csv.empty()) {
        std::string_view line = take(csv, '\n');
        ++number;
        line = trimmed(line.substr(0, line.find('#')));
        if (line.empty() || (steps.empty() && line.starts_with("time_s"))) continue;
        const auto fail = [&](const std::string& why) {
            return error{ error_code::parse, fmt::format("{}:{}: {}", name, number, why) };
        };
        std::array<std::string_view, 4> fields;
        if (std::count(line.begin(), line.end(), ',') != 3) {
            return fail("write time_s,modcod,frame,pilots, e.g. 0,QPSK 1/2,normal,on");
        }
        for (auto& f : fields) f = trimmed(take(line, ','));
        const auto time_s = io::parse_quantity(fields[0]);
        if (!time_s) return fail(time_s.error().message);
        const auto pls = pls_of_words(fields[1], fields[2], fields[3]);
        if (!pls) return fail(pls.error().message);
        if (steps.empty() && *time_s != 0.0) return fail("the first line is for time 0");
        if (!steps.empty() && *time_s <= steps.back().time_s) return fail("times must rise from line to line");
        steps.push_back({ *time_s, *pls });
    }
    if (steps.empty()) return error{ error_code::parse, name + ": no line of time_s,modcod,frame,pilots in it" };
    return acm_schedule(std::move(steps));
}

result<acm_schedule> acm_schedule::read(const std::filesystem::path& file)
{
    auto input = io::file_descriptor::open_to_read(file);
    if (!input) return input.error();
    std::string text;
    std::array<std::byte, 65536> block;
    while (text.size() < k_most_bytes) {
        const auto got = input->read(block, -1, file.string());
        if (!got) return got.error();
        if (got->nof_bytes == 0) break;
        text.append(reinterpret_cast<const char*>(block.data()), got->nof_bytes);
    }
    return parse(text, file.string());
}

std::uint8_t acm_schedule::pls_at(double time_s) const noexcept
{
    const auto next = std::upper_bound(
        d_steps.begin() + 1, d_steps.end(), time_s, [](double t, const step& s) { return t < s.time_s; });
    return std::prev(next)->pls;
}

} // namespace spacesail::cli
