// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace spacesail::simd {

/// Alignment of every SIMD buffer in bytes: one cache line, one AVX-512 register.
inline constexpr std::size_t k_alignment_bytes = 64;

template <class T>
struct aligned_allocator {
    using value_type = T;
    aligned_allocator() = default;
    template <class U>
    aligned_allocator(const aligned_allocator<U>&) noexcept
    {
    }
    T* allocate(std::size_t n)
    {
        return static_cast<T*>(::operator new(n * sizeof(T), std::align_val_t{ k_alignment_bytes }));
    }
    void deallocate(T* p, std::size_t) noexcept
    {
        ::operator delete(p, std::align_val_t{ k_alignment_bytes });
    }
    template <class U>
    bool operator==(const aligned_allocator<U>&) const noexcept
    {
        return true;
    }
};

/// std::vector whose data starts on a 64-byte boundary.
template <class T>
using aligned_vector = std::vector<T, aligned_allocator<T>>;

} // namespace spacesail::simd
