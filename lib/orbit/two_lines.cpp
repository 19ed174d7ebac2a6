// SPDX-License-Identifier: GPL-3.0-or-later
#include "orbit/decimal.hpp"
#include "orbit/element_forms.hpp"

#include <spacesail/orbit/catalogue_number.hpp>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

// Columns of the two-line form, counted from 1: Hoots, Roehrich, Spacetrack Report 3, section 2; CelesTrak, "TLE
// format".
namespace spacesail::orbit {
namespace {

constexpr std::size_t k_checksum_column = 69;
constexpr std::int64_t k_ns_per_day = 86'400'000'000'000;
constexpr std::int64_t k_ns_per_epoch_digit = k_ns_per_day / 100'000'000; // the eighth decimal of a day, exact
constexpr std::size_t k_name_columns = 24;

/// Columns first..last (counted from 1) of a line that may be shorter.
std::string_view columns(std::string_view line, std::size_t first, std::size_t last) noexcept
{
    if (line.size() < first) return {};
    return line.substr(first - 1, last - first + 1);
}

bool is_line(std::string_view line, char number) noexcept
{
    return line.size() >= 60 && line[0] == number && line[1] == ' ';
}

int checksum(std::string_view line) noexcept
{
    int sum = 0;
    for (const char c : line.substr(0, k_checksum_column - 1)) {
        if (c >= '0' && c <= '9') sum += c - '0';
        if (c == '-') ++sum;
    }
    return sum % 10;
}

/// "-11606-4" is -0.11606e-4; blank is 0.
std::optional<double> parse_assumed_point(std::string_view s) noexcept
{
    s = trimmed(s);
    if (s.empty()) return 0.0;
    const bool negative = s.front() == '-';
    if (negative || s.front() == '+') s.remove_prefix(1);
    const std::size_t sign_at = s.find_first_of("+-");
    const std::string_view digits = s.substr(0, sign_at);
    if (digits.empty() || digits.size() > 9) return std::nullopt;
    const auto mantissa = parse_integer(digits);
    const auto exponent = sign_at == std::string_view::npos ? std::optional<int>(0) : parse_integer(s.substr(sign_at));
    if (!mantissa || !exponent || *mantissa < 0 || std::abs(*exponent) > 12) return std::nullopt;
    const int shift = *exponent - static_cast<int>(digits.size());
    const double power = std::pow(10.0, std::abs(shift));
    const double v = shift < 0 ? *mantissa / power : *mantissa * power;
    return negative ? -v : v;
}

/// Epoch of two digits of year and a day of year with fraction; decimals of the day are exact in nanoseconds.
std::optional<utc_time> parse_epoch(std::string_view year_text, std::string_view day_text) noexcept
{
    const auto year = parse_integer(year_text);
    day_text = trimmed(day_text);
    const std::size_t point = day_text.find('.');
    const auto day = parse_integer(day_text.substr(0, point));
    if (!year || !day || *year < 0 || *day < 1 || *day > 366) return std::nullopt;
    std::int64_t in_day = 0;
    if (point != std::string_view::npos) {
        std::int64_t unit = k_ns_per_day;
        for (const char c : day_text.substr(point + 1)) {
            if (c < '0' || c > '9') return std::nullopt;
            in_day += (c - '0') * (unit / 10);
            unit /= 10;
        }
    }
    // Why 57: the first satellite flew in 1957.
    utc_time t = from_civil({ .year = *year < 57 ? 2000 + *year : 1900 + *year });
    t.ns += (*day - 1) * k_ns_per_day + in_day;
    return t;
}

/// "24140A" to "2024-140A"; other texts stay.
std::string long_designator(std::string_view s)
{
    s = trimmed(s);
    const auto year = s.size() > 5 ? parse_integer(s.substr(0, 2)) : std::nullopt;
    if (!year || !parse_integer(s.substr(2, 3))) return std::string(s);
    return std::to_string(*year < 57 ? 2000 + *year : 1900 + *year) + "-" + std::string(s.substr(2));
}

/// "2024-140A" to "24140A"; other texts stay if they fit eight columns.
std::string short_designator(const std::string& s)
{
    if (s.size() > 8 && s[4] == '-') return s.substr(2, 2) + s.substr(5);
    return s.size() <= 8 ? s : std::string();
}

class pair_reader
{
public:
    pair_reader(
        std::string_view one, std::string_view two, std::size_t line, checksum_policy checksums, element_file& out)
        : d_one(one), d_two(two), d_line(line), d_checksums(checksums), d_out(out)
    {
    }

