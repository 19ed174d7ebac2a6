// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstdint>

namespace spacesail {

/// \brief An event counter: one thread adds, any thread reads; a plain add on the hot path.
class counter
{
public:
    counter() = default;
    counter(const counter& other) noexcept : d_value(other.value()) {}
    counter& operator=(const counter& other) noexcept
    {
        d_value.store(other.value(), std::memory_order_relaxed);
        return *this;
    }
    void add(std::uint64_t n = 1) noexcept { d_value.store(value() + n, std::memory_order_relaxed); }
    std::uint64_t value() const noexcept { return d_value.load(std::memory_order_relaxed); }
    void reset() noexcept { d_value.store(0, std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> d_value{ 0 };
};

} // namespace spacesail
