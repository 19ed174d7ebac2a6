/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iq_parameters.h"

#include <cmath>
#include <stdexcept>

namespace gr::spacesail {

namespace core = ::spacesail;

namespace {

double checked(const std::string& block, const char* name, double value)
{
    if (std::isfinite(value) && value >= 0.0) return value;
    throw std::invalid_argument(block + ": " + name + " = " + std::to_string(value) +
                                "; give a number above 0, or 0 for unknown");
}

} // namespace

core::io::iq_options iq_options_from(
    const std::string& block, const std::string& format, double rate, double frequency, const std::string& start)
{
    core::io::iq_options o;
    o.rate = core::io::rate_need::optional;
    if (!format.empty()) {
        const auto f = core::io::parse_sample_format(format);
        if (!f) throw std::invalid_argument(block + ": format: " + f.error().message);
        o.format = *f;
    }
    if (checked(block, "rate", rate) > 0) o.rate_hz = rate;
    if (checked(block, "frequency", frequency) > 0) o.frequency_hz = frequency;
    if (!start.empty()) {
        const auto t = core::parse_utc(start);
        if (!t) throw std::invalid_argument(block + ": start: " + t.error().message);
        o.start = *t;
    }
    return o;
}

core::io::sample_format stream_format_from(const std::string& block, const char* parameter, const std::string& value)
{
    if (value == "cf32") return core::io::sample_format::cf32;
    if (value == "ci16") return core::io::sample_format::ci16;
    throw std::invalid_argument(block + ": " + parameter + " = \"" + value + "\"; give cf32 or ci16");
}

} // namespace gr::spacesail