    void read(std::string_view name)
    {
        element_set set;
        mean_elements m;
        set.name = std::string(trimmed(name));
        const auto id = parse_alpha5(columns(d_one, 3, 7));
        const auto second_id = parse_alpha5(columns(d_two, 3, 7));
        if (!id) return refuse(1, "catalogue number", 3, 7, "five digits or Alpha-5 are expected");
        if (id != second_id)
            return refuse(2, "catalogue number", 3, 7, "it differs from the one of line 1; pair the lines again");
        set.norad_id = *id;
        if (!checksum_fits(d_one, 1) || !checksum_fits(d_two, 2)) return;
        set.object_id = long_designator(columns(d_one, 10, 17));
        const auto epoch = parse_epoch(columns(d_one, 19, 20), columns(d_one, 21, 32));
        if (!epoch) return refuse(1, "epoch", 19, 32, "year and day of year are expected, as 26234.24758160");
        set.epoch = *epoch;
        m.classification = d_one[7] == ' ' ? 'U' : d_one[7];
        bool good = number(1, "half derivative of the mean motion", 34, 43, m.half_ndot_rev_day2) &&
                    exponential("second derivative of the mean motion", 45, 52, m.sixth_nddot_rev_day3) &&
                    exponential("B*", 54, 61, m.bstar_per_earth_radius) &&
                    whole(1, "ephemeris type", 63, 63, m.ephemeris_type) &&
                    whole(1, "element set number", 65, 68, m.element_set_no) &&
                    number(2, "inclination", 9, 16, m.inclination_deg) &&
                    number(2, "right ascension", 18, 25, m.raan_deg) && eccentricity(m.eccentricity) &&
                    number(2, "argument of perigee", 35, 42, m.arg_perigee_deg) &&
                    number(2, "mean anomaly", 44, 51, m.mean_anomaly_deg) &&
                    number(2, "mean motion", 53, 63, m.mean_motion_rev_day) &&
                    whole(2, "revolution number", 64, 68, m.rev_at_epoch);
        if (!good) return;
        if (m.mean_motion_rev_day <= 0.0) return refuse(2, "mean motion", 53, 63, "it must be above zero");
        if (m.inclination_deg < 0.0 || m.inclination_deg > 180.0)
            return refuse(2, "inclination", 9, 16, "0 to 180 degrees are expected");
        if (m.ephemeris_type != 0 && m.ephemeris_type != 2) {
            return refuse(
                1, "ephemeris type", 63, 63, "only SGP4 (0 or 2) is propagated; fetch SGP4 elements, not SGP4-XP");
        }
        set.orbit = m;
        d_out.sets.push_back(std::move(set));
    }

private:
    std::string_view line(int which) const noexcept { return which == 1 ? d_one : d_two; }

