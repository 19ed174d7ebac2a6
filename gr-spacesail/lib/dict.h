/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <pmt/pmt.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

namespace gr::spacesail {

/// \brief Fills a PMT dictionary entry by entry.
class dict_writer
{
public:
    dict_writer() : d_dict(pmt::make_dict()) {}
    explicit dict_writer(pmt::pmt_t start) : d_dict(std::move(start)) {}

    dict_writer& add(const pmt::pmt_t& key, const pmt::pmt_t& value)
    {
        d_dict = pmt::dict_add(d_dict, key, value);
        return *this;
    }
    /// \brief Unsigned 64-bit values become uint64, other integers long, floating-point ones double, texts symbols.
    template <class T>
    dict_writer& add(const pmt::pmt_t& key, const T& value) requires(std::is_arithmetic_v<T>)
    {
        if constexpr (std::is_floating_point_v<T>) {
            return add(key, pmt::from_double(static_cast<double>(value)));
        } else if constexpr (std::is_same_v<T, std::uint64_t>) {
            return add(key, pmt::from_uint64(value));
        } else {
            return add(key, pmt::from_long(static_cast<long>(value)));
        }
    }
    dict_writer& add(const pmt::pmt_t& key, const std::string& value) { return add(key, pmt::intern(value)); }
    template <class T>
    dict_writer& add(const char* key, const T& value)
    {
        return add(pmt::intern(key), value);
    }
    const pmt::pmt_t& dict() const { return d_dict; }

private:
    pmt::pmt_t d_dict;
};

/// \brief A real number under a key; nothing if there is none or it is not finite.
inline std::optional<double> number_in(const pmt::pmt_t& dict, const pmt::pmt_t& key)
{
    const pmt::pmt_t v = pmt::dict_ref(dict, key, pmt::PMT_NIL);
    if (!pmt::is_real(v) && !pmt::is_integer(v) && !pmt::is_uint64(v)) return std::nullopt;
    const double x = pmt::is_uint64(v) ? static_cast<double>(pmt::to_uint64(v)) : pmt::to_double(v);
    return std::isfinite(x) ? std::optional(x) : std::nullopt;
}

/// \brief A count; nothing if it is no integer or negative.
inline std::optional<std::uint64_t> count_of(const pmt::pmt_t& v)
{
    if (pmt::is_uint64(v)) return pmt::to_uint64(v);
    if (pmt::is_integer(v) && pmt::to_long(v) >= 0) return static_cast<std::uint64_t>(pmt::to_long(v));
    return std::nullopt;
}

/// \brief A count under a key; nothing if there is none or it is negative.
inline std::optional<std::uint64_t> count_in(const pmt::pmt_t& dict, const pmt::pmt_t& key)
{
    return count_of(pmt::dict_ref(dict, key, pmt::PMT_NIL));
}

/// \brief A text under a key; nothing if there is none.
inline std::optional<std::string> text_in(const pmt::pmt_t& dict, const pmt::pmt_t& key)
{
    const pmt::pmt_t v = pmt::dict_ref(dict, key, pmt::PMT_NIL);
    return pmt::is_symbol(v) ? std::optional(pmt::symbol_to_string(v)) : std::nullopt;
}

} // namespace gr::spacesail
