// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace spacesail {

/// What went wrong, for code that decides by it; the text is for people.
enum class error_code {
    invalid_argument, ///< a value outside its range
    parse,            ///< text or bytes that are not of the format
    checksum,         ///< a CRC or checksum that does not match
    truncated,        ///< input that ends too early
    unsupported,      ///< valid, but a form this project does not handle
    not_found,        ///< a file, device, satellite or name that is not there
    io,               ///< the operating system refused
    out_of_range,     ///< a time or index outside what is known
    stale             ///< data too old to be used
};

/// \brief An error: its kind and one line that names the thing, its value and the remedy.
struct error {
    error_code code = error_code::invalid_argument;
    std::string message;
};

/// \brief A value or an error. Received bytes and files never throw; they give one of these.
///
/// Constructors of objects throw std::invalid_argument instead: a wrong parameter is a programming
/// or configuration mistake, not data.
template <class T>
class [[nodiscard]] result
{
public:
    result(T value) : d_v(std::in_place_index<0>, std::move(value)) {}
    result(spacesail::error e) : d_v(std::in_place_index<1>, std::move(e)) {}
    static result failure(error_code code, std::string message)
    {
        return result(spacesail::error{ code, std::move(message) });
    }

    bool has_value() const noexcept { return d_v.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    T& value() &
    {
        assert(has_value());
        return std::get<0>(d_v);
    }
    const T& value() const&
    {
        assert(has_value());
        return std::get<0>(d_v);
    }
    T&& value() &&
    {
        assert(has_value());
        return std::get<0>(std::move(d_v));
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    const spacesail::error& error() const
    {
        assert(!has_value());
        return std::get<1>(d_v);
    }

private:
    std::variant<T, spacesail::error> d_v;
};

/// Value of a result that carries nothing but success.
struct ok_t {
};
inline constexpr ok_t ok{};

} // namespace spacesail