    void refuse(int which, const char* what, std::size_t first, std::size_t last, const char* remedy)
    {
        d_out.problems.push_back({ d_line + (which == 2 ? 1U : 0U),
                                   std::string(what) + " '" + std::string(columns(line(which), first, last)) +
                                       "' (columns " + std::to_string(first) + " to " + std::to_string(last) +
                                       "): " + remedy });
    }
    bool checksum_fits(std::string_view text, int which)
    {
        if (d_checksums == checksum_policy::ignore || text.size() < k_checksum_column) return true;
        const char given = text[k_checksum_column - 1];
        if (given == ' ' || given - '0' == checksum(text)) return true;
        refuse(which,
               "checksum",
               k_checksum_column,
               k_checksum_column,
               "it does not fit the line, which was altered; fetch the set again or read with checksums ignored");
        return false;
    }
    bool number(int which, const char* what, std::size_t first, std::size_t last, double& v)
    {
        const auto parsed = parse_decimal(columns(line(which), first, last));
        if (parsed) v = *parsed;
        if (!parsed) refuse(which, what, first, last, "a number is expected there; fetch the set again");
        return parsed.has_value();
    }
    bool exponential(const char* what, std::size_t first, std::size_t last, double& v)
    {
        const auto parsed = parse_assumed_point(columns(d_one, first, last));
        if (parsed) v = *parsed;
        if (!parsed)
            refuse(1, what, first, last, "digits and an exponent are expected, as 80892-4; fetch the set again");
        return parsed.has_value();
    }
    bool whole(int which, const char* what, std::size_t first, std::size_t last, int& v)
    {
        const std::string_view text = trimmed(columns(line(which), first, last));
        const auto parsed = text.empty() ? std::optional<int>(0) : parse_integer(text);
        if (parsed) v = *parsed;
        if (!parsed) refuse(which, what, first, last, "an integer is expected there; fetch the set again");
        return parsed.has_value();
    }
    bool eccentricity(double& v)
    {
        const std::string_view text = columns(d_two, 27, 33);
        std::int64_t digits = 0;
        bool good = text.size() == 7;
        for (const char c : text) {
            if (c != ' ' && (c < '0' || c > '9')) good = false;
            digits = digits * 10 + (c == ' ' ? 0 : c - '0');
        }
        v = static_cast<double>(digits) / 1e7;
        if (!good) refuse(2, "eccentricity", 27, 33, "seven digits are expected; fetch the set again");
        return good;
    }

    std::string_view d_one;
    std::string_view d_two;
    std::size_t d_line;
    checksum_policy d_checksums;
    element_file& d_out;
};

/// "80892-4", sign in front; nothing if the exponent does not fit one digit.
std::optional<std::string> assumed_point(double v)
{
    if (v == 0.0) return std::signbit(v) ? "-00000+0" : " 00000+0";
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, std::fabs(v), std::chars_format::scientific, 4);
    const std::string_view s(text, static_cast<std::size_t>(end.ptr - text)); // d.dddde+xx
    int exponent = *parse_integer(s.substr(7)) + 1;
    int mantissa = *parse_integer(std::string(1, s[0]) + std::string(s.substr(2, 4)));
    for (; exponent < -9 && mantissa > 0; ++exponent) mantissa /= 10;
    if (mantissa == 0) return " 00000+0";
    if (exponent > 9) return std::nullopt;
    char out[32];
    std::snprintf(
        out, sizeof out, "%c%05d%c%d", v < 0.0 ? '-' : ' ', mantissa, exponent < 0 ? '-' : '+', std::abs(exponent));
    return std::string(out);
}

} // namespace

bool line_reader::next(std::string_view& line) noexcept
{
    if (d_rest.empty()) return false;
    const std::size_t end = d_rest.find('\n');
    line = d_rest.substr(0, end);
    d_rest.remove_prefix(end == std::string_view::npos ? d_rest.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    ++d_line;
    return true;
}

void read_two_lines(std::string_view text, checksum_policy checksums, element_file& out)
{
    line_reader lines(text);
    std::string_view line;
    std::string_view name;
    std::string_view one;
    std::size_t one_at = 0;
    const auto lone = [&] {
        if (!one.empty())
            out.problems.push_back({ one_at, "line 1 of a set without its line 2; fetch the file again" });
        one = {};
    };
    while (lines.next(line)) {
        if (trimmed(line).empty() || line.front() == '#') continue;
        if (is_line(line, '1')) {
            lone();
            one = line;
            one_at = lines.line_number();
        } else if (is_line(line, '2') && !one.empty()) {
            pair_reader(one, line, lines.line_number() - 1, checksums, out).read(name);
            one = {};
            name = {};
        } else if (is_line(line, '2')) {
            out.problems.push_back({ lines.line_number(), "line 2 of a set without its line 1; fetch the file again" });
        } else {
            lone();
            name = line.starts_with("0 ") ? line.substr(2) : line;
        }
    }
    lone();
}

result<ok_t> append_two_lines(const element_set& set, element_format format, std::string& out)
{
    const mean_elements* m = set.mean();
    const auto fail = [&](error_code code, const std::string& why) {
        return result<ok_t>::failure(code, display_name(set) + ": " + why);
    };
    if (m == nullptr) return fail(error_code::unsupported, "a state vector has no two-line form; write omm-json");
    const auto id = format_alpha5(set.norad_id);
    if (!id) {
        return fail(error_code::unsupported,
                    "catalogue number " + std::to_string(set.norad_id) +
                        " is above 339999 and has no two-line form; write omm-json, omm-xml, omm-kvn or omm-csv");
    }
    const auto nddot = assumed_point(m->sixth_nddot_rev_day3);
    const auto bstar = assumed_point(m->bstar_per_earth_radius);
    if (!nddot || !bstar || !(std::fabs(m->half_ndot_rev_day2) < 0.999999995) || !(m->eccentricity < 0.99999995) ||
        !(m->eccentricity >= 0.0) || !(m->mean_motion_rev_day < 99.999999995)) {
        return fail(error_code::out_of_range,
                    "B*, a derivative, the eccentricity or the mean motion does not fit its columns; write omm-json");
    }
    const utc_time rounded = { (set.epoch.ns + (set.epoch.ns >= 0 ? 1 : -1) * k_ns_per_epoch_digit / 2) /
                               k_ns_per_epoch_digit * k_ns_per_epoch_digit };
    const civil_time c = to_civil(rounded);
    if (c.year < 1957 || c.year > 2056)
        return fail(error_code::out_of_range, "the epoch is outside 1957 to 2056; write omm-json");
    const std::int64_t since_new_year = rounded.ns - from_civil({ .year = c.year }).ns;
    char ndot[16];
    std::snprintf(ndot, sizeof ndot, "%.8f", std::fabs(m->half_ndot_rev_day2)); // "0.00000049": the zero is dropped
    char one[128];
    char two[128];
    std::snprintf(one,
                  sizeof one,
                  "1 %s%c %-8.8s %02d%03d.%08d %c%s %s %s %d %4d",
                  id->c_str(),
                  m->classification,
                  short_designator(set.object_id).c_str(),
                  c.year % 100,
                  static_cast<int>(since_new_year / k_ns_per_day) + 1,
                  static_cast<int>(since_new_year % k_ns_per_day / k_ns_per_epoch_digit),
                  std::signbit(m->half_ndot_rev_day2) ? '-' : ' ',
                  ndot + 1,
                  nddot->c_str(),
                  bstar->c_str(),
                  m->ephemeris_type,
                  m->element_set_no % 10'000);
    std::snprintf(two,
                  sizeof two,
                  "2 %s %8.4f %8.4f %07.0f %8.4f %8.4f %11.8f%5d",
                  id->c_str(),
                  m->inclination_deg,
                  m->raan_deg,
                  m->eccentricity * 1e7,
                  m->arg_perigee_deg,
                  m->mean_anomaly_deg,
                  m->mean_motion_rev_day,
                  m->rev_at_epoch % 100'000);
    const std::string_view s1 = one;
    const std::string_view s2 = two;
    if (s1.size() != k_checksum_column - 1 || s2.size() != k_checksum_column - 1) {
        return fail(error_code::out_of_range, "a value does not fit its columns; write omm-json");
    }
    if (format == element_format::tle && !set.name.empty()) {
        out += set.name;
        if (set.name.size() < k_name_columns) out.append(k_name_columns - set.name.size(), ' ');
        out += '\n';
    }
    if (format == element_format::three_le) out += "0 " + set.name + '\n';
    out += s1;
    out += static_cast<char>('0' + checksum(s1));
    out += '\n';
    out += s2;
    out += static_cast<char>('0' + checksum(s2));
    out += '\n';
    return ok;
}

} // namespace spacesail::orbit
